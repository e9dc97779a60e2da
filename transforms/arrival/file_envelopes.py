"""File envelopes: a part of an arrived file in, an envelope for each message in it out."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from schemas.records import Envelope, Rejection
from transforms.arrival.arrived_files import FilePart, read_lines, read_whole
from transforms.arrival.envelope_rules import (
    CORRELATION_BYTES,
    from_archive_line,
    stable_id,
    stamped_at,
    too_large,
    unreadable,
)
from transforms.arrival.format_table import format_of_name
from transforms.arrival.limits import excerpt


def envelopes_of(part: FilePart, formats_by_source: Mapping[str, str]) -> Iterator[Envelope | Rejection]:
    """Every message of a part of a file; a rejection where it cannot be read or is too large to be."""
    file = part.file
    received_at = stamped_at(file.name) or file.changed_at
    named = format_of_name(file.name, formats_by_source.get(file.source, ""))
    whole = Envelope(file.source, named, received_at, file.name, stable_id(file.source, file.name.encode()), {}, b"")
    try:
        if file.is_archive:
            yield from _from_archive(part, whole)
        elif not file.source:
            yield unreadable(whole, f"{excerpt(file.name)} lies in no source's folder, expected <source>/<file>")
        elif file.has_lines:
            yield from _from_lines(part, whole)
        else:
            yield _from_whole(part, whole)
    except OSError as error:
        yield unreadable(whole, f"the file cannot be read: {error.strerror or error}")


def _from_whole(part: FilePart, whole: Envelope) -> Envelope | Rejection:
    payload = read_whole(part)
    if payload is None:
        return too_large(whole, f"the file has {part.file.size_bytes} bytes")
    return whole._replace(correlation_id=stable_id(whole.source, payload), payload=payload)


def _from_lines(part: FilePart, whole: Envelope) -> Iterator[Envelope | Rejection]:
    """The hot path: half a million of these may be in one file."""
    source, named, received_at, name, _, attributes, _ = whole
    prefix = source.encode() + b"\0"
    for number, line in enumerate(read_lines(part), start=part.first_line):
        if line is None:
            yield too_large(whole._replace(message_id=f"{name}#{number}"), "the line is too long")
        elif payload := line.strip():
            correlation_id = blake2b(prefix + payload, digest_size=CORRELATION_BYTES).hexdigest()
            yield Envelope(source, named, received_at, f"{name}#{number}", correlation_id, attributes, payload)


def _from_archive(part: FilePart, whole: Envelope) -> Iterator[Envelope | Rejection]:
    for number, line in enumerate(read_lines(part), start=part.first_line):
        fallback = whole._replace(message_id=f"{whole.message_id}#{number}", format="envelope", payload=line or b"")
        if line is None:
            yield too_large(fallback, "the line is too long")
        elif line.strip():
            yield from_archive_line(line, fallback)
