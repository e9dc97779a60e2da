"""Envelopes: files and queues become the same envelopes, and what cannot be read is counted."""

import json
from datetime import UTC, datetime
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue

from schemas.records import Envelope, OutcomeCount
from tests.queues import NewQueue
from tests.streaming import run_until
from transforms.arrival import arrived_files
from transforms.arrival.envelope_rules import stable_id, to_archive_line
from transforms.arrival.envelopes import ReadEnvelopesFromFiles, ReadEnvelopesFromPubSub, WrapMessages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_folder_becomes_envelopes_rejections_and_their_counts(tmp_path: Path) -> None:
    for name, payload in {
        "wms/20260302T120000Z_moves.jsonl": b'{"a": 1}\n{"a": 2}\n',
        "erp-db/20260302T120000Z_row.json": b'{"op": "c"}',
        "order.json": b"{}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(payload)
    with beam.Pipeline() as pipeline:
        read = pipeline | ReadEnvelopesFromFiles(tmp_path, {"erp-db": "debezium"})
        found = read.envelopes | beam.Map(lambda one: (one.message_id, one.format, one.received_at, one.payload))
        expected = [
            ("wms/20260302T120000Z_moves.jsonl#1", "json", NOON, b'{"a": 1}'),
            ("wms/20260302T120000Z_moves.jsonl#2", "json", NOON, b'{"a": 2}'),
            ("erp-db/20260302T120000Z_row.json", "debezium", NOON, b'{"op": "c"}'),
        ]
        assert_that(found, equal_to(expected), label="Envelopes")
        refused = read.rejections | "Reasons" >> beam.Map(lambda one: (one.message_id, one.reason))
        assert_that(refused, equal_to([("order.json", "unreadable_envelope")]), label="Rejections")
        counts = [
            OutcomeCount("", "message", "in", "", 1),
            OutcomeCount("", "message", "dead_letter", "unreadable_envelope", 1),
        ]
        assert_that(read.counts, equal_to(counts), label="Counts")


def test_the_folder_is_listed_when_the_pipeline_runs(tmp_path: Path) -> None:
    folder = tmp_path / "not-yet"
    pipeline = beam.Pipeline()
    read = pipeline | ReadEnvelopesFromFiles(folder, {})
    assert_that(read.envelopes | beam.Map(lambda one: one.message_id), equal_to(["wms/a.json"]))
    (folder / "wms").mkdir(parents=True)
    (folder / "wms" / "a.json").write_bytes(b"{}")
    pipeline.run().wait_until_finish()


def test_a_large_file_is_read_in_parts_without_losing_or_doubling_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrived_files.parts_of, "__defaults__", (100,))
    (tmp_path / "wms").mkdir()
    (tmp_path / "wms" / "a.jsonl").write_bytes(b"".join(b'{"n": %d}\n' % number for number in range(1, 201)))
    with beam.Pipeline() as pipeline:
        read = pipeline | ReadEnvelopesFromFiles(tmp_path, {})
        numbered = read.envelopes | beam.Map(lambda one: (one.message_id, json.loads(one.payload)["n"]))
        assert_that(numbered, equal_to([(f"wms/a.jsonl#{number}", number) for number in range(1, 201)]))


def test_queue_messages_become_envelopes_at_the_time_they_were_published() -> None:
    good = PubsubMessage(b'{"a": 1}', {"source": "shop", "ce-id": "m-1"}, "q-1")
    dated = PubsubMessage(b'{"a": 1}', {"source": "shop", "correlation_id": "c-1"}, "q-2", publish_time=NOON)
    bad = PubsubMessage(b"{}", {}, "q-3")
    with beam.Pipeline() as pipeline:
        read = (
            pipeline
            | beam.Create([good, dated, bad])
            | beam.Map(lambda message: TimestampedValue(message, NOON.timestamp()))
            | WrapMessages({"shop": "json"})
        )
        expected = [
            Envelope("shop", "json", NOON, "shop/m-1", "77c5ff1c14add868", good.attributes, b'{"a": 1}'),
            Envelope("shop", "json", NOON, "shop/q-2", "c-1", dated.attributes, b'{"a": 1}'),
        ]
        assert_that(read.envelopes, equal_to(expected), label="Envelopes")
        refused = read.rejections | "Reasons" >> beam.Map(lambda one: (one.message_id, one.reason))
        assert_that(refused, equal_to([("/q-3", "unreadable_envelope")]), label="Rejections")
        counts = [
            OutcomeCount("", "message", "in", "", 1),
            OutcomeCount("", "message", "dead_letter", "unreadable_envelope", 1),
        ]
        assert_that(read.counts, equal_to(counts), label="Counts")


@pytest.mark.pubsub
def test_a_queue_is_read_by_beams_own_source(new_queue: NewQueue) -> None:
    raw, archive = new_queue("raw"), new_queue("archive")
    payloads = [b'{"n": %d}' % number for number in range(5)]
    raw.publish([(payload, {"ce-source": "shop", "ce-id": f"m-{n}"}) for n, payload in enumerate(payloads)])
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=DirectRunner", "--streaming"]))
    read = pipeline | ReadEnvelopesFromPubSub({"shop": "json"}, subscription=raw.subscription)
    lines = read.envelopes | beam.Map(to_archive_line)
    _ = lines | WriteToPubSub(archive.topic)
    written: list[bytes] = []

    def all_are_written() -> bool:
        written.extend(message.data for message in archive.pull())
        return len(written) >= len(payloads)

    run_until(pipeline.run(), all_are_written)
    found = sorted((json.loads(line) for line in written), key=lambda fields: str(fields["message_id"]))
    assert [(one["message_id"], one["payload"].encode(), one["correlation_id"]) for one in found] == [
        (f"shop/m-{n}", payload, stable_id("shop", payload)) for n, payload in enumerate(payloads)
    ]


@pytest.mark.parametrize("named", [{}, {"subscription": "s", "topic": "t"}])
def test_a_queue_is_named_by_subscription_or_topic(named: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected a subscription or a topic"):
        ReadEnvelopesFromPubSub({}, **named)
