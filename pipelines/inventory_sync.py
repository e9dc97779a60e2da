"""Inventory sync: raw messages of every source in; positions, availability, channel updates and what needs a hand out.

    python -m pipelines.inventory_sync --input_folder examples/company/day

Everything that can be wrong with options, mappings, master data, policy or database is said before anything starts,
with file and line, and ends with exit code 2. Beam's own options are passed through.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.options import OptionsError, Settings, help_text, refuse_unknown, settings_of
from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError
from transforms.arrival.envelopes import ReadEnvelopesFromFiles, ReadEnvelopesFromPubSub
from transforms.canonical.canonical_rules import Front
from transforms.canonical.canonicalising import CanonicaliseMessages
from transforms.canonical.mapping_rules import load_mappings
from transforms.ledger.keeping import KeepLedger
from transforms.publication.counts import CountOutcomes
from transforms.publication.newest_rows import NewestRows
from transforms.publication.record_files import WriteRecordFiles
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.tallies import TallyElements
from transforms.publication.topics import PublishRecords
from transforms.publication.view_database import ViewsError, create_views, open_to_write, write_batches
from transforms.publication.view_tables import Run

EXIT_OK, EXIT_CONFIGURATION = 0, 2


class Config(NamedTuple):
    """A checked configuration: a pipeline built from it fails for nothing that people wrote."""

    settings: Settings
    front: Front
    run_id: str


def load_config(settings: Settings, run_id: str) -> Config:
    """Read and check every file that people maintain; `SpecError` names file and line."""
    master = load_master_data(settings.master_data)
    policy = load_policy(settings.policy, master)
    return Config(settings, Front(load_mappings(settings.mappings), master, policy), run_id)


def build_pipeline(pipeline: Any, config: Config) -> None:
    """Wire the flow; nothing is decided here."""
    settings, front = config.settings, config.front
    arrived = pipeline | "ReadEnvelopes" >> _read(config)
    canonical = arrived.envelopes | "TallyMessages" >> TallyElements("messages") | CanonicaliseMessages(front)
    ledger = canonical.events | "KeepLedger" >> KeepLedger(front.master, front.policy, settings.as_of)
    refused = (arrived.rejections, canonical.rejections)
    records = (ledger.records, *refused) | "AllRecords" >> beam.Flatten()
    counts = (arrived.counts, canonical.counts, ledger.counts) | "AllCounts" >> beam.Flatten()
    summed = counts | "CountOutcomes" >> CountOutcomes()
    views = (records, summed) | "AllViews" >> beam.Flatten()
    _ = views | "WriteSqliteViews" >> WriteSqliteViews(settings.database, config.run_id)
    if settings.records_folder is not None:
        _ = views | "WriteRecordFiles" >> WriteRecordFiles(str(settings.records_folder), settings.records_format)
    if settings.topics:
        _ = records | "PublishRecords" >> PublishRecords(settings.topics, config.run_id)


def _read(config: Config) -> Any:
    settings = config.settings
    formats = {source: mapping.format for source, mapping in config.front.mappings.items()}
    if settings.input_folder is not None:
        return ReadEnvelopesFromFiles(str(settings.input_folder), formats)
    return ReadEnvelopesFromPubSub(formats, subscription=settings.input_subscription)


def execute(options: PipelineOptions, config: Config) -> None:
    """Run the flow to its end, or until it is cancelled, and note the run beside the views."""
    started_at = datetime.now(UTC)
    pipeline = beam.Pipeline(options=options)
    build_pipeline(pipeline, config)
    pipeline.run().wait_until_finish()
    note_run(config, started_at)


def note_run(config: Config, started_at: datetime) -> None:
    """Write what was run, by which rules, to the view `run`."""
    settings, front = config.settings, config.front
    rows = NewestRows(config.run_id)
    rows.add(
        Run(
            run_id=config.run_id,
            started_at=started_at,
            finished_at=datetime.now(UTC),
            input=settings.input,
            policy_version=front.policy.version,
            master_version=front.master.version,
            options=json.dumps({name: str(value) for name, value in settings._asdict().items()}),
        )
    )
    with closing(open_to_write(settings.database)) as connection:
        write_batches(connection, rows.batches())


def run(argv: Sequence[str] | None = None) -> int:
    """Check, run, and say what came of it; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if {"-h", "--help"} & set(arguments):
        print(help_text())
        return EXIT_OK
    options = PipelineOptions(arguments)
    try:
        refuse_unknown(arguments)
        settings = settings_of(options)
        config = load_config(settings, datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"))
        create_views(settings.database)
    except (OptionsError, SpecError, ViewsError) as error:
        print(f"sellable: nothing was started:\n{error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    options.view_as(StandardOptions).streaming = settings.input_folder is None
    execute(options, config)
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(run())
