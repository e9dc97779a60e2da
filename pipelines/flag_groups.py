"""Flag groups: a parser in, the flags of what few runs need added to it."""

from argparse import ArgumentParser
from typing import Any


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
