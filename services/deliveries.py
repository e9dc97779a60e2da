"""Deliveries: envelopes in, kept where the pipeline reads them out: a landing folder or a Pub/Sub topic.

`put` returns when the envelope is safe, so that a sender who was answered need not send again. In the folder a file
gets its name only when it is whole and on disk: until then the name begins with a dot, which no reader looks at. An
envelope that is put twice has the same name, and is there once.
"""

import os
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from google.api_core.exceptions import GoogleAPIError
from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # a namespace package

from schemas.records import Envelope
from transforms.arrival.arrived_files import ARCHIVE_SUFFIX
from transforms.arrival.envelope_rules import to_archive_line

NAME_BYTES = 12


class DeliveryError(RuntimeError):
    """An envelope that could not be kept: where, and why; nothing of what is in it."""


class Delivery(Protocol):
    """A place that keeps envelopes."""

    def put(self, envelope: Envelope) -> None:
        """Keep it; `DeliveryError` where that is not certain."""

    def close(self) -> None:
        """Let go of what is held."""


class LandingFolder:
    """A folder for each source, and in it one file for each envelope."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, envelope: Envelope) -> None:
        """Write it whole, under a name that a second sending of it repeats within the second."""
        name = f"{envelope.received_at:%Y%m%dT%H%M%SZ}_{_digest(envelope)}{ARCHIVE_SUFFIX}"
        try:
            write_whole(self.folder / envelope.source, name, to_archive_line(envelope) + b"\n")
        except OSError as error:
            raise DeliveryError(f"landing folder cannot be written: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing is held."""


class Topic:
    """A Pub/Sub topic; one message for each envelope, in the order of its source's sending where none is lost."""

    def __init__(self, topic: str, seconds_max: float) -> None:
        self.topic = topic
        self.seconds_max = seconds_max
        self._client = pubsub_v1.PublisherClient()

    def put(self, envelope: Envelope) -> None:
        """Publish it, and wait until Pub/Sub says that it has it."""
        try:
            self._client.publish(self.topic, envelope.payload, **envelope.attributes).result(self.seconds_max)
        except (GoogleAPIError, TimeoutError) as error:
            raise DeliveryError(f"Pub/Sub did not take it: {type(error).__name__}") from error

    def close(self) -> None:
        """Send what waits, and end the connection."""
        self._client.stop()
        self._client.transport.close()


def write_whole(folder: Path, name: str, data: bytes) -> Path:
    """A file that is either not there or whole and on disk, also after a power cut. `OSError` where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    path, part = folder / name, folder / f".{name}.{os.getpid()}.{blake2b(os.urandom(16), digest_size=6).hexdigest()}"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o640)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return path


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(envelope: Envelope) -> str:
    seed = envelope.message_id.encode() + b"\0" + envelope.payload
    return blake2b(seed, digest_size=NAME_BYTES).hexdigest()
