"""Payload formats: a filled-in template in, the bytes of a partner's payload out; hostile values stay values.

Each format has its own way out of its own syntax: JSON and XML escape, CSV quotes and disarms what a spreadsheet would
compute, X12 has no escape at all, so a value with a separator or control character in it is refused.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from transforms.sending.x12_writer import x12_interchange

PAYLOAD_BYTES_MAX = 16 << 20

_FORMULA = re.compile(r"[=+\-@\t\r]|\s+[=+\-@]")  # what makes a spreadsheet compute a cell
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")


class PayloadError(ValueError):
    """A value that the partner's format cannot carry."""


def encode(form: str, payload: Any, options: Mapping[str, Any]) -> bytes:
    """The payload as bytes; `PayloadError` names the value that does not fit."""
    data = _ENCODERS[form](payload, options)
    if len(data) > PAYLOAD_BYTES_MAX:
        raise PayloadError(f"a payload of {len(data)} bytes, expected at most {PAYLOAD_BYTES_MAX}")
    return data


def plain_number(value: Any) -> Any:
    """A Decimal as a whole number where it is one, else as its exact text: JSON's own would be read as a float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else f"{value:f}"
    if isinstance(value, dict):
        return {key: plain_number(part) for key, part in value.items()}
    return [plain_number(part) for part in value] if isinstance(value, list | tuple) else value


def _json(payload: Any, _options: Mapping[str, Any]) -> bytes:
    return json.dumps(plain_number(payload), ensure_ascii=False, separators=(",", ":")).encode()


def _json_lines(payload: Any, options: Mapping[str, Any]) -> bytes:
    return b"".join(_json(line, options) + b"\n" for line in payload)


def _csv(payload: Any, options: Mapping[str, Any]) -> bytes:
    columns = list(options["columns"])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=options.get("delimiter", ","), lineterminator="\r\n")
    writer.writerow(columns)
    for row in payload:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    text = "" if value is None else str(plain_number(value))
    if "\0" in text:
        raise PayloadError(f"{text[:40]!r} has a zero character, which CSV cannot carry")
    return text if _NUMBER.fullmatch(text) or not _FORMULA.match(text) else f"'{text}"


def _xml(payload: Any, _options: Mapping[str, Any]) -> bytes:
    ((root, content),) = payload.items()
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_element(root, content))).encode()


def _element(name: str, content: Any) -> Iterator[str]:
    if not _XML_NAME.fullmatch(name):
        raise PayloadError(f"{name[:40]!r} is no name of an element")
    if isinstance(content, list):
        for one in content:
            yield from _element(name, one)
        return
    parts = content if isinstance(content, dict) else {"#text": content}
    marks = "".join(f" {key[1:]}={quoteattr(_text(part))}" for key, part in parts.items() if key.startswith("@"))
    yield f"<{name}{marks}>"
    for key, part in parts.items():
        if key == "#text":
            yield escape(_text(part))
        elif not key.startswith("@"):
            yield from _element(key, part)
    yield f"</{name}>"


def _text(value: Any) -> str:
    text = "" if value is None else str(plain_number(value))
    if _NOT_XML.search(text):
        raise PayloadError(f"{text[:40]!r} has a character that XML cannot carry")
    return text


def _x12(payload: Any, options: Mapping[str, Any]) -> bytes:
    try:
        return x12_interchange(plain_number(payload), options)
    except ValueError as error:
        raise PayloadError(str(error)) from None


_ENCODERS: dict[str, Callable[[Any, Mapping[str, Any]], bytes]] = {
    "json": _json,
    "jsonl": _json_lines,
    "csv": _csv,
    "xml": _xml,
    "x12": _x12,
}
