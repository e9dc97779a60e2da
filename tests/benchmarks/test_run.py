"""The speed benchmark measures the same work everywhere, and says which targets are reached."""

import json
from pathlib import Path

import pytest

from benchmarks import run, speed_flows, speed_loops
from benchmarks.run import FULL, LEDGER, MAIN, MANY_EVENTS, MANY_ITEMS, TWO_CORES, Results, targets
from benchmarks.speed_company import make_front
from benchmarks.speed_measure import IN_PROCESS, TWO_WORKERS, Job, Measured, in_own_process, measure
from benchmarks.speed_profile import Sampler
from benchmarks.speed_traffic import Scale, write_events, write_traffic
from transforms.canonical.canonical_rules import Front
from transforms.publication.view_database import open_to_read

SMALL = Scale(1_000, 20)
VIEWS = ("position", "claim", "availability", "decision", "run_count")


@pytest.fixture(scope="module")
def front() -> Front:
    return make_front(SMALL.items)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speed") / "raw"
    write_traffic(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def events(raw: Path, front: Front) -> Path:
    path = raw.parent / "events"
    write_events(raw, front, path)
    return path


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = open_to_read(database)
    return {
        view: [tuple(row) for row in connection.execute(f"SELECT * FROM {view} ORDER BY 1, 2, 3")] for view in VIEWS
    }


def test_beam_and_the_plain_loop_write_the_same_rows(raw: Path, front: Front, tmp_path: Path) -> None:
    speed_loops.full_loop(raw, front, tmp_path / "loop.db")
    speed_flows.beam_full(raw, front, tmp_path / "beam.db", ["--runner=FnApiRunner"])
    loop, flow = rows(tmp_path / "loop.db"), rows(tmp_path / "beam.db")
    for view in ("position", "claim", "availability", "decision"):
        assert loop[view] == flow[view]
        assert flow[view]


@pytest.mark.slow
def test_two_workers_write_the_same_rows_and_their_time_counts(raw: Path, events: Path, tmp_path: Path) -> None:
    one, two = (Job(way, str(raw), str(events), SMALL.items) for way in ("full beam", "full beam on two cores"))
    assert in_own_process(two).processor_seconds > in_own_process(one).processor_seconds
    speed_flows.beam_full(raw, make_front(SMALL.items), tmp_path / "one.db", IN_PROCESS)
    speed_flows.beam_full(raw, make_front(SMALL.items), tmp_path / "two.db", TWO_WORKERS)
    assert rows(tmp_path / "two.db") == rows(tmp_path / "one.db")


def test_every_message_of_the_traffic_becomes_an_event(events: Path) -> None:
    assert sum(1 for _ in speed_loops.read_events(events)) == SMALL.events


def test_beam_and_the_plain_loop_make_the_same_records_of_events(
    events: Path, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_flows, "counted", 0)
    assert speed_flows.beam_ledger(events, front, ["--runner=FnApiRunner"]) == speed_loops.ledger_loop(events, front)


def test_bytewax_makes_the_same_records_of_events(events: Path, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bytewax", reason="an extra of the benchmark: pip install -e '.[bench]'")
    made = speed_loops.ledger_loop(events, front)
    assert speed_flows.bytewax_ledger(events, front, at_the_end=True) == made
    monkeypatch.setattr(speed_flows, "BATCH", 100)
    assert speed_flows.bytewax_ledger(events, front) > made  # figures of every batch


def test_the_loop_over_dicts_knows_every_place_that_moved(raw: Path) -> None:
    assert speed_loops.dict_loop(raw, SMALL.items) > SMALL.items


def test_a_measure_has_time_memory_and_where_the_time_went(raw: Path, events: Path) -> None:
    measured = measure(Job("ledger loop", str(raw), str(events), SMALL.items, profiled=True))
    assert measured.seconds > 0
    assert measured.processor_seconds > 0
    assert measured.peak_mebibytes > 10


def test_a_profile_sees_what_other_threads_do() -> None:
    with Sampler() as sampler:
        front = make_front(3_000)
    assert front.master.items
    assert sampler.profile().functions


def results(way_costs: dict[str, float], peak: int = 100) -> Results:
    every = {
        (scale, way): cost for scale, ways in run.PLAN.items() for way in ways for cost in [way_costs.get(way, 1.0)]
    }
    return {key: Measured(1.0, cost * key[0].events, peak, [], []) for key, cost in every.items()}


def test_targets_are_ratios_of_one_run() -> None:
    costs = {"dict loop": 1.0, FULL: 8.0, "ledger loop": 2.0, LEDGER: 4.0, "ledger bytewax": 7.0}
    found = {one.name: (one.found, one.reached) for one in targets(results(costs))}
    assert found["ledger: speed as a share of the plain loop's"] == (0.5, True)
    assert found["ledger: times the speed of Bytewax"] == (1.75, False)
    assert found["full path: speed as a share of the loop over dicts'"] == (0.125, False)


def test_two_cores_are_judged_by_the_clock_on_the_wall() -> None:
    measured = results({"dict loop": 1.0, TWO_CORES: 12.0})
    measured[MAIN, TWO_CORES] = measured[MAIN, TWO_CORES]._replace(seconds=8.0)
    found = {one.name: (one.found, one.reached) for one in targets(measured) if "two cores" in one.name}
    assert found == {
        "the same on two cores, 500,000 events, 10,000 items": (0.125, False),
        "the same on two cores, 2,000,000 events, 1,000 items": (1.0, True),
    }


def test_costs_that_grow_and_memory_beyond_the_limit_fall_short() -> None:
    measured = results({"ledger bytewax": 3.0}, peak=2_000)
    for scale in (MANY_EVENTS, MANY_ITEMS):
        measured[scale, LEDGER] = measured[scale, LEDGER]._replace(processor_seconds=1.5 * scale.events)
    short = [one.name for one in targets(measured) if not one.reached]
    assert short == [
        "ledger beam: cost per event, 2,000,000 to 100,000 events",
        "ledger beam: cost per event, 100,000 to 1,000 items",
        "ledger beam: peak MiB at 100,000 items",
        "full beam: peak MiB at 100,000 items",
    ]


def test_what_was_not_measured_is_not_judged() -> None:
    measured = {(MAIN, "dict loop"): Measured(1.0, 1.0, 1, [], []), (MAIN, FULL): Measured(5.0, 5.0, 1, [], [])}
    assert [(one.name, one.found) for one in targets(measured)] == [
        ("full path: speed as a share of the loop over dicts'", pytest.approx(0.2))
    ]


def test_a_result_keeps_the_sizes_that_were_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PLAN", {MAIN: ("dict loop",)})
    code = run.main(["--share", "0.002", "--result", str(tmp_path / "speed.json")])
    kept = json.loads((tmp_path / "speed.json").read_text())
    assert code == 0
    assert [(row["way"], row["events"], row["items"]) for row in kept["rows"]] == [("dict loop", 1_000, 20)]
    assert kept["share_of_sizes"] == 0.002


def test_a_run_that_was_cut_short_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "speed.json"
    again = ["--share", "0.002", "--resume", "--result", str(result)]
    monkeypatch.setattr(run, "PLAN", {MAIN: ("dict loop",)})
    run.main(again)
    monkeypatch.setattr(run, "PLAN", {MAIN: ("dict loop", "ledger loop")})
    first = json.loads(result.read_text())["rows"]
    capsys.readouterr()
    run.main(again)
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines() if "1,000" in line] == ["ledger loop"]
    assert json.loads(result.read_text())["rows"][0] == first[0]


def test_labels_name_the_sizes_that_were_run() -> None:
    names = [one.name for one in targets(results({}), 0.1)]
    assert "full beam: cost per event, 200,000 to 10,000 events" in names
    assert "full beam: peak MiB at 10,000 items" in names


def test_only_prism_is_left_out_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    ((measured, profiles),) = run.run({MAIN: ("dict loop", "full prism")}, 0.002, "")
    assert list(measured) == [(MAIN, "dict loop")]
    assert profiles == {}
    assert capsys.readouterr().out.startswith("dict loop ")
