"""Re-verify: 10,000 SKUs read back from a throttled partner within its quota, and what drifted mended.

    python -m benchmarks.reverify                    10,000 SKUs, 20 and 1 in a call
    python -m benchmarks.reverify --skus 500         a quick one

The partner is the fake one in the shape and with the quotas of Amazon's Selling Partner API: 5 reads a second with a
burst of 5, one feed every 120 seconds with a burst of 15, 60 seconds until a feed is processed. The calls are real
HTTP; the time is the partner's own clock, which jumps to when there is next something to do, so that an hour passes in
seconds. Meanwhile the partner forgets 1 % of what it accepts. Exit code 1 where a figure is wrong at the end, the quota
was exceeded, or it took an hour or more.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from tests.partners import VirtualClock, figure, quotas, terms, way
from transforms.sending.outbox_rules import Outbox

READS, FEEDS = (5, 1.0, 5), (1, 120.0, 15)
PROCESSING_SECONDS = 60.0
DRIFTED_RATE, FORGET_RATE = 0.03, 0.01
VERIFY_SECONDS = 86_400.0
BATCH_SIZE = 10_000  # of a feed
HOUR_SECONDS = 3_600.0


class Verified(NamedTuple):
    """What a round of verification did."""

    read_size: int
    seconds: float  # by the partner's clock, until every figure was read and right
    read_seconds: float  # until the last figure was read for the first time
    reads: int
    feeds: int
    drifted: int
    wrong: int
    exceeded: int
    elapsed_seconds: float  # on this machine


def verify(skus: int, read_size: int, seed: int) -> Verified:
    """Tell a catalogue, let it drift, and let the outbox find and mend it."""
    began, clock, rng = time.perf_counter(), VirtualClock(), random.Random(seed)
    limits = {"send": FEEDS, "poll": (2, 1.0, 15), "read": READS}
    behaviour = Behaviour(shape="amazon", quotas=limits, processing_seconds=PROCESSING_SECONDS, seed=seed)
    with FakePartners({"marketplace": behaviour}, clock) as served:
        partner = served["marketplace"]
        its = terms(
            mapping="marketplace",
            url=f"{served.url}/marketplace",
            quotas=quotas(FEEDS, poll=limits["poll"], read=READS),
            batch_size_max=BATCH_SIZE,
            read_size_max=read_size,
            poll_seconds=30,
            verify_seconds=VERIFY_SECONDS,
        )
        box, channel = Outbox("marketplace", its), way("marketplace", its)
        figures = {f"SKU-{number:05}": rng.randrange(50) for number in range(skus)}
        box.offer([figure(sku, quantity, 1) for sku, quantity in figures.items()], clock.at)
        run(box, channel, clock, lambda: box.is_settled)
        drifted = [sku for sku in figures if rng.random() < DRIFTED_RATE]
        partner.shop.figures |= {sku: figures[sku] + 1 for sku in drifted}
        behaviour.forget_rate = FORGET_RATE
        clock.at += VERIFY_SECONDS  # every figure was read back once when it was new; now the whole catalogue is due
        started, calls_before = clock.at, len(partner.seen)
        first_read = {"at": started}

        def is_done() -> bool:
            if first_read["at"] == started and all(at > started for at in box.verify_at.values()):
                first_read["at"] = clock.at
            return first_read["at"] > started and box.is_settled

        run(box, channel, clock, is_done)
        phases = [seen.phase for seen in partner.seen[calls_before:]]
        wrong = sum(partner.shop.figures.get(sku) != quantity for sku, quantity in figures.items())
        return Verified(
            read_size,
            clock.at - started,
            first_read["at"] - started,
            phases.count("read"),
            phases.count("send"),
            len(drifted),
            wrong,
            partner.gate.exceeded,
            time.perf_counter() - began,
        )


def run(box: Outbox, channel: object, clock: VirtualClock, is_done: object) -> None:
    """Make every call when it is due, until it is done."""
    while True:
        call = box.next_call(clock.at)
        if call is not None:
            box.answered(channel.make(call, clock.at), clock.at)
            continue
        if is_done():
            return
        clock.at = max(clock.at + 1e-6, box.due_at() or clock.at)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify with both sizes of call and print what it took."""
    parser = argparse.ArgumentParser(description="Read a catalogue back from a throttled partner within its quota.")
    parser.add_argument("--skus", type=int, default=10_000)
    parser.add_argument("--read_sizes", type=int, nargs="+", default=[20, 1], help="SKUs in a call (default: 20 1)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    is_right = True
    for read_size in given.read_sizes:
        found = verify(given.skus, read_size, given.seed)
        print(
            f"{given.skus:,} SKUs, {read_size} in a call: all read in {found.read_seconds / 60:.1f} min, "
            f"{found.drifted:,} that had drifted mended after {found.seconds / 60:.1f} min, by the partner's clock\n"
            f"    {found.reads:,} reads at 5/s, {found.feeds:,} feeds at 1 every 120 s; quota exceeded "
            f"{found.exceeded} times, {found.wrong} figures wrong at the end; {found.elapsed_seconds:.0f} s here"
        )
        is_right = is_right and not found.wrong and not found.exceeded and found.seconds < HOUR_SECONDS
    print("inside the quota and the hour" if is_right else "NOT inside the quota and the hour")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
