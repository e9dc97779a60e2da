"""Flag groups: a parser in, the flags of what few runs need added to it."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from transforms.ledger.grouping import FEW_SHARDS, SHARDS

# Where a crash takes state back to a checkpoint, while what was written since stays written; and where state is kept in
# another process than the one that works on it.
TAKE_CHECKPOINTS = ("FlinkRunner", "PortableRunner")
SHARDS_MAX = 4_096


def add_telling(views: Any) -> None:
    """When a stream tells decisions."""
    views.add_argument(
        "--decisions_told",
        default="auto",
        choices=("auto", "at_once", "when_kept"),
        help="of a stream: when_kept waits until a checkpoint holds them, as (auto) on Flink",
    )


def add_handoff(parser: ArgumentParser) -> None:
    """Where books come from and go to."""
    books = parser.add_argument_group("handoff to another deployment")
    books.add_argument("--books_from", default="", help="folder: start from the books of another deployment")
    books.add_argument("--books_to", default="", help="folder: keep the books there for the next deployment")


def add_shards(parser: ArgumentParser) -> None:
    """In how many cells the ledger keeps its books."""
    said = f"cells for the books, fixed while their state lives (default: {FEW_SHARDS} on Flink, else {SHARDS})"
    parser.add_argument("--ledger_shards", type=shard_count, help=said)


def shard_count(text: str) -> int:
    """A number of shards; argparse says which option it was that is wrong."""
    if not (text.isdecimal() and 1 <= int(text) <= SHARDS_MAX):
        raise ArgumentTypeError(f"{text!r}, expected 1 to {SHARDS_MAX}")
    return int(text)


def takes_checkpoints(runner: str | None) -> bool:
    """Whether it is one of those."""
    return (runner or "").rpartition(".")[2] in TAKE_CHECKPOINTS


def shards_of(given: int | None, runner: str | None) -> int:
    """How many shards, given or not: few where each costs round trips to another process."""
    return given or (FEW_SHARDS if takes_checkpoints(runner) else SHARDS)
