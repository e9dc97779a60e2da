"""Stock report: how long a stock list of 13,000 lines takes to be parsed, mapped, checked and compared with the books.

    python -m benchmarks.stock_report                  13,000 lines, to be done in a second
    python -m benchmarks.stock_report --lines 100000

The list is the ERP's nightly CSV, read by the mapping `erp-snapshot`; the stock in the books is the warehouse's, opened
before the clock runs. One line in twenty disagrees and must come out as a discrepancy, and no other. Exit code 1 where
that is not so, or where it takes more than the second, by processor time. It is measured twice: where no channel lists
the items, and where three do, whose figures a comparison does not change.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed_company import CHANNELS, LOCATIONS, POLICY, item_name, make_master
from schemas.encoding import pack
from schemas.master_data import MasterData, build_master_data
from schemas.records import Discrepancy, Envelope, StockEvent
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.mapping_rules import load_mappings
from transforms.ledger.shard_rules import Shard

LINES = 13_000
SECONDS_MAX = 1.0
DISAGREES_EVERY = 20
OPENED_AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
AS_OF = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
SETTLED_AT = AS_OF + timedelta(hours=2)
MAPPINGS = Path(__file__).parents[1] / "schemas" / "mappings"


class Measured(NamedTuple):
    """What came of one list."""

    lines: int
    front_seconds: float  # parsed, mapped, checked; of processor time, as the others
    ledger_seconds: float  # compared, and offered where channels list the items
    discrepancies: int

    @property
    def seconds(self) -> float:
        return self.front_seconds + self.ledger_seconds


def written(lines: int) -> bytes:
    """The ERP's list: one line in twenty says one more than there is."""
    rows = ["RUN;PLANT;MATERIAL;BATCH;STOCK_TYPE;QUANTITY;UOM;AS_OF"]
    at = f"{AS_OF - timedelta(hours=5):%Y-%m-%d %H:%M:%S}"  # New York's time
    rows += [
        f"NR1;{_location(n)};{item_name(n)};;F;{_stock(n) + (n % DISAGREES_EVERY == 0)}.000;each;{at}"
        for n in range(lines)
    ]
    return "\r\n".join(rows).encode()


def measure(lines: int, *, is_listed: bool = False) -> Measured:
    """Open the books, then read and compare the list."""
    master = make_master(lines) if is_listed else _unlisted(lines)
    front = Front({"erp-snapshot": load_mappings(MAPPINGS)["erp-snapshot"]}, master, POLICY)
    shard = Shard(front.master, front.policy)
    shard.fold(map(pack, _opened(lines)), OPENED_AT)
    envelope = Envelope("erp-snapshot", "csv", AS_OF + timedelta(minutes=30), "list", "c-1", {}, written(lines))
    started = time.process_time()
    canonical = canonicalise(envelope, front)
    events = canonical.all_events()
    mapped = time.process_time()
    assert len(events) == lines, canonical.rejections[:1]
    records = [*shard.fold(map(pack, events), SETTLED_AT).records, *shard.advance(SETTLED_AT)]
    compared = time.process_time()
    differing = {
        (one.item, one.location)
        for one in records
        if isinstance(one, Discrepancy) and one.expected_quantity != one.reported_quantity
    }
    return Measured(lines, mapped - started, compared - mapped, len(differing))


def _unlisted(lines: int) -> MasterData:
    tables = {
        "items": [{"item": item_name(n), "base_unit": "each", "divisible": "no"} for n in range(lines)],
        "locations": [{"location": location} for location in LOCATIONS],
        "dispositions": [{"disposition": "sellable"}],
        "channels": [{"channel": channel} for channel in CHANNELS],
        "ownership": [{"location": at, "facts": "on_hand", "source": "wms"} for at in LOCATIONS],
    }
    return build_master_data(tables, [])


def _opened(lines: int) -> Iterable[StockEvent]:
    for n in range(lines):
        yield StockEvent(
            transaction_key=f"wms:count:{n}",
            kind="count",
            item=item_name(n),
            quantity=Decimal(_stock(n)),
            occurred_at=OPENED_AT,
            source="wms",
            message_id=f"m{n}",
            correlation_id="c",
            received_at=OPENED_AT,
            mapping_version="wms/count@1",
            original_quantity=Decimal(_stock(n)),
            original_unit="each",
            location=_location(n),
            disposition="sellable",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    given = parser.parse_args(arguments)
    found = measure(given.lines)
    wanted = -(-given.lines // DISAGREES_EVERY)
    print(f"{'lines':28}{found.lines:>12,}")
    print(f"{'parsed, mapped, checked':28}{found.front_seconds:>12.2f} s")
    print(f"{'compared':28}{found.ledger_seconds:>12.2f} s")
    print(f"{'together':28}{found.seconds:>12.2f} s, to be at most {SECONDS_MAX * given.lines / LINES:.2f}")
    print(f"{'discrepancies':28}{found.discrepancies:>12,}, of {wanted:,} that there are")
    offered = measure(given.lines, is_listed=True)
    print(f"{'listed on 3 channels':28}{offered.seconds:>12.2f} s")
    is_right = found.discrepancies == offered.discrepancies == wanted
    return 0 if is_right and max(found.seconds, offered.seconds) <= SECONDS_MAX * given.lines / LINES else 1


def _location(n: int) -> str:
    return LOCATIONS[n % len(LOCATIONS)]


def _stock(n: int) -> int:
    return 10 + n % 90


if __name__ == "__main__":
    sys.exit(main())
