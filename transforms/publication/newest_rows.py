"""Newest rows: records of any views in, the newest of each row out, so that a hot row is written once per flush."""

from collections.abc import Callable
from typing import Any

from schemas.records import Rejection
from transforms.publication.view_tables import VIEW_NAMED, VIEWS, RejectionMark, View, key_maker, row_maker, view_of

Batch = tuple[View, list[list[Any]]]


class NewestRows:
    """The newest record of each row that was added since the last `take`; the rule is that of the tables."""

    def __init__(self, run_id: str) -> None:
        self._slots = {view.name: _Slot(view, run_id) for view in VIEWS}
        self._slot_of_type = {view.record: self._slots[view.name] for view in VIEWS if not view.has_payload}
        self.row_count = 0
        self.payload_bytes = 0

    def add(self, record: Any) -> None:
        """Keep a record unless a newer one of the same row is here; `TypeError` for what is no row of any view."""
        if type(record) is Rejection:
            self.add(mark_of(record))
        slot = self._slot_of_type.get(type(record)) or self._slots[view_of(record).name]
        key = slot.key_of(record)
        kept = slot.records.get(key)
        if kept is None:
            slot.records[key] = record
            self.row_count += 1
            if slot.has_payload:
                self.payload_bytes += len(record.payload)
        elif slot.grows is not None and record[slot.grows] >= kept[slot.grows]:
            slot.records[key] = record

    def batches(self) -> list[Batch]:
        """The rows of each view that has any, in the order of its key, which is how a table is written fastest."""
        return [
            (VIEW_NAMED[name], [slot.row_of(slot.records[key]) for key in sorted(slot.records)])
            for name, slot in self._slots.items()
            if slot.records
        ]

    def clear(self) -> None:
        """Forget all of it, once it is written or the bundle is lost."""
        for slot in self._slots.values():
            slot.records.clear()
        self.row_count = self.payload_bytes = 0


def mark_of(rejection: Rejection) -> RejectionMark:
    """What a run notes of a rejection that it found."""
    return RejectionMark(rejection.message_id, rejection.event_index, rejection.reason, rejection.outcome)


class _Slot:
    """The records of one view."""

    def __init__(self, view: View, run_id: str) -> None:
        self.key_of: Callable[[Any], Any] = key_maker(view)
        self.row_of = row_maker(view, run_id)
        self.grows = view.record._fields.index(view.grows) if view.grows in view.record._fields else None
        self.has_payload = view.has_payload
        self.records: dict[Any, Any] = {}
