"""Crash job: packed events from a subscription in, the ledger's views in SQLite out; what the crash suite breaks.

It is the keyed heart of the inventory pipeline without its front, so that a run is about state, leases and views.
`--crash_code 2` is the same pipeline, label by label, with another body in one step, to resume a savepoint with.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.proof_traffic import NOW, POLICY, make_master
from schemas.encoding import unpack
from schemas.records import StockEvent
from transforms.arrival.pubsub_source import ReadMessagesFromPubSub
from transforms.ledger.grouping import FEW_SHARDS
from transforms.ledger.keeping import KeepLedger
from transforms.publication.sqlite_views import WriteSqliteViews


def events_of(message: Any) -> Iterator[StockEvent]:
    """The events in one message, as the first version of the job reads them."""
    for packed in unpack(message.data):
        yield StockEvent.from_row(unpack(packed))


def events_of_again(message: Any) -> list[StockEvent]:
    """The same, written anew."""
    return [StockEvent.from_row(unpack(packed)) for packed in unpack(message.data)]


def build(pipeline: Any, given: Any) -> None:
    """Wire the job."""
    made = events_of if given.crash_code == 1 else events_of_again
    ledger = (
        pipeline
        | "Read" >> ReadMessagesFromPubSub(given.crash_subscription)
        | "Events" >> beam.FlatMap(made).with_output_types(StockEvent)
        | "KeepLedger" >> KeepLedger(make_master(given.crash_items), POLICY, NOW, FEW_SHARDS, tells_when_kept=True)
    )
    _ = ledger.records | "Views" >> WriteSqliteViews(given.crash_database, "crashes")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until it is cancelled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash_job", description=__doc__.partition("\n")[0])
    parser.add_argument("--crash_subscription")
    parser.add_argument("--crash_database")
    parser.add_argument("--crash_items", type=int, default=40)
    parser.add_argument("--crash_code", type=int, default=1)
    given, beams = parser.parse_known_args(arguments)
    pipeline = beam.Pipeline(options=PipelineOptions(beams, streaming=True))
    build(pipeline, given)
    pipeline.run().wait_until_finish()


if __name__ == "__main__":
    from benchmarks import crash_job  # by its importable name: workers have another `__main__`

    crash_job.main()
