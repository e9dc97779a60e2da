"""Speed flows: the same rules hosted by Beam and by Bytewax."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.speed_loops import read_events
from benchmarks.speed_traffic import NOW
from pipelines.inventory_sync import Config, build_pipeline
from pipelines.options import settings_of
from schemas.encoding import pack, unpack
from schemas.records import StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.canonical.canonical_rules import Front
from transforms.kits.kit_rules import families
from transforms.ledger.grouping import shard_of
from transforms.ledger.keeping import KeepLedger
from transforms.ledger.shard_rules import Shard
from transforms.publication.view_database import create_views

BATCH = 1_000  # events that Bytewax's source gives at once

counted = 0  # records of a flow in this process


def beam_full(folder: Path, front: Front, database: Path, options: list[str]) -> int:
    """The main job: raw lines to SQLite."""
    create_views(database)
    flags = [f"--input_folder={folder}", f"--database={database}", f"--as_of={NOW.isoformat()}", "--quiet"]
    settings = settings_of(PipelineOptions(flags))
    pipeline = beam.Pipeline(options=PipelineOptions(options))
    build_pipeline(pipeline, Config(settings, front, "speed"))
    pipeline.run().wait_until_finish()
    return 0


def beam_ledger(path: Path, front: Front, options: list[str], *, keyed: bool = False) -> int:
    """The ledger alone: canonical events to records. `keyed`: as of a stream, by state, journal and token."""
    pipeline = beam.Pipeline(options=PipelineOptions(options))
    chunks = pipeline | "Path" >> beam.Create([str(path)]) | "Chunks" >> beam.FlatMap(_chunks) | beam.Reshuffle()
    events = chunks | "Events" >> beam.FlatMap(_events).with_output_types(StockEvent)
    events.is_bounded = not keyed
    kept = events | "KeepLedger" >> KeepLedger(front.master, front.policy, NOW)
    _ = kept.records | "Count" >> beam.ParDo(_CountFn())
    pipeline.run().wait_until_finish()
    return counted


def _chunks(path: str) -> Iterator[bytes]:
    with Path(path).open() as file:
        yield from map(bytes.fromhex, file)


def _events(chunk: bytes) -> Iterator[StockEvent]:
    return map(StockEvent.from_row, unpack(chunk))


class _CountFn(beam.DoFn):
    def process(self, _record: Any) -> None:
        global counted  # noqa: PLW0603 - the flow and whoever started it are one process
        counted += 1


def bytewax_ledger(path: Path, front: Front, *, at_the_end: bool = False) -> int:
    """The ledger alone as a Bytewax flow: each batch folded as it comes, or all of a shard when the input has ended."""
    from bytewax import operators  # noqa: PLC0415 - an extra, for this comparison only
    from bytewax.dataflow import Dataflow  # noqa: PLC0415
    from bytewax.operators import StatefulBatchLogic  # noqa: PLC0415
    from bytewax.testing import TestingSink, TestingSource, run_main  # noqa: PLC0415

    family_of = families(front.master.boms)

    class Fold(StatefulBatchLogic[bytes, Any, None]):
        def __init__(self) -> None:
            self.shard = Shard(front.master, front.policy)
            self.waiting: list[bytes] = []

        def on_batch(self, values: list[bytes]) -> tuple[Iterable[Any], bool]:
            if at_the_end:
                self.waiting += values
                return (), False
            return self.shard.fold(values, NOW).records, False

        def on_eof(self) -> tuple[Iterable[Any], bool]:
            return (self.shard.fold(self.waiting, NOW).records if self.waiting else ()), True

        def on_notify(self) -> tuple[Iterable[Any], bool]:
            return (), False

        def notify_at(self) -> datetime | None:
            return None

        def snapshot(self) -> None:
            return None

    out: list[Any] = []
    flow = Dataflow("ledger")
    events = operators.input("events", flow, TestingSource(read_events(path), batch_size=BATCH))
    keyed = operators.map("key", events, lambda event: (str(shard_of(event.item, family_of)), pack(event)))
    records = operators.stateful_batch("fold", keyed, lambda _state: Fold())
    operators.output("out", records, TestingSink(out))
    run_main(flow)
    return len(out)
