"""Run: how fast the flow is, beside plain loops and Bytewax, in one table; what limits it; which targets it reaches.

    python -m benchmarks.run                       everything, about an hour; keeps benchmarks/results/speed.json
    python -m benchmarks.run --resume              the same, less what the result has already; it is kept row by row
    python -m benchmarks.run --share 0.1           all sizes cut to a tenth; keeps nothing without --result FILE
    PRISM=path python -m benchmarks.run            with Beam's Prism runner too, also where `prism` is on the PATH

Bytewax is compared with where the extra `bench` is installed. Each row is a process of its own that measures one way
once, with its data already on disk and its master data loaded. Costs are judged by processor time, since other programs
of the machine slow down the clock on the wall; only what uses two cores is judged by that clock, and needs a machine
that does nothing else. Absolute times are those of one machine; ratios of one run carry over.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speed_company import make_front
from benchmarks.speed_measure import Job, Measured, in_own_process
from benchmarks.speed_traffic import Scale, write_events, write_traffic

RESULT = Path(__file__).parent / "results/speed.json"
MAIN = Scale(500_000, 10_000)
FEW_EVENTS, MANY_EVENTS = Scale(100_000, 10_000), Scale(2_000_000, 10_000)
FEW_ITEMS, MANY_ITEMS = Scale(2_000_000, 1_000), Scale(2_000_000, 100_000)
HOT = Scale(500_000, 10_000, hot=True)
BYTEWAX = find_spec("bytewax") is not None
FULL, LEDGER = "full beam", "ledger beam"
TWO_CORES = "full beam on two cores"
Plan = dict[Scale, tuple[str, ...]]
PLAN: Plan = {
    MAIN: (
        *("dict loop", "full loop", FULL, TWO_CORES, "full prism"),
        *("ledger loop", LEDGER, "ledger beam keyed", "ledger prism", "ledger bytewax", "ledger bytewax at the end"),
    ),
    FEW_EVENTS: ("dict loop", FULL, "ledger loop", LEDGER),
    MANY_ITEMS: ("dict loop", FULL, LEDGER),
    FEW_ITEMS: ("dict loop", FULL, TWO_CORES, LEDGER),
    MANY_EVENTS: ("dict loop", FULL, "ledger loop", LEDGER),
    HOT: ("dict loop", FULL, "ledger loop", LEDGER, "ledger bytewax"),
}
PROFILED = ((MAIN, FULL), (MAIN, LEDGER), (MAIN, "ledger beam keyed"))
PEAK_MEBIBYTES = 2_000_000_000 // 2**20

Results = dict[tuple[Scale, str], Measured]


class Target(NamedTuple):
    """One thing to reach, and what was found."""

    name: str
    found: float
    wanted: float
    bound: str  # "at least" or "at most"

    @property
    def reached(self) -> bool:
        return self.found <= self.wanted if self.bound == "at most" else self.found >= self.wanted


def targets(results: Results, share: float = 1) -> Iterator[Target]:
    """What the flow is to reach, as ratios of what this run measured; what it did not measure is left out."""

    def ratio(name: str, above: tuple[Scale, str], below: tuple[Scale, str], *bound: Any) -> Iterator[Target]:
        if above in results and below in results:
            costs = [results[one].processor_seconds / one[0].events for one in (above, below)]
            yield Target(name, costs[0] / costs[1], *bound)

    at_least, at_most = "at least", "at most"
    full, ledger, dicts = (MAIN, FULL), (MAIN, LEDGER), (MAIN, "dict loop")
    yield from ratio("ledger: speed as a share of the plain loop's", (MAIN, "ledger loop"), ledger, 0.4, at_least)
    yield from ratio("ledger: times the speed of Bytewax", (MAIN, "ledger bytewax"), ledger, 2, at_least)
    yield from ratio("full path: speed as a share of the loop over dicts'", dicts, full, 0.133, at_least)
    for scale in (MAIN, FEW_ITEMS):
        if (scale, TWO_CORES) in results and (scale, "dict loop") in results:
            sizes = _cut(scale, share)
            name = f"the same on two cores, {sizes.events:,} events, {sizes.items:,} items"
            found = results[scale, "dict loop"].seconds / results[scale, TWO_CORES].seconds
            yield Target(name, found, 0.133, at_least)
    for way in (LEDGER, FULL):
        many, few = (MANY_EVENTS, way), (FEW_EVENTS, way)
        sizes = [_cut(scale, share) for scale in (MANY_EVENTS, FEW_EVENTS, MANY_ITEMS, FEW_ITEMS)]
        name = f"{way}: cost per event, {sizes[0].events:,} to {sizes[1].events:,} events"
        yield from ratio(name, many, few, 1.3, at_most)
        many, few = (MANY_ITEMS, way), (FEW_ITEMS, way)
        name = f"{way}: cost per event, {sizes[2].items:,} to {sizes[3].items:,} items"
        yield from ratio(name, many, few, 1.3, at_most)
        if many in results:
            peak = results[many].peak_mebibytes
            yield Target(f"{way}: peak MiB at {sizes[2].items:,} items", peak, PEAK_MEBIBYTES, at_most)


def run(
    plan: Plan, share: float, prism: str, known: tuple[Results, Results] = ({}, {})
) -> Iterator[tuple[Results, Results]]:
    """Every way at every scale that is not known yet, printed as it comes; after each all that was measured so far."""
    results, profiles = dict(known[0]), dict(known[1])
    for scale, ways in plan.items():
        there = [way for way in ways if (prism or not way.endswith("prism")) and (BYTEWAX or "bytewax" not in way)]
        missing = [way for way in there if (scale, way) not in results]
        if not missing:
            continue
        with tempfile.TemporaryDirectory() as folder:
            sizes = _cut(scale, share)
            raw, events = Path(folder) / "raw", Path(folder) / "events"
            write_traffic(raw, sizes)
            write_events(raw, make_front(sizes.items), events)
            for way in missing:
                job = Job(way, str(raw), str(events), sizes.items, prism)
                results[scale, way] = in_own_process(job)
                print(_row(scale, sizes, way, results[scale, way]), flush=True)
                if (scale, way) in PROFILED:
                    profiles[scale, way] = in_own_process(job._replace(profiled=True))
                yield results, profiles


def _cut(scale: Scale, share: float) -> Scale:
    return Scale(int(scale.events * share), max(10, int(scale.items * share)), scale.hot)


def _row(scale: Scale, sizes: Scale, way: str, measured: Measured) -> str:
    each = 1e6 / sizes.events
    return (
        f"{way:<26}{sizes.events:>10,}{sizes.items:>9,} {'hot' if scale.hot else '':<4}"
        f"{measured.processor_seconds * each:>9.1f}{measured.seconds * each:>9.1f}"
        f"{sizes.events / measured.seconds:>10,.0f}{measured.peak_mebibytes:>8,}"
    )


def _limits(profiles: Results) -> Iterator[str]:
    for (_, way), measured in profiles.items():
        yield f"\n{way}: where its time goes"
        yield "  " + ", ".join(f"{part} {share:.0%}" for part, share in measured.parts if share >= 0.01)
        yield "  " + ", ".join(f"{function} {share:.0%}" for function, share in measured.functions)


def _document(results: Results, profiles: Results, share: float) -> dict[str, object]:
    return {
        "share_of_sizes": share,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "beam": version("apache-beam"),
        "bytewax": version("bytewax") if BYTEWAX else None,
        "rows": [
            {**_cut(scale, share)._asdict(), "way": way, **_figures(_cut(scale, share), measured)}
            for (scale, way), measured in results.items()
        ],
        "targets": [
            {**one._asdict(), "found": round(one.found, 3), "reached": one.reached} for one in targets(results, share)
        ],
        "profiles": {
            way: {"parts": dict(_rounded(one.parts)), "functions": dict(_rounded(one.functions))}
            for (_, way), one in profiles.items()
        },
    }


def _known(path: Path, share: float) -> tuple[Results, Results]:
    """What an earlier run with the same sizes has kept."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("share_of_sizes") != share:
        return {}, {}
    rows = {(row["events"], row["items"], row["hot"], row["way"]): row for row in kept["rows"]}
    results: Results = {}
    for scale, ways in PLAN.items():
        sizes = _cut(scale, share)
        found = {way: rows[(*sizes, way)] for way in ways if (*sizes, way) in rows}
        results |= {(scale, way): _measured(row) for way, row in found.items()}
    shares = {
        way: [list(one[what].items()) for what in ("parts", "functions")] for way, one in kept["profiles"].items()
    }
    profiles = {
        (scale, way): results[scale, way]._replace(parts=shares[way][0], functions=shares[way][1])
        for scale, way in PROFILED
        if way in shares and (scale, way) in results
    }
    return results, profiles


def _measured(row: dict[str, Any]) -> Measured:
    seconds, worked = (row[f"{what}_microseconds_per_event"] for what in ("elapsed", "processor"))
    return Measured(seconds * row["events"] / 1e6, worked * row["events"] / 1e6, row["peak_mebibytes"], [], [])


def _figures(scale: Scale, measured: Measured) -> dict[str, float]:
    return {
        "processor_microseconds_per_event": round(measured.processor_seconds / scale.events * 1e6, 2),
        "elapsed_microseconds_per_event": round(measured.seconds / scale.events * 1e6, 2),
        "peak_mebibytes": measured.peak_mebibytes,
    }


def _rounded(shares: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    return ((name, round(share, 3)) for name, share in shares)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every target is reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1, help="of every size")
    parser.add_argument("--result", type=Path, help=f"where to keep it (default: {RESULT.name}, of whole sizes)")
    parser.add_argument("--resume", action="store_true", help="measure only what the result has not yet")
    parser.add_argument("--prism", default=os.environ.get("PRISM") or shutil.which("prism") or "", help="its binary")
    given = parser.parse_args(arguments)
    print(f"{'':<26}{'events':>10}{'items':>9} {'':<4}{'us/event':>9}{'elapsed':>9}{'events/s':>10}{'MiB':>8}")
    result: Path | None = given.result or (RESULT if given.share == 1 else None)
    known = _known(result, given.share) if given.resume and result is not None else ({}, {})
    results, profiles = known
    for results, profiles in run(PLAN, given.share, given.prism, known):
        if result is not None:
            result.parent.mkdir(exist_ok=True)
            result.write_text(json.dumps(_document(results, profiles, given.share), indent=1) + "\n")
    print(*_limits(profiles), sep="\n")
    found = list(targets(results, given.share))
    print()
    for one in found:
        mark = "reached" if one.reached else "FALLS SHORT"
        print(f"{one.name:<58}{one.found:>10,.2f}  {one.bound:<8} {one.wanted:<7,} {mark}")
    return 0 if all(one.reached for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
