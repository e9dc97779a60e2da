"""Pub/Sub reader: a subscription in, its deliveries one after another out, held until whoever took them is done.

One thread pulls, so that taking never waits; another extends leases. What may be acknowledged when is in `lease_rules`.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.api_core import exceptions
from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # a namespace package
from google.pubsub_v1.types import PullResponse

from transforms.arrival.lease_rules import (
    EXTEND_BEFORE_SECONDS,
    LEASE_SECONDS,
    MICROS,
    Delivery,
    Leases,
    Received,
    event_micros,
)

PULL_MESSAGES_MAX = 1_000  # Pub/Sub's own limit
PULL_SECONDS_MAX = 30  # an idle subscription answers with nothing before that
ACK_IDS_MAX = 2_500  # in one request, which may have 512 KiB
FULL_PAUSE_SECONDS = 0.05  # between looks whether there is room again
FAILED_PAUSE_SECONDS_MAX = 5.0  # between attempts while Pub/Sub cannot be reached

# Pub/Sub is away or busy: the same request again, later. Anything else (no such subscription, no permission) is for
# a person, and ends the job.
PASSING = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
)


class SubscriptionReader:
    """Deliveries of one subscription; made, opened and closed once."""

    def __init__(self, subscription: str, timestamp_attribute: str = "") -> None:
        self.subscription = subscription
        self.timestamp_attribute = timestamp_attribute
        self.leases = Leases()
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.failed: exceptions.GoogleAPICallError | None = None
        self.nothing_since: float | None = None
        self.is_open = False
        self.turn = 0  # of whoever reads now, where several take turns

    def open(self) -> None:
        """Begin to pull."""
        self.is_open = True
        self.client = pubsub_v1.SubscriberClient()
        self.pulling = threading.Thread(target=self._pull, name="pubsub-pull", daemon=True)
        self.leasing = threading.Thread(target=self._keep_leases, name="pubsub-lease", daemon=True)
        self.pulling.start()
        self.leasing.start()

    def take(self) -> Delivery | None:
        """The next delivery, or None where there is none now; raises what only a person can mend."""
        if self.failed is not None:
            raise self.failed
        if not (self.closing.is_set() or (self.pulling.is_alive() and self.leasing.is_alive())):
            raise RuntimeError(f"{self.subscription}: a thread of its reader died, see the log for its error")
        with self.lock:
            return self.leases.take()

    def cut(self) -> int:
        """A mark for all that was taken since the last one."""
        with self.lock:
            return self.leases.cut()

    def rewind(self, mark: int) -> None:
        """Go on after a mark."""
        with self.lock:
            self.leases.rewind(mark)

    def finalize(self, mark: int) -> None:
        """A checkpoint holds what was taken before the mark: acknowledge what that settles."""
        with self.lock:
            settled = self.leases.finalize(mark)
        for ack_ids in _chunks(settled):
            self._send(self.client.acknowledge, ack_ids=ack_ids)

    def watermark_micros(self) -> int | None:
        """How far event time has come, in microseconds since 1970; None before the first message."""
        with self.lock:
            return self.leases.watermark_micros(self.nothing_since)

    def close(self) -> None:
        """Stop pulling and hand back what nobody took; what was taken stays ours until it is settled or too old."""
        self.closing.set()
        with self.lock:
            untaken = self.leases.hand_back()
        self._set_deadlines(untaken, 0)

    def _pull(self) -> None:
        pause = 0.0
        while not self.closing.wait(pause):
            with self.lock:
                room = self.leases.room()
            if room <= 0:
                pause = FULL_PAUSE_SECONDS
                continue
            try:
                received = self._pulled(min(room, PULL_MESSAGES_MAX))
            except PASSING:
                pause = random.uniform(0.5, 1.0) * min(FAILED_PAUSE_SECONDS_MAX, max(0.2, pause * 3))  # noqa: S311
                continue
            except exceptions.GoogleAPICallError as error:
                self.failed = error
                return
            pause = 0.0
            self._deliver(received)

    def _pulled(self, messages_max: int) -> Any:
        try:
            answer = self.client.pull(
                subscription=self.subscription, max_messages=messages_max, timeout=PULL_SECONDS_MAX, retry=None
            )
        except exceptions.DeadlineExceeded:
            return ()
        return PullResponse.pb(answer).received_messages

    def _deliver(self, received: Any) -> None:
        if not received:
            self.nothing_since = time.time()
            return
        self.nothing_since = None
        messages = tuple(self._received(one.message) for one in received)
        delivery = Delivery(
            messages,
            tuple(one.ack_id for one in received),
            sum(len(one.data) for one in messages),
            min(one.event_micros for one in messages),
            time.monotonic(),
        )
        with self.lock:
            self.leases.deliver(delivery)
        if self.closing.is_set():  # the answer came after `close` had handed back the others
            self.close()

    def _received(self, message: Any) -> Received:
        attributes = dict(message.attributes)
        published = message.publish_time.seconds * MICROS + message.publish_time.nanos // 1000
        micros = event_micros(attributes, self.timestamp_attribute, published)
        return Received(message.data, attributes, message.message_id, published, message.ordering_key, micros)

    def _keep_leases(self) -> None:
        """For as long as anything is held, also after `close`: what was taken waits for its checkpoint."""
        while not self.closing.is_set() or self.leases.messages_held:
            if self.closing.wait(EXTEND_BEFORE_SECONDS / 2):
                time.sleep(EXTEND_BEFORE_SECONDS / 2)
            with self.lock:
                due = self.leases.due(time.monotonic())
            self._set_deadlines(due, LEASE_SECONDS)

    def _set_deadlines(self, deliveries: Iterable[Delivery], seconds: int) -> None:
        for ack_ids in _chunks(deliveries):
            self._send(self.client.modify_ack_deadline, ack_ids=ack_ids, ack_deadline_seconds=seconds)

    def _send(self, call: Callable[..., Any], **arguments: Any) -> None:
        """What fails for a passing reason is left: the messages come again."""
        try:
            call(subscription=self.subscription, **arguments)
        except PASSING:
            return
        except exceptions.GoogleAPICallError as error:
            self.failed = error


def _chunks(deliveries: Iterable[Delivery]) -> Iterator[list[str]]:
    ids = itertools.chain.from_iterable(delivery.ack_ids for delivery in deliveries)
    while chunk := list(itertools.islice(ids, ACK_IDS_MAX)):
        yield chunk
