from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.boms import KitSpec, build_boms, in_utc
from schemas.master_data import Bom, BomLine
from schemas.yaml_files import SpecError
from tests.schemas.small_company import company


def kit(name: str, *parts: str, **fields: Any) -> dict[str, Any]:
    """An on-demand kit of one of each part, or of a number of them: "MUG*2"."""
    split = [part.partition("*") for part in parts]
    components = [{"item": item, "quantity": quantity or 1} for item, _, quantity in split]
    return {"kit": name, "assembly": "on_demand", "components": components, **fields}


def at(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def test_bills_of_one_kit_follow_each_other_in_time() -> None:
    later = kit("GIFT", "MUG*2", effective_from="2026-03-01")
    earlier = kit("GIFT", "MUG", effective_to="2026-03-01")
    assert company(boms=[later, earlier]).boms["GIFT"] == (
        Bom("GIFT", "on_demand", None, at(3), (BomLine("MUG", Decimal(1), Decimal(0)),)),
        Bom("GIFT", "on_demand", at(3), None, (BomLine("MUG", Decimal(2), Decimal(0)),)),
    )


@pytest.mark.parametrize(
    ("story", "written", "moment"),
    [
        ("a date is its first moment", date(2026, 3, 1), at(3)),
        ("a time without a zone is UTC", "2026-03-01T00:00:00", at(3)),
        ("a time with a zone is turned", "2026-02-28T19:00:00-05:00", at(3)),
    ],
)
def test_bills_are_dated_in_utc(story: str, written: Any, moment: datetime) -> None:
    (bom,) = company(boms=[kit("GIFT", "MUG", effective_from=written)]).boms["GIFT"]
    assert bom.effective_from == moment


def test_a_moment_without_date_stays_open() -> None:
    assert in_utc(None) is None
    assert in_utc(datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == at(3)


@pytest.mark.parametrize(
    ("story", "boms", "message"),
    [
        (
            "a kit holds itself",
            [kit("GIFT", "GIFT")],
            "boms.yaml: kits.0: GIFT > GIFT is a cycle, expected kits that end in plain items",
        ),
        (
            "a kit holds what holds it",
            [kit("HAMPER", "MUG", "GIFT"), kit("GIFT", "HAMPER")],
            "boms.yaml: kits.1: GIFT > HAMPER > GIFT is a cycle, expected kits that end in plain items",
        ),
        (
            "two bills hold at one time",
            [kit("GIFT", "MUG"), kit("GIFT", "MUG*2", effective_from="2026-03-01")],
            (
                "boms.yaml: kits.1: kit 'GIFT' from 2026-03-01 00:00:00+00:00 overlaps the bill that ends never,"
                " expected one bill at a time"
            ),
        ),
        (
            "a bill ends before it starts",
            [kit("GIFT", "MUG", effective_from="2026-03-01", effective_to="2026-02-01")],
            "boms.yaml: kits.0: kit 'GIFT' ends at 2026-02-01 00:00:00+00:00, expected a time after its start",
        ),
        (
            "a kit is no item",
            [kit("BASKET", "MUG")],
            "boms.yaml: kits.0: unknown kit 'BASKET', expected an item that items.csv defines",
        ),
        (
            "a component is no item",
            [kit("GIFT", "MUG", "TEA")],
            "boms.yaml: kits.0.components.1: unknown component 'TEA' of 'GIFT', expected an item of items.csv",
        ),
        (
            "half a mug",
            [kit("GIFT", "MUG*0.5")],
            (
                "boms.yaml: kits.0.components.0: 0.5 each of 'MUG' in 'GIFT',"
                " expected a whole number since the item is not divisible"
            ),
        ),
        (
            "a component comes twice",
            [kit("GIFT", "MUG", "MUG")],
            "boms.yaml: kits.0.components.1: 'MUG' twice in 'GIFT', expected one line with the sum",
        ),
    ],
)
def test_bills_are_refused_where(story: str, boms: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(SpecError) as error:
        company(boms=boms)
    assert str(error.value) == message


@pytest.mark.parametrize(("depth", "refused"), [(8, False), (9, True)])
def test_eight_levels_are_deep_enough(depth: int, refused: bool) -> None:
    names = [f"K{level}" for level in range(depth, 0, -1)]
    items = company().items | {name: company().items["GIFT"] for name in names}
    kits = [KitSpec.model_validate(kit(name, part)) for name, part in zip(names, [*names[1:], "MUG"], strict=True)]
    problems: list[str] = []
    build_boms(kits, items, lambda *steps: f"boms.yaml:{steps[1]}", problems)
    too_deep = f"boms.yaml:0: {' > '.join([*names, 'MUG'])} has 9 levels, expected at most 8"
    assert problems == ([too_deep] if refused else [])


def test_a_cycle_longer_than_the_deepest_kit_is_still_called_a_cycle() -> None:
    names = [f"K{level:02}" for level in range(40)]
    items = {name: company().items["GIFT"] for name in names}
    turned = [*names[1:], names[0]]
    problems: list[str] = []
    kits = [KitSpec.model_validate(kit(name, part)) for name, part in zip(names, turned, strict=True)]
    build_boms(kits, items, lambda *steps: f"boms.yaml:{steps[1]}", problems)
    path = " > ".join([*names, "K00"])
    assert problems == [f"boms.yaml:0: {path} is a cycle, expected kits that end in plain items"]


@pytest.mark.parametrize(
    "change",
    [
        {"assembly": "sometimes"},
        {"components": []},
        {"components": [{"item": "MUG", "quantity": 0}]},
        {"components": [{"item": "MUG", "quantity": 1, "scrap_factor": 1}]},
        {"components": [{"item": "MUG", "quantity": "0.0000001"}]},
        {"effective": "2026-01-01"},
    ],
)
def test_a_kit_is_valid_or_does_not_exist(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KitSpec.model_validate({**kit("GIFT", "MUG"), **change})
