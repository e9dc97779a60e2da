"""Published: records as they leave the ledger in, what a reader of the views would see at last out."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from schemas.records import (
    Alert,
    AvailabilityRow,
    ChannelUpdate,
    ClaimRow,
    Decision,
    Discrepancy,
    InboundRow,
    OutcomeCount,
    PositionRow,
    Preemption,
    PromiseRow,
    Rejection,
    StockSignal,
)
from transforms.ledger.shard_rules import Fold

KEYS: dict[type, tuple[str, ...]] = {
    PositionRow: ("item", "location", "lot", "disposition"),
    ClaimRow: ("item", "order_reference"),
    InboundRow: ("item", "order_reference"),
    AvailabilityRow: ("item", "channel"),
    ChannelUpdate: ("item", "channel"),
    StockSignal: ("item", "channel"),
    PromiseRow: ("item", "channel", "day"),
    Discrepancy: ("item", "location", "lot", "disposition", "cause", "source", "reference"),
    Alert: ("kind", "item", "location"),
}
Key = tuple[str, ...]


class Published:
    """The newest row of each kind and key, every decision and rejection, and how events ended."""

    def __init__(self) -> None:
        self.rows: dict[type, dict[Key, Any]] = {kind: {} for kind in KEYS}
        self.decisions: list[Decision] = []
        self.preemptions: list[Preemption] = []
        self.rejections: list[Rejection] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.went_back: list[tuple[Any, Any]] = []  # rows that a view would refuse, or would have to choose between

    def take(self, fold: Fold) -> "Published":
        self.take_records(fold.records)
        self.take_counts(fold.counts)
        return self

    def take_counts(self, counts: Iterable[OutcomeCount]) -> None:
        for count in counts:
            self.outcomes[count.outcome, count.reason] += count.total

    def take_records(self, records: Iterable[Any]) -> None:
        for record in records:
            if isinstance(record, Decision):
                self.decisions.append(record)
            elif isinstance(record, Preemption):
                self.preemptions.append(record)
            elif isinstance(record, Rejection):
                self.rejections.append(record)
            elif type(record) in KEYS:
                self._take_row(record)

    def _take_row(self, row: Any) -> None:
        key = tuple(getattr(row, name) for name in KEYS[type(row)])
        known = self.rows[type(row)]
        before = known.get(key)
        if before is not None and (row.version < before.version or (row.version == before.version and row != before)):
            self.went_back.append((before, row))
        known[key] = row

    def positions(self) -> dict[Key, Decimal]:
        return {key: row.on_hand_quantity for key, row in self.rows[PositionRow].items() if row.on_hand_quantity}

    def claims(self) -> dict[Key, ClaimRow]:
        return self.rows[ClaimRow]

    def inbound(self) -> dict[Key, InboundRow]:
        return self.rows[InboundRow]

    def available(self) -> dict[Key, int]:
        """By item and channel."""
        return {key: row.available_quantity for key, row in self.rows[AvailabilityRow].items()}

    def told(self) -> dict[Key, int]:
        """By item and channel, what the channel was told last."""
        return {key: update.quantity for key, update in self.rows[ChannelUpdate].items()}

    def discrepancies(self, tolerance: Decimal = Decimal(0)) -> dict[Key, tuple[Decimal, Decimal]]:
        """Expected and reported, of those that stand."""
        pairs = {key: (row.expected_quantity, row.reported_quantity) for key, row in self.rows[Discrepancy].items()}
        return {key: pair for key, pair in pairs.items() if abs(pair[0] - pair[1]) > tolerance}

    def alerts(self, kind: str) -> dict[tuple[str, str], Decimal]:
        """By item and place, of those that stand."""
        found = {(row.item, row.location): row.quantity for row in self.rows[Alert].values() if row.kind == kind}
        return {key: quantity for key, quantity in found.items() if quantity}

    def granted(self) -> dict[str, Fraction]:
        """By transaction key, the share of the request that was granted and has not given way."""
        gone = {(one.item, one.transaction_key) for one in self.preemptions}
        return {
            one.transaction_key: Fraction(one.granted_quantity) / Fraction(one.requested_quantity)
            for one in self.decisions
            if one.granted_quantity and (one.item, one.transaction_key) not in gone
        }
