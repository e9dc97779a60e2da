import copy
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import avro_contract
from schemas.avro_contract import (
    contract_versions,
    from_avro,
    incompatibilities,
    load_contract,
    read_events,
    to_avro,
    write_events,
)
from schemas.records import KINDS, Component, StockEvent

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
PLAIN = StockEvent(
    transaction_key="wms-east:ship:S1:1",
    kind="shipment",
    item="MUG",
    quantity=Decimal(12),
    occurred_at=NOON,
    source="wms-east",
    message_id="wms-east/x.jsonl#7",
    correlation_id="c-1",
    received_at=NOON,
    mapping_version="wms-east/ship@1",
    original_quantity=Decimal(2),
    original_unit="CA",
)
FULL = PLAIN._replace(
    kind="adjustment",
    quantity=Decimal("-0.000001"),
    original_quantity=Decimal("-999999999999.999999"),
    event_index=3,
    location="EAST",
    lot="L1",
    disposition="sellable",
    to_location="WEST",
    to_disposition="damaged",
    channel="web",
    document_type="945",
    document="D1",
    document_line="1",
    order_reference="SO-1",
    sequence=2**63 - 1,
    expected_at=NOON,
    expires_at=datetime(1969, 12, 31, tzinfo=UTC),
    components=(Component("MUG", Decimal(2)), Component("BEANS", Decimal("0.5"))),
)


@pytest.mark.parametrize("event", [PLAIN, FULL], ids=["plain", "full"])
def test_an_event_comes_back_from_a_file_as_it_was(event: StockEvent) -> None:
    file = io.BytesIO()
    write_events(file, [event, event])
    file.seek(0)
    back = list(read_events(file))
    assert back == [event, event]
    assert str(back[0].quantity) == str(event.quantity)  # equal decimals also look equal


def test_an_event_comes_back_from_a_record_as_it_was() -> None:
    assert from_avro(to_avro(FULL)) == FULL


def test_what_a_component_needs_is_rounded_to_the_contract() -> None:
    event = PLAIN._replace(components=(Component("BEANS", Decimal("0.3499996500")),))
    assert to_avro(event)["components"] == [{"item": "BEANS", "quantity": Decimal("0.350000")}]


@pytest.mark.parametrize("wrong", [{"quantity": Decimal("0.0000001")}, {"kind": "gift"}, {"sequence": 2**63}])
def test_what_the_contract_cannot_hold_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, OverflowError)):
        write_events(io.BytesIO(), [PLAIN._replace(**wrong)])


def test_the_contract_has_the_fields_of_the_record_in_their_order() -> None:
    assert tuple(field["name"] for field in load_contract()["fields"]) == StockEvent._fields


def test_a_field_that_may_be_left_out_of_the_record_has_the_same_default() -> None:
    defaults = {field["name"]: field["default"] for field in load_contract()["fields"] if "default" in field}
    assert {**defaults, "components": ()} == StockEvent._field_defaults


def test_the_contract_names_every_kind() -> None:
    (kind,) = [field["type"] for field in load_contract()["fields"] if field["name"] == "kind"]
    assert set(kind["symbols"]) == KINDS


def test_every_field_is_explained() -> None:
    fields = load_contract()["fields"]
    (components,) = [field for field in fields if field["name"] == "components"]
    undocumented = [f["name"] for f in [*fields, *components["type"]["items"]["fields"]] if len(f.get("doc", "")) < 10]
    assert undocumented == []


@pytest.mark.parametrize("reader", contract_versions("stock_event"))
@pytest.mark.parametrize("writer", contract_versions("stock_event"))
def test_every_version_can_read_every_other(reader: int, writer: int) -> None:
    versions = contract_versions("stock_event")
    assert incompatibilities(versions[reader], versions[writer]) == []


def test_versions_are_found_by_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stock_event.v10.avsc", "stock_event.v2.avsc", "other.v1.avsc", "stock_event.vx.avsc"):
        (tmp_path / name).write_text(json.dumps({"name": name}))
    monkeypatch.setattr(avro_contract, "AVRO_FOLDER", tmp_path)
    assert contract_versions("stock_event") == {
        2: {"name": "stock_event.v2.avsc"},
        10: {"name": "stock_event.v10.avsc"},
    }


Change = Callable[[dict[str, Any]], None]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in schema["fields"] if one["name"] == name]
    return found  # type: ignore[no-any-return]


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(load_contract())
    change(schema)
    return schema


def type_of(name: str, **changes: Any) -> Change:
    return lambda schema: field(schema, name)["type"].update(changes)


def new_field(**fields: Any) -> Change:
    return lambda schema: schema["fields"].append({"name": "pallet", "type": "string", **fields})


def without(name: str) -> Change:
    return lambda schema: schema["fields"].remove(field(schema, name))


def retyped(name: str, new_type: Any) -> Change:
    return lambda schema: field(schema, name).update(type=new_type)


def component_scale(schema: dict[str, Any]) -> None:
    field(schema["fields"][[f["name"] for f in schema["fields"]].index("components")]["type"]["items"], "quantity")[
        "type"
    ]["scale"] = 3


MICROS = "timestamp-micros"


@pytest.mark.parametrize(
    ("story", "change", "new_reads_old", "old_reads_new"),
    [
        ("a new field with a default", new_field(default=""), [], []),
        ("a new field without one", new_field(), ["/fields/28: reader_field_missing_default_value (pallet)"], []),
        ("a field with a default goes", without("lot"), [], []),
        ("a field without one goes", without("item"), [], ["/fields/2: reader_field_missing_default_value (item)"]),
        (
            "a new kind",
            lambda schema: field(schema, "kind")["type"]["symbols"].append("gift"),
            [],
            ["/fields/1/type/symbols: missing_enum_symbols ({'gift'})"],
        ),
        (
            "a wider number",
            retyped("event_index", "long"),
            [],
            ["/fields/12/type: type_mismatch (reader type: int not compatible with writer type: long)"],
        ),
        (
            "another scale: the same bytes, another number",
            type_of("quantity", scale=3),
            ["/quantity: decimal of scale 6 would be read with scale 3"],
            ["/quantity: decimal of scale 3 would be read with scale 6"],
        ),
        (
            "another scale deep inside",
            component_scale,
            ["/components/items/quantity: decimal of scale 6 would be read with scale 3"],
            ["/components/items/quantity: decimal of scale 3 would be read with scale 6"],
        ),
        (
            "more digits",
            type_of("quantity", precision=30),
            [],
            ["/quantity: decimal of 30 digits does not fit the 24 read"],
        ),
        (
            "a decimal that is only bytes",
            retyped("quantity", "bytes"),
            ["/quantity: logical type decimal would be read as none"],
            ["/quantity: logical type none would be read as decimal"],
        ),
        (
            "other moments behind a null",
            retyped("expires_at", ["null", {"type": "long", "logicalType": "timestamp-millis"}]),
            [f"/expires_at: logical type {MICROS} would be read as timestamp-millis"],
            [f"/expires_at: logical type timestamp-millis would be read as {MICROS}"],
        ),
        (
            "a renamed field with its old name as an alias",
            lambda schema: field(schema, "quantity").update(name="moved", aliases=["quantity"]),
            [],
            ["/fields/3: reader_field_missing_default_value (quantity)"],
        ),
    ],
)
def test_a_new_version_with(story: str, change: Change, new_reads_old: list[str], old_reads_new: list[str]) -> None:
    old, new = load_contract(), changed(change)
    assert incompatibilities(new, old) == new_reads_old
    assert incompatibilities(old, new) == old_reads_new


def test_a_renamed_decimal_is_still_compared_by_meaning() -> None:
    def rename(schema: dict[str, Any]) -> None:
        field(schema, "quantity").update(name="moved", aliases=["quantity"])
        field(schema, "moved")["type"]["scale"] = 2

    assert incompatibilities(changed(rename), load_contract()) == [
        "/moved: decimal of scale 6 would be read with scale 2",
    ]


def test_a_type_that_is_used_by_name_is_compared_where_it_is_used() -> None:
    def ledger_of(scale: int) -> dict[str, Any]:
        amount = {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": scale}
        line = {"type": "record", "name": "Line", "fields": [{"name": "amount", "type": amount}]}
        fields = [{"name": "first", "type": line}, {"name": "rest", "type": {"type": "map", "values": "Line"}}]
        return {"type": "record", "name": "Ledger", "fields": fields}

    assert incompatibilities(ledger_of(2), ledger_of(3)) == [
        "/first/amount: decimal of scale 3 would be read with scale 2"
    ]
    assert incompatibilities(ledger_of(2), ledger_of(2)) == []


def test_files_of_a_version_with_more_fields_are_read_by_this_one() -> None:
    newer = fastavro.parse_schema(changed(new_field(default="")))
    file = io.BytesIO()
    fastavro.writer(file, newer, [{**to_avro(PLAIN), "pallet": "P1", "schema_version": 2}])
    file.seek(0)
    assert list(read_events(file)) == [PLAIN._replace(schema_version=2)]
