"""The fuzz run finds nothing in a few seconds, and finds out a decoder that breaks its promise."""

import time
from collections.abc import Mapping
from random import Random
from typing import Any, NoReturn

import pytest

from benchmarks import fuzz
from benchmarks.fuzz_seeds import seeds
from transforms.arrival import format_table
from transforms.arrival.format_table import FORMATS
from transforms.arrival.limits import DecodeError


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_seeds_that_are_decoded(name: str) -> None:
    assert {fuzz.probe(name, payload) for payload in seeds(name)} == {""}


def test_a_short_run_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--minutes", "0.06", "--blind"]) == 0, capsys.readouterr().out
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == list(FORMATS)
    assert all(int(row[1].replace(",", "")) > 5 for row in rows)


def test_the_same_seed_makes_the_same_inputs() -> None:
    pool = seeds("json")
    first, second = Random(7), Random(7)
    assert [fuzz.mutated(first, pool) for _ in range(50)] == [fuzz.mutated(second, pool) for _ in range(50)]


def _crashes(_payload: bytes, _options: Mapping[str, Any]) -> NoReturn:
    raise KeyError("item")


def _hangs(_payload: bytes, _options: Mapping[str, Any]) -> NoReturn:
    while True:
        time.monotonic()


def _says_nothing(_payload: bytes, _options: Mapping[str, Any]) -> list[Any]:
    return []


def _invents_reasons(_payload: bytes, _options: Mapping[str, Any]) -> NoReturn:
    raise DecodeError("no_such_reason", "because")


@pytest.mark.parametrize(
    ("decoder", "said"),
    [
        (_crashes, "json failed: KeyError: 'item' by "),
        (_hangs, "json failed: TimeoutError: "),
        (_says_nothing, "json failed: AssertionError: neither a document nor a reason"),
        (_invents_reasons, "json failed: AssertionError: no_such_reason"),
    ],
)
def test_a_decoder_is_found_out_that(
    decoder: Any, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(format_table.FORMATS, "json", decoder)
    monkeypatch.setattr(fuzz, "SECONDS_MAX", 0.2)
    assert fuzz.main(["--minutes", "0.01", "--formats", "json", "--blind"]) == 1
    assert said in capsys.readouterr().out
