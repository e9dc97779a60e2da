"""Files are taken when they are whole, once each, and end in the archive; a crash costs and doubles nothing."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.command_line import main
from services.file_shelves import LocalShelf, ShelfError
from services.pickup import Picked, pick_up
from services.pickup_config import PickupSpec
from services.pickup_ledger import PickupLedger
from tests.queues import NewQueue
from tests.services.sftp_here import PASSWORD, USER, sftp_server
from tests.services.signing import NOON
from tests.services.test_deliveries import arrived

LATER = NOON + timedelta(seconds=30)


class Here:
    """A box, a landing folder and a ledger."""

    def __init__(self, folder: Path, **own: object) -> None:
        self.box, self.landing = folder / "box", folder / "landing"
        self.box.mkdir()
        given = {"ledger": folder / "p.db", "sources": {"3pl": {"folder": self.box, **own}}}
        self.spec = PickupSpec.model_validate(
            {**given, "landing_folder": self.landing, "limits": {"file_bytes_max": 99}}
        )
        self.ledger = PickupLedger(self.spec.ledger)

    def lay(self, name: str, data: bytes = b"ISA*") -> None:
        (self.box / name).write_bytes(data)
        os.utime(self.box / name, (NOON.timestamp(), NOON.timestamp()))

    def pass_at(self, at: datetime) -> Picked:
        return pick_up(self.spec, self.ledger, {}, at)

    def landed(self) -> list[str]:
        return sorted(path.relative_to(self.landing).as_posix() for path in self.landing.rglob("*") if path.is_file())


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_a_file_is_taken_once_it_is_whole(here: Here) -> None:
    here.lay("945.edi")
    assert here.pass_at(NOON) == Picked(waiting=1)
    assert here.landed() == []
    assert here.pass_at(LATER) == Picked(taken=1)
    assert here.landed() == ["3pl/20260302T120000Z_2bf5281c_945.edi"]
    assert [path.name for path in (here.box / "archive").iterdir()] == ["20260302T120030_2bf5281c_945.edi"]
    assert here.pass_at(LATER) == Picked()


def test_the_pipeline_reads_what_landed(here: Here) -> None:
    here.lay("945.edi")
    here.pass_at(NOON)
    here.pass_at(LATER)
    (envelope,) = arrived(here.landing)
    assert (envelope.source, envelope.format, envelope.payload, envelope.received_at) == (  # type: ignore[attr-defined]
        "3pl",
        "x12",
        b"ISA*",
        NOON,
    )


def test_the_same_content_under_another_name_is_not_taken_again(here: Here) -> None:
    for name in ("945.edi", "945_again.edi"):
        here.lay(name)
    here.pass_at(NOON)
    assert here.pass_at(LATER) == Picked(taken=1, repeated=1)
    assert len(here.landed()) == 1
    assert len(list((here.box / "archive").iterdir())) == 2


def test_what_is_unfinished_too_large_or_oddly_named_stays(here: Here) -> None:
    for name, data in (("a.edi.part", b"x"), (".b", b"x"), ("large.edi", b"x" * 100), ("caf\u00e9.edi", b"y")):
        here.lay(name, data)
    (here.box / "link.edi").symlink_to("/etc/hostname")
    here.pass_at(NOON)
    assert here.pass_at(LATER) == Picked(refused=2)
    assert len(list(here.box.iterdir())) == 6
    assert here.landed() == []


def test_a_marker_says_that_a_file_is_whole(tmp_path: Path) -> None:
    here = Here(tmp_path, done_suffix=".done")
    here.lay("945.edi")
    assert [here.pass_at(NOON), here.pass_at(LATER)] == [Picked(waiting=1)] * 2
    here.lay("945.edi.done", b"")
    assert here.pass_at(LATER) == Picked(taken=1)
    assert sorted(path.name for path in here.box.iterdir()) == ["archive"]


def test_a_crash_before_archiving_costs_and_doubles_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ShelfError("the machine went down")

    here.lay("945.edi")
    here.pass_at(NOON)
    with monkeypatch.context() as broken:
        broken.setattr(LocalShelf, "put_away", crash)
        assert here.pass_at(LATER) == Picked(failed=1)
    assert here.pass_at(LATER) == Picked(repeated=1)
    assert len(here.landed()) == 1


def test_a_crash_before_it_is_noted_writes_the_same_file_again(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError("no space left")

    here.lay("945.edi")
    here.pass_at(NOON)
    with monkeypatch.context() as broken:
        broken.setattr(PickupLedger, "note", crash)
        assert here.pass_at(LATER) == Picked(failed=1)
    assert here.pass_at(LATER) == Picked(taken=1)
    assert len(here.landed()) == 1


def test_a_source_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    here = Here(tmp_path)
    sources = {"gone": {"folder": tmp_path / "gone"}, "3pl": {"folder": here.box}}
    here.spec = PickupSpec.model_validate(
        {"ledger": here.spec.ledger, "landing_folder": here.landing, "sources": sources}
    )
    here.lay("945.edi")
    here.pass_at(NOON)
    assert here.pass_at(LATER) == Picked(taken=1, failed=1)


def test_files_of_an_sftp_server_are_taken_the_same_way(tmp_path: Path) -> None:
    here = Here(tmp_path)
    with sftp_server(tmp_path, tmp_path / "known_hosts") as port:
        sftp = {"host": "127.0.0.1", "port": port, "user": USER, "folder": "/box", "password_env": "P"}
        sources = {"3pl": {"sftp": {**sftp, "known_hosts": tmp_path / "known_hosts"}}}
        given = {"ledger": here.spec.ledger, "landing_folder": here.landing, "sources": sources}
        here.lay("945.edi")
        spec = PickupSpec.model_validate(given)
        passes = [pick_up(spec, here.ledger, {"P": PASSWORD}, at) for at in (NOON, LATER, LATER)]
    assert passes == [Picked(waiting=1), Picked(taken=1), Picked()]
    assert here.landed() == ["3pl/20260302T120000Z_2bf5281c_945.edi"]
    assert [path.name for path in (here.box / "archive").iterdir()] == ["20260302T120030_2bf5281c_945.edi"]


def test_the_command_says_what_a_pass_came_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "caf\u00e9.edi").write_bytes(b"x")
    config = tmp_path / "pickup.yaml"
    config.write_text(
        f"ledger: {tmp_path}/p.db\nlanding_folder: {tmp_path}/in\nsources: {{s: {{folder: {tmp_path}/box}}}}\n"
    )
    assert main(["pickup", "--config", str(config), "--once"]) == 1
    assert capsys.readouterr().out == "0 taken, 0 repeated, 0 waiting, 1 refused, 0 failed\n"


@pytest.mark.pubsub
def test_on_a_topic_each_line_is_a_message(new_queue: NewQueue, tmp_path: Path) -> None:
    here, queue = Here(tmp_path), new_queue("pickup")
    given = {"ledger": here.spec.ledger, "topic": queue.topic, "sources": {"wms": {"folder": here.box}}}
    spec = PickupSpec.model_validate({**given, "limits": {"file_bytes_max": 1_000}})
    here.lay("moves.jsonl", b'{"a": 1}\n\n{"a": 2}\n')
    assert [pick_up(spec, here.ledger, {}, at) for at in (NOON, LATER)] == [Picked(waiting=1), Picked(taken=1)]
    messages = sorted(queue.pull())
    assert [message.data for message in messages] == [b'{"a": 1}', b'{"a": 2}']
    assert {message.attributes["source"] for message in messages} == {"wms"}
