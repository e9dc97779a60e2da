from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.mapping_spec import EventSpec
from schemas.records import ReportedEvent
from transforms.canonical.event_templates import EventTemplate, Problem

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORIGINS = ("wms", "wms/x.jsonl#7", "c-1", NOON, "wms/ship@3")

SAID: dict[str, Any] = {
    "kind": "shipment",
    "transaction_key": ["message.id", "line.no"],
    "item": "line.sku",
    "quantity": "line.qty",
    "occurred_at": "message.at",
}
MESSAGE = {"id": "SH-1", "at": "2026-03-02T08:00:00", "site": "DC1", "seq": 7, "batch": "L1"}


def template(**fields: Any) -> EventTemplate:
    return EventTemplate(EventSpec.model_validate({**SAID, **fields}), "wms:ship:", "America/New_York")


def made(one: EventTemplate, message: dict[str, Any], *lines: dict[str, Any]) -> list[ReportedEvent | Problem]:
    """What a template makes of the lines of a message, as the rules call it."""
    context: dict[str, Any] = {"message": message, "line": lines[0]}
    row = one.row(context, ORIGINS)
    return [one.event({**context, "line": line}, row, index) for index, line in enumerate(lines)]


def line(no: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"no": no, "sku": "MUG", "qty": 2, **fields}


def test_every_column_of_an_event_can_be_filled() -> None:
    full = template(
        kind={"from": "line.code", "values": {"R": "receipt"}},
        unit="line.uom",
        location="message.site",
        lot="message.batch",
        disposition={"value": "sellable"},
        to_location="line.to",
        to_disposition={"value": "damaged"},
        channel={"value": "web"},
        document_type={"value": "shipment"},
        document="message.id",
        document_line="line.no",
        order_reference={"join": ["'SO'", "line.order"], "with": "-"},
        sequence="message.seq",
        expected_at={"from": "line.due", "format": "%Y%m%d", "timezone": "UTC"},
        expires_at={"from": "line.until", "epoch": "s"},
    )
    said = line(code="R", uom="CA", to="W01", order=9, due="20260305", until=1772668800)
    assert made(full, MESSAGE, said) == [
        ReportedEvent(
            transaction_key="wms:ship:SH-1:1",
            kind="receipt",
            item_code="MUG",
            quantity=Decimal(2),
            unit_code="CA",
            occurred_at=datetime(2026, 3, 2, 13, tzinfo=UTC),
            source="wms",
            message_id="wms/x.jsonl#7",
            correlation_id="c-1",
            received_at=NOON,
            mapping_version="wms/ship@3",
            event_index=0,
            location_code="DC1",
            lot="L1",
            disposition="sellable",
            to_location_code="W01",
            to_disposition="damaged",
            channel="web",
            document_type="shipment",
            document="SH-1",
            document_line="1",
            order_reference="SO-9",
            sequence=7,
            expected_at=datetime(2026, 3, 5, tzinfo=UTC),
            expires_at=datetime(2026, 3, 5, tzinfo=UTC),
        )
    ]


def test_what_a_mapping_does_not_name_is_at_its_default() -> None:
    (found,) = made(template(), MESSAGE, line())
    assert isinstance(found, ReportedEvent)
    unnamed = set(ReportedEvent._field_defaults) - {"event_index"}
    assert {name: getattr(found, name) for name in unnamed} == {
        name: ReportedEvent._field_defaults[name] for name in unnamed
    }
    assert found.unit_code == ""


def test_lines_share_what_only_the_message_says_and_nothing_else() -> None:
    events = made(template(location="message.site", lot="line.lot"), MESSAGE, line(1, lot="A"), line(2), line(3, qty=5))
    found = [(e.transaction_key, e.location_code, e.lot, e.quantity, e.event_index) for e in events]
    assert found == [
        ("wms:ship:SH-1:1", "DC1", "A", Decimal(2), 0),
        ("wms:ship:SH-1:2", "DC1", "", Decimal(2), 1),
        ("wms:ship:SH-1:3", "DC1", "", Decimal(5), 2),
    ]


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (["SH-1", 1], "wms:ship:SH-1:1"),
        ([" SH-1 ", "1"], "wms:ship:SH-1:1"),
        (["a:b", "c"], "wms:ship:a%3Ab:c"),
        (["a", "b:c"], "wms:ship:a:b%3Ac"),
        (["a%3Ab", "c"], "wms:ship:a%253Ab:c"),
    ],
)
def test_different_parts_make_different_keys(parts: list[Any], key: str) -> None:
    (found,) = made(template(), {**MESSAGE, "id": parts[0]}, line(parts[1]))
    assert found.transaction_key == key


UNKNOWN = "got nothing, expected a quantity: unknown is not zero"


@pytest.mark.parametrize(
    ("story", "message", "said", "problem"),
    [
        (
            "of a line",
            MESSAGE,
            line(qty=None),
            Problem("missing_quantity", f"field quantity (line.qty): {UNKNOWN}", "wms:ship:SH-1:1"),
        ),
        (
            "of the message",
            {**MESSAGE, "at": "soon"},
            line(),
            Problem(
                "bad_time",
                "field occurred_at (message.at): got 'soon', expected an ISO 8601 time",
                "wms:ship:SH-1:1",
            ),
        ),
        (
            "the first of several, in the order of the fields",
            {**MESSAGE, "at": "soon"},
            line(qty=None),
            Problem("missing_quantity", f"field quantity (line.qty): {UNKNOWN}", "wms:ship:SH-1:1"),
        ),
        (
            "the key, which comes first",
            {**MESSAGE, "id": None},
            line(qty=None),
            Problem(
                "missing_key",
                "field transaction_key: got nothing at message.id, expected a part of what names the event",
                "",
            ),
        ),
    ],
)
def test_a_problem_names_its_field(story: str, message: dict[str, Any], said: dict[str, Any], problem: Problem) -> None:
    assert made(template(), message, said) == [problem]


def test_an_expression_that_cannot_be_computed_names_its_field() -> None:
    (found,) = made(template(lot="abs(line.lot)"), MESSAGE, line(lot="L1"))
    assert isinstance(found, Problem)
    assert (found.reason, found.transaction_key) == ("bad_value", "wms:ship:SH-1:1")
    assert found.message.startswith("field lot (abs(line.lot)): abs(line.lot) cannot be computed: ")


def test_a_field_of_several_expressions_shows_them_all() -> None:
    (found,) = made(template(item={"first": ["line.a", "line.b"]}), MESSAGE, line())
    message = "field item (line.a, line.b): got nothing, expected a value"
    assert found == Problem("missing_field", message, "wms:ship:SH-1:1")


def test_a_sign_told_by_the_line_is_not_shared() -> None:
    turned = template(quantity={"from": "message.qty", "negate_when": "line.out == 'yes'"})
    events = made(turned, {**MESSAGE, "qty": 3}, line(1, out="yes"), line(2))
    assert [e.quantity for e in events] == [Decimal(-3), Decimal(3)]


def test_a_quantity_that_the_mapping_says_itself() -> None:
    assert [e.quantity for e in made(template(quantity={"value": 1}), MESSAGE, line())] == [Decimal(1)]
    negated = template(quantity={"value": 1, "negate": True})
    assert [e.quantity for e in made(negated, MESSAGE, line())] == [Decimal(-1)]
    turned = template(quantity={"value": 1, "negate_when": "line.out"})
    assert [e.quantity for e in made(turned, MESSAGE, line(1, out=1), line(2))] == [Decimal(-1), Decimal(1)]


def test_a_key_is_the_same_whether_its_parts_stand_in_the_event_or_not() -> None:
    named = template(document="message.id", document_line="line.no")
    keys = [event.transaction_key for one in (template(), named) for event in made(one, MESSAGE, line("a:b"), line(7))]
    assert keys == ["wms:ship:SH-1:a%3Ab", "wms:ship:SH-1:7"] * 2
    assert made(named, MESSAGE, line(None)) == made(template(), MESSAGE, line(None))


def test_a_text_is_read_from_an_object_or_is_empty() -> None:
    lots = [{"batch": " L1 "}, {}, "L1", None, ["L1"]]
    events = made(template(lot="line.stock.batch"), MESSAGE, *(line(no, stock=lot) for no, lot in enumerate(lots)))
    assert [event.lot for event in events if isinstance(event, ReportedEvent)] == ["L1", "", "", "", ""]


def test_no_condition_applies_always() -> None:
    assert template().applies is None
    applies = template(when="line.qty != `0`").applies
    assert applies is not None
    assert [applies({"line": {"qty": quantity}}) for quantity in (1, 0)] == [True, False]
