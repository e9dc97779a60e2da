"""File envelopes: every message of every file, once, under a name that a retry finds again."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.records import Envelope, Rejection
from transforms.arrival import arrived_files
from transforms.arrival.arrived_files import list_files, parts_of
from transforms.arrival.envelope_rules import to_archive_line
from transforms.arrival.file_envelopes import envelopes_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHANGED = datetime(2026, 3, 3, 1, tzinfo=UTC)
FORMATS = {"wms": "json", "erp-db": "debezium", "gateway": "x12"}


def read(folder: Path, name: str, payload: bytes) -> list[Envelope | Rejection]:
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_bytes(payload)
    os.utime(path, (CHANGED.timestamp(), CHANGED.timestamp()))
    return [read for file in list_files(str(folder)) for part in parts_of(file) for read in envelopes_of(part, FORMATS)]


def test_a_line_is_a_message_and_blank_lines_are_none(tmp_path: Path) -> None:
    found = read(tmp_path / "in", "wms/20260302T120000Z_moves.jsonl", b'{"a": 1}\r\n\n  \n{"a": 2}')
    name = "wms/20260302T120000Z_moves.jsonl"
    assert found == [
        Envelope("wms", "json", NOON, f"{name}#1", "08a68d3ba0970dab", {}, b'{"a": 1}'),
        Envelope("wms", "json", NOON, f"{name}#4", "65b4d7f7b986259c", {}, b'{"a": 2}'),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wms/20260302T120000Z_x.json", ("wms", "json", NOON)),
        ("wms/x.json", ("wms", "json", CHANGED)),
        ("wms/deep/down/x.XML", ("wms", "xml", CHANGED)),
        ("wms/x.csv", ("wms", "csv", CHANGED)),
        ("erp-db/x.json", ("erp-db", "debezium", CHANGED)),
        ("gateway/x.dat", ("gateway", "x12", CHANGED)),
        ("gateway/x", ("gateway", "x12", CHANGED)),
        ("unknown/x.edi", ("unknown", "x12", CHANGED)),
        ("unknown/x.pdf", ("unknown", "pdf", CHANGED)),
    ],
)
def test_any_other_file_is_one_message(tmp_path: Path, name: str, expected: tuple[str, str, datetime]) -> None:
    (found,) = read(tmp_path / "in", name, b"{}\n{}\n")
    assert isinstance(found, Envelope)
    assert (found.source, found.format, found.received_at) == expected
    assert (found.message_id, found.payload) == (name, b"{}\n{}\n")


def test_an_archive_gives_back_its_envelopes_wherever_it_lies(tmp_path: Path) -> None:
    envelope = Envelope("shop", "json", NOON, "shop/m-1", "c-1", {"a": "b"}, b"\xff")
    lines = to_archive_line(envelope) + b"\n\n{\n"
    first, second = read(tmp_path / "in", "20260302T120000Z_raw.envelopes.jsonl", lines)
    assert first == envelope
    assert isinstance(second, Rejection)
    assert (second.reason, second.message_id) == ("unreadable_envelope", "20260302T120000Z_raw.envelopes.jsonl#3")
    assert (second.payload, second.format) == (b"{", "envelope")


def test_a_file_outside_any_source_is_a_dead_letter(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "in", "order.json", b"{}")
    assert isinstance(found, Rejection)
    assert found.message == "'order.json' lies in no source's folder, expected <source>/<file>"


def test_a_file_above_the_limit_is_a_dead_letter_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived_files, "PAYLOAD_BYTES_MAX", 5)
    (found,) = read(tmp_path / "in", "wms/20260302T120000Z_x.csv", b"a,b\n1,2\n")
    assert isinstance(found, Rejection)
    assert (found.reason, found.payload) == ("too_large", b"")
    assert found.message == "wms: the file has 8 bytes, expected at most 33554432 bytes"
    assert (found.message_id, found.received_at) == ("wms/20260302T120000Z_x.csv", NOON)


def test_a_line_above_the_limit_is_a_dead_letter_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrived_files, "PAYLOAD_BYTES_MAX", 5)
    monkeypatch.setattr(arrived_files, "CHUNK_BYTES", 5)
    first, second = read(tmp_path / "in", "wms/x.jsonl", b"[" + b" " * 20 + b"]\n{}\n")
    assert isinstance(first, Rejection)
    assert (first.reason, first.message_id) == ("too_large", "wms/x.jsonl#1")
    assert (second.message_id, second.payload) == ("wms/x.jsonl#2", b"{}")


def test_a_file_that_vanished_since_it_was_listed_is_a_dead_letter(tmp_path: Path) -> None:
    read(tmp_path / "in", "wms/x.json", b"{}")
    (file,) = list_files(str(tmp_path / "in"))
    Path(file.path).unlink()
    (found,) = envelopes_of(next(parts_of(file)), FORMATS)
    assert isinstance(found, Rejection)
    assert (found.reason, found.message) == (
        "unreadable_envelope",
        "wms: the file cannot be read: No such file or directory",
    )
