"""The load benchmark loads what it says, and knows when a job does not keep up."""

import contextlib
import json
import math
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.load import Bench, Phase, main, percentiles
from benchmarks.load_traffic import in_rounds, payloads, probe_items
from benchmarks.speed_company import kit_parts, make_master

ROUNDS = re.compile(rb'"(?:key":".|order":"SO)(\d{6})')


def test_each_round_has_keys_and_orders_of_its_own() -> None:
    parts = payloads(20, items=10)
    rounds = in_rounds(parts)
    first, second = ([ROUNDS.findall(next(rounds)) for _ in parts] for _ in range(2))
    assert {number for found in first for number in found} == {b"000000"}
    assert {number for found in second for number in found} == {b"000001"}


def test_nothing_else_touches_the_item_of_a_probe() -> None:
    items = probe_items(20)
    first = [next(items) for _ in range(7)]
    assert first == [f"SKU-{number:06}" for number in (25, 26, 27, 28, 29, 35, 36)]
    assert not set(first) & {part for parts in kit_parts(40).values() for part in parts}
    assert set(first) <= set(make_master(40).items)


@pytest.mark.parametrize(
    ("waiting", "late", "keeps_up"),
    [(0.4, 0.0, True), (9.9, 0.1, True), (10.0, 0.0, False), (0.4, 11.0, False)],
)
def test_a_job_keeps_up_while_no_probe_waits_long_and_the_rate_was_published(
    waiting: float, late: float, keeps_up: bool
) -> None:
    phase = Phase("step", 100, 0.0, 1_000, 10, 0.1, 0.2, 0.3, (0.1, 0.2, 0.3), waiting, late, (1.0, 1.0), ({}, {}), {})
    assert phase.keeps_up is keeps_up


def test_percentiles_are_those_of_all_answers() -> None:
    assert percentiles([float(number) for number in range(101)]) == (50, 95, 99)
    assert all(math.isnan(one) for one in percentiles([1.0]))


def test_a_run_that_is_interrupted_keeps_what_it_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(SimpleNamespace(), SimpleNamespace(answers=[], memory=[]))  # type: ignore[arg-type]
    seen = Phase("step", 100, 0.0, 1_000, 10, 0.1, 0.2, 0.3, (0.1, 0.2, 0.3), 0.4, 0.0, (1.0, 1.0), ({}, {}), {})

    def interrupted(running: Bench, _: object) -> None:
        running.phases.append(seen)
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.load.running", lambda *_: contextlib.nullcontext(bench))
    monkeypatch.setattr("benchmarks.load.suite", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main(["--result", str(tmp_path / "kept.json")])
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert [phase["rate"] for phase in kept["phases"]] == [100]
    assert (kept["sustained_rate"], kept["caught_up_seconds"]) == (0, None)


def test_a_folder_that_another_run_used_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its views would be taken for answers."""
    (tmp_path / "views.db").touch()
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path)])
    assert "is not empty" in capsys.readouterr().err
