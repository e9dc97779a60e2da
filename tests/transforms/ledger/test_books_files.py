"""Books go out of one deployment and into the next whole, or not at all; both then say the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.proof_traffic import NOW, POLICY, make_master, make_traffic
from schemas.encoding import pack
from schemas.records import SnapshotClosed
from tests.published import Published
from transforms.kits.kit_rules import families
from transforms.ledger import books_files
from transforms.ledger.books_files import BooksError, Handoff, read_books, retold, what_differs, write_books
from transforms.ledger.grouping import shard_of
from transforms.ledger.hearing_rules import Kept
from transforms.ledger.shard_rules import Shard

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ITEMS = 40
MASTER = make_master(ITEMS)


@pytest.fixture
def shard() -> Shard:
    """The books of a busy half day."""
    shard = Shard(MASTER, POLICY)
    shard.fold([pack(event) for event in make_traffic(1, 2_000, ITEMS)], NOW)
    return shard


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    books_files._dealt.cache_clear()


def test_books_come_back_as_they_were(shard: Shard, tmp_path: Path) -> None:
    write_books(tmp_path, 7, shard.books, NOW)
    assert what_differs(shard.books, read_books(tmp_path)) == []
    assert [file.name for file in tmp_path.iterdir()] == ["shard-007.books"]


def test_the_next_deployment_may_be_cut_otherwise(shard: Shard, tmp_path: Path) -> None:
    write_books(tmp_path, 0, shard.books, NOW)
    handoff = Handoff(take_from=str(tmp_path))
    dealt = [handoff.start_of(number, MASTER, 5).books for number in range(5)]
    family_of = families(MASTER.boms)
    assert all(shard_of(item, family_of, 5) == number for number, books in enumerate(dealt) for item in books)
    assert what_differs(shard.books, {item: ledger for books in dealt for item, ledger in books.items()}) == []


def test_what_was_taken_over_is_told_again_and_says_the_same(shard: Shard) -> None:
    seen = Published()
    seen.take_records(Shard(MASTER, POLICY).fold([pack(e) for e in make_traffic(1, 2_000, ITEMS)], NOW).records)
    again = Published()
    again.take_records(Shard(MASTER, POLICY, retold(shard.books)).renew(NOW))
    assert again.positions() == seen.positions()
    assert {k: v._replace(version=0) for k, v in again.claims().items()} == {
        k: v._replace(version=0) for k, v in seen.claims().items()
    }
    assert (again.available(), again.told()) == (seen.available(), seen.told())
    assert again.alerts("oversell") == seen.alerts("oversell")


def test_what_comes_again_after_the_handoff_is_a_duplicate(shard: Shard, tmp_path: Path) -> None:
    write_books(tmp_path, 0, shard.books, NOW)
    taken = Shard(MASTER, POLICY, read_books(tmp_path))
    taken.fold([pack(event) for event in make_traffic(1, 2_000, ITEMS)], NOW)
    assert what_differs(shard.books, taken.books) == []


def test_a_difference_is_named(shard: Shard) -> None:
    other = Shard(MASTER, POLICY)
    other.fold([pack(event) for event in make_traffic(1, 1_990, ITEMS)], NOW)
    assert any(" in the old, " in line for line in what_differs(shard.books, other.books))


def test_files_that_cannot_be_trusted_are_refused(shard: Shard, tmp_path: Path) -> None:
    with pytest.raises(BooksError, match="no books in it"):
        read_books(tmp_path)
    write_books(tmp_path, 0, shard.books, NOW)
    whole = (tmp_path / "shard-000.books").read_bytes()
    (tmp_path / "shard-000.books").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BooksError, match="its digest is another"):
        read_books(tmp_path)
    (tmp_path / "shard-000.books").write_bytes(whole[:100])
    with pytest.raises(BooksError, match="no books file"):
        read_books(tmp_path)
    (tmp_path / "shard-000.books").write_bytes(pack(["sellable books", 99, 0, NOW, b"", b""]))
    with pytest.raises(BooksError, match="layout 99, expected 'sellable books' with layout 1"):
        read_books(tmp_path)
    (tmp_path / "shard-000.books").write_bytes(whole)
    (tmp_path / "shard-001.books").write_bytes(whole)
    with pytest.raises(BooksError, match="two exports in one folder"):
        read_books(tmp_path)


@pytest.mark.parametrize(("seconds", "due"), [(None, True), (4, False), (5, True)])
def test_a_shard_is_kept_every_few_seconds(seconds: int | None, *, due: bool) -> None:
    kept_at = None if seconds is None else NOON - timedelta(seconds=seconds)
    assert Handoff(keep_in="somewhere").is_due(kept_at, NOON) is due
    assert not Handoff().is_due(kept_at, NOON)


def test_complete_snapshots_go_to_every_shard_of_the_next_deployment(shard: Shard, tmp_path: Path) -> None:
    closed = SnapshotClosed("list", "wms", "EAST", NOW, NOW, "m", "c")
    heard = Kept((("wms", NOW),))
    write_books(tmp_path, 0, shard.books, NOW, [closed], heard)
    write_books(tmp_path, 1, {}, NOW, [closed])
    starts = [Handoff(take_from=str(tmp_path)).start_of(number, MASTER, 64) for number in range(64)]
    assert [(start.snapshots, start.heard) for start in starts] == [((closed,), heard)] * 64
    assert any(not start.books for start in starts), "no shard without items, which needs them no less"
    assert Handoff().start_of(0, MASTER, 64) == ({}, (), Kept())
