"""A company of five items that tests of master data, policies and checks share, and changes to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.master_data import MasterData, build_master_data

Tables = dict[str, list[dict[str, str]]]

TABLES: Tables = {
    "items": [
        {"item": "MUG", "base_unit": "each"},
        {"item": "BEANS", "base_unit": "kg", "divisible": "yes"},
        {"item": "MILK", "base_unit": "each", "lot_controlled": "yes"},
        {"item": "GIFT", "base_unit": "each"},
        {"item": "HAMPER", "base_unit": "each"},
    ],
    "item_units": [
        {"item": "*", "unit": "case", "factor": "12"},
        {"item": "MUG", "unit": "case", "factor": "6.0"},
        {"item": "MUG", "unit": "pallet", "factor": "480"},
        {"item": "BEANS", "unit": "gram", "factor": "0.001"},
    ],
    "unit_codes": [{"code": "EA", "unit": "each"}, {"code": "CA", "unit": "case"}, {"code": "CS", "unit": "case"}],
    "item_codes": [
        {"source": "wms-east", "code": "M-1", "item": "MUG"},
        {"source": "*", "code": "04012345000016", "item": "MUG"},
        {"source": "*", "code": "M-1", "item": "MILK"},
    ],
    "locations": [
        {"location": "EAST", "timezone": "America/New_York"},
        {"location": "WEST", "timezone": "America/Los_Angeles"},
    ],
    "location_codes": [{"source": "wms-east", "code": "DC1", "location": "EAST"}],
    "dispositions": [{"disposition": "quarantine", "meaning": "not to be touched"}],
    "channels": [{"channel": "web"}, {"channel": "b2b"}],
    "listings": [
        {"channel": "web", "listing": "W-MUG", "item": "MUG"},
        {"channel": "web", "listing": "W-GIFT", "item": "GIFT"},
        {"channel": "b2b", "listing": "B-MUG", "item": "MUG", "sell_unit": "case"},
    ],
    "lots": [{"item": "MILK", "lot": "L1", "expires_on": "2026-04-01"}],
    "ownership": [
        {"location": "*", "facts": "on_hand", "source": "erp-db"},
        {"location": "EAST", "facts": "on_hand", "source": "wms-east"},
    ],
}
GIFT: dict[str, Any] = {
    "kit": "GIFT",
    "assembly": "on_demand",
    "effective_from": "2026-01-01",
    "components": [{"item": "MUG", "quantity": 1}, {"item": "BEANS", "quantity": "0.50"}],
}
HAMPER: dict[str, Any] = {
    "kit": "HAMPER",
    "assembly": "prebuilt",
    "components": [{"item": "GIFT", "quantity": 2}],
}


def company(boms: Sequence[Mapping[str, Any]] = (GIFT, HAMPER), **tables: list[dict[str, str]]) -> MasterData:
    """The company, with whole tables replaced by those given."""
    return build_master_data({**TABLES, **tables}, boms)


def more(table: str, **row: str) -> Tables:
    """One table of the company with a row added, to be given to `company`."""
    return {table: [*TABLES[table], row]}
