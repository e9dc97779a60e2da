"""Record coders: how records cross from one process to another: msgpack, never pickle, and the class comes back.

Importing this module registers a coder for each record; every module that gives a collection a record type imports it.
Without one Beam would pickle the records, or turn them into generated tuples without our methods.
"""

from typing import Any

from apache_beam import coders
from apache_beam.coders.typecoders import registry

from schemas import records
from schemas.encoding import pack, unpack

RECORDS = (
    records.Acknowledgment,
    records.Alert,
    records.AvailabilityRow,
    records.ChannelUpdate,
    records.ClaimRow,
    records.Decision,
    records.DeliveryRow,
    records.Discrepancy,
    records.Envelope,
    records.Ignored,
    records.InboundRow,
    records.KeyTaken,
    records.OutcomeCount,
    records.PartnerPosting,
    records.PositionRow,
    records.Preemption,
    records.PromiseRow,
    records.Rejection,
    records.ReportedEvent,
    records.Settlement,
    records.SnapshotClosed,
    records.SnapshotPart,
    records.SourceHeard,
    records.StockEvent,
    records.StockSignal,
)


class RecordCoder(coders.Coder):  # type: ignore[misc]
    """Records of one type as msgpack."""

    def __init__(self, record_type: type[Any]) -> None:
        self.record_type = record_type
        self.make = getattr(record_type, "from_row", record_type._make)

    def encode(self, value: Any) -> bytes:
        return pack(value)

    def decode(self, encoded: bytes) -> Any:
        return self.make(unpack(encoded))

    def is_deterministic(self) -> bool:
        return True

    def to_type_hint(self) -> type[Any]:
        return self.record_type

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.record_type is other.record_type  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.record_type))

    def __reduce__(self) -> tuple[Any, ...]:
        return (RecordCoder, (self.record_type,))


class _CoderOf:
    """What Beam's registry calls with a type to get its coder."""

    @staticmethod
    def from_type_hint(type_hint: type[Any], _registry: Any) -> RecordCoder:
        return RecordCoder(type_hint)


for _record in RECORDS:
    registry.register_coder(_record, _CoderOf)  # type: ignore[arg-type]
