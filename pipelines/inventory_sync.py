"""Inventory sync: raw messages of every source in; positions, availability, channel updates and what needs a hand out.

    python -m pipelines.inventory_sync --input_folder examples/company/day

Everything that can be wrong with options, mappings, master data, policy or database is said before anything starts,
with file and line, and ends with exit code 2; a run whose counts do not add up ends with 1. Beam's own options are
passed through.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.change_feed import keep_change_feed
from pipelines.known_flags import choose_runner, flags_of_runner, help_text, refuse_unknown
from pipelines.more_views import create_more_views, write_more_views
from pipelines.options import OptionsError, Settings, settings_of
from pipelines.progress import Progress
from pipelines.run_processes import process_of_run
from pipelines.run_report import read_report
from pipelines.summary import print_summary
from schemas.outbound_spec import OutboundSpec, load_sending
from schemas.partner_spec import Partners
from schemas.yaml_files import SpecError
from transforms.arrival.acknowledging import AcknowledgeInterchanges
from transforms.arrival.acknowledgment_files import WriteAcknowledgments
from transforms.arrival.change_feed import prepare_feed
from transforms.arrival.envelopes import ReadEnvelopesFromFiles, ReadEnvelopesFromPubSub
from transforms.canonical.canonical_rules import Front
from transforms.canonical.canonicalising import CanonicaliseMessages
from transforms.canonical.mapping_rules import load_mappings
from transforms.canonical.parking import ParkUnknown
from transforms.governed import LiveSource, Source
from transforms.governed_files import read_governed
from transforms.governed_rules import governed
from transforms.guard.feeds import WatchFeeds
from transforms.guard.snapshots import GuardSnapshots
from transforms.ledger.books_files import BooksError, Handoff, read_books
from transforms.ledger.keeping import KeepLedger
from transforms.publication.counts import CountOutcomes
from transforms.publication.databases import Database, ViewsError, create_views
from transforms.publication.postgres_views import WritePostgresViews
from transforms.publication.rebuilding import take_the_place_of, views_apart
from transforms.publication.runs import finish_run, start_run
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.tallies import TallyElements
from transforms.publication.view_tables import Run
from transforms.sending.sending import SendToPartners

EXIT_OK, EXIT_UNBALANCED, EXIT_CONFIGURATION = 0, 1, 2


class Config(NamedTuple):
    """A checked configuration: a pipeline built from it fails for nothing that people wrote."""

    settings: Settings
    front: Front
    run_id: str
    partners: Partners = MappingProxyType({})
    outbound: Mapping[str, OutboundSpec] = MappingProxyType({})


def load_config(settings: Settings, run_id: str) -> Config:
    """Read and check every file that people maintain; `SpecError` names file and line."""
    if settings.changes_subscription:
        prepare_feed(settings.master_data)
    master, policy, _ = read_governed(settings.master_data, settings.policy)
    config = Config(settings, Front(load_mappings(settings.mappings), master, policy), run_id)
    if settings.partners is None:
        return config
    partners, outbound = load_sending(settings.partners, settings.outbound)
    return config._replace(partners=partners, outbound=outbound)


def source_of(config: Config) -> Source | None:
    """Where a stream gets newer master data and policy from; None where they stay as they are."""
    settings, front = config.settings, config.front
    if not settings.refresh_seconds:
        return None
    first = governed(front.master, front.policy)
    return LiveSource(settings.master_data, settings.policy, first, settings.refresh_seconds)


def build_pipeline(pipeline: Any, config: Config) -> None:
    """Wire the flow; nothing is decided here."""
    settings, front, source = config.settings, config.front, source_of(config)
    arrived = pipeline | "ReadEnvelopes" >> _read(config)
    _answer(arrived.envelopes, config)
    canonical = arrived.envelopes | "TallyMessages" >> TallyElements("messages") | CanonicaliseMessages(front, source)
    keep = KeepLedger(
        front.master,
        front.policy,
        settings.as_of,
        settings.ledger_shards,
        source=source,
        tells_postings=bool(config.partners),
        tells_when_kept=settings.tells_when_kept,
        handoff=Handoff.between(settings.books_from, settings.books_to),
    )
    events, feeds, *waiting = _released(canonical, config, source)
    ledger = events | "KeepLedger" >> keep
    told = (feeds.records, *_told(ledger.records, config))
    records = (
        ledger.records,
        arrived.rejections,
        canonical.rejections,
        canonical.settlements,
        *told,
        *(one.records for one in waiting),
        *keep_change_feed(pipeline, settings),
    )
    counted = (arrived.counts, canonical.counts, ledger.counts, *(one.counts for one in waiting))
    counts = counted | "AllCounts" >> beam.Flatten()
    views = (*records, counts | "CountOutcomes" >> CountOutcomes())
    _ = views | _write(settings.database, config.run_id)
    write_more_views(views, records, settings, config.run_id)


def _answer(envelopes: Any, config: Config) -> None:
    """Received EDI is answered by files where a folder is named."""
    folder = config.settings.acknowledgments_folder
    if folder:
        options = {source: mapping.format_options for source, mapping in config.front.mappings.items()}
        answers = envelopes | "AcknowledgeInterchanges" >> AcknowledgeInterchanges(options)
        _ = answers | "WriteAcknowledgments" >> WriteAcknowledgments(folder)


def _told(records: Any, config: Config) -> tuple[Any, ...]:
    """How far what partners are told has come; nothing where no partner is named."""
    if not config.partners:
        return ()
    send = SendToPartners(config.partners, config.outbound, config.settings.send_seconds_max)
    return (records | "SendToPartners" >> send,)


def _released(canonical: Any, config: Config, source: Source | None) -> tuple[Any, ...]:
    """The events and when sources were heard, the watch over feeds, and where events waited: for master data, say.

    What waits for master data in a run that ends is left to a later run.
    """
    settings, front = config.settings, config.front
    guard = GuardSnapshots(front.master, front.policy, settings.as_of, source)
    waited = [canonical.snapshots | "GuardSnapshots" >> guard]
    if source is not None:
        waited.append(canonical.waiting | "ParkUnknown" >> ParkUnknown(source))
    watch = WatchFeeds(front.master, front.policy, settings.as_of, source)
    feeds = canonical.heard | "WatchFeeds" >> watch
    return (canonical.events, *(one.events for one in waited), feeds.heard), feeds, *waited


def _write(database: Database, run_id: str) -> Any:
    if isinstance(database, Path):
        return "WriteSqliteViews" >> WriteSqliteViews(database, run_id)
    return "WritePostgresViews" >> WritePostgresViews(database.url, run_id, database.schema)


def _read(config: Config) -> Any:
    settings = config.settings
    formats = {source: mapping.format for source, mapping in config.front.mappings.items()}
    if settings.input_folder is not None:
        return ReadEnvelopesFromFiles(str(settings.input_folder), formats)
    return ReadEnvelopesFromPubSub(formats, subscription=settings.input_subscription, readers=settings.pubsub_readers)


def execute(options: PipelineOptions, config: Config) -> bool:
    """Run the flow to its end, or until somebody stops it; returns whether its counts add up."""
    settings = config.settings
    if not settings.rebuild:
        _run_flow(options, config)
        return settings.quiet or print_summary(settings.database, config.run_id)
    with views_apart(settings.database) as apart:
        ended = _run_flow(options, config._replace(settings=settings._replace(database=apart)))
        is_good = ended and read_report(apart, config.run_id).is_balanced
        if is_good:
            take_the_place_of(apart, settings.database)
        settings.quiet or print_summary(settings.database if is_good else apart, config.run_id)
    told = "are those of this run" if is_good else "stay as they were"
    print(f"{settings.database}: its views {told}", file=sys.stderr)
    return is_good


def _run_flow(options: PipelineOptions, config: Config) -> bool:
    """Whether it came to its end: nobody stopped it."""
    settings = config.settings
    pipeline = beam.Pipeline(options=options)
    build_pipeline(pipeline, config)
    start_run(settings.database, _run_record(config, options.view_as(StandardOptions).runner))
    ended = True
    with nullcontext() if settings.quiet else Progress(settings.database):
        try:
            pipeline.run().wait_until_finish()
        except KeyboardInterrupt:
            ended = False
            print("stopped; the views hold what was done until then", file=sys.stderr)
    finish_run(settings.database, config.run_id, datetime.now(UTC), read_all=ended and bool(settings.input_folder))
    return ended


def _run_record(config: Config, runner: str | None) -> Run:
    settings, front, where = config.settings, config.front, process_of_run(runner)
    return Run(
        run_id=config.run_id,
        started_at=datetime.now(UTC),
        finished_at=None,
        input=settings.input,
        policy_version=front.policy.at(settings.as_of or datetime.now(UTC)).version,
        master_version=front.master.version,
        options=json.dumps({name: str(value) for name, value in settings._asdict().items() if value} | where),
    )


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
        if settings.books_from:
            read_books(Path(settings.books_from))  # what cannot be read is said now
        config = load_config(settings, datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"))
        create_views(settings.database)
        create_more_views(settings.more_views)
    except (OptionsError, SpecError, ViewsError, BooksError) as error:
        print(f"sellable: nothing was started:\n{error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    streaming = settings.input_folder is None
    added = flags_of_runner(options.view_as(StandardOptions).runner, arguments, streaming=streaming)
    options = PipelineOptions([*arguments, *added])
    choose_runner(options.view_as(StandardOptions), streaming=streaming)
    return EXIT_OK if execute(options, config) else EXIT_UNBALANCED


if __name__ == "__main__":
    sys.exit(run())
