"""A reader takes what is in a subscription, keeps it as long as it must, and gives back what it did not take."""

import time
from collections.abc import Callable, Iterator

import pytest
from google.api_core import exceptions

from tests.queues import PROJECT, NewQueue, Queue
from transforms.arrival import pubsub_reader
from transforms.arrival.lease_rules import Delivery
from transforms.arrival.pubsub_reader import SubscriptionReader

pytestmark = pytest.mark.pubsub

Open = Callable[..., SubscriptionReader]


@pytest.fixture
def opened(pubsub_emulator: str) -> Iterator[Open]:
    readers: list[SubscriptionReader] = []

    def make(subscription: str, timestamp_attribute: str = "") -> SubscriptionReader:
        readers.append(SubscriptionReader(subscription, timestamp_attribute))
        readers[-1].open()
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


def taken(reader: SubscriptionReader, count: int, seconds: float = 10) -> list[Delivery]:
    """Deliveries with so many messages in all."""
    deliveries: list[Delivery] = []
    deadline = time.monotonic() + seconds
    while sum(len(one.messages) for one in deliveries) < count and time.monotonic() < deadline:
        if delivery := reader.take():
            deliveries.append(delivery)
        else:
            reader.closing.wait(0.02)
    return deliveries


def payloads(deliveries: list[Delivery]) -> list[bytes]:
    return sorted(message.data for delivery in deliveries for message in delivery.messages)


def finalized(reader: SubscriptionReader) -> None:
    """Two checkpoints, one after the other."""
    reader.finalize(reader.cut())
    reader.finalize(reader.cut())


def test_messages_come_with_their_attributes_and_times(new_queue: NewQueue, opened: Open) -> None:
    queue = new_queue("taken")
    queue.publish([(b"a", {"at": "2026-03-02T12:00:00Z", "source": "shop"})])
    [delivery] = taken(opened(queue.subscription, "at"), 1)
    [message] = delivery.messages
    assert (message.data, message.attributes["source"], message.event_micros) == (b"a", "shop", 1_772_452_800_000_000)
    assert abs(message.published_micros / 1e6 - time.time()) < 60
    assert message.message_id


def test_what_is_settled_does_not_come_back_and_what_is_not_does(new_queue: NewQueue, opened: Open) -> None:
    queue = new_queue("settled")
    reader = opened(queue.subscription)
    queue.publish([b"done"])
    assert payloads(taken(reader, 1)) == [b"done"]
    finalized(reader)
    queue.publish([b"open"])
    delivered = taken(reader, 1)
    reader.closing.set()  # as if the process had died
    queue.set_deadline(queue_message(delivered[0]), seconds=0)
    assert [message.data for message in queue.pull()] == [b"open"]


def queue_message(delivery: Delivery) -> object:
    return type("Held", (), {"ack_id": delivery.ack_ids[0]})


def test_what_nobody_took_goes_back_at_once(new_queue: NewQueue, opened: Open) -> None:
    queue = new_queue("handed-back")
    reader = opened(queue.subscription)
    queue.publish([b"untaken"])
    deadline = time.monotonic() + 10
    while not reader.leases.messages_held and time.monotonic() < deadline:
        reader.closing.wait(0.02)
    reader.close()
    pulled = [message.data for _ in range(4) for message in queue.pull()]
    assert pulled == [b"untaken"]


def test_leases_are_extended_while_something_is_held(
    new_queue: NewQueue, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = new_queue("extended")
    monkeypatch.setattr(pubsub_reader, "EXTEND_BEFORE_SECONDS", 0.1)
    reader = opened(queue.subscription)
    asked: list[int] = []
    monkeypatch.setattr(
        reader.client, "modify_ack_deadline", lambda **given: asked.append(given["ack_deadline_seconds"])
    )
    monkeypatch.setattr(reader.leases, "due", lambda _: [*reader.leases._held.values()])
    queue.publish([b"held"])
    taken(reader, 1)
    deadline = time.monotonic() + 5
    while not asked and time.monotonic() < deadline:
        reader.closing.wait(0.02)
    assert asked[0] == 30


def test_a_missing_subscription_is_for_a_person(opened: Open) -> None:
    reader = opened(f"projects/{PROJECT}/subscriptions/none-of-this-name")
    with pytest.raises(exceptions.NotFound):
        taken(reader, 1)


def test_a_queue_that_is_away_is_asked_again(
    new_queue: NewQueue, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue: Queue = new_queue("away")
    reader = SubscriptionReader(queue.subscription)
    failures = iter([exceptions.ServiceUnavailable("away"), exceptions.DeadlineExceeded("slow")])
    pulled = SubscriptionReader._pulled

    def unsteady(self: SubscriptionReader, messages_max: int) -> object:
        if error := next(failures, None):
            raise error
        return pulled(self, messages_max)

    monkeypatch.setattr(SubscriptionReader, "_pulled", unsteady)
    queue.publish([b"still there"])
    reader.open()
    try:
        assert payloads(taken(reader, 1)) == [b"still there"]
    finally:
        reader.close()


def test_an_empty_queue_is_noticed(new_queue: NewQueue, opened: Open) -> None:
    reader = opened(new_queue("empty").subscription)
    assert reader.watermark_micros() is None
    deadline = time.monotonic() + 10
    while reader.nothing_since is None and time.monotonic() < deadline:
        reader.closing.wait(0.02)
    assert abs((reader.watermark_micros() or 0) / 1e6 - (time.time() - 10)) < 5
