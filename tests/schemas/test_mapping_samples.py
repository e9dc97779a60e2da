"""The contract of each source: its sample payloads, and beside each the events that it must be read as."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.encoding import to_json_value
from schemas.records import Envelope, Ignored, ReportedEvent
from transforms.arrival.format_table import decode, format_of_name
from transforms.canonical.mapping_rules import SourceMapping, load_mappings

FOLDER = Path(__file__).parents[2] / "schemas" / "mappings"
EXPECTED = ".expected.json"
MAPPINGS = load_mappings(FOLDER)
SAMPLES = sorted(path for path in FOLDER.glob("*/samples/*") if not path.name.endswith(EXPECTED))
RECEIVED_AT = datetime(2026, 8, 1, tzinfo=UTC)  # after everything that any sample says
OF_THE_ENVELOPE = {"received_at", "message_id", "correlation_id"}


def _read(path: Path) -> tuple[list[ReportedEvent], list[Ignored]]:
    mapping = MAPPINGS[path.parts[-3]]
    form = format_of_name(path.name, mapping.format)
    envelope = Envelope(mapping.source, form, RECEIVED_AT, path.name, "", {}, path.read_bytes())
    events: list[ReportedEvent] = []
    ignored: list[Ignored] = []
    for document in decode(form, envelope.payload, mapping.format_options):
        mapped = mapping.run(document, envelope, len(events))
        assert mapped.rejections == []
        events += mapped.events
        ignored += mapped.ignored
    return events, ignored


def _told(event: ReportedEvent) -> dict[str, Any]:
    """What the mapping made of it: every field that is not at its default, as JSON."""
    defaults = ReportedEvent._field_defaults
    return {
        name: to_json_value(value)
        for name, value in event._asdict().items()
        if name not in OF_THE_ENVELOPE and not (name in defaults and value == defaults[name])
    }


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_sample_is_read_as_its_source_was_promised(path: Path) -> None:
    expected = json.loads(path.with_name(path.stem + EXPECTED).read_text(encoding="utf-8"))
    assert [_told(event) for event in _read(path)[0]] == expected


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=lambda mapping: mapping.source)
def test_each_message_of_a_mapping_has_a_sample(mapping: SourceMapping) -> None:
    read = [_read(path) for path in SAMPLES if path.parts[-3] == mapping.source]
    sampled = {event.mapping_version for events, _ in read for event in events}
    ignored = {one.reason for _, its in read for one in its}
    unsampled = [
        message.name
        for message in mapping.spec.messages
        if f"{mapping.source}/{message.name}@{mapping.version}" not in sampled and message.ignore not in ignored
    ]
    assert unsampled == []


def test_each_expectation_has_its_sample() -> None:
    named = {path.with_name(path.stem + EXPECTED) for path in SAMPLES}
    assert set(FOLDER.glob(f"*/samples/*{EXPECTED}")) == named
