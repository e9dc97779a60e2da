"""A run over files starts from the books of another, tells all of them, and keeps its own."""

from pathlib import Path

from tests.pipelines.example_day import DAY, archive, run_day
from tests.streamed_day import day_from_files
from transforms.ledger.books_files import read_books, what_differs


def test_half_a_day_handed_over_and_the_other_half_give_the_views_of_the_day(tmp_path: Path) -> None:
    day = day_from_files(tmp_path)
    first, second, whole = tmp_path / "first", tmp_path / "second", tmp_path / "whole"
    run_day(archive(tmp_path / "a", day.opening), tmp_path / "a.db", f"--books_to={first}")
    books = (f"--books_from={first}", f"--books_to={second}")
    views = run_day(archive(tmp_path / "b", [*day.requests, *day.later]), tmp_path / "b.db", *books)
    assert views == day.given
    run_day(DAY, tmp_path / "c.db", f"--books_to={whole}")
    assert what_differs(read_books(whole), read_books(second)) == []
