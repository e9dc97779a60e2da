"""API document: the table of views in, the OpenAPI description of the API out."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from services.order_checks import LINES_MAX
from services.view_pages import (
    COLLECTIONS,
    CURSOR_CHARS_MAX,
    JSON_COLUMNS,
    PAGE_ROWS,
    PAGE_ROWS_MAX,
    VALUE_CHARS_MAX,
    filters_of,
)
from transforms.publication.view_tables import VIEW_NAMED, Column, View

Schema = dict[str, Any]

DECIMAL = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}


def api_document() -> Schema:
    """OpenAPI 3.1, made from the same table as the views and the API itself."""
    paths: Schema = {f"/v1/{name}": {"get": _list(name, VIEW_NAMED[view])} for name, view in COLLECTIONS.items()}
    paths["/v1/items/{item}/explanation"] = {
        "get": _read("why each channel is told what it is told of an item", _path("item"), _query("channel"))
    }
    paths["/v1/items/{item}/locations"] = {
        "get": _read("what lies where, and what each channel could draw from there", _path("item"))
    }
    paths["/v1/traces/{correlation_id}"] = {
        "get": _read("everything that came of one message", _path("correlation_id"))
    }
    paths["/v1/tower"] = {"get": _read("what the control tower shows")}
    paths["/v1/order-checks"] = {"post": _order_check()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sellable",
            "version": "1",
            "description": "The views, read only. Quantities are exact decimals in text; times are ISO 8601 in UTC.",
        },
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }


def _list(name: str, view: View) -> Schema:
    row = {
        "type": "object",
        "properties": {_shown(one): _type(one) for one in view.columns},
        "required": [_shown(one) for one in view.columns],
    }
    page = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row}, "next": {"type": ["string", "null"]}},
        "required": ["rows", "next"],
    }
    limit = {"type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": PAGE_ROWS}
    after = {"type": "string", "maxLength": CURSOR_CHARS_MAX}
    parameters = [
        {"name": "limit", "in": "query", "schema": limit},
        {"name": "after", "in": "query", "schema": after, "description": "what a page before gave as `next`"},
        *(_query(one) for one in filters_of(view)),
    ]
    return {
        "operationId": f"list_{name.replace('-', '_')}",
        "summary": view.means,
        "parameters": parameters,
        "responses": _responses(page),
    }


def _shown(column: Column) -> str:
    return "payload_bytes" if column.name == "payload" else column.name


def _type(column: Column) -> Schema:
    if column.name in JSON_COLUMNS:
        return {"description": column.means}
    if column.type is Decimal:
        kind: Schema = dict(DECIMAL)
    elif column.type in {int, bytes}:
        kind = {"type": "integer"}
    else:
        kind = {"type": "string"} | ({"format": "date-time"} if column.type is datetime else {})
    if column.optional:
        kind["type"] = [kind["type"], "null"]
    return kind | {"description": "bytes of the payload" if column.type is bytes else column.means}


def _read(summary: str, *parameters: Schema) -> Schema:
    return {"summary": summary, "parameters": list(parameters), "responses": _responses({"type": "object"})}


def _order_check() -> Schema:
    quantity = {"anyOf": [DECIMAL, {"type": "integer", "minimum": 1}]}
    text = {"type": "string", "minLength": 1, "maxLength": 200}
    line = {
        "type": "object",
        "properties": {
            "item": text,
            "listing": text,
            "quantity": quantity,
            "unit": {"type": "string", "maxLength": 40, "description": "the channel's sell unit where none is named"},
        },
        "required": ["quantity"],
        "oneOf": [{"required": ["item"]}, {"required": ["listing"]}],
        "additionalProperties": False,
    }
    order = {
        "type": "object",
        "properties": {
            "channel": text,
            "lines": {"type": "array", "items": line, "minItems": 1, "maxItems": LINES_MAX},
        },
        "required": ["channel", "lines"],
        "additionalProperties": False,
    }
    answered = {
        "type": "object",
        "properties": {"can_be_promised": {"type": "boolean"}},
        "required": ["can_be_promised", "lines", "components"],
    }
    return {
        "summary": "whether all lines of an order can be promised together; nothing is claimed",
        "requestBody": {"required": True, "content": {"application/json": {"schema": order}}},
        "responses": _responses(answered) | {code: _error() for code in ("408", "413")},
    }


def _path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": VALUE_CHARS_MAX}}


def _query(name: str) -> Schema:
    return {"name": name, "in": "query", "schema": {"type": "string", "maxLength": VALUE_CHARS_MAX}}


def _responses(schema: Schema) -> Schema:
    found = {"description": "found", "content": {"application/json": {"schema": schema}}}
    same = {"description": "what If-None-Match names is still so"}
    return {"200": found, "304": same, **{code: _error() for code in ("400", "401", "404", "503")}}


def _error() -> Schema:
    return {"description": "why not", "content": {"application/json": {"schema": ERROR}}}
