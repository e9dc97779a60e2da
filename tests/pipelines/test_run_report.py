"""What is read of a run from the views."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.balance_rules import SourceBalance
from pipelines.run_report import SHOWN_MAX, StandingAlert, Waiting, read_report
from tests import written_views
from tests.transforms.publication.rows import NOON, alert, availability, discrepancy, ended, parked, position, rejection
from transforms.publication.runs import finish_run, start_run
from transforms.publication.view_database import ViewsError, create_views
from transforms.publication.view_tables import Run

COUNTS = [
    ended(3, "in", level="message"),
    ended(2, "mapped", level="message"),
    ended(1, "dead_letter", "malformed_json", level="message"),
    ended(4, "events", level="message"),
    ended(3, "posted"),
    ended(1, "parked", "unknown_item"),
]


def write(path: Path, run_id: str, *records: Any) -> None:
    written_views.write(path, *records, run_id=run_id)


def note(path: Path, run_id: str) -> None:
    start_run(path, Run(run_id, NOON, None, "day", "p1", "m1", "{}"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


def test_the_last_run_is_reported_with_its_balance_and_its_refusals(path: Path) -> None:
    note(path, "R1")
    write(path, "R1", ended(99, "in", level="message"))
    note(path, "R2")
    write(path, "R2", *COUNTS, position(), rejection())
    finish_run(path, "R2", NOON + timedelta(seconds=90))
    report = read_report(path)
    assert (report.run_id, report.input, report.policy_version, report.master_version) == ("R2", "day", "p1", "m1")
    assert report.elapsed == timedelta(seconds=90)
    assert report.sources == [SourceBalance("shop", 3, 2, {"dead_letter": 1}, 4, {"posted": 3, "parked": 1})]
    assert report.is_balanced
    assert [count.reason for count in report.refused] == ["malformed_json", "unknown_item"]
    assert (report.row_counts["position"], report.row_counts["dead_letter"], report.row_counts["claim"]) == (1, 1, 0)


def test_a_run_can_be_named(path: Path) -> None:
    for run_id in ("R1", "R2"):
        note(path, run_id)
    assert read_report(path, "R1").run_id == "R1"


def test_a_run_that_goes_on_has_no_end_and_may_not_be_noted_yet(path: Path) -> None:
    write(path, "R1", *COUNTS)
    report = read_report(path)
    assert (report.run_id, report.elapsed, report.input, report.is_balanced) == ("R1", None, "", True)


def test_what_waits_is_listed_by_key_and_only_if_the_last_run_found_it(path: Path) -> None:
    write(path, "R1", parked("OLD-1", event_index=7), ended(1, "in", level="message"))
    write(path, "R2", parked("NEW-2", event_index=1), ended(1, "in", level="message"))
    write(path, "R2", parked("NEW-2", event_index=2), parked("NEW-1", event_index=3))
    report = read_report(path)
    assert report.waiting == [
        Waiting("item:NEW-2", 2, "unknown item 'NEW-2' from shop, expected one of 3 mapped"),
        Waiting("item:NEW-1", 1, "unknown item 'NEW-1' from shop, expected one of 3 mapped"),
    ]
    assert report.waiting_keys == 2


def test_long_lists_are_cut_and_counted(path: Path) -> None:
    items = [f"ITEM-{number}" for number in range(SHOWN_MAX + 3)]
    waiting = [parked(item, event_index=index) for index, item in enumerate(items)]
    write(path, "R1", ended(1, "in", level="message"), *waiting, *(alert(item=item) for item in items))
    report = read_report(path)
    assert (len(report.waiting), report.waiting_keys, len(report.alerts), report.alert_count) == (10, 13, 10, 13)


def test_cured_alerts_and_discrepancies_are_not_reported(path: Path) -> None:
    write(path, "R1", ended(1, "in", level="message"), alert("0", item="CURED"), alert("2", item="BAD"))
    write(path, "R1", discrepancy("5", item="CURED"), discrepancy("4", item="BAD"))
    report = read_report(path)
    assert report.alerts == [StandingAlert("oversell", "BAD", "", "2 too many sold", "2")]
    assert (report.alert_count, report.discrepancy_count, report.example_item) == (1, 1, "BAD")


def test_an_item_to_explain_is_one_that_changed_last_where_nothing_is_wrong(path: Path) -> None:
    write(path, "R1", ended(1, "in", level="message"), availability(item="A", version=2), availability(item="B"))
    assert read_report(path).example_item == "A"


@pytest.mark.parametrize(
    ("run_id", "message"),
    [(None, "holds no run yet, expected at least one"), ("R9", "holds no run 'R9', expected one of its view run")],
)
def test_a_run_that_is_not_there_is_said(path: Path, run_id: str | None, message: str) -> None:
    with pytest.raises(ViewsError, match=message):
        read_report(path, run_id)
