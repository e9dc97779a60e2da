from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.policy_parts import (
    Blackout,
    ChannelPolicy,
    Definition,
    Feed,
    Floor,
    Items,
    Limits,
    Pool,
    SafetyStock,
    Thresholds,
)


def channel(**fields: Any) -> ChannelPolicy:
    return ChannelPolicy.model_validate({"definition": "sellable", "locations": ["EAST"], **fields})


@pytest.mark.parametrize(
    "pool",
    [
        {"kind": "shared"},
        {"kind": "percent", "percent": "33.3"},
        {"kind": "fixed", "quantity": 0},
        {"kind": "priority", "rank": 1},
        {"kind": "priority", "rank": 2, "protect": 5},
    ],
)
def test_a_pool_says_what_its_kind_needs(pool: dict[str, Any]) -> None:
    fields = channel(pool=pool).pool.model_dump(exclude_none=True)
    assert {name: str(value) for name, value in fields.items()} == {name: str(value) for name, value in pool.items()}


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"kind": "percent"}, "a percent pool with nothing else, expected percent"),
        ({"kind": "fixed", "percent": 30}, "a fixed pool with percent, expected quantity"),
        ({"kind": "shared", "protect": 5}, "a shared pool with protect, expected nothing else"),
        ({"kind": "priority", "protect": 5}, "a priority pool with protect, expected protect, rank"),
        ({"kind": "percent", "percent": 101}, "less than or equal to 100"),
        ({"kind": "fixed", "quantity": -1}, "greater than or equal to 0"),
        ({"kind": "lottery"}, "Input should be 'shared', 'percent', 'fixed' or 'priority'"),
    ],
)
def test_a_pool_is_refused(pool: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Pool.model_validate(pool)


@pytest.mark.parametrize(
    ("written", "only", "excluded"),
    [("all", None, None), ({"only": ["A"]}, ("A",), None), ({"except": ["B"]}, None, ("B",))],
)
def test_items_are_all_or_some_or_all_but_some(written: Any, only: Any, excluded: Any) -> None:
    items = channel(items=written).items
    assert (items.only, items.excluded) == (only, excluded)


@pytest.mark.parametrize("written", ["none", ["A"], {}, {"only": ["A"], "except": ["B"]}, {"but": ["A"]}, None])
def test_other_items_are_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        channel(items=written)


def test_a_channel_without_more_words_shares_all_it_may_sell() -> None:
    assert channel() == ChannelPolicy(
        definition="sellable",
        locations=("EAST",),
        items=Items(),
        pool=Pool(kind="shared"),
        buffer=Decimal(0),
        publish_threshold=Decimal(0),
        cap=None,
        minimum_shelf_life_days=0,
        blackouts=(),
        thresholds=None,
        partial_requests=False,
    )


def test_thresholds_need_no_more_than_low() -> None:
    assert channel(thresholds={"low": 3}).thresholds == Thresholds(low=3, out=0, hysteresis=0)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({}, "low\n  Field required"),
        ({"low": 5, "out": 5}, "low at 5 and out at 5, expected low above out"),
        ({"low": 5, "hysteresis": -1}, "greater than or equal to 0"),
        ({"low": 2.5}, "valid integer"),
        ({"low": 5, "high": 50}, "Extra inputs are not permitted"),
    ],
)
def test_thresholds_are_refused(thresholds: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Thresholds.model_validate(thresholds)


def test_a_blackout_is_in_utc() -> None:
    written = {"from": "2026-11-27T00:00:00-05:00", "to": "2026-11-28", "why": "stock taking"}
    blackout = Blackout.model_validate(written)
    assert blackout.starts_at == datetime(2026, 11, 27, 5, tzinfo=UTC)
    assert blackout.ends_at == datetime(2026, 11, 28, tzinfo=UTC)


def test_a_blackout_ends_after_it_starts() -> None:
    with pytest.raises(ValidationError, match="expected an end after its start"):
        Blackout.model_validate({"from": "2026-11-28", "to": "2026-11-28", "why": "nothing"})


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Definition, {"means": "", "dispositions": ["sellable"]}),
        (Definition, {"means": "x", "dispositions": []}),
        (Definition, {"means": "x", "dispositions": ["sellable"], "inbound_days": 366}),
        (SafetyStock, {"quantity": "-1"}),
        (SafetyStock, {"quantity": "0.0000001"}),
        (SafetyStock, {"quantity": "NaN"}),
        (Limits, {"history_days": 0}),
        (Limits, {"history_days": 401}),
        (ChannelPolicy, {"definition": "sellable", "locations": []}),
    ],
)
def test_what_makes_no_sense_is_refused(model: type, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(model).validate_python(fields)


def test_quantities_look_equal_when_they_are() -> None:
    assert str(SafetyStock.model_validate({"quantity": 4.50}).quantity) == "4.5"


@pytest.mark.parametrize(
    ("floor", "last_known", "counts"),
    [
        ({"quantity": 5}, 20, 5),
        ({"quantity": 5}, 3, 3),
        ({"quantity": 5}, -2, -2),
        ({"share": "0.25"}, 20, 5),
        ({"share": 0}, 20, 0),
    ],
)
def test_a_floor_is_never_above_what_was_last_known(floor: dict[str, Any], last_known: int, counts: int) -> None:
    assert Floor.model_validate(floor).of(Decimal(last_known)) == counts


def test_a_floor_is_a_quantity_or_a_share() -> None:
    for wrong in ({}, {"quantity": 1, "share": "0.5"}, {"share": "1.5"}, {"quantity": -1}):
        with pytest.raises(ValidationError):
            Floor.model_validate(wrong)


def test_a_feed_without_more_words_is_not_watched_and_falls_to_zero_after_four_hours() -> None:
    feed = Feed(source="wms")
    assert (feed.silent_after, feed.floor_after, feed.floor.of(Decimal(9))) == (None, timedelta(hours=4), 0)
    assert feed.concerns("MUG")
    assert not Feed.model_validate({"source": "wms", "items": {"except": ["MUG"]}}).concerns("MUG")
