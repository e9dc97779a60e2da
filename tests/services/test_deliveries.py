"""An envelope that was kept is whole, is there once, and is read by the pipeline as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.records import Envelope
from services.deliveries import DeliveryError, LandingFolder, Topic, write_whole
from tests.queues import NewQueue
from tests.services.signing import NOON
from transforms.arrival.arrived_files import list_files, parts_of
from transforms.arrival.envelope_rules import from_queue_message
from transforms.arrival.file_envelopes import envelopes_of

ENVELOPE = Envelope("shop", "json", NOON, "shop/1", "c1", {"source": "shop", "ce-id": "1"}, b'{"id": 1}')
BINARY = ENVELOPE._replace(message_id="shop/2", payload=b"\xff\x00")


def arrived(folder: Path) -> list[object]:
    return [one for file in list_files(str(folder)) for part in parts_of(file) for one in envelopes_of(part, {})]


def test_what_lands_is_what_the_pipeline_reads(tmp_path: Path) -> None:
    landing = LandingFolder(tmp_path)
    landing.put(ENVELOPE)
    landing.put(BINARY)
    assert sorted(arrived(tmp_path)) == [ENVELOPE, BINARY]  # type: ignore[type-var]


def test_the_same_envelope_twice_is_there_once(tmp_path: Path) -> None:
    landing = LandingFolder(tmp_path)
    landing.put(ENVELOPE)
    landing.put(ENVELOPE)
    assert arrived(tmp_path) == [ENVELOPE]


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real: Callable[[int], None] = os.fsync

    def watching(handle: int) -> None:
        seen.append(sorted(path.name[0] for path in tmp_path.iterdir()))
        real(handle)

    monkeypatch.setattr(os, "fsync", watching)
    assert write_whole(tmp_path, "a.json", b"{}").read_bytes() == b"{}"
    assert seen == [["."], ["a"]]  # the file before its name, the folder after it


def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file is in the way")
    with pytest.raises(DeliveryError, match="landing folder cannot be written"):
        LandingFolder(tmp_path).put(ENVELOPE)
    (tmp_path / "other" / "a.json").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "other", "a.json", b"{}")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["a.json"]


@pytest.mark.pubsub
def test_what_is_published_is_the_same_envelope(new_queue: NewQueue) -> None:
    queue = new_queue("gateway")
    topic = Topic(queue.topic, seconds_max=30)
    envelope = ENVELOPE._replace(
        attributes={"source": "shop", "format": "json", "ce-id": "1", "correlation_id": "c1", "ce-time": str(NOON)}
    )
    topic.put(envelope)
    topic.close()
    (message,) = queue.pull()
    assert from_queue_message(message.data, message.attributes, "q", NOON, {}) == envelope


@pytest.mark.pubsub
def test_a_topic_that_is_not_there_is_said(new_queue: NewQueue) -> None:
    topic = Topic(new_queue("gateway").topic + "-gone", seconds_max=30)
    with pytest.raises(DeliveryError, match="Pub/Sub did not take it: NotFound"):
        topic.put(ENVELOPE)
    topic.close()
