"""Row documents: records in, the same rows as the views hold out, as JSON documents and Avro records.

The columns, their order and their text are those of `view_tables`: decimals stay text, so that no reader rounds them.
In JSON times are text and a payload that is not UTF-8 text is `payload_base64`; in Avro times are timestamps in
microseconds and a payload is bytes.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from transforms.publication.view_tables import View, row_maker

AVRO_NAMESPACE = "sellable.views"
AVRO_TIME = {"type": "long", "logicalType": "timestamp-micros"}


def json_maker(view: View, run_id: str = "") -> Callable[[Any], dict[str, Any]]:
    """A function that gives a record as a document that JSON can hold."""
    names = [column.name for column in view.columns]
    row_of = row_maker(view, run_id)
    has_payload = "payload" in names

    def document_of(record: Any) -> dict[str, Any]:
        document = dict(zip(names, row_of(record), strict=True))
        if has_payload:
            document |= payload_fields(document.pop("payload"))
        return document

    return document_of


def payload_fields(payload: bytes) -> dict[str, str]:
    """A payload as JSON can hold it without loss: as text where it is text, else as base64 under another name."""
    try:
        return {"payload": payload.decode("utf-8")}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(payload).decode("ascii")}


def json_line(document: dict[str, Any]) -> str:
    """A document as one line of JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def avro_maker(view: View, run_id: str = "") -> Callable[[Any], dict[str, Any]]:
    """A function that gives a record as fastavro writes it under `avro_schema`."""
    columns = view.columns
    row_of = row_maker(view, run_id)
    times = [(index, column.name) for index, column in enumerate(columns) if column.type is datetime]

    def avro_of(record: Any) -> dict[str, Any]:
        fields = {column.name: value for column, value in zip(columns, row_of(record), strict=True)}
        for index, name in times:
            fields[name] = record[index]
        return fields

    return avro_of


def avro_schema(view: View) -> dict[str, Any]:
    """The Avro schema of a view's rows, with what each column means as its doc."""
    fields = []
    for column in view.columns:
        kind: Any = {int: "long", bytes: "bytes", datetime: AVRO_TIME}.get(column.type, "string")
        field = {"name": column.name, "type": ["null", kind] if column.optional else kind, "doc": column.means}
        fields.append(field | ({"default": None} if column.optional else {}))
    return {"type": "record", "name": view.name, "namespace": AVRO_NAMESPACE, "doc": view.means, "fields": fields}
