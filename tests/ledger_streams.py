"""Ledger streams: events in, as a file or step by step, what the ledger said of them out."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.testing.test_stream import TestStream

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import AvailabilityRow, ClaimRow, InboundRow, OutcomeCount, PositionRow, PromiseRow, StockEvent
from tests import clocks
from tests.agreement import POLICY
from tests.days import Day
from tests.published import Published
from transforms.ledger.keeping import KeepLedger
from transforms.record_coders import RecordCoder

SHARDS = 3
TestStream.__test__ = False  # pytest takes it for a test by its name


def seen() -> Published:
    published = Published()
    published.take_records(clocks.SEEN)
    published.take_counts(one for one in clocks.SEEN if isinstance(one, OutcomeCount))
    return published


def watch(kept: Any) -> None:
    kept.records | "SeeRecords" >> beam.Map(clocks.see)
    kept.counts | "SeeCounts" >> beam.Map(clocks.see)


def in_order(day: Day) -> list[StockEvent]:
    """Without keys of several items: what a file never lets in, a stream may have to take out again."""
    items = defaultdict(set)
    for event in day.events:
        items[event.transaction_key].add(event.item)
    events = [event for event in day.events if len(items[event.transaction_key]) == 1]
    return sorted(events, key=lambda event: (event.occurred_at, event.received_at, event.transaction_key))


def bounded(events: Iterable[StockEvent], master: MasterData, policy: Policy, now: datetime) -> Published:
    clocks.SEEN.clear()
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        watch(pipeline | beam.Create(events) | KeepLedger(master, policy, now, SHARDS))
    return seen()


def streamed(steps: TestStream, ledger: beam.PTransform) -> Published:
    clocks.SEEN.clear()
    with beam.Pipeline(runner=BundleBasedDirectRunner(), options=PipelineOptions(streaming=True)) as pipeline:
        watch(pipeline | steps | ledger)
    return seen()


def stream() -> TestStream:
    return TestStream(coder=RecordCoder(StockEvent)).advance_watermark_to(0)


def standing(published: Published) -> dict[str, Any]:
    """What holds in the end, without how often and when it was told on the way; and what is held, told or not."""
    held = {key for key, one in published.rows[AvailabilityRow].items() if one.state == "held"}
    rows = (PositionRow, ClaimRow, InboundRow, AvailabilityRow)
    found: dict[str, Any] = {
        row.__name__: {key: one._replace(version=0) for key, one in published.rows[row].items()} for row in rows
    }
    return found | {
        "discrepancies": published.discrepancies(POLICY.limits.count_tolerance),
        "oversold": published.alerts("oversell"),
        "negative": published.alerts("negative_on_hand"),
        "told": {key: figure for key, figure in published.told().items() if key not in held},
        "promised": {
            key: one.promised_quantity for key, one in published.rows[PromiseRow].items() if key[:2] not in held
        },
        **ended(published),
    }


def ended(published: Published) -> dict[str, Any]:
    return {
        "outcomes": published.outcomes,
        "decisions": sorted(published.decisions),
        "rejections": sorted(published.rejections, key=str),
    }
