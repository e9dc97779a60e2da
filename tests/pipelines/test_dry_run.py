"""What a policy would change is shown before it does."""

import io
import re
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.command_line import main
from pipelines.dry_run import Change, DryRun, compared, difference, dry_run, shown
from pipelines.terminal_text import new_console
from pipelines.view_stock import FigureSeen, StepSeen
from schemas.yaml_files import SpecError
from tests.pipelines.example_day import AS_OF, DAY, ROOT, dated_company, run_day
from tests.pipelines.example_rules import NOW

POLICY = ROOT / "examples/company/policy.yaml"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The views of the example company after its day."""
    path = tmp_path_factory.mktemp("views") / "sellable.db"
    run_day(DAY, path)
    return path


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The policy of the example company with a larger buffer, a smaller cap, an item taken out, a channel gone."""
    text = POLICY.read_text(encoding="utf-8")
    for old, new in (
        ('"2026-03-01"', '"to come"'),
        ("buffer: 2", "buffer: 1000"),
        ("cap: 500", "cap: 10"),
        ("except: [GRINDER-PRO, GREEN-BEANS]", "except: [GRINDER-PRO, GREEN-BEANS, MUG-BLUE]"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "edited.yaml"
    path.write_text(text[: text.index("  b2b:")], encoding="utf-8")
    return path


def figure(quantity: int, **steps: int) -> FigureSeen:
    chain = tuple(StepSeen(name, Decimal(each), f"rule of {name}") for name, each in steps.items())
    return FigureSeen("MUG", "web", "W-MUG", quantity, chain, quantity)


def texts(found: DryRun, limit: int = 200) -> list[str]:
    out = io.StringIO()
    new_console(out).print(shown(found, limit))
    return [re.sub(r" +", " ", line).strip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("story", "before", "after", "why"),
    [
        ("the same", figure(5, on_hand=5, sell_units=5), figure(5, on_hand=5, sell_units=5), ""),
        (
            "the first step that differs",
            figure(5, on_hand=9, buffer=-2, cap=-2, sell_units=5),
            figure(3, on_hand=9, buffer=-4, cap=-2, sell_units=3),
            "buffer -2 → -4: rule of buffer",
        ),
        (
            "a step that is new",
            figure(9, on_hand=9, sell_units=9),
            figure(7, on_hand=9, buffer=-2, sell_units=7),
            "buffer none → -2: rule of buffer",
        ),
        (
            "a step that is gone, before one that differs too",
            figure(5, on_hand=9, reserved=-1, buffer=-3, sell_units=5),
            figure(8, on_hand=9, buffer=-1, sell_units=8),
            "reserved -1 → none: rule of reserved",
        ),
        ("it may be sold now", figure(0), figure(5, on_hand=5), "may be sold by the channel"),
        ("or no longer", figure(5, on_hand=5), figure(0), "may not be sold by the channel"),
        ("it is told for the first time", None, figure(5, on_hand=5), "not told so far"),
        ("or no more", figure(5, on_hand=5), None, "no longer told: the policy has no such channel"),
    ],
)
def test_why_two_figures_differ(story: str, before: FigureSeen | None, after: FigureSeen | None, why: str) -> None:
    assert difference(before, after) == why


def test_listings_are_compared_by_channel_and_item() -> None:
    now = {("B", "web"): figure(5, on_hand=5), ("A", "web"): figure(1, on_hand=1), ("A", "b2b"): figure(0)}
    then = {
        ("B", "web"): figure(4, on_hand=4),
        ("A", "web"): figure(1, on_hand=1),
        ("C", "web"): figure(0),
        ("D", "web"): figure(2),
    }
    assert list(compared(now, then)) == [
        Change("A", "b2b", 0, None, "no longer told: the policy has no such channel"),
        Change("A", "web", 1, 1, ""),
        Change("B", "web", 5, 4, "on_hand 5 → 4: rule of on_hand"),
        Change("D", "web", None, 2, "not told so far"),
    ]


def test_the_policy_of_the_run_changes_nothing(database: Path) -> None:
    """So what is worked out from the views is what the ledger worked out."""
    found = dry_run(database, POLICY)
    assert found.changes == []
    assert found.as_of == NOW
    assert len(found.listings) > 200
    assert "No figure would change." in texts(found)


def test_each_change_is_shown_with_the_rule_that_makes_it(database: Path, edited: Path) -> None:
    found = dry_run(database, edited)
    changes = {(one.item, one.channel): one for one in found.changes}
    assert changes["MUG-BLUE", "marketplace"].then == 0
    assert changes["MUG-BLUE", "marketplace"].why == "may not be sold by the channel"
    assert changes["KETTLE-STD", "web"].why.endswith("buffer 1000")
    assert changes["KETTLE-STD", "marketplace"].why.endswith("cap 10")
    assert {one.then for one in found.changes if one.channel == "b2b"} == {None}
    assert all(one.then is not None and one.then <= 10 for one in found.changes if one.channel == "marketplace")


def test_nothing_is_written(database: Path, edited: Path) -> None:
    before = _dump(database)
    dry_run(database, edited)
    assert _dump(database) == before


def test_two_policies_can_be_compared(database: Path, edited: Path) -> None:
    assert dry_run(database, edited, current=edited).changes == []
    there = {(one.item, one.channel, one.delta) for one in dry_run(database, edited).changes if one.delta}
    back = {
        (one.item, one.channel, -one.delta) for one in dry_run(database, POLICY, current=edited).changes if one.delta
    }
    assert back == there


def test_it_can_be_asked_of_another_time(database: Path) -> None:
    """In the blackout of the marketplace nothing is sold there."""
    found = dry_run(database, POLICY, as_of="2026-03-15T03:00:00Z")
    marketplace = [one for one in found.changes if one.channel == "marketplace"]
    assert {one.then for one in marketplace} == {0}
    assert any("blackout" in one.why for one in marketplace)


def test_listings_and_policy_are_those_of_the_time_asked_about(database: Path, tmp_path: Path) -> None:
    """Not the rows that come last in the tables: mugs are sold by the case only a week later, with a larger buffer."""
    company = dated_company(tmp_path)
    today = dry_run(database, company.policy, master_data=company.master)
    assert (today.changes, today.policy_version) == ([], "2026-03-01")
    later = dry_run(database, company.policy, master_data=company.master, as_of="2026-03-10T00:00:00Z")
    assert later.policy_version == "in a week"
    (mugs,) = [one for one in later.changes if (one.item, one.channel) == ("MUG-BLUE", "web")]
    assert (mugs.now, mugs.then) == (85, 3)  # 84 mugs are three cases and a half


@pytest.mark.parametrize(
    ("story", "as_of", "silent_after", "floor_after"),
    [
        ("told, then floors", "2026-03-03T06:00:00Z", 60, 30),
        ("held, then floors", "2026-03-03T18:30:00Z", 60, 30),
        ("floors, then told", "2026-03-04T12:00:00Z", 9000, 30),
    ],
)
def test_its_table_is_the_difference_of_two_real_runs(
    tmp_path: Path, story: str, as_of: str, silent_after: int, floor_after: int
) -> None:
    """By one policy and then by another: what channels have at last by either, every listing."""
    database, policy = tmp_path / "views.db", tmp_path / "other.yaml"
    text = POLICY.read_text(encoding="utf-8").replace('"2026-03-01"', '"other"').replace("buffer: 2", "buffer: 3")
    feed = "silent_after_minutes: 720, floor_after_minutes: 240, floor: {share: 0.5}"
    other = f"silent_after_minutes: {silent_after}, floor_after_minutes: {floor_after}, floor: {{share: 0.25}}"
    policy.write_text(text.replace(feed, other), encoding="utf-8")
    run_day(DAY, database, f"--as_of={as_of}")
    before, table = _told(database), dry_run(database, policy).listings
    run_day(DAY, database, f"--as_of={as_of}", f"--policy={policy}")
    after = _told(database)
    assert {(one.item, one.channel): (one.now, one.then) for one in table} == {
        key: (before.get(key), quantity) for key, quantity in after.items()
    }
    assert sum(before.get(key) != quantity for key, quantity in after.items()) > 50


@pytest.mark.parametrize("as_of", ["tomorrow", "2026-03-15T03:00:00"])
def test_a_time_without_meaning_is_refused(database: Path, as_of: str) -> None:
    with pytest.raises(SpecError, match="expected"):
        dry_run(database, POLICY, as_of=as_of)


def test_other_master_data_than_that_of_the_run_is_told(database: Path, tmp_path: Path) -> None:
    master = tmp_path / "master"
    master.mkdir()
    for file in (ROOT / "examples/company/master").iterdir():
        (master / file.name).write_bytes(file.read_bytes())
    with (master / "channels.csv").open("a", encoding="utf-8") as file:
        file.write("popup,Pop-up store,shop\n")
    notes = dry_run(database, POLICY, master_data=master).notes
    assert len(notes) == 1
    assert notes[0].startswith("master data is now ")


def test_the_command_answers_with_a_table_and_0(
    database: Path, edited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dry-run", "--policy", str(edited), "--database", str(database), "--limit", "2"]) == 0
    lines = [re.sub(r" +", " ", line).strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Policy to come instead of what channels are told on record, by policy 2026-03-01"
    assert lines[1] == f"views {database}, as of {AS_OF.replace('Z', '+00:00')}; nothing was written"
    assert any(re.fullmatch(r"… and \d+ more: --limit shows them", line) for line in lines)
    total = dry_run(database, edited).changes
    assert sum(int(line.split()[2]) for line in lines if re.match(r"(b2b|marketplace|retailer|web) \d", line)) == len(
        total
    )


def test_a_policy_that_is_wrong_is_answered_with_2(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(POLICY.read_text(encoding="utf-8").replace("[EAST, WEST]", "[EAST, MOON]"), encoding="utf-8")
    assert main(["dry-run", "--policy", str(wrong), "--database", str(database)]) == 2
    assert "unknown location 'MOON'" in capsys.readouterr().err


def _told(database: Path) -> dict[tuple[str, str], int]:
    """What each channel was told last."""
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute("SELECT item, channel, quantity FROM channel_update").fetchall()
    finally:
        connection.close()
    return {(item, channel): quantity for item, channel, quantity in rows}


def _dump(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
