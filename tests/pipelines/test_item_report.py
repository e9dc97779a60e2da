"""What the views say of one item."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.item_report import Step, UnknownItemError, read_item, read_on_hand, steps_of
from tests.transforms.publication.rows import (
    NOON,
    alert,
    availability,
    claim,
    discrepancy,
    inbound,
    parked,
    position,
)
from tests.written_views import write
from transforms.publication.view_database import create_views
from transforms.publication.view_tables import Run

RUN = Run("R1", NOON, NOON, "day", "p1", "m1", '{"input_folder": "day", "as_of": "None"}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = tmp_path / "views.db"
    create_views(database)
    records: list[Any] = [
        *(availability(), availability(channel="b2b", listing="C-7"), availability(item="GRINDER-BURR")),
        *(position(), position("3", location="WEST"), position("1")._replace(lot="L7"), position(item="GRINDER-PRO")),
        *(claim(), claim("0", order="SO-2"), inbound(), inbound("0", order="PO-2")),
        *(discrepancy(), discrepancy("5")._replace(reference="cured"), alert(), alert("0")._replace(kind="cured")),
        *(parked("MP-GONE"), RUN),
    ]
    write(database, *records)
    return database


def test_an_item_is_reported_with_what_is_open_of_it(path: Path) -> None:
    report = read_item(path, "ABC-1")
    assert [row["channel"] for row in report.offers] == ["b2b", "web"]
    assert [(row["location"], row["lot"], row["on_hand_quantity"]) for row in report.positions] == [
        ("EAST", "", "5"),
        ("EAST", "L7", "1"),
        ("WEST", "", "3"),
    ]
    assert [row["order_reference"] for row in report.claims] == ["SO-1"]
    assert [row["order_reference"] for row in report.inbound] == ["PO-1"]
    assert [row["reference"] for row in report.discrepancies] == ["wms-east:count:C1:1"]
    assert [row["kind"] for row in report.alerts] == ["oversell"]


def test_the_options_of_the_last_run_are_known(path: Path) -> None:
    report = read_item(path, "ABC-1")
    assert (report.option("input_folder"), report.option("as_of"), report.option("unheard_of")) == ("day", "", "")


def test_one_channel_can_be_asked_for(path: Path) -> None:
    assert [row["channel"] for row in read_item(path, "ABC-1", "web").offers] == ["web"]


def test_a_listing_leads_to_its_item(path: Path) -> None:
    assert read_item(path, "C-7").item == "ABC-1"


def test_an_item_that_no_channel_lists_is_known_by_its_stock(path: Path) -> None:
    assert read_item(path, "GRINDER-PRO").offers == []


@pytest.mark.parametrize(
    ("name", "channel", "message"),
    [
        (
            "grinder-bur",
            None,
            "no item or listing 'grinder-bur' in the views\ndid you mean GRINDER-BURR, GRINDER-PRO?",
        ),
        ("burr", None, "no item or listing 'burr' in the views\ndid you mean GRINDER-BURR?"),
        ("Q%", None, "no item or listing 'Q%' in the views"),
        (
            "MP-GONE",
            None,
            "no item or listing 'MP-GONE' in the views\n1 of its events wait for master data to know it: view parked",
        ),
        ("ABC-1", "retailer", "ABC-1 has no figure on channel 'retailer', expected one of b2b, web"),
        ("GRINDER-PRO", "web", "GRINDER-PRO has no figure on channel 'web', expected one of none"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(path: Path, name: str, channel: str | None, message: str) -> None:
    with pytest.raises(UnknownItemError) as error:
        read_item(path, name, channel)
    assert str(error.value) == message


def test_on_hand_is_added_over_lots(path: Path) -> None:
    assert read_on_hand(path, "ABC-1") == {("EAST", "sellable"): Decimal(6), ("WEST", "sellable"): Decimal(3)}
    assert read_on_hand(path, "UNHEARD-OF") == {}


def test_a_chain_is_read_with_what_is_left_after_each_step() -> None:
    chain = (
        '[{"step": "on_hand", "quantity": "13", "rule": "all"}, {"step": "reserved", "quantity": "-2.5", "rule": "r"},'
        ' {"step": "sell_units", "quantity": "5", "rule": "whole units of pair (2), rounded down"}]'
    )
    assert steps_of(chain) == [
        Step("on_hand", Decimal(13), Decimal(13), "all"),
        Step("reserved", Decimal("-2.5"), Decimal("10.5"), "r"),
        Step("sell_units", Decimal(5), Decimal(5), "whole units of pair (2), rounded down"),
    ]
