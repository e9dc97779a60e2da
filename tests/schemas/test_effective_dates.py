"""Rows that hold for a time make stretches of time, in each of which they are as plain as rows without dates."""

import pytest

from schemas.effective_dates import MOMENTS_MAX, Stretch, stretches_of
from schemas.master_files import open_table
from tests.builders import MIDNIGHT, hour

OWNERS = [
    {"location": "EAST", "facts": "on_hand", "source": "old", "effective_to": "2026-03-02T09:00:00Z"},
    {"location": "EAST", "facts": "on_hand", "source": "new", "effective_from": "2026-03-02T10:00:00+01:00"},
    {"location": "WEST", "facts": "on_hand", "source": "erp"},
]


def stretched(rows: list[dict[str, str]]) -> tuple[list[Stretch], list[str]]:
    problems: list[str] = []
    return stretches_of({"ownership": open_table("ownership", rows, None, problems)}, problems), problems


def sources(stretches: list[Stretch]) -> list[list[str]]:
    return [[row.text("source") for row in one.rows["ownership"]] for one in stretches]


def test_without_dates_there_is_one_stretch_of_all_rows() -> None:
    stretches, problems = stretched(OWNERS[2:])
    assert (sources(stretches), problems) == ([["erp"]], [])


def test_a_row_holds_from_its_start_until_just_before_its_end() -> None:
    stretches, problems = stretched(OWNERS)
    assert (sources(stretches), problems) == ([["old", "erp"], ["new", "erp"]], [])
    assert stretches[1].starts_at == hour(9)


def test_a_date_without_a_time_is_its_first_moment_in_utc() -> None:
    stretches, _ = stretched([{**OWNERS[2], "effective_from": "2026-03-02"}])
    assert (sources(stretches), stretches[1].starts_at) == ([[], ["erp"]], MIDNIGHT)


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ({"effective_from": "soon"}, "ownership.csv:2: effective_from is 'soon', expected a date or time such as"),
        ({"effective_from": "2026-03-02", "effective_to": "2026-03-02"}, "expected a time after its start"),
    ],
)
def test_dates_that_mean_nothing_are_refused(dates: dict[str, str], message: str) -> None:
    _, (problem,) = stretched([{**OWNERS[2], **dates}])
    assert message in problem


def test_more_moments_than_the_limit_are_refused() -> None:
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 29)][: MOMENTS_MAX + 1]
    rows = [{"location": f"L{day}", "facts": "on_hand", "source": "x", "effective_from": day} for day in days]
    _, (problem,) = stretched(rows)
    assert problem == "102 effective dates in all tables, expected at most 100: drop old rows"
