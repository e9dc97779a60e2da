"""The README's item worked by hand equals what the run says, row by row, read from the README itself."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from schemas.records import StockEvent
from tests.pipelines.example_day import AS_OF, DAY, ROOT, Views, envelopes, run_day
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.mapping_rules import load_mappings
from transforms.ledger.offer_rows import stock
from transforms.ledger.shard_rules import Shard

ITEM = "MUG-BLUE"
NOW = datetime.fromisoformat(AS_OF)

Row = dict[str, str]


def tables() -> list[list[Row]]:
    """The tables of the section, each a list of rows by column name."""
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## One item, worked by hand\n")[1].split("\n## ")[0]
    return [_rows(block) for block in re.findall(r"(?:^\|.*\|\n)+", section + "\n", re.MULTILINE)]


def _rows(block: str) -> list[Row]:
    header, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.strip().splitlines()]
    return [dict(zip(header, cells, strict=True)) for cells in lines]


@pytest.fixture(scope="module")
def front() -> Front:
    master = load_master_data(ROOT / "examples/company/master")
    policy = load_policy(ROOT / "examples/company/policy.yaml", master)
    return Front(load_mappings(ROOT / "schemas/mappings"), master, policy)


@pytest.fixture(scope="module")
def events(front: Front) -> list[StockEvent]:
    return [event for envelope in envelopes() for event in canonicalise(envelope, front).all_events()]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Views:
    return run_day(DAY, tmp_path_factory.mktemp("readme") / "views.db")


@pytest.mark.parametrize("row", tables()[0], ids=lambda row: row["time"])
def test_each_row_of_the_day_is_what_the_ledger_says_of_that_time(
    row: Row, front: Front, events: list[StockEvent]
) -> None:
    at = datetime.fromisoformat(f"2026-03-02T{row['time']}+00:00")
    shard = Shard(front.master, front.policy)
    shard.fold([pack(event) for event in events if event.occurred_at <= at], NOW)
    books = stock(shard.books[ITEM])
    found = {place: str(books.on_hand.get((place, "", "sellable"), Decimal(0))) for place in ("EAST", "WEST")}
    open_claims = sum(books.soft_claims.values()) + sum(books.hard_claims.values())
    left = Decimal(found["EAST"]) + Decimal(found["WEST"]) - open_claims
    assert {**found, "open": str(open_claims), "left": str(left)} == {
        name: row[name] for name in ("EAST", "WEST", "open", "left")
    }


@pytest.mark.parametrize("row", tables()[0], ids=lambda row: row["time"])
def test_each_row_names_messages_that_exist(row: Row) -> None:
    assert [name for name in row["message file"].split(", ") if not (DAY / name).is_file()] == []


def test_the_positions_at_the_end_are_those_of_the_views(views: Views) -> None:
    by_hand = {row["position"]: row["quantity"] for row in tables()[1]}
    assert {
        f"{place}, {disposition}": quantity for _, place, _, disposition, quantity, _ in _of(views["position"])
    } == by_hand


def test_the_open_claims_at_the_end_are_those_of_the_views(views: Views) -> None:
    by_hand = {row["open claim"]: row["quantity"] for row in tables()[2]}
    assert {row[1]: row[4] for row in _of(views["claim"]) if row[4] != "0"} == by_hand


def test_what_each_channel_is_told_is_the_figure_worked_by_hand(views: Views) -> None:
    by_hand = {row["channel"]: int(row["told"].split()[0]) for row in tables()[3]}
    assert {row[1]: row[3] for row in _of(views["availability"])} == by_hand


def _of(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of the item; it stands first in every view that is used here."""
    return [row for row in rows if row[0] == ITEM]
