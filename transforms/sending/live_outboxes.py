"""Live outboxes: outboxes kept in memory between bundles, with what happened to them as a journal in keyed state.

As in the ledger, a random token in state proves that memory is current. Where it is not, the outbox is read again from
snapshot and journal; a call that was under way then is unknown, and is made again under the same key.
"""

from collections.abc import Iterable
from typing import Any

from schemas.encoding import pack, unpack
from schemas.partner_spec import PartnerSpec
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Answer, Call, Outgoing

JOURNAL_BYTES_MIN = 1 << 18  # below this a journal is never folded into the snapshot


class LiveOutbox:
    """One outbox, and what happened to it in this bundle."""

    def __init__(self, partner: str, terms: PartnerSpec) -> None:
        self.outbox = Outbox(partner, terms)
        self.token = b""
        self.snapshot_bytes = 0
        self.journal_bytes = 0
        self.number = 0  # of the next entry; bags keep no order
        self._happened: list[tuple[str, float, Any]] = []

    def offer(self, messages: list[Outgoing], now: float) -> None:
        """As `Outbox.offer`, and noted."""
        self._happened.append(("offer", now, messages))
        self.outbox.offer(messages, now)

    def next_call(self, now: float) -> Call | None:
        """As `Outbox.next_call`, and noted where it did anything."""
        due_at = self.outbox.due_at()
        if due_at is None or due_at > now:
            return None
        self._happened.append(("call", now, None))
        return self.outbox.next_call(now)

    def answered(self, answer: Answer, now: float) -> None:
        """As `Outbox.answered`, and noted."""
        self._happened.append(("answer", now, answer))
        self.outbox.answered(answer, now)

    def reopened(self, now: float) -> None:
        """As `Outbox.reopened`, and noted."""
        self._happened.append(("reopen", now, None))
        self.outbox.reopened(now)

    def entry(self) -> bytes | None:
        """What happened since the last entry, as the next one of the journal; None for nothing."""
        if not self._happened:
            return None
        entry = pack((self.number, self._happened))
        self._happened = []
        self.number += 1
        self.journal_bytes += len(entry)
        return entry

    def wants_folding(self) -> bool:
        """Whether the journal has outgrown the snapshot."""
        return self.journal_bytes > max(JOURNAL_BYTES_MIN, self.snapshot_bytes)

    def folded(self, now: float) -> bytes:
        """All of it as a new snapshot, without what is forgotten by now; the journal can be cleared."""
        self.outbox.forget(now)
        data = self.outbox.dump()
        self.snapshot_bytes, self.journal_bytes, self.number, self._happened = len(data), 0, 0, []
        return data


def restore(partner: str, terms: PartnerSpec, snapshot: bytes | None, journal: Iterable[bytes]) -> LiveOutbox:
    """An outbox from its state; what it published before is not published again."""
    live = LiveOutbox(partner, terms)
    outbox = live.outbox
    if snapshot:
        outbox.load(snapshot)
        live.snapshot_bytes = len(snapshot)
    entries = list(journal)
    live.number, live.journal_bytes = len(entries), sum(map(len, entries))
    for _, happened in sorted(unpack(one) for one in entries):
        for what, now, part in happened:
            _again(outbox, what, now, part)
            _ = list(take_rows(outbox, now))
    return live


def _again(outbox: Outbox, what: str, now: float, part: Any) -> None:
    if what == "offer":
        outbox.offer([Outgoing.from_row(one) for one in part], now)
    elif what == "call":
        outbox.next_call(now)
    elif what == "answer":
        outbox.answered(Answer.from_row(part), now)
    else:
        outbox.reopened(now)
