"""Speed loops: plain Python without a framework, to compare with: the rules of the flow, and dicts without rules."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed_company import kit_parts
from benchmarks.speed_traffic import NOW, read_envelopes
from schemas.encoding import pack, unpack
from schemas.records import OutcomeCount, StockEvent
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.ledger.shard_rules import Shard
from transforms.publication.newest_rows import NewestRows
from transforms.publication.view_database import create_views, open_to_write, write_batches
from transforms.publication.view_upserts import FLUSH_ROWS

SIGNS = {"RECEIVE": 1, "SHIP": -1, "ADJUST": 1, "SEND": -1, "ARRIVE": 1}


def read_events(path: Path) -> Iterator[StockEvent]:
    """The canonical events that `write_events` wrote."""
    with path.open() as file:
        for line in file:
            yield from map(StockEvent.from_row, unpack(bytes.fromhex(line)))


def dict_loop(folder: Path, items: int) -> int:
    """The ceiling: parse, drop duplicates, explode kits, position by item and location, available by item. No rules."""
    kits = kit_parts(items)
    seen: set[str] = set()
    position: dict[tuple[str, str], int] = {}
    available: dict[str, int] = {}
    for source in ("wms", "shop"):
        with (folder / source / "day.jsonl").open("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if message["key"] in seen:
                    continue
                seen.add(message["key"])
                quantity = SIGNS.get(message["type"], 0) * message["qty"]
                for item in kits.get(message["sku"], (message["sku"],)):
                    if quantity:
                        place = (item, message["site"])
                        position[place] = position.get(place, 0) + quantity
                    available[item] = available.get(item, 0) + quantity
    return len(position) + len(available)


def ledger_loop(path: Path, front: Front) -> int:
    """The rules of the ledger in one call: all events into one shard. Gives the number of records."""
    fold = Shard(front.master, front.policy).fold(map(pack, read_events(path)), NOW)
    return len(fold.records)


def full_loop(folder: Path, front: Front, database: Path) -> int:
    """The rules of the whole path, from raw lines to SQLite. Gives the number of records."""
    packed, records = [], []
    for envelope in read_envelopes(folder):
        canonical = canonicalise(envelope, front)
        packed += map(pack, canonical.events)
        records += canonical.rejections
    fold = Shard(front.master, front.policy).fold(packed, NOW)
    _write(records + fold.records, fold.counts, database)
    return len(records) + len(fold.records)


def _write(records: list[object], counts: list[OutcomeCount], database: Path) -> None:
    create_views(database)
    connection = open_to_write(database)
    rows = NewestRows("speed")
    for record in (*records, *counts):
        rows.add(record)
        if rows.row_count >= FLUSH_ROWS:
            write_batches(connection, rows.batches())
            rows.clear()
    write_batches(connection, rows.batches())
    connection.close()
