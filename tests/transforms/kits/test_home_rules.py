"""The books of an item stay where they were when the job started, whatever bills come later."""

from typing import Any

from schemas.master_data import MasterData
from tests.schemas.small_company import GIFT, HAMPER, TABLES, company
from transforms.kits.home_rules import homes, keep_homes

FIRST = company()
WITH_SETS = [*TABLES["items"], {"item": "SET", "base_unit": "each"}, {"item": "DUO", "base_unit": "each"}]


def kit(name: str, *parts: str) -> dict[str, Any]:
    return {"kit": name, "assembly": "on_demand", "components": [{"item": part, "quantity": 1} for part in parts]}


def later(*kits: dict[str, Any]) -> MasterData:
    return company((GIFT, HAMPER, *kits), items=WITH_SETS)


def test_what_bills_connect_at_the_start_is_at_home_in_one_place() -> None:
    assert homes(FIRST, FIRST.boms).home_of == dict.fromkeys(("MUG", "BEANS", "GIFT", "HAMPER"), "BEANS")


def test_a_new_kit_of_one_family_joins_it() -> None:
    new = later(kit("SET", "MUG", "GIFT"))
    assert homes(FIRST, new.boms).home_of["SET"] == "BEANS"
    assert keep_homes(FIRST, FIRST, new) == (new, [])


def test_a_new_kit_that_connects_two_places_is_refused_and_stays_unknown() -> None:
    new, problems = keep_homes(FIRST, FIRST, later(kit("SET", "MUG", "MILK")))
    apart = "kit 'SET' connects books that are kept apart (MILK in MILK, MUG in BEANS)"
    assert problems == [f"{apart}, expected one home: it needs a hand-over"]
    assert "SET" not in new.items
    assert new.boms == FIRST.boms
    assert "DUO" in new.items, "the rest of the version is in force"


def test_a_kit_that_holds_a_refused_one_is_refused_with_it() -> None:
    new, problems = keep_homes(FIRST, FIRST, later(kit("SET", "MUG", "MILK"), kit("DUO", "SET")))
    assert problems[0] == "kit 'DUO' holds 'SET', which was refused"
    assert {"SET", "DUO"} & new.items.keys() == set()


def test_a_kit_whose_new_bill_is_refused_keeps_its_old_one() -> None:
    changed = {**GIFT, "components": [{"item": "MUG", "quantity": 1}, {"item": "MILK", "quantity": 1}]}
    new, problems = keep_homes(FIRST, FIRST, company((changed, HAMPER)))
    assert new.boms["GIFT"] == FIRST.boms["GIFT"]
    assert "GIFT" in new.items
    assert len(problems) == 2, "GIFT, and the HAMPER that holds it"
