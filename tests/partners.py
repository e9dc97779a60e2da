"""Partners: short spellings for tests of sending, and a run of outboxes against partners in virtual time.

In virtual time a call takes none: the outbox makes it, the answer is there, and the clock moves on to when there is
next something to do. The calls themselves are real HTTP, and the partner keeps its quota by the same clock.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.outbound_spec import load_outbounds
from schemas.partner_spec import PartnerSpec, Quotas, QuotaSpec
from schemas.records import ChannelUpdate
from transforms.sending.callers import Way
from transforms.sending.exchanges import Partner
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Outgoing
from transforms.sending.outgoing_rules import message_of

ROOT = Path(__file__).parents[1]
MAPPINGS = load_outbounds(ROOT / "schemas/outbound")
START = 1_772_400_000.0  # some moment of 2026

Arrivals = Iterable[tuple[float, str, Outgoing]]  # seconds after the start, partner, message


class VirtualClock:
    """A time that moves when it is told to."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def update(listing: str, quantity: int, version: int, channel: str = "web") -> ChannelUpdate:
    return ChannelUpdate(channel, listing, f"item {listing}", quantity, None, f"event {version}", "c-1", version)


def figure(listing: str, quantity: int, version: int, channel: str = "web") -> Outgoing:
    return message_of(update(listing, quantity, version, channel))


def quotas(send: tuple[int, float, int] = (1_000, 1, 1_000), **others: tuple[int, float, int]) -> Quotas:
    """Quotas as (calls, seconds, burst)."""
    given = {"send": send, "poll": (1_000, 1, 1_000), "read": (1_000, 1, 1_000), **others}
    return Quotas(**{phase: QuotaSpec(calls=one[0], seconds=one[1], burst=one[2]) for phase, one in given.items()})


def terms(**changes: Any) -> PartnerSpec:
    """A partner that is told the figures of channel web, without waiting and without a limit."""
    plain: dict[str, Any] = {"mapping": "storefront", "channel": "web", "url": "http://127.0.0.1:9"}
    plain |= {"coalesce_seconds": 0, "quotas": quotas(), "values": {"location": "1", "seller": "S", "marketplace": "M"}}
    return PartnerSpec(**(plain | changes))


def way(name: str, its: PartnerSpec) -> Partner:
    return Partner(name, its, MAPPINGS[its.mapping], {})


def run_virtual(
    boxes: Mapping[str, Outbox],
    ways: Mapping[str, Way],
    arrivals: Arrivals,
    clock: VirtualClock,
    *,
    seconds_max: float = 10**6,
    after_step: Callable[[], None] = lambda: None,
) -> None:
    """Offer each message at its time and work until everything has settled."""
    start = clock.at
    waiting = sorted(((start + at, name, message) for at, name, message in arrivals), key=lambda one: one[0])
    index = 0
    while clock.at < start + seconds_max:
        while index < len(waiting) and waiting[index][0] <= clock.at:
            _, name, message = waiting[index]
            boxes[name].offer([message], clock.at)
            index += 1
        for name, box in boxes.items():
            while (call := box.next_call(clock.at)) is not None:
                box.answered(ways[name].make(call, clock.at), clock.at)
        after_step()
        if index == len(waiting) and all(box.is_settled for box in boxes.values()):
            return
        times = [at for box in boxes.values() if (at := box.due_at()) is not None]
        times += [waiting[index][0]] if index < len(waiting) else []
        clock.at = max(clock.at + 1e-6, min(times))
    raise AssertionError(f"not settled after {seconds_max} s: {[sum(1 for _ in b.pending()) for b in boxes.values()]}")


def applied(box: Outbox) -> dict[str, tuple[str, Decimal]]:
    """Status and wanted figure of each key."""
    return {key: (entry.status, entry.wanted.quantity) for key, entry in box.entries.items()}
