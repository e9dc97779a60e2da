"""Outbox rules: messages for one partner and its answers in, which call to make next and how far each message is out.

    waiting ── call made ──> sent ──┬─ applied          the partner says so, or was read back
       ^                            ├─ accepted ────────> applied, or waiting again where it did not take
       │                            ├─ failed           refused, or tried too often, or too old: a dead letter
       └── throttled, down, failed ─┘

- One call at a time, and one version of a key at a time: while a figure is under way, the next one waits for its end,
  so none overtakes a newer one. Of what waits only the newest is kept.
- Zeros go first and are not held back. Other figures wait `coalesce_seconds` for a newer one.
- A call is counted against the quota when it is answered, which is never before the partner counted it.
- Throttling is no failure. What broke a call counts against its messages; a partner that is down, against the partner.
- After `failures_max` calls in a row that failed, only one call in each pause, of one message, finds out if it is back.
- A call that timed out may have done its work, or may do it later: it is repeated under the same key, and the figure is
  read back after it applied.

The same offers, answers and times give the same outbox, so what is kept of it is a journal of those.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from schemas.partner_spec import PartnerSpec
from transforms.sending.forgetting_rules import forgettable
from transforms.sending.outbox_state import (
    FIGURE,
    PHASES,
    Answer,
    Call,
    Entry,
    Outgoing,
    Phase,
    dump_entries,
    load_entries,
    packed,
    unpacked,
)
from transforms.sending.quota_rules import NEVER_CALLED, emptied, free_at, spent
from transforms.sending.settling_rules import Settling

NUMBERS_FROM = 1_500_000_000  # of the seconds since 1970: calls of two runs have different numbers of nine digits


class Outbox(Settling):
    """All messages to one partner. Times are seconds since 1970."""

    def __init__(self, partner: str, terms: PartnerSpec) -> None:
        super().__init__(partner, terms)
        self.full_at: dict[Phase, float] = dict.fromkeys(PHASES, NEVER_CALLED)
        self.call_number = 0
        self.in_flight: Call | None = None

    def offer(self, messages: Iterable[Outgoing], now: float) -> None:
        """Take messages in; older ones than are known, and the same again, change nothing."""
        for message in messages:
            entry = self.entries.get(message.key)
            if entry is None:
                self._start(Entry(message, now), message, now, now, now)
            elif message.kind == FIGURE and message.version > (entry.newer or entry.wanted).version:
                self._renew(entry, message, now)

    def next_call(self, now: float) -> Call | None:
        """The call to make now; None where nothing is due, allowed or worth trying."""
        self._give_up(now)
        if self.in_flight is not None or now < self.open_until:
            return None
        for phase in PHASES:
            if now >= self._allowed_at(phase) and (call := self._call(phase, now)) is not None:
                self.in_flight = call
                return call
        return None

    def answered(self, answer: Answer, now: float) -> None:
        """Take in what came of the call that was made."""
        call = self.in_flight
        if call is None:  # it was given up as lost, and its answer came after all
            return
        self.in_flight = None
        self.full_at[call.phase] = spent(self.full_at[call.phase], getattr(self.terms.quotas, call.phase), now)
        self.settle(call, answer, now)

    def reopened(self, now: float) -> None:
        """Another worker takes over: what was under way is unknown, and so is what was called since."""
        for phase in PHASES:
            self.full_at[phase] = max(self.full_at[phase], emptied(getattr(self.terms.quotas, phase), now))
        if self.in_flight is not None:
            self.answered(Answer("unknown", "the worker that made the call is gone"), now)

    def due_at(self) -> float | None:
        """When there is next something to do, answers apart."""
        if self.in_flight is not None:
            return self.deadlines.next_at()
        times = [self.deadlines.next_at()]
        for phase in PHASES:
            at = self._next_at(phase)
            if at is not None:
                times.append(max(at, self._allowed_at(phase), self.open_until))
        return min((at for at in times if at is not None), default=None)

    @property
    def is_settled(self) -> bool:
        """Whether every message has ended: applied, or failed for good."""
        return all(entry.status in ("applied", "failed") for entry in self.entries.values())

    def forget(self, now: float) -> None:
        """Drop told postings that are past the horizon or too many; one that comes again after that is told again."""
        busy = {key for keys, *_ in self.receipts.values() for key in keys} | self.changed
        if self.in_flight is not None:
            busy.update(one.key for one in self.in_flight.messages)
        for key in forgettable(self.entries.values(), busy, self.terms, now):
            del self.entries[key]

    def dump(self) -> bytes:
        """All of it as bytes; what changed since the last `take_rows` must have been taken."""
        call = self.in_flight and (
            *self.in_flight[:3],
            [one.key for one in self.in_flight.messages],
            *self.in_flight[5:],
        )
        plain = [
            self.full_at,
            self.paused_until,
            self.throttles,
            self.failures,
            self.open_until,
            self.call_number,
            self.was_silent,
        ]
        return packed([dump_entries(self.entries.values()), plain, self.receipts, call, self.verify_at])

    def load(self, data: bytes) -> None:
        """The reverse of `dump`, into an empty outbox."""
        entries, plain, receipts, call, verify_at = unpacked(data)
        self.full_at, self.paused_until, self.throttles, self.failures, self.open_until = plain[:5]
        self.call_number, self.was_silent = plain[5:]
        self.entries = {entry.wanted.key: entry for entry in load_entries(entries)}
        self.receipts = {receipt: (list(keys), *times) for receipt, (keys, *times) in receipts.items()}  # type: ignore[misc]
        if call:
            number, phase, idempotency_key, keys, receipt = call
            messages = tuple(self.entries[key].wanted for key in keys)
            known = tuple(self.entries[key].known for key in keys)
            self.in_flight = Call(number, phase, idempotency_key, messages, known, receipt)
        self.verify_at = verify_at
        self.requeue()

    def _allowed_at(self, phase: Phase) -> float:
        quota = getattr(self.terms.quotas, phase)
        return max(free_at(self.full_at[phase], quota), self.paused_until[phase])

    def _next_at(self, phase: Phase) -> float | None:
        if phase == "send":
            return min((at for at in (self.urgent.next_at(), self.others.next_at()) if at is not None), default=None)
        return self.polls.next_at() if phase == "poll" else self.reads.next_at()

    def _call(self, phase: Phase, now: float) -> Call | None:
        receipt = ""
        if phase == "poll":
            receipt = next(iter(self.polls.take(now, 1)), "")
            keys = self.receipts[receipt][0] if receipt else []
        else:
            keys = self._batch(now) if phase == "send" else self.reads.take(now, self.terms.read_size_max)
        if not keys:
            return None
        self.call_number = max(self.call_number + 1, int(now) - NUMBERS_FROM)
        entries = [self.entries[key] for key in keys]
        if phase == "send":
            for entry in entries:
                entry.status, entry.sent_at, entry.tries = "sent", now, entry.tries + 1
            self.changed.update(keys)
        messages = tuple(entry.wanted for entry in entries)
        known = tuple(entry.known for entry in entries)
        return Call(self.call_number, phase, self._name(phase, messages), messages, known, receipt)

    def _batch(self, now: float) -> list[str]:
        """Zeros first; what may have broken a batch goes alone, and so does what finds out if a partner is back."""
        limit = 1 if self.failures >= self.terms.failures_max else self.terms.batch_size_max
        keys = [*self.urgent.take(now, limit)]
        keys += self.others.take(now, limit - len(keys))
        first_alone = bool(keys) and self.entries[keys[0]].alone
        kept = keys[:1] if first_alone else [key for key in keys if not self.entries[key].alone]
        for key in set(keys) - set(kept):
            self._queue(self.entries[key])
        return kept

    def _name(self, phase: Phase, messages: tuple[Outgoing, ...]) -> str:
        """What the call is called by: the same when it is repeated, so that the partner can tell."""
        if len(messages) == 1 and messages[0].kind != FIGURE:
            return messages[0].key
        parts = "\n".join(f"{one.key}@{one.version}" for one in messages)
        return blake2b(f"{self.partner}/{phase}\n{parts}".encode(), digest_size=16).hexdigest()

    def _give_up(self, now: float) -> None:
        for key in self.deadlines.take(now, len(self.entries) + 1):
            entry = self.entries[key]
            hours = self.terms.give_up_seconds / 3_600
            self.fail(entry, "not_delivered", f"not delivered within {hours:g} h: {entry.message or 'no answer'}", now)

    def pending(self) -> Iterator[Entry]:
        """What has not ended."""
        return (entry for entry in self.entries.values() if entry.status not in ("applied", "failed"))
