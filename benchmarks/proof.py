"""Proof: a million deliveries through the keyed stage while it fails, and its books against an independent oracle.

    python -m benchmarks.proof                     a million deliveries
    python -m benchmarks.proof --events 20000      a quick one

Nothing may be lost or counted twice, nothing may be granted that was not there, and every request has one answer.
Exit code 1 and the first difference where something does not hold.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.proof_audit import Audit, Deliveries, audit
from benchmarks.proof_host import WORKERS, Host
from benchmarks.proof_traffic import NOW, POLICY, make_master, make_traffic
from transforms.ledger.grouping import SHARDS

ITEM_EVENTS = 400  # deliveries for each item, about
ITEMS_MIN, ITEMS_MAX = 40, 4_000
HOW = ("posted", "compared", "duplicate", "dead_letter")


class Proof(NamedTuple):
    """What was done and what came of it."""

    host: Host
    audit: Audit
    seconds: float
    processor_seconds: float  # less where other programs had the processor
    audit_seconds: float
    stage_peak_bytes: int  # before the oracle starts
    peak_bytes: int  # of all of it


def prove(events: int, seed: int, failures: float, bundle: int) -> Proof:
    """Run the deliveries and audit the books."""
    items = min(ITEMS_MAX, max(ITEMS_MIN, events // ITEM_EVENTS)) // 4 * 4
    master = make_master(items)
    host, deliveries = Host(master, POLICY, seed, failures), Deliveries()
    started, worked = time.perf_counter(), time.process_time()
    host.run(deliveries.noted(make_traffic(seed, events, items)), arriving=bundle * SHARDS)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    stage_peak_bytes = _peak_bytes()
    started = time.perf_counter()
    found = audit(deliveries, host.seen, host.finish(NOW), master)
    return Proof(host, found, seconds, worked, time.perf_counter() - started, stage_peak_bytes, _peak_bytes())


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def problems(proof: Proof) -> Iterator[str]:
    """What does not hold, the most important first."""
    lost = proof.audit.delivered - sum(proof.host.seen.outcomes.values())
    if lost:
        yield f"lost: {lost} deliveries have no outcome"
    yield from (f"oversold: {one}" for one in proof.host.watch.oversold)
    for what, found in proof.audit.differences.items():
        yield from (f"{what}: {one}" for one in found)
    yield from (f"retries: {one}" for one in proof.host.differed)


def report(proof: Proof) -> Iterator[str]:
    """The proof as lines to read."""
    host, found = proof.host, proof.audit
    ended: Counter[str] = Counter()
    for (outcome, _), total in host.seen.outcomes.items():
        ended[outcome] += total
    yield _line("events in", found.delivered)
    for sign, outcome in zip("=+++", HOW, strict=True):
        yield _line(f"  {sign} {outcome.replace('_', ' ')}", ended[outcome])
    yield _line("lost", found.delivered - sum(ended.values()), "every delivery has exactly one outcome")
    differ = {what: len(them) for what, them in found.differences.items()}
    effects = differ["positions"] + differ["positions in state"]
    yield _line("double effects", effects, f"{found.positions:,} positions equal the oracle's, published and in state")
    yield _line("claims that differ", differ["claims"], f"of {found.claims:,} orders and holds")
    others = differ["inbound"] + differ["oversell"] + differ["discrepancies"]
    yield _line("other figures that differ", others, "expected supply, shortages, discrepancies")
    yield _line("accounts out of balance", differ["accounts"], "receipts, stock, shipments and differences sum to zero")
    yield _line("outcomes that differ", differ["outcomes"], "posted, compared, repeated, refused")
    answers = Counter(one.outcome for one in host.seen.decisions)
    said = ", ".join(f"{answers[one]:,} {one.replace('_', ' ')}" for one in ("granted", "partly_granted", "refused"))
    yield _line("requests", found.requests, said)
    yield _line("without just one answer", differ["decisions"])
    yield _line(
        "oversold by a decision",
        len(host.watch.oversold),
        f"looked at {host.watch.looked:,} times, retries and replays included",
    )
    happened = host.happened
    where = (
        f"of {happened['bundles']:,} bundles and {happened['timers']:,} timers on {SHARDS} shards, {WORKERS} workers"
    )
    yield _line("failures injected", happened["failures"], where)
    yield _line("restarts", happened["restarts"], f"and {happened['handovers']:,} shards handed to another worker")
    yield _line("retries that said otherwise", len(host.differed))
    per_second = f"{found.delivered / proof.seconds:,.0f} events/s in one process, failures and retries included"
    yield f"{'elapsed':<28}{proof.seconds:>11,.1f} s  {per_second}"
    yield f"{'processor time':<28}{proof.processor_seconds:>11,.1f} s"
    yield f"{'audit':<28}{proof.audit_seconds:>11,.1f} s"
    stage = f"{proof.stage_peak_bytes / 2**20:,.0f} MiB before the audit"
    yield f"{'peak memory':<28}{proof.peak_bytes / 2**20:>11,.0f} MiB  {stage}"


def _line(name: str, total: int, note: str = "") -> str:
    return f"{name:<28}{total:>11,}  {note}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything holds, 1 and the first difference where something does not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof", description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="deliveries, repeats included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=float, default=0.02, help="share of attempts at a bundle that fail")
    parser.add_argument("--bundle", type=int, default=250, help="deliveries in a bundle of one shard, about")
    given = parser.parse_args(arguments)
    proof = prove(given.events, given.seed, given.failures, given.bundle)
    print(*report(proof), sep="\n")
    found = list(problems(proof))
    if found:
        print(f"\n{len(found)} problems; the first:\n{found[0]}")
        return 1
    print("\neverything holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
