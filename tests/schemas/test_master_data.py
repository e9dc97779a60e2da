import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.master_data import (
    Bom,
    BomLine,
    Item,
    Listing,
    Lot,
    MasterData,
    build_master_data,
    load_master_data,
)
from schemas.yaml_files import SpecError
from tests.schemas.small_company import GIFT, TABLES, company, more

FILES = {
    "items.csv": "item,base_unit,description\nMUG,each,blue\nGIFT,each,\n",
    "item_units.csv": "item,unit,factor\nMUG,case,6\n",
    "locations.csv": "location,name,kind,timezone\nEAST,Newark,warehouse,America/New_York\n",
    "boms.yaml": """\
kits:
  - kit: GIFT
    assembly: on_demand
    components:
      - {item: MUG, quantity: 2}
""",
}


def folder_with(path: Path, **changed: str) -> Path:
    for name, text in {**FILES, **{name.replace("_csv", ".csv"): text for name, text in changed.items()}}.items():
        (path / name.replace("_yaml", ".yaml")).write_text(text)
    return path


@pytest.mark.parametrize(
    ("story", "source", "code", "item"),
    [
        ("a source's own code comes first", "wms-east", "M-1", "MUG"),
        ("a code of all sources comes next", "wms-west", "M-1", "MILK"),
        ("every source may send a GTIN", "shop", "04012345000016", "MUG"),
        ("our own name is known to all", "shop", "BEANS", "BEANS"),
        ("a name is not guessed", "shop", "beans", None),
    ],
)
def test_an_item_is_found(story: str, source: str, code: str, item: str | None) -> None:
    assert company().item_of(source, code) == item


@pytest.mark.parametrize(
    ("source", "code", "location"),
    [("wms-east", "DC1", "EAST"), ("wms-west", "DC1", None), ("wms-west", "WEST", "WEST")],
)
def test_a_location_code_belongs_to_its_source(source: str, code: str, location: str | None) -> None:
    assert company().location_of(source, code) == location


@pytest.mark.parametrize(("code", "unit"), [("EA", "each"), ("CS", "case"), ("gram", "gram"), ("XX", None)])
def test_a_unit_is_known_by_its_codes_and_its_own_name(code: str, unit: str | None) -> None:
    assert company().unit_of(code) == unit


@pytest.mark.parametrize(
    ("story", "item", "unit", "factor"),
    [
        ("the base unit is implied", "MILK", "each", Decimal(1)),
        ("a factor of every item", "MILK", "case", Decimal(12)),
        ("an item's own factor wins", "MUG", "case", Decimal(6)),
        ("a fraction", "BEANS", "gram", Decimal("0.001")),
        ("not a unit of this item", "MILK", "pallet", None),
        ("not an item", "NONE", "each", None),
    ],
)
def test_a_factor_is_in_base_units(story: str, item: str, unit: str, factor: Decimal | None) -> None:
    assert company().factor(item, unit) == factor


@pytest.mark.parametrize(
    ("story", "location", "facts", "owner"),
    [
        ("a location's own row wins", "EAST", "on_hand", "wms-east"),
        ("the rest have the owner of all", "WEST", "on_hand", "erp-db"),
        ("without a row everybody's word is posted", "EAST", "claims", None),
    ],
)
def test_the_owner_of_facts(story: str, location: str, facts: str, owner: str | None) -> None:
    assert company().owner(location, facts) == owner


def test_listings_are_found_from_the_item_and_from_the_channel() -> None:
    master = company()
    web = Listing("web", "W-MUG", "MUG", "each", Decimal(1))
    b2b = Listing("b2b", "B-MUG", "MUG", "case", Decimal(6))
    assert master.listings["b2b", "MUG"] == b2b
    assert master.listings_of["MUG"] == (b2b, web)
    assert master.item_of_listing("web", "W-GIFT") == "GIFT"
    assert master.item_of_listing("b2b", "W-GIFT") is None


def test_messages_can_say_how_many_codes_a_source_has() -> None:
    master = company()
    assert master.codes_known("item", "wms-east") == 3
    assert master.codes_known("location", "shop") == 0


def test_a_version_depends_on_the_contents_alone() -> None:
    master = company()
    turned = {name: list(reversed(rows)) for name, rows in TABLES.items()}
    assert company(**turned).version == master.version
    assert company(**more("unit_codes", code="KS", unit="case")).version != master.version
    assert company(boms=[GIFT]).version != master.version


def test_master_data_goes_to_another_process_and_stays_equal() -> None:
    master = company()
    assert pickle.loads(pickle.dumps(master)) == master


def test_a_folder_becomes_master_data(tmp_path: Path) -> None:
    master = load_master_data(folder_with(tmp_path))
    mug = Item("MUG", "blue", "each", False, False, {"each": Decimal(1), "case": Decimal(6)})
    assert master.items["MUG"] == mug
    assert master.locations["EAST"] == ("EAST", "Newark", "warehouse", "America/New_York")
    kit = Bom("GIFT", "on_demand", None, None, (BomLine("MUG", Decimal(2), Decimal(0)),))
    assert master.boms == {"GIFT": (kit,)}


def test_a_folder_without_kits_has_none(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "boms.yaml").unlink()
    assert load_master_data(folder).boms == {}


def test_every_mistake_is_told_at_once_with_its_file_and_line(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        items_csv='item,base_unit,description\nMUG,each,"two\nlines"\nMUG,each,\n',
        item_units_csv="item,unit,factor\n\nTEA,case,6\nMUG,case,-1\n",
    )
    with pytest.raises(SpecError) as error:
        load_master_data(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/item_units.csv:3: unknown item 'TEA', expected one that items.csv defines",
        f"{folder}/item_units.csv:4: bad factor '-1', expected a number above 0, at most 1000000 with 6 decimals",
        f"{folder}/items.csv:4: duplicate 'MUG', first on line 2",
        f"{folder}/boms.yaml:2: unknown kit 'GIFT', expected an item that items.csv defines",
    ]


def test_a_mistake_in_a_kit_is_told_with_its_line(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, boms_yaml=FILES["boms.yaml"].replace("MUG", "CUP"))
    with pytest.raises(SpecError, match=r"boms\.yaml:5: unknown component 'CUP' of 'GIFT'"):
        load_master_data(folder)


def test_a_field_that_no_kit_has_is_told_with_its_line(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, boms_yaml=FILES["boms.yaml"].replace("quantity", "quantty"))
    with pytest.raises(SpecError, match=r"boms\.yaml:5"):
        load_master_data(folder)


def test_a_table_nobody_knows_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown table 'itmes', expected one of items, item_units"):
        build_master_data({"itmes": []})


def test_the_thousandth_mistake_of_one_kind_is_only_counted() -> None:
    rows = [{"item": f"I{number}", "base_unit": "each", "divisible": "maybe"} for number in range(1000)]
    with pytest.raises(SpecError, match="and 950 more") as error:
        build_master_data({"items": rows})
    assert len(str(error.value).splitlines()) == 51


def test_a_company_is_whole() -> None:
    master = company()
    assert isinstance(master, MasterData)
    assert master.dispositions == {
        "sellable": "may be sold",
        "returns_hold": "came back, not inspected yet",
        "quarantine": "not to be touched",
    }
    assert master.lots == {("MILK", "L1"): Lot("MILK", "L1", date(2026, 4, 1), "released")}
    assert master.boms["GIFT"][0].effective_from == datetime(2026, 1, 1, tzinfo=UTC)
