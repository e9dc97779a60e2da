"""Rows as Pub/Sub messages, against a real server."""

import json

import apache_beam as beam
import pytest

from tests.queues import NewQueue
from tests.transforms.publication.rows import availability, decision, parked, position, rejection
from transforms.publication.topics import ATTRIBUTE_BYTES_MAX, DATA_BYTES_MAX, PublishRecords, message_maker
from transforms.publication.view_tables import VIEW_NAMED


def test_a_message_has_an_id_that_a_retry_repeats() -> None:
    message = message_maker(VIEW_NAMED["availability"])(availability(3, 7))
    assert message.attributes == {
        "ce-specversion": "1.0",
        "ce-id": "availability/ABC-1/web@7",
        "ce-type": "sellable.availability",
        "ce-source": "sellable",
        "content-type": "application/json",
        "correlation-id": "corr-1001",
    }
    assert message.ordering_key == "availability/ABC-1/web"
    assert json.loads(message.data)["available_quantity"] == 3


def test_where_the_first_row_stays_the_key_is_the_id() -> None:
    message = message_maker(VIEW_NAMED["decision"])(decision())
    assert message.attributes["ce-id"] == "decision/b2b-portal:request:1:1/ABC-1"


def test_ordering_keys_can_be_left_out_for_runners_that_refuse_them() -> None:
    assert message_maker(VIEW_NAMED["decision"], with_ordering_keys=False)(decision()).ordering_key == ""


def test_names_too_long_for_pubsub_become_digests_that_differ() -> None:
    to_message = message_maker(VIEW_NAMED["availability"])
    first, second = (
        to_message(availability(item="X" * ATTRIBUTE_BYTES_MAX, channel=channel, changed_correlation_id="ü" * 600))
        for channel in ("web", "b2b")
    )
    assert first.attributes["ce-id"].startswith("blake2b:")
    assert first.attributes["ce-id"] != second.attributes["ce-id"]
    assert first.attributes["correlation-id"].startswith("blake2b:")
    assert first._to_proto_str(for_publish=True)


def test_a_payload_too_large_for_pubsub_is_left_out_and_the_message_says_so() -> None:
    message = message_maker(VIEW_NAMED["dead_letter"], "R7")(rejection(payload=b"x" * DATA_BYTES_MAX))
    assert "payload" not in json.loads(message.data)
    assert message.attributes["payload-left-out"].endswith("bytes, more than Pub/Sub takes; see the views")
    assert message._to_proto_str(for_publish=True)


def test_a_topic_for_a_view_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no view is named 'positions', expected one of position, claim"):
        PublishRecords({"positions": "projects/company/topics/positions"})


@pytest.mark.pubsub
def test_each_view_goes_to_its_own_topic(new_queue: NewQueue) -> None:
    positions, waiting = new_queue("positions"), new_queue("parked")
    topics = {"position": positions.topic, "parked": waiting.topic}
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        records = [position("5", 1), position("6", 2), decision(), parked(payload=b"\xff")]
        _ = pipeline | beam.Create(records) | PublishRecords(topics, "R7")
    received = [(message.attributes["ce-id"], json.loads(message.data)) for message in positions.pull()]
    assert sorted((ce_id, row["on_hand_quantity"]) for ce_id, row in received) == [
        ("position/ABC-1/EAST//sellable@1", "5"),
        ("position/ABC-1/EAST//sellable@2", "6"),
    ]
    (message,) = waiting.pull()
    assert json.loads(message.data)["payload_base64"] == "/w=="
    assert message.attributes["ce-type"] == "sellable.parked"
