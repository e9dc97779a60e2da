"""Avro contract: canonical events as Avro records and back, and what would break between two versions of a contract.

The published contract of a record is `avro/<name>.v<version>.avsc`. Others read our events by it, so a version that is
out never changes: the next one is added beside it, and what either writes must be readable by the other.
Decimals have 6 decimals at fixed scale, times are microseconds in UTC.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import avro.schema
import fastavro
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from schemas.master_files import plain
from schemas.records import Component, StockEvent

AVRO_FOLDER = Path(__file__).parent / "avro"
STOCK_EVENT = "stock_event"
STOCK_EVENT_VERSION = 1
_SMALLEST = Decimal("0.000001")  # the scale of the contract's decimals

Schema = dict[str, Any]
Node = Any  # a schema as JSON has it: a name, a dict or a list of branches


def contract_versions(name: str) -> dict[int, Schema]:
    """All versions of a contract, by number."""
    versions = {}
    for path in AVRO_FOLDER.glob(f"{name}.v*.avsc"):
        version = re.fullmatch(r".*\.v(\d+)\.avsc", path.name)
        if version:
            versions[int(version[1])] = json.loads(path.read_text(encoding="utf-8"))
    return dict(sorted(versions.items()))


def load_contract(name: str = STOCK_EVENT, version: int = STOCK_EVENT_VERSION) -> Schema:
    """One version of a contract as its file says it; KeyError if there is none."""
    return contract_versions(name)[version]


def to_avro(event: StockEvent) -> dict[str, Any]:
    """A canonical event as the record that fastavro writes.

    What a kit's components need is rounded to the contract's decimals: scrap factors of several levels multiply.
    """
    components = [
        {"item": part.item, "quantity": part.quantity.quantize(_SMALLEST, ROUND_HALF_EVEN)} for part in event.components
    ]
    return {**event._asdict(), "components": components}


def from_avro(record: Mapping[str, Any]) -> StockEvent:
    """The reverse of `to_avro`, with quantities as the rest of the program writes them."""
    parts = tuple(Component(part["item"], plain(part["quantity"])) for part in record["components"])
    quantities = {name: plain(record[name]) for name in ("quantity", "original_quantity")}
    return StockEvent(**{**record, **quantities, "components": parts})


def write_events(file: BinaryIO, events: Iterable[StockEvent]) -> None:
    """Canonical events as an Avro container file that carries the current contract."""
    fastavro.writer(file, fastavro.parse_schema(load_contract()), map(to_avro, events), codec="deflate")


def read_events(file: BinaryIO) -> Iterator[StockEvent]:
    """The canonical events of an Avro container file of any compatible version."""
    for record in fastavro.reader(file, fastavro.parse_schema(load_contract())):
        yield from_avro(cast("Mapping[str, Any]", record))


def incompatibilities(reader: Schema, writer: Schema) -> list[str]:
    """Why somebody who has `reader` cannot read, or would misread, what was written with `writer`; [] if they can.

    Avro's own rules, and one that its checker leaves out: the same bytes with another logical type, or a decimal with
    another scale, are read without an error and mean another number.
    """
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(avro.schema.parse(json.dumps(reader)), avro.schema.parse(json.dumps(writer)))
    problems = []
    if result.compatibility is not SchemaCompatibilityType.compatible:
        kinds = ", ".join(sorted({kind.value for kind in result.incompatibilities}))
        places = ", ".join(sorted(result.locations - {checker.ROOT_REFERENCE_TOKEN}))
        problems = [f"{places}: {kinds} ({'; '.join(sorted(result.messages))})"]
    return problems + _LogicalTypes(reader, writer).changes()


class _LogicalTypes:
    """One walk through two schemas side by side, comparing the meaning of what has the same place."""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader, self._writer = reader, writer
        self._reader_names = dict(_named_types(reader))
        self._writer_names = dict(_named_types(writer))
        self._seen: set[tuple[str, str]] = set()

    def changes(self) -> list[str]:
        """What means something else in the reader than in the writer."""
        return list(self._compare(self._reader, self._writer, ""))

    def _compare(self, reader: Node, writer: Node, place: str) -> Iterator[str]:
        if isinstance(reader, list) or isinstance(writer, list):
            for branch in _branches(reader):
                for other in _branches(writer):
                    if self._kind(branch, self._reader_names) == self._kind(other, self._writer_names):
                        yield from self._compare(branch, other, place)
            return
        reader, writer = self._full(reader, self._reader_names), self._full(writer, self._writer_names)
        yield from _meaning_changes(reader, writer, place)
        if "fields" in reader and "fields" in writer:
            pair = (reader["name"], writer["name"])
            if pair not in self._seen:
                self._seen.add(pair)
                yield from self._compare_fields(reader, writer, place)
        for inner in ("items", "values"):
            if inner in reader and inner in writer:
                yield from self._compare(reader[inner], writer[inner], f"{place}/{inner}")

    def _compare_fields(self, reader: Schema, writer: Schema, place: str) -> Iterator[str]:
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            names = [field["name"], *field.get("aliases", ())]
            other = next((written[name] for name in names if name in written), None)
            if other is not None:
                yield from self._compare(field["type"], other["type"], f"{place}/{field['name']}")

    def _full(self, node: Node, names: Mapping[str, Schema]) -> Schema:
        if isinstance(node, str):
            return names.get(node, {"type": node})
        return cast("Schema", node)

    def _kind(self, node: Node, names: Mapping[str, Schema]) -> str:
        full = self._full(node, names)
        return str(full.get("name", full["type"]))


def _branches(node: Node) -> list[Node]:
    return node if isinstance(node, list) else [node]


def _named_types(node: Node) -> Iterator[tuple[str, Schema]]:
    """Every record, enum and fixed type, under its own and its full name."""
    if isinstance(node, list):
        for branch in node:
            yield from _named_types(branch)
    elif isinstance(node, dict):
        if node.get("type") in ("record", "enum", "fixed"):
            yield node["name"], node
            yield f"{node.get('namespace', '')}.{node['name']}".lstrip("."), node
        for field in node.get("fields", ()):
            yield from _named_types(field["type"])
        for inner in ("items", "values"):
            yield from _named_types(node.get(inner))


def _meaning_changes(reader: Schema, writer: Schema, place: str) -> Iterator[str]:
    logical, written = reader.get("logicalType"), writer.get("logicalType")
    if logical != written:
        yield f"{place}: logical type {written or 'none'} would be read as {logical or 'none'}"
    elif logical == "decimal":
        scale, written_scale = reader.get("scale", 0), writer.get("scale", 0)
        if scale != written_scale:
            yield f"{place}: decimal of scale {written_scale} would be read with scale {scale}"
        if reader["precision"] < writer["precision"]:
            yield f"{place}: decimal of {writer['precision']} digits does not fit the {reader['precision']} read"
