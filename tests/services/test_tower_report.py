"""The control tower tells of the last run what its summary tells, and of every refusal what to do next."""

from services.api_source import ApiSource
from services.tower_report import tower


def test_it_tells_how_the_day_ended(day_source: ApiSource) -> None:
    found = tower(day_source)
    assert found["run"]["is_balanced"]
    assert found["run"]["messages"] == sum(one["messages"] for one in found["sources"])
    assert [one["messages"] for one in found["runs"]] == [found["run"]["messages"]]
    alerts = {(one["kind"], one["item"]) for one in found["alerts"]}
    assert alerts == {("oversell", "GRINDER-BURR"), ("silent_source", "")}
    assert found["rates"]["oversold"] == 1


def test_whatever_is_open_says_what_to_do_next(day_source: ApiSource) -> None:
    found = tower(day_source)["open"]
    assert {one["view"] for one in found} == {"dead_letter", "parked"}
    assert [one["message_id"] for one in found if not one["next_step"]] == []


def test_ages_are_counted_to_the_run_s_own_now(day_source: ApiSource) -> None:
    ages = {one["source"]: one["age_seconds"] for one in tower(day_source)["newest_by_source"]}
    assert ages["shop"] == 6 * 3_600  # its last message came at midnight, and the day ends at six


def test_latency_is_told_only_where_a_partner_confirmed(day_source: ApiSource) -> None:
    assert tower(day_source)["delivery_seconds"] is None
