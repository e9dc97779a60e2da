"""A shelf lists, reads and archives what lies on it, and nothing that lies elsewhere; here and over SFTP alike."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.file_shelves import LocalShelf, SftpShelf, Shelf, ShelfError
from services.pickup_config import SftpSpec
from services.pickup_rules import Listed
from tests.services.sftp_here import PASSWORD, USER, sftp_server


@pytest.fixture
def box(tmp_path: Path) -> Path:
    (tmp_path / "root" / "box").mkdir(parents=True)
    return tmp_path / "root" / "box"


@pytest.fixture(params=["local", "sftp"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, box: Path) -> Iterator[Shelf]:
    if request.param == "local":
        local = LocalShelf(box, "archive")
        yield local
        local.close()
        return
    with sftp_server(tmp_path / "root", tmp_path / "known_hosts") as port:
        remote = SftpShelf(spec(tmp_path, port), "archive", PASSWORD, 30)
        yield remote
        remote.close()


def spec(tmp_path: Path, port: int) -> SftpSpec:
    known = tmp_path / "known_hosts"
    return SftpSpec(host="127.0.0.1", port=port, user=USER, folder="/box", known_hosts=known, password_env="X")


def laid(box: Path, name: str, data: bytes = b"12345") -> Listed:
    (box / name).write_bytes(data)
    os.utime(box / name, (1_000, 1_000))
    return Listed(name, len(data), 1_000)


def test_files_are_listed_read_and_archived(shelf: Shelf, box: Path) -> None:
    first, second = laid(box, "a.edi"), laid(box, "b.edi", b"")
    assert shelf.files(10) == [first, second]
    assert shelf.files(1) == [first]
    assert [shelf.read(first), shelf.read(second)] == [b"12345", b""]
    shelf.put_away("a.edi", "archived.edi")
    assert (box / "archive" / "archived.edi").read_bytes() == b"12345"
    assert shelf.files(10) == [second]


def test_links_and_folders_are_no_files(shelf: Shelf, box: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    (box / "link.edi").symlink_to(secret)
    (box / "folder.edi").mkdir()
    os.mkfifo(box / "pipe.edi")
    assert shelf.files(10) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"123456"),
        lambda path: os.utime(path, (2_000, 2_000)),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.symlink_to("/etc/hostname")),
        lambda path: path.write_bytes(b"1"),
    ],
    ids=["it grew", "it was written again", "it is gone", "it became a link", "it shrank"],
)
def test_what_is_no_longer_what_was_listed_is_not_read(
    shelf: Shelf, box: Path, change: Callable[[Path], object]
) -> None:
    file = laid(box, "a.edi")
    change(box / "a.edi")
    with pytest.raises(ShelfError):
        shelf.read(file)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ShelfError, match="No such file"):
        LocalShelf(tmp_path / "none", "archive")


def test_a_link_is_no_folder_to_empty(tmp_path: Path, box: Path) -> None:
    (tmp_path / "link").symlink_to(box)
    with pytest.raises(ShelfError):
        LocalShelf(tmp_path / "link", "archive")


def test_a_wrong_password_is_said_without_it(tmp_path: Path, box: Path) -> None:
    with sftp_server(tmp_path / "root", tmp_path / "known_hosts") as port, pytest.raises(ShelfError) as error:
        SftpShelf(spec(tmp_path, port), "archive", "wrong-password", 30)
    assert "PermissionDenied" in str(error.value)
    assert "wrong-password" not in str(error.value)


def test_a_server_with_another_key_is_not_believed(tmp_path: Path, box: Path) -> None:
    with sftp_server(tmp_path / "root", tmp_path / "known_hosts") as port:
        (tmp_path / "known_hosts").write_text("")
        with pytest.raises(ShelfError, match="HostKeyNotVerifiable"):
            SftpShelf(spec(tmp_path, port), "archive", PASSWORD, 30)
