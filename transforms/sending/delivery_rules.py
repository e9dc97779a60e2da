"""Delivery rules: messages for one partner in, which of them wait, from when and until when, out."""

from schemas.partner_spec import PartnerSpec
from transforms.sending.outbox_state import FIGURE, PHASES, Entry, Outgoing, Phase
from transforms.sending.retry_rules import pause_seconds
from transforms.sending.waiting_rules import Waiting

ENDED = ("applied", "failed")

Receipt = tuple[list[str], float, float]  # keys, when to ask, when to stop asking
Failed = tuple[Outgoing, str, str]  # message, reason, in words


class Deliveries:
    """The messages of one partner, each where it waits."""

    def __init__(self, partner: str, terms: PartnerSpec) -> None:
        self.partner = partner
        self.terms = terms
        self.entries: dict[str, Entry] = {}
        self.receipts: dict[str, Receipt] = {}
        self.verify_at: dict[str, float] = {}
        self.paused_until: dict[Phase, float] = dict.fromkeys(PHASES, 0.0)
        self.throttles: dict[Phase, int] = dict.fromkeys(PHASES, 0)
        self.failures = 0  # calls in a row
        self.open_until = 0.0
        self.was_silent = False  # as was last told
        self.trouble = ""  # what the partner last failed with
        self.changed: set[str] = set()  # keys since the last `take_rows`
        self.failed: list[Failed] = []  # since then
        self.urgent = Waiting(lambda key, at: self._is_due(key, at) and self.entries[key].wanted.is_urgent)
        self.others = Waiting(lambda key, at: self._is_due(key, at) and not self.entries[key].wanted.is_urgent)
        self.deadlines = Waiting(self._is_open)
        self.polls = Waiting(lambda receipt, at: receipt in self.receipts and self.receipts[receipt][1] == at)
        self.reads = Waiting(lambda key, at: self.verify_at.get(key) == at)

    def wait(self, entry: Entry, at: float) -> None:
        """Put an entry among those that are to be sent, from a time on."""
        entry.status, entry.due_at, entry.receipt = "waiting", at, ""
        self.changed.add(entry.wanted.key)
        self._queue(entry)

    def fail(self, entry: Entry, reason: str, words: str, now: float) -> None:
        """End an entry without success, unless something newer takes its place."""
        entry.message = words
        if entry.newer is not None and entry.status != "waiting":
            self._next(entry, now)
            return
        self.failed.append((entry.wanted, reason, words))
        entry.status, entry.receipt = "failed", ""
        self.changed.add(entry.wanted.key)
        self._plan_read(entry, self.terms.verify_seconds, now)

    def requeue(self) -> None:
        """Put everything where it waits, after it was read from state."""
        for entry in self.entries.values():
            self._queue(entry)
        for receipt, (_, at, _) in self.receipts.items():
            self.polls.put(receipt, at)
        for key, at in self.verify_at.items():
            self.reads.put(key, at)

    def _start(self, entry: Entry, message: Outgoing, offered_at: float, held_since: float, now: float) -> None:
        """Begin with a message; it is held back, for a newer one, from `held_since` on."""
        entry.wanted, entry.newer, entry.attempts, entry.alone = message, None, 0, False
        entry.offered_at, entry.held_since = offered_at, held_since
        self.entries[message.key] = entry
        self.verify_at.pop(message.key, None)
        hold = 0.0 if message.is_urgent or message.kind != FIGURE else self.terms.coalesce_seconds
        self.wait(entry, max(now, held_since + hold))

    def _renew(self, entry: Entry, message: Outgoing, now: float) -> None:
        """A newer figure: in place of one that waits, after one that is under way."""
        if entry.status == "sent" or entry.receipt:
            if entry.newer is None:
                entry.held_since = now
            entry.newer, entry.newer_at = message, now
            return
        waits = entry.status == "waiting"
        paused_until = entry.due_at if waits and entry.attempts else now  # of a partner that fails on it
        # held from the first change on: a figure that keeps changing is told too
        self._start(entry, message, now, entry.held_since if waits else now, now)
        if entry.due_at < paused_until and not message.is_urgent:
            self.wait(entry, paused_until)

    def _next(self, entry: Entry, now: float) -> None:
        if entry.newer is not None:
            self._start(entry, entry.newer, entry.newer_at, entry.held_since, now)

    def _queue(self, entry: Entry) -> None:
        (self.urgent if entry.wanted.is_urgent else self.others).put(entry.wanted.key, entry.due_at)
        self.deadlines.put(entry.wanted.key, entry.offered_at + self.terms.give_up_seconds)

    def _plan_read(self, entry: Entry, after: float | None, now: float) -> None:
        if after is not None and entry.wanted.kind == FIGURE:
            self.verify_at[entry.wanted.key] = now + after
            self.reads.put(entry.wanted.key, now + after)

    def _pause(self, name: str, failures: int) -> float:
        terms = self.terms
        return pause_seconds(f"{self.partner}/{name}", failures, terms.pause_seconds, terms.pause_seconds_max)

    def _is_due(self, key: str, at: float) -> bool:
        entry = self.entries.get(key)
        return entry is not None and entry.status == "waiting" and entry.due_at == at

    def _is_open(self, key: str, at: float) -> bool:
        entry = self.entries.get(key)
        if entry is None or entry.status in ENDED or entry.status == "sent" or entry.receipt:
            return False
        return entry.offered_at + self.terms.give_up_seconds == at
