"""Envelope rules: bytes and what came with them in, envelopes out, without a clock or a random number.

Whatever is made up here is made from the message itself, so that a retry makes the same again: a correlation id is a
hash of source and payload, and so is the id of a message that came without one. Two messages that are equal in every
byte then share their id, which hides nothing: each is counted, and the transaction keys inside decide what is a
duplicate.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from schemas.records import Envelope, Rejection
from transforms.arrival.format_table import format_of_content_type
from transforms.arrival.json_format import parse_json
from transforms.arrival.limits import PAYLOAD_BYTES_MAX, DecodeError, excerpt
from transforms.rejections import Why, of_message

STAGE = "decode"
CORRELATION_BYTES = 8
ATTRIBUTES_MAX = 100

MESSAGE_ID_ATTRIBUTES = ("ce-id", "message_id")
CORRELATION_ATTRIBUTES = ("correlation_id", "correlation-id", "ce-correlationid")
SOURCE_ATTRIBUTES = ("source", "ce-source")
TIME_ATTRIBUTES = ("received-at", "received_at", "ce-time")

_STAMP = re.compile(r"(\d{8}T\d{6}Z)(?![0-9A-Za-z])")
_ARCHIVE_TEXTS = ("source", "format", "received_at", "message_id", "correlation_id", "payload", "payload_base64")


def stamped_at(file_name: str) -> datetime | None:
    """When a file was received if its name says so: 20260302T131500Z_moves.jsonl."""
    stamp = _STAMP.match(file_name.rpartition("/")[2])
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:  # the 13th month
        return None


def stable_id(source: str, payload: bytes) -> str:
    """Sixteen hexadecimal digits that the same payload of the same source always gets."""
    return blake2b(source.encode() + b"\0" + payload, digest_size=CORRELATION_BYTES).hexdigest()


def to_archive_line(envelope: Envelope) -> bytes:
    """An envelope as one line of JSON; the payload as text where it is text, else as base64."""
    fields: dict[str, Any] = {
        "source": envelope.source,
        "format": envelope.format,
        "received_at": envelope.received_at.isoformat(),
        "message_id": envelope.message_id,
        "correlation_id": envelope.correlation_id,
        "attributes": envelope.attributes,
    }
    try:
        text = envelope.payload.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        fields["payload_base64"] = base64.b64encode(envelope.payload).decode()
    else:
        fields["payload"] = text
    return json.dumps(fields, ensure_ascii=False).encode()


def from_archive_line(line: bytes, fallback: Envelope) -> Envelope | Rejection:
    """The envelope of an archive's line; `fallback` has the name and the time it gets where the line has none."""
    try:
        fields = parse_json(line)
        _check_archived(fields)
        payload = _archived_payload(fields)
        received_at = _archived_time(fields["received_at"]) if fields.get("received_at") else fallback.received_at
    except DecodeError as error:
        return unreadable(fallback, f"no envelope: {error.message}")
    source = fields["source"]
    return Envelope(
        source,
        fields["format"],
        received_at,
        fields.get("message_id") or fallback.message_id,
        fields.get("correlation_id") or stable_id(source, payload),
        fields.get("attributes") or {},
        payload,
    )


def _check_archived(fields: Any) -> None:
    if not isinstance(fields, dict):
        raise _wrong("the line is not an object")
    for name in _ARCHIVE_TEXTS:
        if not isinstance(fields.get(name), str | None):
            raise _wrong(f"{name} is {excerpt(str(fields[name]))}, expected text")
    for name in ("source", "format"):
        if not fields.get(name):
            raise _wrong(f"{name} is missing")
    attributes = fields.get("attributes") or {}
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise _wrong(f"attributes are {excerpt(str(attributes))}, expected an object of texts")
    if len(attributes) > ATTRIBUTES_MAX:
        raise _wrong(f"there are {len(attributes)} attributes, expected at most {ATTRIBUTES_MAX}")


def _archived_payload(fields: Mapping[str, Any]) -> bytes:
    if (fields.get("payload") is None) == (fields.get("payload_base64") is None):
        raise _wrong("expected either payload or payload_base64")
    if fields.get("payload") is not None:
        return bytes(fields["payload"].encode())
    try:
        return base64.b64decode(fields["payload_base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong(f"payload_base64 cannot be read: {error}") from None


def _archived_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _wrong(f"received_at is {excerpt(text)}, expected a time with its zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(f"received_at is {excerpt(text)}, expected a time such as 2026-03-02T13:15:00+00:00") from None


def from_queue_message(
    payload: bytes,
    attributes: Mapping[str, str],
    queue_id: str,
    received_at: datetime,
    formats_by_source: Mapping[str, str],
) -> Envelope | Rejection:
    """The envelope of a queue's message.

    Attributes name its source, format and ids, by plain names or in the binary mode of CloudEvents (ce-id, ce-source,
    content-type), and when a gateway took it (received-at, ce-time). The sender's id is preferred to the queue's, since
    it survives a second sending.
    """
    known = {name.lower(): value for name, value in attributes.items()}
    source = _first(known, SOURCE_ATTRIBUTES)
    named = known.get("format") or format_of_content_type(
        known.get("content-type", ""), formats_by_source.get(source, "")
    )
    own_id = stable_id(source, payload)
    received_at = _attributed_time(known) or received_at
    message_id = f"{source}/{_first(known, MESSAGE_ID_ATTRIBUTES) or queue_id or own_id}"
    correlation_id = _first(known, CORRELATION_ATTRIBUTES) or own_id
    envelope = Envelope(source, named, received_at, message_id, correlation_id, dict(attributes), payload)
    if not source:
        names = ", ".join(sorted(attributes)) or "none"
        return unreadable(
            envelope, f"no attribute names the source, expected source or ce-source among {excerpt(names)}"
        )
    return envelope


def _attributed_time(attributes: Mapping[str, str]) -> datetime | None:
    """When a gateway received the message, before it was queued; None where it does not say, or says no time."""
    text = _first(attributes, TIME_ATTRIBUTES)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _first(attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")


def rejected(envelope: Envelope, error: DecodeError) -> Rejection:
    """A whole message as a dead letter of this stage."""
    message = f"{envelope.source}: {error}" if envelope.source else str(error)
    return of_message(envelope, Why(STAGE, error.reason, message))


def unreadable(envelope: Envelope, message: str) -> Rejection:
    """The dead letter of what is no message at all."""
    return rejected(envelope, DecodeError("unreadable_envelope", message))


def too_large(envelope: Envelope, message: str) -> Rejection:
    """The dead letter of what is not even read, for its size."""
    return rejected(envelope, DecodeError("too_large", f"{message}, expected at most {PAYLOAD_BYTES_MAX} bytes"))


def _wrong(message: str) -> DecodeError:
    return DecodeError("unreadable_envelope", message)
