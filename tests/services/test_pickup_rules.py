"""Which files are taken, and what they are called then."""

from datetime import timedelta

import pytest

from services.pickup_rules import Listed, Seen, content_hash, is_unfinished, is_whole, landed_name, name_problem
from tests.services.signing import NOON

FILE = Listed("a.edi", 5, 1_772_452_800)


@pytest.mark.parametrize("name", ["a.edi", "945_000000421 (2).edi", "A-1_b.c.xml", "x" * 200])
def test_usual_names_are_taken(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "../a.edi",
        "a/b.edi",
        "..",
        ".",
        "",
        "a\x00b",
        "a\nb",
        "-rf",
        "a\\b",
        "x" * 201,
        "café.edi",
        "a.edi ",
        "a.",
        "/etc/passwd",
        "\udcff.edi",
        "C:x",
    ],
)
def test_names_that_could_lead_elsewhere_are_not(name: str) -> None:
    assert name_problem(name) is not None


@pytest.mark.parametrize("name", ["a.edi.part", "A.PART", ".a.edi", "a.tmp", "a.edi.filepart"])
def test_what_is_still_written_says_so_by_its_name(name: str) -> None:
    assert is_unfinished(name)


@pytest.mark.parametrize(
    ("story", "seen", "seconds", "whole"),
    [
        ("never seen before", None, 100, False),
        ("the same for as long as is asked", Seen(5, 1_772_452_800, NOON), 30, True),
        ("a second too early", Seen(5, 1_772_452_800, NOON), 29, False),
        ("it grew", Seen(4, 1_772_452_800, NOON), 100, False),
        ("it was written again", Seen(5, 1_772_452_799, NOON), 100, False),
    ],
)
def test_a_file_is_whole_when_it_stays_the_same(story: str, seen: Seen | None, seconds: int, whole: bool) -> None:
    assert is_whole(FILE, seen, NOON + timedelta(seconds=seconds), 30) is whole


@pytest.mark.parametrize(
    ("name", "landed"),
    [
        ("a.edi", "20260302T120000Z_0123abcd_a.edi"),
        ("20260302T164254Z_944.edi", "20260302T164254Z_0123abcd_944.edi"),
        ("20260302T164254Z.edi", "20260302T164254Z_0123abcd_edi"),
    ],
)
def test_a_file_lands_under_when_it_came_and_what_it_holds(name: str, landed: str) -> None:
    assert landed_name(FILE._replace(name=name), "0123abcd4567") == landed


def test_the_same_content_is_the_same_file() -> None:
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")
