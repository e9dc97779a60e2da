"""Contract rules: the samples of a source in, what its mapping makes of them compared with what was promised out.

Beside a mapping lie payloads as its source really sends them, and beside each the events that it must become:

    schemas/mappings/wms-east/mapping.yaml
    schemas/mappings/wms-east/samples/shipment.json                 one message, byte for byte
    schemas/mappings/wms-east/samples/shipment.attributes.json      optional: its queue attributes or HTTP headers
    schemas/mappings/wms-east/samples/shipment.expected.json        a list of events; empty for what is ignored

An expected event has every field of `ReportedEvent` that is not at its default, as JSON, but what only the envelope
says: when it was received, and its ids. Every message of a mapping needs a sample, and no sample may be refused, but
for lines that failed at the partner: after the events stands what each of them is refused with.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from schemas.encoding import to_json_value
from schemas.records import Envelope, ReportedEvent
from transforms.arrival.format_table import DecodeError, decode, format_of_name
from transforms.canonical.failed_lines import REASON as FAILED_LINE
from transforms.canonical.mapping_rules import SourceMapping

SAMPLES = "samples"
EXPECTED = ".expected.json"
ATTRIBUTES = ".attributes.json"
OF_THE_ENVELOPE = frozenset({"received_at", "message_id", "correlation_id"})
RECEIVED_AT = datetime(2100, 1, 1, tzinfo=UTC)  # later than anything that a sample may say

Told = dict[str, Any]


class SampleError(ValueError):
    """A sample that its mapping cannot read as a whole."""


class Sampled(NamedTuple):
    """What a mapping makes of one sample: events, then lines that failed at the partner."""

    events: list[Told]
    messages: set[str]  # names of the messages of the mapping that it shows


def samples_of(folder: Path) -> list[Path]:
    """The payloads among the samples of a mapping's folder."""
    found = sorted(path for path in (folder / SAMPLES).glob("*") if path.is_file())
    return [path for path in found if not path.name.endswith((EXPECTED, ATTRIBUTES))]


def read_sample(path: Path, mapping: SourceMapping) -> Sampled:
    """The events that a sample becomes, as JSON; SampleError if any part of it is refused."""
    form = format_of_name(path.name, mapping.format)
    attributes = _json(path.with_name(path.stem + ATTRIBUTES), {})
    envelope = Envelope(mapping.source, form, RECEIVED_AT, path.name, "", attributes, path.read_bytes())
    events: list[ReportedEvent] = []
    failed: list[Told] = []
    reasons: set[str] = set()
    try:
        documents = decode(form, envelope.payload, mapping.format_options)
    except DecodeError as error:
        raise SampleError(f"cannot be decoded ({error.reason}): {error}") from error
    for document in documents:
        mapped = mapping.run(document, envelope, len(events))
        for rejection in mapped.rejections:
            if rejection.reason != FAILED_LINE:
                raise SampleError(f"is refused ({rejection.reason}): {rejection.message}")
            failed.append({"reason": rejection.reason, "message": rejection.message})
        events += mapped.events
        reasons |= {one.reason for one in mapped.ignored}
    versions = {event.mapping_version for event in events}
    shown = {
        message.name
        for message in mapping.spec.messages
        if f"{mapping.source}/{message.name}@{mapping.version}" in versions or message.moves_nothing in reasons
    }
    return Sampled([*(told(event) for event in events), *failed], shown)


def told(event: ReportedEvent) -> Told:
    """What a mapping made of an event: every field that is not at its default, as JSON."""
    defaults = ReportedEvent._field_defaults
    return {
        name: to_json_value(value)
        for name, value in event._asdict().items()
        if name not in OF_THE_ENVELOPE and not (name in defaults and value == defaults[name])
    }


def check_contract(folder: Path, mapping: SourceMapping) -> list[str]:
    """What is wrong with the samples of a mapping's folder, one line for each problem; nothing if they agree."""
    samples = samples_of(folder)
    problems: list[str] = []
    shown: set[str] = set()
    for path in samples:
        try:
            sampled = read_sample(path, mapping)
            shown |= sampled.messages
            problems += [f"{path}: {difference}" for difference in _differences(path, sampled.events)]
        except SampleError as error:
            problems.append(f"{path}: {error}")
    named = {path.with_name(path.stem + suffix) for path in samples for suffix in (EXPECTED, ATTRIBUTES)}
    for suffix in (EXPECTED, ATTRIBUTES):
        alone = sorted(set((folder / SAMPLES).glob(f"*{suffix}")) - named)
        problems += [f"{path}: has no sample, expected a payload beside it" for path in alone]
    missing = [message.name for message in mapping.spec.messages if message.name not in shown]
    problems += [f"{folder}: message {name} has no sample, expected one in {SAMPLES}" for name in missing]
    return problems


def rewrite_expected(folder: Path, mapping: SourceMapping) -> None:
    """Write down what the mapping makes of each sample now. Read the difference before you commit it."""
    for path in samples_of(folder):
        text = json.dumps(read_sample(path, mapping).events, indent=2, ensure_ascii=False)
        path.with_name(path.stem + EXPECTED).write_text(f"{text}\n", encoding="utf-8")


def _differences(path: Path, found: list[Told]) -> Iterator[str]:
    expected: list[Told] | None = _json(path.with_name(path.stem + EXPECTED), None)
    if expected is None:
        yield f"has no {path.stem}{EXPECTED} beside it"
        return
    if len(found) != len(expected):
        yield f"becomes {len(found)} events, expected {len(expected)}"
    for index, (event, promised) in enumerate(zip(found, expected, strict=False)):
        for name in [*promised, *(name for name in event if name not in promised)]:
            if event.get(name) != promised.get(name):
                yield f"event {index}: {name} is {event.get(name)!r}, expected {promised.get(name)!r}"


def _json(path: Path, absent: list[Told] | dict[str, str] | None) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return absent
    except ValueError as error:  # not UTF-8, or not JSON
        raise SampleError(f"{path.name} beside it is not JSON: {error}") from error
    if isinstance(found, dict) != isinstance(absent, dict) or not isinstance(found, dict | list):
        raise SampleError(f"{path.name} beside it holds the wrong thing, expected {_SHAPES[type(absent)]}")
    return found


_SHAPES = {dict: "an object of attributes", type(None): "a list of events"}
