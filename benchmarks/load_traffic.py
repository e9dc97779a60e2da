"""Load traffic: a rate in, messages published at that rate, with probes among them whose way can be timed, out.

A probe is a receipt of an item that nobody else touches, so the first figure of that item is the answer to it. Some
probes are followed by a hold of that item that ends by itself some seconds later.
"""

import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import grpc
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from benchmarks.speed_company import GROUP, item_name
from benchmarks.speed_traffic import DAY, OF_SHOP, Scale, lines

PUBLISH = "/google.pubsub.v1.Publisher/Publish"
TICK_SECONDS = 0.05
REQUEST_MESSAGES_MAX = 1_000
ROUND = b"@@@@@@"
PROBES_PER_SECOND = 5
HOLD_EVERY = 5  # of so many probes one is followed by a hold
HOLD_SECONDS = 8.0
PROBES_MAX = 20_000


class Probe(NamedTuple):
    """What was published and when; of a hold, when it ends."""

    item: str
    reference: str  # the item once more, or the order reference of the hold
    at: float  # seconds since 1970


def probe_items(items: int) -> Iterator[str]:
    """Items that traffic over `items` items never names and that are in no kit."""
    return (item_name(at) for at in itertools.count(items) if at % GROUP >= GROUP // 2)


def items_with_probes(items: int) -> int:
    """How many items the company must have."""
    return items + 2 * PROBES_MAX


def payloads(events: int, items: int) -> list[bytes]:
    """Messages of half a day that ends now, ready to be sent: joined, they are the body of a request.

    Keys and orders have room for the number of the round, so that no round is a copy of another.
    """
    start = datetime.now(UTC) - DAY
    return [_part(kind, _numbered(line).encode()) for kind, line in lines(1, Scale(events, items), start)]


def in_rounds(parts: list[bytes]) -> Iterator[bytes]:
    """The messages again and again, each time as new ones."""
    for number in itertools.count():
        here = b"%06d" % number
        yield from (part.replace(ROUND, here) for part in parts)


def _numbered(line: str) -> str:
    kind = line[line.index('"key":"') + 7]
    place = ROUND.decode()
    return line.replace(f'"key":"{kind}', f'"key":"{kind}{place}').replace('"order":"SO', f'"order":"SO{place}')


class Publisher:
    """Publishes at a rate that can be changed, in a thread of its own; the traffic is repeated when it has ended."""

    def __init__(self, host: str, topic: str, parts: list[bytes], items: int) -> None:
        channel = grpc.insecure_channel(host, options=[("grpc.max_send_message_length", 64 << 20)])
        self._send = channel.unary_unary(PUBLISH)
        self._head = PublishRequest.serialize(PublishRequest(topic=topic))
        self._parts = in_rounds(parts)
        self._items = probe_items(items)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="publish", daemon=True)
        self.rate = 0.0
        self.published = 0
        self.late_seconds = 0.0  # how far it fell behind at worst: then the rate was not that which was asked for
        self.probes: deque[Probe] = deque()
        self.holds: deque[Probe] = deque()
        self.failed: grpc.RpcError | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        due, owed, probes_owed, number = time.time(), 0.0, 0.0, 0
        while not self._ended.is_set():
            due += TICK_SECONDS
            owed += self.rate * TICK_SECONDS
            probes_owed += PROBES_PER_SECOND * TICK_SECONDS if self.rate else 0
            batch = list(itertools.islice(self._parts, int(owed)))
            owed -= len(batch)
            if probes_owed >= 1 and number < PROBES_MAX:
                probes_owed -= 1
                batch += self._probe(number)
                number += 1
            try:
                for first in range(0, len(batch), REQUEST_MESSAGES_MAX):
                    some = batch[first : first + REQUEST_MESSAGES_MAX]
                    self._send(self._head + b"".join(some), timeout=30)
            except grpc.RpcError as error:
                self.failed = error
                return
            self.published += len(batch)
            self.late_seconds = max(self.late_seconds, time.time() - due)
            time.sleep(max(0.0, due - time.time()))

    def _probe(self, number: int) -> list[bytes]:
        item, now = next(self._items), datetime.now(UTC)
        common = {"sku": item, "qty": 10, "order": f"PROBE{number}", "at": now.isoformat()}
        before = (now - timedelta(seconds=1)).isoformat()
        received = {"type": "RECEIVE", "key": f"PROBE{number}", "site": "L2", **common, "at": before}
        self.probes.append(Probe(item, item, now.timestamp()))
        parts = [_part("RECEIVE", json.dumps(received).encode())]
        if number % HOLD_EVERY == 0:
            until = now + timedelta(seconds=HOLD_SECONDS)
            held = {"type": "HOLD", "key": f"HOLD{number}", "channel": "web", "until": until.isoformat(), **common}
            held |= {"qty": 1, "order": f"HOLD{number}"}
            self.holds.append(Probe(item, f"HOLD{number}", until.timestamp()))
            parts.append(_part("HOLD", json.dumps(held).encode()))
        return parts


def _part(kind: str, data: bytes) -> bytes:
    attributes: Mapping[str, str] = {"ce-source": "shop" if kind in OF_SHOP else "wms", "format": "json"}
    return PublishRequest.serialize(PublishRequest(messages=[PubsubMessage(data=data, attributes=attributes)]))
