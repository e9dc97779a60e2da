"""Books files: the books of a deployment in, files that the next one starts from out, and the way back.

    export   each shard's books, a file of its own, written anew a few seconds after they changed
    import   all files of a folder, dealt out to the shards of the new job, which may be cut otherwise; everything that
             the books say is told again, so that a new set of views is complete

A file is msgpack with a layout of its own, a digest, and the snapshot of `ledger_state` with its layout; nothing in it
is run. A file is at most some seconds behind: the next deployment reads the same messages from before the export, and
what the books have already is dropped as a duplicate.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.records import SnapshotClosed, StockEvent
from transforms.kits.kit_rules import families
from transforms.ledger.grouping import shard_of
from transforms.ledger.hearing_rules import NOTHING_HEARD, Kept, newest_of
from transforms.ledger.item_ledger import Books, as_event
from transforms.ledger.ledger_state import StateError, dump_books, load_books, load_hearing, load_snapshots
from transforms.ledger.shard_rules import Shard

FORMAT = "sellable books"
LAYOUT = 1
KEEP_SECONDS = 5  # between two files of one shard
DIGEST_BYTES = 16


class BooksError(ValueError):
    """Files that no deployment can start from: which, and what is wrong with it."""


def write_books(
    folder: Path,
    shard: int,
    books: Books,
    now: datetime,
    snapshots: Iterable[SnapshotClosed] = (),
    heard: Kept = NOTHING_HEARD,
) -> None:
    """The books of a shard as its file; a reader sees the old one or the new one, never half of it."""
    snapshot = dump_books(books, snapshots, heard)
    digest = hashlib.blake2b(snapshot, digest_size=DIGEST_BYTES).digest()
    folder.mkdir(parents=True, exist_ok=True)
    whole, part = (folder / f"shard-{shard:03}{ending}" for ending in (".books", ".part"))
    part.write_bytes(pack([FORMAT, LAYOUT, shard, now, digest, snapshot]))
    part.replace(whole)


def read_books(folder: Path) -> Books:
    """The books of all items in a folder; `BooksError` names the file that cannot be used."""
    return _read(folder).books


def events_in(folder: str) -> Iterator[StockEvent]:
    """Every event that the books in a folder still know."""
    for ledger in read_books(Path(folder)).values():
        yield from map(as_event, ledger.entries.values())


class Start(NamedTuple):
    """What a shard begins with."""

    books: Books
    snapshots: Sequence[SnapshotClosed] = ()  # complete ones, which every shard knows
    heard: Kept = NOTHING_HEARD  # when sources were heard, which every shard knows too


def _read(folder: Path) -> Start:
    books: Books = {}
    snapshots: dict[SnapshotClosed, None] = {}
    heard: list[Kept] = []
    files = sorted(folder.glob("*.books"))
    if not files:
        raise BooksError(f"{folder}: no books in it, expected the files of an export")
    for file in files:
        found = _read_file(file)
        twice = sorted(found.books.keys() & books.keys())
        if twice:
            raise BooksError(f"{file}: has {twice[0]}, which another file has too: two exports in one folder")
        books |= found.books
        snapshots |= dict.fromkeys(found.snapshots)
        heard.append(found.heard)
    return Start(books, tuple(snapshots), newest_of(heard))


def _read_file(file: Path) -> Start:
    try:
        form, layout, _, _, digest, snapshot = unpack(file.read_bytes())
    except (ValueError, TypeError) as error:
        raise BooksError(f"{file}: no books file: {error}") from error
    if (form, layout) != (FORMAT, LAYOUT):
        raise BooksError(f"{file}: {form!r} with layout {layout!r}, expected {FORMAT!r} with layout {LAYOUT}")
    if hashlib.blake2b(snapshot, digest_size=DIGEST_BYTES).digest() != digest:
        raise BooksError(f"{file}: its digest is another: it was changed, or cut off")
    try:
        return Start(load_books(snapshot), tuple(load_snapshots(snapshot)), load_hearing(snapshot))
    except StateError as error:
        raise BooksError(f"{file}: {error}") from error


def retold(books: Books) -> Books:
    """The same books, with all that they say to be said again."""
    for ledger in books.values():
        dirty = ledger.dirty
        dirty["cell"] |= ledger.cells.keys()
        dirty["claim"] |= ledger.claims.keys()
        dirty["inbound"] |= ledger.inbound.keys()
        dirty["count"] |= {(place, count.key) for place, cell in ledger.cells.items() for count in cell.counts}
        dirty["report"] |= ledger.reports.keys()
        dirty["reported"] |= ledger.reported.keys()
        ledger.figures_until = None
        for told in (ledger.alerts, ledger.published, ledger.promised):
            told.clear()
    return books


class Handoff(NamedTuple):
    """Where the books come from at the start, and where they are kept for the next deployment; "" for nowhere."""

    take_from: str = ""
    keep_in: str = ""

    @classmethod
    def between(cls, *folders: str) -> "Handoff":
        """The same of paths from here, which workers do not share."""
        return cls(*(str(Path(folder).absolute()) if folder else "" for folder in folders))

    def start_of(self, shard: int, master: MasterData, shards: int) -> Start:
        """What a shard starts with."""
        if not self.take_from:
            return Start({})
        dealt = _dealt(self.take_from, shards, tuple(sorted(families(master.boms).items())))[shard]
        return Start(retold(load_books(dealt)), tuple(load_snapshots(dealt)), load_hearing(dealt))

    def is_due(self, kept_at: datetime | None, now: datetime) -> bool:
        """Whether it is time for another file of a shard that changed."""
        return bool(self.keep_in) and (kept_at is None or now - kept_at >= timedelta(seconds=KEEP_SECONDS))

    def keep(self, number: int, shard: Shard, now: datetime) -> None:
        """Write the file of a shard."""
        write_books(Path(self.keep_in), number, shard.books, now, shard.snapshots.all(), shard.hearing.kept())


@cache
def _dealt(folder: str, shards: int, family_of: Iterable[tuple[str, str]]) -> Sequence[bytes]:
    """All files by shard, packed: shards take theirs one after the other, and each only once."""
    named, taken = dict(family_of), _read(Path(folder))
    dealt: list[Books] = [{} for _ in range(shards)]
    for item, ledger in taken.books.items():
        dealt[shard_of(item, named, shards)][item] = ledger
    return [dump_books(books, taken.snapshots, taken.heard) for books in dealt]


def what_differs(old: Books, new: Books) -> list[str]:
    """Positions, claims and known transactions on which two sets of books disagree, for people."""
    found: list[str] = []
    for item in sorted(old.keys() | new.keys()):
        said = [_said(books[item]) if item in books else {} for books in (old, new)]
        for what in sorted(said[0].keys() | said[1].keys(), key=str):
            left, right = (one.get(what, "nothing") for one in said)
            if left != right:
                found.append(f"{item} {' '.join(map(str, what))}: {left} in the old, {right} in the new")
    return found


def _said(ledger: Any) -> dict[tuple[Any, ...], Any]:
    positions = {("position", *place): cell.quantity for place, cell in ledger.cells.items() if cell.quantity}
    claims = {("claim", key): (one.granted, one.recorded, one.cancelled) for key, one in ledger.claims.items()}
    return {**positions, **claims, ("transactions",): len(ledger.entries)}
