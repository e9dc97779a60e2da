"""Tables whose rows have dates are what held at a time; two rows of one thing at one time are refused."""

import pickle
from datetime import UTC, datetime

import pytest

from schemas.master_data import MasterData
from schemas.yaml_files import SpecError
from tests.schemas.small_company import TABLES, company

BEFORE, AFTER = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
UNTIL, SINCE = {"effective_to": "2026-03-01"}, {"effective_from": "2026-03-01"}


def dated() -> MasterData:
    return company(
        item_codes=[
            {"source": "wms-east", "code": "M-1", "item": "MUG", **UNTIL},
            {"source": "wms-east", "code": "M-1", "item": "MILK", **SINCE},
        ],
        location_codes=[{"source": "wms-east", "code": "DC1", "location": "EAST", **SINCE}],
        listings=[
            {"channel": "web", "listing": "W-1", "item": "MUG", **UNTIL},
            {"channel": "web", "listing": "W-1", "item": "MILK", **SINCE},
        ],
        item_units=[
            {"item": "MUG", "unit": "case", "factor": "6", **UNTIL},
            {"item": "MUG", "unit": "case", "factor": "8", **SINCE},
        ],
        unit_codes=[{"code": "CA", "unit": "case"}],
        ownership=[
            {"location": "EAST", "facts": "on_hand", "source": "old-erp", **UNTIL},
            {"location": "EAST", "facts": "on_hand", "source": "new-erp", **SINCE},
        ],
    )


def answers(master: MasterData) -> list[object]:
    return [
        master.item_of("wms-east", "M-1"),
        master.location_of("wms-east", "DC1"),
        master.item_of_listing("web", "W-1"),
        str(master.factor("MUG", "case")),
        master.owner("EAST", "on_hand"),
        master.until,
    ]


@pytest.mark.parametrize("carried", [False, True])
def test_each_question_is_answered_by_what_held_then(carried: bool) -> None:
    master = dated()
    if carried:  # as another process would find it
        master = MasterData.made_of(master.plain())
    assert answers(master.at(BEFORE)) == ["MUG", None, "MUG", "6", "old-erp", AFTER]
    assert answers(master.at(AFTER)) == ["MILK", "EAST", "MILK", "8", "new-erp", None]
    assert answers(master) == answers(master.at(AFTER))


def test_what_has_dates_survives_the_way_to_a_worker() -> None:
    master = dated()
    assert pickle.loads(pickle.dumps(master)) == master


def test_without_dates_master_data_is_the_same_at_any_time() -> None:
    master = company()
    assert master.at(BEFORE) is master


def test_a_row_begins_where_the_other_ends_or_is_refused_with_its_line() -> None:
    rows = [
        {"location": "EAST", "facts": "on_hand", "source": "old-erp", "effective_to": "2026-03-02"},
        {"location": "EAST", "facts": "on_hand", "source": "new-erp", "effective_from": "2026-03-01"},
    ]
    with pytest.raises(SpecError) as refused:
        company(ownership=rows)
    said = "ownership.csv:3: duplicate 'EAST', 'on_hand', first on line 2, expected one at a time"
    assert str(refused.value) == said


def test_what_is_wrong_with_a_row_is_said_once_however_many_dates_there_are() -> None:
    unknown = {"source": "x", "code": "y", "item": "NOTHING"}
    with pytest.raises(SpecError) as refused:
        company(item_codes=[unknown], ownership=[{**TABLES["ownership"][0], **UNTIL}])
    assert str(refused.value) == "item_codes.csv:2: unknown item 'NOTHING', expected one that items.csv defines"
