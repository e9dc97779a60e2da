"""Sending: channel updates and postings in, told to partners; how far each message has come out.

Calls are made by a thread for each partner, never by the bundle itself: a bundle takes in the answers that are there,
starts what may be started, writes state and returns. So a partner that hangs holds up neither the others nor the flow.
"""

import math
import secrets
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import pack, unpack
from schemas.outbound_spec import OutboundSpec
from schemas.partner_spec import Partners
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.sending.callers import Caller, Way
from transforms.sending.draining import WallClock, drain
from transforms.sending.exchanges import Partner
from transforms.sending.live_outboxes import LiveOutbox, restore
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Outgoing
from transforms.sending.outgoing_rules import outgoing

LOOK_SECONDS = 0.1  # between two looks at a call that is under way
DRAIN_SECONDS_MAX = 120.0
GROUP_MESSAGES_MAX = 5_000
DESKS_MAX = 16  # jobs of one process whose outboxes are kept in memory

Clock = Callable[[], float]


class SendToPartners(beam.PTransform[Any, Any]):
    """Tell every partner the newest figures of its channel, and the postings it asked for.

    In:       `ChannelUpdate` and `PartnerPosting`, in any order, with duplicates; other records are passed over.
    Out:      `DeliveryRow`, as each message comes further; `Alert`, while a partner does not answer.
    State:    an outbox for each partner: snapshot, journal, token. Of input that ends, none.
    Rejects:  `not_delivered`, `refused_by_partner`: `Rejection` among the records.
    """

    def __init__(
        self,
        partners: Partners,
        mappings: Mapping[str, OutboundSpec],
        drain_seconds_max: float = DRAIN_SECONDS_MAX,
        clock: Clock = time.time,
    ) -> None:
        """`drain_seconds_max` bounds how long input that ends is waited for after its end."""
        super().__init__()
        self.partners = dict(partners)
        self.make_way = partial(_way, self.partners, dict(mappings))
        self.drain_seconds_max = drain_seconds_max
        self.clock = clock

    def expand(self, records: Any) -> Any:
        grouped = records | "GroupByPartner" >> beam.ParDo(_GroupFn(self.partners)).with_output_types(tuple[str, bytes])
        if not records.is_bounded:
            send = _SendFn(self.partners, self.make_way, self.clock)
            return grouped | "Send" >> beam.ParDo(send).with_output_types(Any)  # type: ignore[no-untyped-call]
        # All partners in one element, since the elements of a bundle are done one after the other.
        together = grouped | "Together" >> beam.Map(lambda one: (0, one)) | "GroupAll" >> beam.GroupByKey()
        drained = _DrainFn(self.partners, self.make_way, self.drain_seconds_max)
        return together | "Drain" >> beam.ParDo(drained).with_output_types(Any)


def _way(partners: Partners, mappings: Mapping[str, OutboundSpec], name: str) -> Way:
    terms = partners[name]
    return Partner(name, terms, mappings[terms.mapping])


class _GroupFn(beam.DoFn):
    """Messages of a bundle by partner, so that an outbox is opened once for all of them."""

    def __init__(self, partners: Partners) -> None:
        self.partners = partners

    def start_bundle(self) -> None:
        self.found: dict[str, list[Outgoing]] = defaultdict(list)
        self.at = MIN_TIMESTAMP

    def process(self, record: Any, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[tuple[str, bytes]]:
        self.at = timestamp  # a group has the time of its last record, or a stream would think it late
        for name, message in outgoing(record, self.partners):
            self.found[name].append(message)
            if len(self.found[name]) >= GROUP_MESSAGES_MAX:
                yield name, pack(self.found.pop(name))

    def finish_bundle(self) -> Iterator[Any]:
        for name, messages in self.found.items():
            yield WindowedValue((name, pack(messages)), self.at, (GlobalWindow(),))


class _DrainFn(beam.DoFn):
    """Bounded: everything at once, until it has settled or the time is up."""

    def __init__(self, partners: Partners, make_way: Callable[[str], Way], seconds_max: float) -> None:
        self.partners = partners
        self.make_way = make_way
        self.seconds_max = seconds_max

    def process(self, element: tuple[int, Iterable[tuple[str, bytes]]]) -> Iterator[Any]:
        clock = WallClock()
        boxes: dict[str, Outbox] = {}
        for name, packed in element[1]:
            box = boxes.setdefault(name, Outbox(name, self.partners[name]))
            box.offer(map(Outgoing.from_row, unpack(packed)), clock.now())
        drain(boxes.values(), self.make_way, clock, self.seconds_max)
        for box in boxes.values():
            yield from take_rows(box, clock.now())


class _Desk:
    """What the copies of one `_SendFn` in this process share: a runner may make a new one for every bundle of a key.

    Memory that is not current is found out by its token, as ever.
    """

    def __init__(self) -> None:
        self.live: dict[str, LiveOutbox] = {}
        self._callers: dict[str, Caller] = {}
        self._lock = threading.Lock()

    def caller(self, name: str, make_way: Callable[[str], Way]) -> Caller:
        """The thread of a partner, started when it is first needed."""
        with self._lock:
            if name not in self._callers:
                self._callers[name] = Caller(name, make_way(name))
            return self._callers[name]

    def close(self) -> None:
        """End the threads."""
        for caller in self._callers.values():
            caller.stop()


_desks: OrderedDict[str, _Desk] = OrderedDict()
_desks_lock = threading.Lock()


def _desk(desk_id: str) -> _Desk:
    """The desk of one job; those of jobs that are long over are given up."""
    with _desks_lock:
        desk = _desks.setdefault(desk_id, _Desk())
        _desks.move_to_end(desk_id)
        while len(_desks) > DESKS_MAX:
            _desks.popitem(last=False)[1].close()
        return desk


class _SendFn(beam.DoFn):
    """Unbounded: an outbox in keyed state for each partner, looked at when messages come and when it is due."""

    SNAPSHOT = ReadModifyWriteStateSpec("snapshot", BytesCoder())
    JOURNAL = BagStateSpec("journal", BytesCoder())
    TOKEN = ReadModifyWriteStateSpec("token", BytesCoder())
    DUE = TimerSpec("due", TimeDomain.REAL_TIME)

    def __init__(self, partners: Partners, make_way: Callable[[str], Way], clock: Clock = time.time) -> None:
        self.partners = partners
        self.make_way = make_way
        self.clock = clock
        self.desk_id = secrets.token_hex(8)

    def setup(self) -> None:
        self.desk = _desk(self.desk_id)

    def process(
        self,
        element: tuple[str, bytes],
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> Iterator[Any]:
        name, packed = element
        live = self._open(name, snapshot, journal, token)
        live.offer([Outgoing.from_row(one) for one in unpack(packed)], self.clock())
        yield from self._turn(name, live, snapshot, journal, token, due)

    @on_timer(DUE)
    def fire(
        self,
        key: Any = beam.DoFn.KeyParam,
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> Iterator[Any]:
        live = self._open(key, snapshot, journal, token)
        yield from self._turn(key, live, snapshot, journal, token, due)

    def _open(self, name: str, snapshot: Any, journal: Any, token: Any) -> LiveOutbox:
        live = self.desk.live.pop(name, None)  # if this bundle fails, memory is ahead of state: nobody may find it
        if live is not None and live.token and live.token == token.read():
            return live
        live = restore(name, self.partners[name], snapshot.read(), journal.read())
        live.reopened(self.clock())
        return live

    def _turn(self, name: str, live: LiveOutbox, snapshot: Any, journal: Any, token: Any, due: Any) -> Iterator[Any]:
        now = self.clock()
        caller = self.desk.caller(name, self.make_way)
        if live.outbox.in_flight is not None:
            answer = caller.answer_of(live.outbox.in_flight.number)
            if answer is not None:
                live.answered(answer, now)
        call = live.next_call(now)
        if call is not None:
            caller.start(call, now)
        rows = list(take_rows(live.outbox, now))
        self._close(name, live, snapshot, journal, token)
        at = now + LOOK_SECONDS if live.outbox.in_flight is not None else live.outbox.due_at()
        if at is None:
            due.clear()
        else:
            due.set(Timestamp.of(math.ceil(at * 1_000) / 1_000))  # runners round down, and would fire too early
        yield from rows

    def _close(self, name: str, live: LiveOutbox, snapshot: Any, journal: Any, token: Any) -> None:
        if live.wants_folding():
            snapshot.write(live.folded(self.clock()))
            journal.clear()
        else:
            entry = live.entry()
            if entry is not None:
                journal.add(entry)
        live.token = secrets.token_bytes(8)
        token.write(live.token)
        self.desk.live[name] = live
