"""Lease rules: what a queue delivered to one reader, until it may be acknowledged; without queue, clock or thread.

    deliver ─ waiting ─ take ─ in hand ─ cut ─ under a mark ─ finalize ─ confirmed ─ a later mark's finalize ─ settled

A runner says "finalized" of a mark once a checkpoint holds what was read before it. Flink says so of every bundle that
has ended when a checkpoint completes, also of one that ended after the checkpoint was taken, and a crash would then
lose what had been acknowledged. So a delivery is settled one step later: when a mark that was cut after its own was
finalized is finalized too. That mark's checkpoint was taken when the first bundle was long done.

Event time never runs ahead of what is not settled, and an empty queue lets it follow the clock.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

MICROS = 1_000_000
LEASE_SECONDS = 30  # how long a delivery is ours at a time; after a crash it comes again when that is over
FIRST_LEASE_SECONDS = 10  # what a subscription grants at least before we have asked for more
EXTEND_BEFORE_SECONDS = 7  # ask for more so long before the end: twice the pause between two looks
HOLD_SECONDS_MAX = 600  # longer than any checkpoint takes: whatever was given out then was lost on its way
MESSAGES_HELD_MAX = 50_000
BYTES_HELD_MAX = 256 * 1024 * 1024
IDLE_SLACK_SECONDS = 10  # a message may show up so long after a pull that found nothing was answered


class Received(NamedTuple):
    """One message as it was delivered."""

    data: bytes
    attributes: dict[str, str]
    message_id: str
    published_micros: int
    ordering_key: str
    event_micros: int


class Delivery(NamedTuple):
    """The messages of one pull, which are settled together."""

    messages: tuple[Received, ...]
    ack_ids: tuple[str, ...]
    byte_count: int
    earliest_micros: int
    arrived_at: float  # seconds of any steady clock, the same for all


def event_micros(attributes: Mapping[str, str], name: str, published_micros: int) -> int:
    """The event time that an attribute gives, in milliseconds or ISO 8601 with a zone; else when it was published."""
    text = attributes.get(name, "") if name else ""
    try:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdecimal() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return published_micros
    if moment.tzinfo is None:
        return published_micros
    return int(moment.timestamp() * MICROS)


class Leases:
    """The deliveries that one reader holds, and how far event time has come."""

    def __init__(self, messages_max: int = MESSAGES_HELD_MAX, bytes_max: int = BYTES_HELD_MAX) -> None:
        self.messages_max = messages_max
        self.bytes_max = bytes_max
        self.messages_held = 0
        self.bytes_held = 0
        self.next_mark = 0
        self._until: dict[int, float] = {}
        self._held: dict[int, Delivery] = {}  # everything that is not settled, by its number, oldest first
        self._waiting: deque[int] = deque()
        self._in_hand: list[int] = []
        self._under: dict[int, list[int]] = {}  # by mark
        self._confirmed: list[tuple[int, list[int]]] = []  # with the first mark that was cut afterwards
        self._number = 0
        self._event_micros: int | None = None

    def room(self) -> int:
        """How many more messages may be asked for."""
        return self.messages_max - self.messages_held if self.bytes_held < self.bytes_max else 0

    def deliver(self, delivery: Delivery) -> None:
        """Hold what a pull brought."""
        self._number += 1
        self._held[self._number] = delivery
        self._until[self._number] = delivery.arrived_at + FIRST_LEASE_SECONDS
        self._waiting.append(self._number)
        self.messages_held += len(delivery.messages)
        self.bytes_held += delivery.byte_count

    def take(self) -> Delivery | None:
        """Give out the oldest delivery that waits; ordering keys stay in order because deliveries do."""
        while self._waiting:
            number = self._waiting.popleft()
            if number in self._held:
                self._in_hand.append(number)
                return self._held[number]
        return None

    def cut(self) -> int:
        """A mark for all that was given out since the last one."""
        mark = self.next_mark
        self.next_mark += 1
        self._under[mark], self._in_hand = self._in_hand, []
        return mark

    def rewind(self, mark: int) -> None:
        """Read on after a mark: what was given out since then was lost on its way and waits again, oldest first."""
        lost = [number for later in list(self._under) if later > mark for number in self._under.pop(later)]
        self._waiting.extendleft(sorted([*lost, *self._in_hand], reverse=True))
        self._in_hand = []

    def finalize(self, mark: int) -> list[Delivery]:
        """The deliveries to acknowledge now that a mark is finalized; none the second time."""
        numbers = self._under.pop(mark, None)
        if numbers is None:
            return []
        settled = [number for cut_after, some in self._confirmed if cut_after <= mark for number in some]
        self._confirmed = [(cut_after, some) for cut_after, some in self._confirmed if cut_after > mark]
        self._confirmed.append((self.next_mark, numbers))
        return [delivery for number in settled if (delivery := self._forget(number))]

    def due(self, now: float) -> list[Delivery]:
        """The deliveries whose lease ends soon and is to be extended by `LEASE_SECONDS`; too old ones are given up."""
        for number in [one for one, held in self._held.items() if now - held.arrived_at > HOLD_SECONDS_MAX]:
            self._forget(number)
        ends = [number for number, until in self._until.items() if until - now < EXTEND_BEFORE_SECONDS]
        for number in ends:
            self._until[number] = now + LEASE_SECONDS
        return [self._held[number] for number in ends]

    def hand_back(self) -> list[Delivery]:
        """What was never given out, for the queue to deliver elsewhere."""
        waiting, self._waiting = self._waiting, deque()
        return [delivery for number in waiting if (delivery := self._forget(number))]

    def watermark_micros(self, nothing_since: float | None) -> int | None:
        """How far event time has come: to the earliest message held, or where there is none to the last empty answer.

        `nothing_since` is the time (seconds since 1970) at which the queue last had nothing; None: it had something.
        """
        if self._held:
            reached = min(delivery.earliest_micros for delivery in self._held.values())
        elif nothing_since is not None:
            reached = int((nothing_since - IDLE_SLACK_SECONDS) * MICROS)
        else:
            return self._event_micros
        self._event_micros = max(reached, self._event_micros) if self._event_micros is not None else reached
        return self._event_micros

    def _forget(self, number: int) -> Delivery | None:
        delivery = self._held.pop(number, None)
        if delivery is not None:
            del self._until[number]
            self.messages_held -= len(delivery.messages)
            self.bytes_held -= delivery.byte_count
        return delivery
