"""Arrived files: what lies in the folder is found, in order; what lies outside, or hides, is not."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem

from transforms.arrival import arrived_files
from transforms.arrival.arrived_files import (
    ArrivedFile,
    FilePart,
    list_files,
    parts_of,
    read_lines,
    read_whole,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def put(folder: Path, name: str, payload: bytes = b"{}") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(payload)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    return path


def names(folder: Path | str) -> list[str]:
    return [file.name for file in list_files(str(folder))]


def test_a_file_is_listed_with_what_is_known_of_it(tmp_path: Path) -> None:
    path = put(tmp_path, "wms-east/2026/moves.jsonl", b"{}\n{}\n")
    (file,) = list_files(str(tmp_path))
    assert file == ArrivedFile(os.path.realpath(path), "wms-east/2026/moves.jsonl", 6, NOON)
    assert (file.source, file.has_lines, file.is_archive) == ("wms-east", True, False)


@pytest.mark.parametrize(
    ("name", "source", "has_lines", "is_archive"),
    [
        ("shop/order.json", "shop", False, False),
        ("shop/ORDERS.JSONL", "shop", True, False),
        ("monday.envelopes.jsonl", "", True, True),
        ("readme.txt", "", False, False),
    ],
)
def test_a_name_says(name: str, source: str, has_lines: bool, is_archive: bool) -> None:
    file = ArrivedFile("", name, 0, NOON)
    assert (file.source, file.has_lines, file.is_archive) == (source, has_lines, is_archive)


def test_files_come_by_name_however_they_were_made(tmp_path: Path) -> None:
    for name in ("shop/b.json", "wms/a.json", "shop/a/z.json", "shop/a.json", "a.json"):
        put(tmp_path, name)
    assert names(tmp_path) == ["a.json", "shop/a.json", "shop/a/z.json", "shop/b.json", "wms/a.json"]


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    for name in ("shop/.part.json", ".git/config", "shop/.tmp/a.json", "shop/a.json"):
        put(tmp_path, name)
    assert names(tmp_path) == ["shop/a.json"]


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    secret = put(tmp_path, "secret/key.json")
    inside = put(tmp_path, "in/shop/.stored/a.json")
    shop = tmp_path / "in" / "shop"
    (shop / "outside.json").symlink_to(secret)
    (shop / "up.json").symlink_to("../../secret/key.json")
    (shop / "inside.json").symlink_to(inside)
    (shop / "folder").symlink_to(secret.parent)
    (shop / "loop").symlink_to(shop)
    (shop / "gone.json").symlink_to(tmp_path / "nothing")
    assert names(tmp_path / "in") == ["shop/inside.json"]


def test_the_input_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/shop/a.json")
    (tmp_path / "in").symlink_to(tmp_path / "real")
    assert names(tmp_path / "in") == ["shop/a.json"]


def test_a_neighbour_whose_name_starts_alike_is_outside(tmp_path: Path) -> None:
    secret = put(tmp_path, "in-secret/key.json")
    put(tmp_path, "in/shop/a.json")
    (tmp_path / "in" / "shop" / "b.json").symlink_to(secret)
    assert names(tmp_path / "in") == ["shop/a.json"]


def test_pipes_and_sockets_are_no_files(tmp_path: Path) -> None:
    put(tmp_path, "shop/a.json")
    os.mkfifo(tmp_path / "shop" / "pipe.json")
    assert names(tmp_path) == ["shop/a.json"]


def test_a_name_that_is_no_text_becomes_text(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/shop/caf\xe9.json")).write_bytes(b"{}")
    (file,) = list_files(str(tmp_path))
    assert file.name == "shop/caf\\xe9.json"
    assert read_whole(FilePart(file, 0, 2, 1)) == b"{}"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere' does not exist or is no folder"):
        list_files(str(tmp_path / "nowhere"))


def test_folders_in_folders_have_a_limit(tmp_path: Path) -> None:
    put(tmp_path, "/".join("abcdefghijklmno") + "/x.json")
    assert len(names(tmp_path)) == 1
    put(tmp_path, "/".join("abcdefghijklmnop") + "/x.json")
    with pytest.raises(ValueError, match="more than 16 folders deep"):
        names(tmp_path)


LINES = b"".join(b"%d\n" % number for number in range(1, 101)) + b"last"


def whole(path: Path) -> ArrivedFile:
    return ArrivedFile(str(path), f"wms/{path.name}", path.stat().st_size, NOON)


@pytest.mark.parametrize("part_bytes", [1, 2, 7, 50, 290, 10_000])
@pytest.mark.parametrize("payload", [LINES, LINES + b"\n", b"\n\n\n", b"one", b"x" * 300 + b"\n" + b"y" * 300])
def test_parts_together_are_the_file_and_know_their_lines(tmp_path: Path, payload: bytes, part_bytes: int) -> None:
    path = put(tmp_path, "x.jsonl", payload)
    parts = list(parts_of(whole(path), part_bytes))
    assert b"".join(payload[part.start : part.end] for part in parts) == payload
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    expected = list(enumerate(payload.split(b"\n"), start=1))
    if payload.endswith(b"\n"):
        del expected[-1]
    assert [line for part in parts for line in enumerate(read_lines(part), start=part.first_line)] == expected


def test_a_file_without_lines_is_one_part(tmp_path: Path) -> None:
    file = whole(put(tmp_path, "x.csv", LINES))
    assert list(parts_of(file, 10)) == [FilePart(file, 0, len(LINES), 1)]


def test_a_large_file_of_lines_has_several_parts(tmp_path: Path) -> None:
    file = whole(put(tmp_path, "x.jsonl", LINES))
    assert [(part.end - part.start, part.first_line) for part in parts_of(file, 100)] == [
        (99, 1),
        (99, 37),
        (94, 70),
        (4, 101),
    ]


def test_a_line_without_end_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived_files, "PAYLOAD_BYTES_MAX", 20)
    monkeypatch.setattr(arrived_files, "CHUNK_BYTES", 10)
    path = put(tmp_path, "x.jsonl", b"a\n" + b"x" * 95 + b"\nb\n" + b"y" * 95)
    (part,) = parts_of(whole(path))
    assert list(read_lines(part)) == [b"a", None, b"b", None]


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived_files, "PAYLOAD_BYTES_MAX", 5)
    path = put(tmp_path, "x.json", b"12345")
    (part,) = parts_of(whole(path))
    assert read_whole(part) == b"12345"
    path.write_bytes(b"123456")
    assert read_whole(part) is None, "it grew after it was listed"
    assert read_whole(FilePart(whole(path), 0, 6, 1)) is None


class _ShelfFileSystem(LocalFileSystem):
    """A remote file system as Beam sees one, with its files in a local folder: shelf:///folder/file."""

    @classmethod
    def scheme(cls) -> str:
        return "shelf"

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for facts in super()._list(dir_or_prefix.removeprefix("shelf://")):
            yield FileMetadata(f"shelf://{facts.path}", facts.size_in_bytes, facts.last_updated_in_seconds)

    def open(self, path: str, *arguments: str, **named: str) -> BinaryIO:
        return super().open(path.removeprefix("shelf://"), *arguments, **named)  # type: ignore[no-any-return]


def test_a_remote_folder_is_listed_and_read_by_beam(tmp_path: Path) -> None:
    put(tmp_path, "shop/deep/b.jsonl", b"1\n22\n")
    put(tmp_path, "shop/.hidden.json")
    put(tmp_path, "shop/a.json.gz", b"\x1f\x8bnot unpacked")
    files = list_files(f"shelf://{tmp_path}/")
    assert [(file.name, file.size_bytes, file.changed_at) for file in files] == [
        ("shop/a.json.gz", 14, NOON),
        ("shop/deep/b.jsonl", 5, NOON),
    ]
    assert read_whole(FilePart(files[0], 0, 14, 1)) == b"\x1f\x8bnot unpacked"
    parts = list(parts_of(files[1], 3))
    assert [list(read_lines(part)) for part in parts] == [[b"1"], [b"22"]]


def test_a_remote_folder_without_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist or holds no file"):
        list_files(f"shelf://{tmp_path}/nowhere")
