"""Part lines: the packed lines of snapshots, read as far as the guard needs it.

A snapshot may have a million lines. They stay packed, and of each only one row is looked at, at a time.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from schemas.encoding import unpack
from schemas.records import SnapshotPart, StockEvent

DIGEST_BYTES = 8
SPOT_MARK = "\x1f"  # between item, lot and disposition; the front lets no control characters through

_KEY, _KIND, _ITEM, _QUANTITY, _ORIGINAL, _LOCATION, _LOT, _DISPOSITION, _SEQUENCE, _COMPONENTS = map(
    StockEvent._fields.index,
    (
        "transaction_key",
        "kind",
        "item",
        "quantity",
        "original_quantity",
        "location",
        "lot",
        "disposition",
        "sequence",
        "components",
    ),
)


class Line(NamedTuple):
    """One line, with itself as it came."""

    key: str
    location: str
    spot: str  # item, lot and disposition
    quantity: Decimal
    original_quantity: Decimal
    is_plain: bool  # a count of one item, ordered by nothing but its time
    is_known: bool  # it says how much there is
    packed: bytes


def lines_of(parts: Iterable[SnapshotPart]) -> Iterator[Line]:
    """Every line of some parts, in their order."""
    for part in parts:
        for packed in part.lines:
            row = unpack(packed)
            spot = f"{row[_ITEM]}{SPOT_MARK}{row[_LOT]}{SPOT_MARK}{row[_DISPOSITION]}"
            is_known = row[_KIND] != "unknown_count"
            is_plain = is_known and row[_SEQUENCE] is None and not row[_COMPONENTS]
            yield Line(row[_KEY], row[_LOCATION], spot, row[_QUANTITY], row[_ORIGINAL], is_plain, is_known, packed)


def events_of(lines: Iterable[bytes]) -> Iterator[StockEvent]:
    """Packed lines as the events that they are."""
    return (StockEvent.from_row(unpack(line)) for line in lines)


def part_id(part: SnapshotPart) -> str:
    """Which of the messages of its snapshot it is."""
    return part.part or part.message_id


def digest_of(part: SnapshotPart) -> bytes:
    """What a part says, whichever message brought it and when."""
    said = blake2b(f"{part.occurred_at.isoformat()} {part.refused}".encode(), digest_size=DIGEST_BYTES)
    for line in lines_of([part]):
        quantity = line.quantity if line.is_known else None
        said.update(f"\n{line.key}{SPOT_MARK}{line.location}{SPOT_MARK}{line.spot} {quantity}".encode())
    return said.digest()


def spot_of(spot: str) -> tuple[str, str, str]:
    """Item, lot and disposition."""
    item, lot, disposition = spot.split(SPOT_MARK)
    return item, lot, disposition
