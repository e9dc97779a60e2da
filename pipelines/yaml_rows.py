"""YAML rows: records in, rows for Beam YAML's own transforms out; and its rows in, what our transforms take out."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Optional

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import Row
from apache_beam.typehints.row_type import RowTypeConstraint
from apache_beam.yaml.yaml_provider import YamlProviders

from schemas.encoding import to_json
from transforms.offers.availability_rules import ItemStock
from transforms.offers.update_rules import StockState
from transforms.publication.row_documents import json_maker
from transforms.publication.view_tables import VIEW_NAMED, View, view_of
from transforms.record_coders import RECORDS

# Beam's schemas do not know `str | None`. By whether it is a number, and whether it may be missing.
FIELD_TYPES: dict[tuple[bool, bool], Any] = {
    (False, False): str,
    (False, True): Optional[str],  # noqa: UP045
    (True, False): int,
    (True, True): Optional[int],  # noqa: UP045
}
PAYLOAD_FIELDS = ("payload", "payload_base64")  # one of them has the message, the other is null


def records_to_rows(view: str, run_id: str = "") -> Any:
    """Rows of one view, with its columns and their text, from records of any; the others are left out."""
    if view not in VIEW_NAMED:
        raise ValueError(f"no view is named {view!r}, expected one of {', '.join(VIEW_NAMED)}")
    fields = _fields(VIEW_NAMED[view])
    rows_of = partial(_rows_of, view, [name for name, _ in fields], json_maker(VIEW_NAMED[view], run_id))
    return beam.FlatMap(rows_of).with_output_types(RowTypeConstraint.from_fields(fields))


def records_to_json() -> Any:
    """Rows with one field `line`, a record as JSON, as `WriteToText` takes them; from records of any kind."""
    return beam.Map(_json_row).with_output_types(RowTypeConstraint.from_fields([("line", str)]))


def stocks_from_rows() -> Any:
    """What `DeriveAvailability` takes, from rows with `item`, `location`, `disposition`, `on_hand_quantity` and, where
    there are any, `lot` and `version`: a table, or positions as `TrackPositions` gives them. Of each place the row with
    the highest version counts. Orders are not in it: nothing is claimed. For bounded input.
    """
    return (
        "KeyByItem" >> beam.Map(_by_item).with_output_types(tuple[str, tuple[str, str, str, Decimal, int]])
        | "GroupByItem" >> beam.GroupByKey()
        | "ToStock" >> beam.MapTuple(stock_of).with_output_types(tuple[ItemStock, StockState])
    )


def flatten_records() -> Any:
    """Several collections in one, as Beam YAML makes it of a list of inputs; its own would turn records into rows."""
    return beam.ptransform_fn(_flatten)()


def queue_message(row: Any) -> PubsubMessage:
    """The message in a row with `payload` and, where there are any, `attributes` and `message_id`."""
    if isinstance(row, PubsubMessage):
        return row
    payload = row.payload.encode() if isinstance(row.payload, str) else row.payload
    attributes = dict(getattr(row, "attributes", None) or {})
    return PubsubMessage(payload, attributes, message_id=getattr(row, "message_id", None) or "")


def stock_of(item: str, places: Iterable[tuple[str, str, str, Decimal, int]]) -> tuple[ItemStock, StockState]:
    """The stock of one item from the newest of its `(location, lot, disposition, quantity, version)`."""
    oldest_first = sorted(places, key=lambda place: place[4])
    on_hand = {place[:3]: place[3] for place in oldest_first}
    return ItemStock(item, on_hand, {}, {}), StockState(oldest_first[-1][4], None)


def _flatten(collections: Any) -> Any:
    parts = collections.values() if isinstance(collections, dict) else (collections,)
    if any(part.element_type in RECORDS for part in parts):
        return tuple(parts) | beam.Flatten()
    return collections | YamlProviders.Flatten()


def _by_item(row: Any) -> tuple[str, tuple[str, str, str, Decimal, int]]:
    place = row.location, getattr(row, "lot", None) or "", row.disposition
    return row.item, (*place, _quantity(row), int(getattr(row, "version", 0)))


def _quantity(row: Any) -> Decimal:
    text = str(row.on_hand_quantity)  # of a number in a table, its shortest text is what was written there
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        quantity = Decimal("NaN")
    if not quantity.is_finite():
        raise ValueError(f"on_hand_quantity {text!r} of {row.item} at {row.location}, expected a number")
    return quantity


def _fields(view: View) -> list[tuple[str, Any]]:
    fields: list[tuple[str, Any]] = []
    for column in view.columns:
        if column.name == "payload":
            fields += [(name, FIELD_TYPES[False, True]) for name in PAYLOAD_FIELDS]
        else:
            fields.append((column.name, FIELD_TYPES[column.type is int, column.optional]))
    return fields


def _rows_of(view: str, names: list[str], document_of: Callable[[Any], dict[str, Any]], record: Any) -> Iterator[Row]:
    if view_of(record).name == view:
        document = document_of(record)
        yield Row(**{name: document.get(name) for name in names})


def _json_row(record: Any) -> Row:
    return Row(line=to_json(record))
