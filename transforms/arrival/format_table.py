"""Format table: the name of a format and bytes in, documents out; names, content types and options, too."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from transforms.arrival.avro_format import decode_avro
from transforms.arrival.csv_format import decode_csv, decode_tsv
from transforms.arrival.debezium_format import decode_debezium
from transforms.arrival.edifact_format import decode_edifact
from transforms.arrival.epcis_format import decode_epcis
from transforms.arrival.fixed_format import decode_fixed
from transforms.arrival.json_format import decode_json
from transforms.arrival.limits import PAYLOAD_BYTES_MAX, DecodeError, Document, excerpt
from transforms.arrival.packed_payloads import is_packed, unpacked
from transforms.arrival.parquet_format import decode_parquet
from transforms.arrival.soap_format import decode_soap
from transforms.arrival.x12_format import decode_x12
from transforms.arrival.xml_format import decode_xml

Options = Mapping[str, Any]
Decoder = Callable[[bytes, Options], list[Document]]

__all__ = ["FORMATS", "DecodeError", "Decoder", "decode", "format_of_content_type", "format_of_name", "option_problems"]

NO_OPTIONS: Options = MappingProxyType({})

FORMATS: dict[str, Decoder] = {
    "json": decode_json,
    "debezium": decode_debezium,
    "xml": decode_xml,
    "soap": decode_soap,
    "csv": decode_csv,
    "tsv": decode_tsv,
    "fixed": decode_fixed,
    "x12": decode_x12,
    "edifact": decode_edifact,
    "epcis": decode_epcis,
    "avro": decode_avro,
    "parquet": decode_parquet,
}

CARRIERS = {
    "debezium": ("json",),
    "soap": ("xml",),
    "epcis": ("json", "xml"),
    "tsv": ("csv",),
    "edifact": ("x12",),  # both are called .edi
}  # formats that are a special use of another: its names do not give them away

SUFFIXES = {
    ".json": "json",
    ".jsonld": "json",
    ".jsonl": "json",
    ".xml": "xml",
    ".csv": "csv",
    ".tsv": "tsv",
    ".edi": "x12",
    ".x12": "x12",
    ".edifact": "edifact",
    ".avro": "avro",
    ".parquet": "parquet",
}

CONTENT_TYPES = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/soap+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/edi-x12": "x12",
    "application/edifact": "edifact",
    "application/avro": "avro",
    "avro/binary": "avro",
    "application/vnd.apache.parquet": "parquet",
}


def decode(format: str, payload: bytes, options: Options = NO_OPTIONS) -> list[Document]:  # noqa: A002  its name
    """The documents of a payload, at least one. Raises `DecodeError`, and nothing else for whatever bytes."""
    decoder = FORMATS.get(format)
    if decoder is None:
        raise DecodeError("unknown_format", f"format is {excerpt(format)}, expected one of {', '.join(FORMATS)}")
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise DecodeError("too_large", f"the payload has {len(payload)} bytes, expected at most {PAYLOAD_BYTES_MAX}")
    if not is_packed(payload):
        return decoder(payload, options)
    return [document for inside in unpacked(payload) for document in decoder(inside, options)]


def format_of_name(name: str, mapped: str = "") -> str:
    """The format of a file: its suffix says, unless it says nothing or the mapping's format is a special use of it."""
    suffix = PurePosixPath(name.lower().removesuffix(".gz").removesuffix(".zip")).suffix
    return _preferred(SUFFIXES.get(suffix, ""), mapped) or suffix[1:] or "unknown"


def format_of_content_type(content_type: str, mapped: str = "") -> str:
    """The same for a message with a content type; empty if neither that nor the mapping says anything."""
    bare = content_type.partition(";")[0].strip().lower()
    named = CONTENT_TYPES.get(bare) or next((f for f in ("json", "xml") if bare.endswith("+" + f)), "")
    return _preferred(named, mapped)


def _preferred(named: str, mapped: str) -> str:
    return mapped if not named or named in CARRIERS.get(mapped, ()) else named


def option_problems(options: Options) -> list[str]:
    """What is wrong with the `format_options` of a mapping, one line each; a source may use several formats."""
    problems = [f"unknown option {name!r}, expected some of {', '.join(_RULES)}" for name in options.keys() - _RULES]
    for name, (is_right, expected) in _RULES.items():
        if name in options and not is_right(options[name]):
            problems.append(f"{name} is {options[name]!r}, expected {expected}")
    return problems


def _is_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and bool("x".encode(value))
    except (LookupError, ValueError):
        return False


def _is_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) and name for name in value)


def _is_columns(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(_is_place(place) for place in value.values())


def _is_place(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int and one > 0 for one in value)


def _is_records(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(name and _is_columns(one) for name, one in value.items())


def _is_loops(value: object) -> bool:
    return value is None or (
        isinstance(value, dict) and all(isinstance(name, str) and _is_loops(inside) for name, inside in value.items())
    )


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "lines": (lambda value: value is True, "true, or nothing"),
    "answer": (lambda value: value == "graphql", "'graphql', or nothing"),
    "columns": (_is_columns, "first place and number of characters by field"),
    "records": (_is_records, "columns by what a line starts with"),
    "delimiter": (lambda value: isinstance(value, str) and len(value) == 1 and value not in '\r\n"', "one character"),
    "quote": (lambda value: isinstance(value, str) and len(value) <= 1, "one character, or '' for none"),
    "encoding": (_is_encoding, "the name of a text encoding"),
    "header": (lambda value: _is_names(value) and len(set(value)) == len(value), "a list of different column names"),
    "skip_rows": (lambda value: type(value) is int and value >= 0, "a number of lines"),
    "force_list": (_is_names, "a list of element names"),
    "loops": (lambda value: value is not None and _is_loops(value), "opening segments by set, nested as loops are"),
    "segment_count": (lambda value: value == "ignore", "'ignore', or nothing"),
    "decimal": (lambda value: value == "string", "'string', as the connector's decimal.handling.mode must be"),
}
