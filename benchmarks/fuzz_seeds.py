"""Fuzz seeds: good payloads of every format to start from, options to read them with, and what they are made of."""

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
from pyarrow import parquet as pq

from transforms.arrival.format_table import format_of_name
from transforms.canonical.contract_rules import samples_of
from transforms.canonical.mapping_rules import load_mappings

MAPPINGS = Path(__file__).parents[1] / "schemas" / "mappings"
SEED_BYTES_MAX = 8_000

OPTIONS: dict[str, dict[str, Any]] = {
    "fixed": {
        "encoding": "cp1252",
        "records": {
            "H": {"order": [2, 8], "name": [10, 12]},
            "X": {"order": [2, 8], "item": [13, 14], "quantity": [27, 7], "at": [36, 12]},
            "L": {"order": [2, 8], "item": [13, 14], "quantity": [27, 7], "at": [36, 12]},
        },
    },
}
TOKENS = (
    b"{", b"[", b'"', b":", b",", b"null", b"1e999", b"\\ud800", b"\\u0000", b"NaN", b"<a>", b"</a>", b"<a ", b"&lt;",
    b"<![CDATA[", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"xmlns:a='b'", b"~", b"*", b"\n", b"\r", b"'", b"+", b"?", b"?'",
    b"UNA:+.? '", b"UNB+UNOC:3+", b"UNZ+1+1'", b"UNH+1+DESADV:D", b"UNT+1+1'", b"LIN+1'", b"ISA*00*", b"GS*SW*",
    b"ST*945*", b"SE*1*0001~", b"GE*1*1~", b"IEA*1*", b"HL*1**S~", b"SDQ*EA*92*1*1~", b"urn:epc:id:sgtin:0614141.1",
    b"//a/01/1", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x80", b"\x1f\x8b\x08", b"PK\x03\x04", b"Obj\x01", b"PAR1",
    b"\t", b";", b"9" * 30,
)  # fmt: skip


def seeds(name: str) -> list[bytes]:
    """Good payloads of a format, one of them packed."""
    found = [payload for payload in _made(name) if len(payload) <= SEED_BYTES_MAX]
    return [*found, gzip.compress(found[0], mtime=0)]


def _made(name: str) -> list[bytes]:
    if name in ("avro", "parquet"):
        return _tables(name)
    found: list[bytes] = []
    for mapping in load_mappings(MAPPINGS).values():
        for path in samples_of(MAPPINGS / mapping.source):
            form = format_of_name(path.name, mapping.format)
            is_read_alike = name == "fixed" or "encoding" not in mapping.format_options
            if is_read_alike and (form == name or (name == "tsv" and form == "csv")):
                found.append(path.read_bytes())
    return found


def _tables(name: str) -> list[bytes]:
    rows = [{"item": "00417", "qty": 5, "lots": ["L1", "L2"]}, {"item": "00418", "qty": None, "lots": []}]
    target = BytesIO()
    if name == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), target)
        return [target.getvalue()]
    fields = [
        {"name": "item", "type": "string"},
        {"name": "qty", "type": ["null", "long"]},
        {"name": "lots", "type": {"type": "array", "items": "string"}},
    ]
    schema = {"type": "record", "name": "Stock", "fields": fields}
    fastavro.writer(target, schema, rows, codec="deflate", sync_marker=b"0123456789abcdef")
    return [target.getvalue()]
