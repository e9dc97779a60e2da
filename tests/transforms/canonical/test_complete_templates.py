"""What a message announces of the complete snapshot that it is a part of."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.mapping_spec import MappingSpec
from transforms.canonical.complete_templates import Announced, CompleteTemplate
from transforms.canonical.expressions import ExpressionError
from transforms.canonical.fields import FieldError

EVENT = {
    "kind": "snapshot",
    "transaction_key": ["message.id", "index"],
    "item": "line.sku",
    "quantity": "line.qty",
    "location": "message.site",
    "occurred_at": "message.at",
}
MESSAGE = {"id": "L:1", "at": "2026-03-02T05:00:00Z", "site": "E01", "page": 2, "pages": "3", "n": 7, "sum": "12.50"}


def template(**complete: Any) -> CompleteTemplate:
    said = {"name": "stock", "each": "message.lines", "events": [EVENT], "complete": complete}
    mapping = {"source": "wms", "owner": "team", "version": 3, "format": "json", "messages": [said]}
    spec = MappingSpec.model_validate(mapping)
    return CompleteTemplate(spec.messages[0], spec)


def announced(message: dict[str, Any], **complete: Any) -> Announced:
    return template(**{"snapshot": ["message.id"], **complete}).announced({"message": message})


AT = datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_a_snapshot_is_named_like_a_transaction_and_of_the_time_and_place_of_its_lines() -> None:
    assert announced(MESSAGE) == Announced("wms:stock:L%3A1", ("E01",), AT, "", None, None, None)


def test_parts_lines_and_total_are_read_where_the_mapping_names_them() -> None:
    said = announced(MESSAGE, part="message.page", parts="message.pages", lines="message.n", total="message.sum")
    assert said[3:] == ("2", 3, 7, Decimal("12.5"))


def test_several_locations_are_named_each_once() -> None:
    rows = {**MESSAGE, "rows": [{"plant": "2"}, {"plant": "1"}, {"plant": "2"}, {"plant": ""}]}
    assert announced(rows, locations="message.rows[].plant").location_codes == ("1", "2")


@pytest.mark.parametrize(
    ("story", "change", "problem"),
    [
        ("no name", {"id": ""}, "complete: got nothing for a part of snapshot, expected what names it"),
        ("a count that is none", {"n": "many"}, "complete: lines is 'many', expected a whole number"),
        ("a total that is none", {"sum": "a lot"}, "complete: total: got 'a lot', expected a decimal number"),
        ("no time", {"at": None}, "got nothing, expected a time"),
    ],
)
def test_what_cannot_be_read_is_said(story: str, change: dict[str, Any], problem: str) -> None:
    with pytest.raises((FieldError, ExpressionError)) as caught:
        announced({**MESSAGE, **change}, lines="message.n", total="message.sum")
    assert str(caught.value).startswith(problem)
