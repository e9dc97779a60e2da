"""Snapshot: how long a stock report of 13,000 lines takes, and what of a large snapshot has changed.

    python -m benchmarks.snapshot                     13,000 lines, and 1,000,000 rows of which 5 percent change
    python -m benchmarks.snapshot --rows 50000        a smaller one

The report is parsed, mapped, checked, judged against the one of the day before and compared with the positions, by a
source that does not own them: the whole way of a nightly list of an ERP, in one process, by the rules themselves. Of
the large snapshot the guard is measured, with its state going through bytes: the parts as they come, and the verdict
once the last is there. The counter says how many of its rows reached the ledger.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.encoding import pack
from schemas.mapping_spec import MappingSpec
from schemas.master_data import MasterData, build_master_data
from schemas.policy_spec import Policy
from schemas.records import Envelope, SnapshotPart, StockEvent
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.mapping_rules import SourceMapping
from transforms.guard.guard_state import NOTHING, State, dump_head, dump_part, load_head, load_parts, waiting
from transforms.guard.snapshot_rules import Guarded, guard
from transforms.guard.table_rules import tables_of
from transforms.guard.whole_rules import Rules
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.ownership_rules import owners_from
from transforms.ledger.shard_rules import Shard

LINES, ROWS = 13_000, 1_000_000
PART_ROWS = 10_000
CHANGED_EVERY = 20  # one row of so many: 5 percent
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = Policy.model_validate(
    {
        "version": "1",
        "owner": "benchmarks",
        "definitions": {"sellable": {"means": "what is there", "dispositions": ["sellable"]}},
        "routing": ["EAST"],
        "channels": {"web": {"definition": "sellable", "locations": ["EAST"]}},
    }
)
MAPPING = MappingSpec.model_validate(
    {
        "source": "erp",
        "owner": "benchmarks",
        "version": 1,
        "format": "json",
        "messages": [
            {
                "name": "stock",
                "each": "message.lines",
                "complete": {"snapshot": ["message.id"], "lines": "message.count"},
                "events": [
                    {
                        "kind": "snapshot",
                        "transaction_key": ["message.id", "line.no"],
                        "item": "line.sku",
                        "quantity": "line.qty",
                        "location": "message.site",
                        "occurred_at": "message.at",
                    }
                ],
            }
        ],
    }
)


def company(items: int) -> MasterData:
    """One warehouse, owned by its own system, and so many items."""
    return build_master_data(
        {
            "items": [{"item": f"SKU-{number}", "base_unit": "each"} for number in range(items)],
            "locations": [{"location": "EAST"}],
            "channels": [{"channel": "web"}],
            "ownership": [{"location": "EAST", "facts": "on_hand", "source": "wms"}],
        }
    )


def report(lines: int) -> Envelope:
    """What the ERP says of every item: 10 of each, and 9 where something changed."""
    said = [{"no": n, "sku": f"SKU-{n}", "qty": 9 if n % CHANGED_EVERY == 0 else 10} for n in range(lines)]
    message = {"id": "R1", "site": "EAST", "at": NOON.isoformat(), "count": lines, "lines": said}
    return Envelope("erp", "json", NOON, "report", "c", {}, json.dumps(message).encode())


def compare(lines: int) -> dict[str, Any]:
    """A report on its whole way, with how long it took."""
    master = company(lines)
    front = Front({"erp": SourceMapping(MAPPING)}, master, POLICY)
    rules = Rules(owners_from(master), {}, Decimal("0.5"), Decimal("0.5"))
    shard, envelope = Shard(master, POLICY), report(lines)
    shard.fold([pack(_line(number, "wms", NOON - timedelta(hours=1), 10)) for number in range(lines)], NOON)
    began, spent = time.perf_counter(), time.process_time()
    guarded = guard(NOTHING, canonicalise(envelope, front).snapshots, rules, NOON, is_all=True)
    packed = [*map(pack, guarded.events), *map(packed_entry, guarded.closed)]
    fold = shard.fold(packed, NOON + timedelta(hours=1))
    seconds, processor = time.perf_counter() - began, time.process_time() - spent
    differ = sum(type(row).__name__ == "Discrepancy" for row in fold.records)
    return {
        "lines": lines,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "compared": fold.counts[0].total,
        "differences": differ,
    }


def judge(rows: int) -> dict[str, Any]:
    """A snapshot in parts after another of which one row in so many has changed, through the guard alone."""
    rules = Rules(lambda *_: frozenset(), {}, Decimal("0.5"), Decimal("0.5"))
    cells = Cells()
    for part in _parts(rows, NOON, changed=False):
        cells.take(part, rules)
    began, spent = time.perf_counter(), 0.0
    came = reached = unchanged = 0
    for part in _parts(rows, NOON + timedelta(days=1), changed=True):
        before = time.process_time()
        guarded = cells.take(part, rules)
        spent += time.process_time() - before
        came += len(part.lines)
        if guarded is not None:
            reached, unchanged = reached + len(guarded.lines), unchanged + guarded.unchanged
    return {
        "rows": came,
        "rows_that_reached_the_ledger": reached,
        "rows_unchanged": unchanged,
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(spent, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "kept_mib": round(sum(map(len, (cells.head, *cells.parts, *cells.tables))) / 2**20, 1),
    }


class Cells:
    """The keyed state of one source."""

    def __init__(self) -> None:
        self.head = b""
        self.parts: list[bytes] = []
        self.tables: list[bytes] = []

    def take(self, part: SnapshotPart, rules: Rules) -> Guarded | None:
        """What one part led to; None while it waits for the others."""
        head = load_head(self.head)
        waits = waiting(head, part, rules)
        if waits is not None:
            self.head = dump_head(waits)
            self.parts.append(dump_part(part))
            return None
        state = State(head, load_parts(self.parts), tables_of(self.tables))
        guarded = guard(state, [part], rules, part.received_at, is_all=False)
        self.head = dump_head(guarded.state.head)
        self.parts = [dump_part(one) for parts in guarded.state.parts.values() for one in parts]
        self.tables = guarded.entries if guarded.is_anew else [*self.tables, *guarded.entries]
        return guarded


def _line(number: int, source: str, at: datetime, quantity: int) -> StockEvent:
    exact = Decimal(quantity)
    key = f"{source}:{at:%d}:{number}"
    return StockEvent(
        transaction_key=key,
        kind="snapshot",
        item=f"SKU-{number}",
        quantity=exact,
        occurred_at=at,
        source=source,
        message_id=key,
        correlation_id="c",
        received_at=at,
        mapping_version="benchmark@1",
        original_quantity=exact,
        original_unit="each",
        location="EAST",
        disposition="sellable",
    )


def _parts(rows: int, at: datetime, *, changed: bool) -> Iterator[SnapshotPart]:
    for number, first in enumerate(range(0, rows, PART_ROWS)):
        places = range(first, min(rows, first + PART_ROWS))
        quantities = (9 if changed and place % CHANGED_EVERY == 0 else 10 for place in places)
        lines = tuple(pack(_line(place, "wms", at, how)) for place, how in zip(places, quantities, strict=True))
        named = (f"wms:stock:{at:%d}", "wms", ("EAST",), at, at, f"m{at:%d}.{number}", "c", "benchmark@1")
        yield SnapshotPart(*named, lines, 0, str(number), None, rows, None)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args(argv)
    print("snapshot", json.dumps(judge(given.rows)))
    print("report", json.dumps(compare(given.lines)))


if __name__ == "__main__":
    main()
