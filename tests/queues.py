"""Queues: a topic with one subscription on the Pub/Sub fake, to publish to and to pull from in a test."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from google.cloud import pubsub_v1

PROJECT = "sellable-tests"
ACK_SECONDS = 60  # longer than any test needs, so that nothing is delivered twice by slowness
PULL_MESSAGES_MAX = 1000


class Message(NamedTuple):
    """One delivery: what was published, and the id to acknowledge it with."""

    data: bytes
    attributes: dict[str, str]
    ack_id: str


class Queue:
    """A topic and its one subscription, both named after `name` and used by no other test."""

    def __init__(self, name: str, ack_seconds: int = ACK_SECONDS) -> None:
        """`ack_seconds`: how long a delivery is kept from others if nobody acknowledges it or asks for more time."""
        unique = f"{name}-{uuid.uuid4().hex[:12]}"
        self.topic = f"projects/{PROJECT}/topics/{unique}"
        self.subscription = f"projects/{PROJECT}/subscriptions/{unique}"
        self._publisher = pubsub_v1.PublisherClient()
        self._subscriber = pubsub_v1.SubscriberClient()
        self._publisher.create_topic(name=self.topic)
        self._subscriber.create_subscription(name=self.subscription, topic=self.topic, ack_deadline_seconds=ack_seconds)

    def publish(self, messages: Iterable[bytes | tuple[bytes, Mapping[str, str]]]) -> None:
        """Publish payloads, or payloads with attributes, and return when the fake has them all."""
        pairs = [message if isinstance(message, tuple) else (message, {}) for message in messages]
        futures = [self._publisher.publish(self.topic, data, **attributes) for data, attributes in pairs]
        for future in futures:
            future.result(timeout=30)

    def pull(self, *, acknowledge: bool = True) -> list[Message]:
        """What is there now; an empty queue answers after half a second."""
        response = self._subscriber.pull(subscription=self.subscription, max_messages=PULL_MESSAGES_MAX, timeout=30)
        messages = [
            Message(received.message.data, dict(received.message.attributes), received.ack_id)
            for received in response.received_messages
        ]
        if acknowledge and messages:
            self._subscriber.acknowledge(
                subscription=self.subscription, ack_ids=[message.ack_id for message in messages]
            )
        return messages

    def set_deadline(self, message: Message, seconds: int) -> None:
        """Change when an unacknowledged delivery counts as lost; 0 hands it back at once."""
        self._subscriber.modify_ack_deadline(
            subscription=self.subscription, ack_ids=[message.ack_id], ack_deadline_seconds=seconds
        )

    def close(self) -> None:
        """Delete both and end the connections."""
        self._subscriber.delete_subscription(subscription=self.subscription)
        self._publisher.delete_topic(topic=self.topic)
        self._publisher.stop()
        self._publisher.transport.close()
        self._subscriber.close()


NewQueue = Callable[[str], Queue]  # what the fixture `new_queue` is
