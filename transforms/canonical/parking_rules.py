"""Parking rules: events that name what master data does not know in; released, refused or still waiting out.

An event is checked again whenever another version of master data is in force. It leaves as soon as nothing is missing
any more, as many times as it came (the ledger drops the repeats), or as a dead letter: because it turns out wrong, has
waited too long, or finds no room.

    09:00  shipment from WH-9     parked, waits for location:wms-east:WH-9
    09:05  the same, redelivered  waits with it, as the second of two
    09:20  v2 knows WH-9          released twice: one is posted, one is a duplicate
    09:20  an event that names WH-9 and an item that nobody knows goes on waiting, for the item

The balance: what is parked was counted as parked when it was first refused; when it leaves, that count goes down.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from schemas.encoding import pack, unpack
from schemas.records import OutcomeCount, Rejection, ReportedEvent, Settlement, StockEvent
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import check_event
from transforms.canonical.reported_events import event_of, rejection_of
from transforms.governed_rules import Governed
from transforms.kits.kit_rules import exploded

PARKED_PER_KEY_MAX = 10_000  # events that wait for one missing key; more is a feed that nobody set up
PARKED_PER_LOT_MAX = 50_000  # in one lot; there are `parking.LOTS` of them
STAGE = "park"
TOO_LONG = "parked_too_long"
FULL = "parking_full"

Check = Callable[[ReportedEvent], StockEvent | Problem]


class Waiting(NamedTuple):
    """One event that waits: its refusal, which carries it, and how often it came."""

    rejection: Rejection
    parked_at: datetime
    times: int = 1


class Tally(NamedTuple):
    """What is known of a lot without reading it."""

    version: str = ""  # of master data under which all of it was looked at; "" where that was not one
    oldest_at: datetime | None = None
    waiting: dict[str, int] = {}  # noqa: RUF012 - never changed in place; missing key -> how many entries


class Moved(NamedTuple):
    """What came of a look: what goes on, what is told, and what still waits."""

    events: list[StockEvent]
    records: list[Rejection | Settlement]
    counts: list[OutcomeCount]
    kept: list[Waiting]
    tally: Tally


class Limits(NamedTuple):
    """How long, and how many."""

    parked_max: timedelta
    per_key: int = PARKED_PER_KEY_MAX
    per_lot: int = PARKED_PER_LOT_MAX


def check_by(governed: Governed) -> Check:
    """The check of an event, kits exploded, under one version."""
    master, policy, _ = governed

    def check(event: ReportedEvent) -> StockEvent | Problem:
        checked = check_event(event, master, policy.ever_eligible)
        return checked if isinstance(checked, Problem) else exploded(checked, master.boms)

    return check


def admit(arrived: Iterable[Rejection], tally: Tally, rules: tuple[str, Check], limits: Limits, now: datetime) -> Moved:
    """Take events in that were refused as parked; `rules` are a version and its check."""
    version, check = rules
    look = _Look(check, limits, now, tally.waiting)
    for rejection in arrived:
        look.records.append(_settlement(rejection, "", now))
        look.at(Waiting(rejection, now))
    oldest_at = tally.oldest_at or (now if look.kept else None)
    seen = version if not tally.waiting or tally.version == version else ""
    return look.moved(Tally(seen, oldest_at, dict(look.waiting)))


def look_again(lot: Iterable[Waiting], rules: tuple[str, Check], limits: Limits, now: datetime) -> Moved:
    """Check everything in a lot once more, each event once however often it came."""
    version, check = rules
    look = _Look(check, limits, now, {})
    for waiting in _joined(lot):
        look.at(waiting)
    oldest_at = min((one.parked_at for one in look.kept), default=None)
    return look.moved(Tally(version, oldest_at, dict(look.waiting)))


def is_due(tally: Tally, version: str, limits: Limits, now: datetime) -> bool:
    """Whether a lot has to be read: another version is in force, or something has waited too long."""
    if tally.oldest_at is None:
        return False
    return tally.version != version or now >= tally.oldest_at + limits.parked_max


def dump_lot(kept: Iterable[Waiting]) -> bytes:
    """Entries as bytes for a bag."""
    return pack(list(kept))


def load_lot(groups: Iterable[bytes]) -> list[Waiting]:
    """The reverse, of every group in a bag; the oldest first, since bags keep no order."""
    rows = (Waiting(Rejection(*rejection), *rest) for group in groups for rejection, *rest in unpack(group))
    return sorted(rows, key=lambda one: (one.parked_at, one.rejection.payload))


class _Look:
    """One pass over events that wait."""

    def __init__(self, check: Check, limits: Limits, now: datetime, waiting: dict[str, int]) -> None:
        self.check = check
        self.limits = limits
        self.now = now
        self.waiting: Counter[str] = Counter(waiting)
        self.total = sum(waiting.values())
        self.events: list[StockEvent] = []
        self.records: list[Rejection | Settlement] = []
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.kept: list[Waiting] = []

    def at(self, one: Waiting) -> None:
        event = event_of(one.rejection.payload)
        checked = self.check(event)
        if not isinstance(checked, Problem):
            self.events += [checked] * one.times
            self._leaves(one, "released")
        elif checked.outcome != "parked":
            self._refuse(one, rejection_of(event, checked))
        elif self.now >= one.parked_at + self.limits.parked_max:
            waited = f"waited since {one.parked_at.isoformat()}, expected at most {self.limits.parked_max}"
            self._refuse(one, _dead(one.rejection, TOO_LONG, f"{waited}: {checked.message}"))
        elif self.waiting[checked.missing_key] >= self.limits.per_key or self.total >= self.limits.per_lot:
            most = f"expected at most {self.limits.per_key} for one key and {self.limits.per_lot} in one lot"
            self._refuse(one, _dead(one.rejection, FULL, f"no room for more, {most}: {checked.message}"))
        else:
            self._keep(one, rejection_of(event, checked))

    def _keep(self, one: Waiting, now_refused: Rejection) -> None:
        if now_refused.reason != one.rejection.reason:  # the first thing that was missing is there, another is not
            self._leaves(one, "waits_for_more")
            self.counts[now_refused.source, "parked", now_refused.reason] += one.times
            self.records.append(now_refused)
        self.kept.append(one._replace(rejection=now_refused))
        self.waiting[now_refused.missing_key] += 1
        self.total += 1

    def _refuse(self, one: Waiting, dead: Rejection) -> None:
        self._leaves(one, "dead_letter")
        self.counts[dead.source, "dead_letter", dead.reason] += one.times
        self.records.append(dead)

    def _leaves(self, one: Waiting, settled_as: str) -> None:
        self.counts[one.rejection.source, "parked", one.rejection.reason] -= one.times
        self.records.append(_settlement(one.rejection, settled_as, self.now))

    def moved(self, tally: Tally) -> Moved:
        endings = self.counts.items()
        counts = [
            OutcomeCount(source, "event", how, reason, total) for (source, how, reason), total in endings if total
        ]
        return Moved(self.events, self.records, counts, self.kept, tally)


def _joined(lot: Iterable[Waiting]) -> list[Waiting]:
    found: dict[bytes, Waiting] = {}
    for one in lot:
        known = found.get(one.rejection.payload)
        found[one.rejection.payload] = known._replace(times=known.times + one.times) if known else one
    return list(found.values())


def _dead(rejection: Rejection, reason: str, message: str) -> Rejection:
    return rejection._replace(outcome="dead_letter", stage=STAGE, reason=reason, message=message, missing_key="")


def _settlement(rejection: Rejection, settled_as: str, now: datetime) -> Settlement:
    return settlement_of((rejection.message_id, rejection.event_index, rejection.reason), settled_as, now)


def settlement_of(key: tuple[str, int, str], settled_as: str, now: datetime, **rest: Any) -> Settlement:
    """That a rejection is closed, or ("") open again, as of now; the newest word on it holds."""
    return Settlement(*key, settled_as=settled_as, settled_at=now, version=int(now.timestamp() * 1_000_000), **rest)
