"""Handing over: the books that two deployments kept in, whether one may take the place of the other out."""

import sys
from pathlib import Path

from transforms.ledger.books_files import BooksError, read_books, what_differs

SHOWN_MAX = 50
EXIT_SAME, EXIT_DIFFERENT, EXIT_NOT_DONE = 0, 1, 2


def compare(old: Path, new: Path) -> int:
    """Print every position, claim and count of transactions that differs, and return the exit code."""
    try:
        before, after = read_books(old), read_books(new)
    except BooksError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    found = what_differs(before, after)
    for line in found[:SHOWN_MAX]:
        print(line)
    print(f"{len(before)} items in the old, {len(after)} in the new, {len(found)} differences")
    return EXIT_DIFFERENT if found else EXIT_SAME
