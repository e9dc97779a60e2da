"""The stock that the views hold is the stock of the ledger."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.view_stock import FigureSeen, StepSeen, ViewStock, read_stock
from schemas.encoding import pack
from tests.pipelines.example_rules import NOW, day, front
from tests.transforms.publication.rows import NOON, availability, claim, inbound, position
from tests.written_views import write
from transforms.ledger.offer_rows import stock
from transforms.ledger.shard_rules import Shard
from transforms.offers.availability_rules import DatedClaim, ItemStock, Supply
from transforms.publication.view_database import ViewsError, create_views
from transforms.publication.view_tables import Run

EAST = ("EAST", "", "sellable")


def written(path: Path, *records: Any) -> ViewStock:
    create_views(path)
    write(path, *records)
    return read_stock(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


def test_views_without_rows_have_no_stock(path: Path) -> None:
    seen = written(path)
    assert seen == ViewStock({}, {}, "", "", {}, {}, {})
    assert seen.stock_of("ABC-1") == ItemStock("ABC-1", {}, {}, {})


def test_without_views_there_is_nothing_to_read(path: Path) -> None:
    with pytest.raises(ViewsError, match="no such file"):
        read_stock(path)


def test_rows_are_put_together_by_item(path: Path) -> None:
    wanted = claim("3", order="SO-2")._replace(
        allocated_quantity=Decimal(2), allocated_by_location='{"EAST": "2"}', scheduled_at=NOON
    )
    seen = written(
        path, position("5.5"), claim("2"), wanted, claim("0", order="SO-3"), inbound("7"), inbound("0", order="PO-2")
    )
    assert seen.stocks == {
        "ABC-1": ItemStock(
            item="ABC-1",
            on_hand={EAST: Decimal("5.5")},
            soft_claims={"web": Decimal(3)},
            hard_claims={"EAST": Decimal(2)},
            supplies=(Supply("EAST", Decimal(7), NOON),),
            dated_claims=(
                DatedClaim(date(2026, 3, 2), "", "EAST", Decimal(2)),
                DatedClaim(date(2026, 3, 2), "web", "", Decimal(1)),
            ),
        )
    }


def test_figures_come_with_their_chain_and_the_run_with_its_options(path: Path) -> None:
    options = json.dumps({"policy": "p.yaml", "as_of": "None", "quiet": "False"})
    run = Run("R1", NOON, NOON, "day", "p1", "m1", options)
    earlier = run._replace(run_id="R0", policy_version="p0")
    seen = written(path, availability(3), earlier, run)
    steps = (StepSeen("on_hand", Decimal(5), ""), StepSeen("reserved", Decimal(-2), "claims"))
    assert seen.figures == {("ABC-1", "web"): FigureSeen("ABC-1", "web", "W-ABC-1", 3, steps, None)}
    assert (seen.policy_version, seen.master_version) == ("p1", "m1")
    assert seen.options == {"policy": "p.yaml", "quiet": "False"}


def test_the_example_day_is_read_back_as_the_ledger_has_it(path: Path) -> None:
    shard = Shard(front().master, front().policy)
    seen = written(path, *shard.fold([pack(event) for event in day()], NOW).records)
    for item, ledger in shard.books.items():
        assert _tidy(seen.stock_of(item)) == _tidy(stock(ledger)), item


def _tidy(given: ItemStock) -> tuple[Any, ...]:
    """Without zeros and without order, which mean nothing."""
    sums = (given.on_hand, given.soft_claims, given.hard_claims)
    without_date = datetime.max.replace(tzinfo=UTC)
    supplies = sorted(
        (one.location, one.quantity, one.expected_at or without_date) for one in given.supplies if one.quantity
    )
    dated: dict[Any, Decimal] = {}
    for one in given.dated_claims:
        dated[one[:3]] = dated.get(one[:3], Decimal(0)) + one.quantity
    return (*({key: n for key, n in one.items() if n} for one in (*sums, dated)), supplies)
