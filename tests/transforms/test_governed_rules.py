"""A new version is taken over whole and only if it is right."""

import pytest

from schemas.master_data import MasterData
from tests.agreement import POLICY
from tests.schemas.small_company import GIFT, HAMPER, TABLES, company, more
from transforms.governed_rules import Governed, governed, homes_of, lost_rows, take_over

FIRST = governed(company(), POLICY)


def with_items(count: int) -> MasterData:
    many = [{"item": f"X{number}", "base_unit": "each"} for number in range(count)]
    return company(items=[*TABLES["items"], *many])


def test_the_version_is_that_of_the_contents_of_both() -> None:
    assert governed(company(), POLICY).version == FIRST.version
    assert governed(company(**more("channels", channel="shop")), POLICY).version != FIRST.version
    assert governed(company(), POLICY.model_copy(update={"owner": "others"})).version != FIRST.version


def test_a_right_version_is_taken_over() -> None:
    new = governed(company(**more("locations", location="NORTH")), POLICY)
    assert take_over(FIRST, FIRST, new) == (new, ())


def test_a_version_that_lost_much_of_a_table_is_refused_as_cut_off() -> None:
    before, after = governed(with_items(95), POLICY), governed(with_items(70), POLICY)
    taken = take_over(before, before, after)
    assert taken.governed is before
    assert taken.problems == (
        "items has 75 rows and had 100, expected to lose at most 20%: if it is meant, start the job again",
    )


@pytest.mark.parametrize(("has", "is_refused"), [(95, False), (75, False), (74, True)])
def test_a_table_may_lose_a_share_of_its_rows(has: int, *, is_refused: bool) -> None:
    assert bool(lost_rows(with_items(95), with_items(has))) == is_refused


def test_a_small_table_may_lose_a_few_rows() -> None:
    assert lost_rows(company(), company(item_codes=[])) == []


def test_a_bill_that_cannot_be_housed_is_refused_and_the_rest_taken() -> None:
    parts = [{"item": item, "quantity": 1} for item in ("MUG", "MILK")]
    lamp = {"kit": "LAMP", "assembly": "on_demand", "components": parts}
    new = governed(company((GIFT, HAMPER, lamp), **more("items", item="LAMP", base_unit="each")), POLICY)
    taken = take_over(FIRST, FIRST, new)
    assert isinstance(taken.governed, Governed)
    assert taken.governed.version == new.version
    assert len(taken.problems) == 1
    assert homes_of(FIRST, taken.governed).home_of["GIFT"] == "BEANS"
