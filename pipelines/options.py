"""Options: the flags of the inventory pipeline in, one checked set of paths and choices out.

The flags stand beside Beam's own. Nothing is `required`, which in Beam would break every other pipeline of the process;
`settings_of` says what is missing or does not go together instead.
"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.change_feed import add_change_feed, feed_problem
from pipelines.flag_groups import TAKE_CHECKPOINTS, add_handoff, add_shards, add_telling, shards_of, takes_checkpoints
from pipelines.more_views import MoreViews, add_more_views, more_views_of
from transforms.publication.databases import Database, ViewsError, database_of

EXAMPLE = Path("examples/company")
MAPPINGS = Path("schemas/mappings")
OUTBOUND = Path("schemas/outbound")
DRAIN_SECONDS = 120.0
DATABASE = Path("out/sellable.db")
REFRESH_SECONDS = 30.0  # between two looks at master data and policy while a stream runs
REFRESH_SECONDS_MAX = 86_400.0

# Who reads Pub/Sub: these runners have Beam's own source, and DirectRunner has no other that works.
BEAM_READS = ("DirectRunner", "BundleBasedDirectRunner", "DataflowRunner", "TestDataflowRunner")

READERS = 2
READERS_MAX = 64

TOPICS = (
    "availability",
    "channel_update",
    "stock_signal",
    "promise",
    "position",
    "alert",
    "dead_letter",
    "discrepancy",
    "decision",
    "preemption",
)


class OptionsError(ValueError):
    """Options that cannot be run with: which, what was given, what was expected."""


class InventoryOptions(PipelineOptions):
    """What the inventory pipeline reads, by which rules, and where it writes."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        source = parser.add_argument_group("input, one of")
        source.add_argument("--input_folder", help="raw messages: a folder for each source, files below it")
        source.add_argument("--input_subscription", help="projects/P/subscriptions/S: Pub/Sub, source in an attribute")
        source.add_argument(
            "--pubsub_source",
            default="auto",
            choices=("auto", "beam", "own"),
            help="Beam's own source, ours, or (auto) Beam's where the runner has it",
        )
        source.add_argument("--pubsub_readers", type=int, default=READERS, help="of our source (default: %(default)s)")
        rules = parser.add_argument_group("rules")
        rules.add_argument("--mappings", default=str(MAPPINGS), help="a folder for each source (default: %(default)s)")
        rules.add_argument("--master_data", default=str(EXAMPLE / "master"), help="folder of tables")
        rules.add_argument("--policy", default=str(EXAMPLE / "policy.yaml"), help="policy file")
        rules.add_argument(
            "--refresh_seconds",
            type=float,
            default=REFRESH_SECONDS,
            help="of a stream: how soon new master data and policy are in force; 0: never (default: %(default)s)",
        )
        add_change_feed(rules)
        rules.add_argument("--as_of", help="ISO time that counts as now: holds expire by it (default: the clock)")
        views = parser.add_argument_group("output")
        views.add_argument(
            "--database",
            default=str(DATABASE),
            help="views: a SQLite file, or postgresql://USER@HOST/NAME (default: %(default)s)",
        )
        views.add_argument("--records_folder", help="the same rows as files, a folder for each view")
        views.add_argument("--records_format", default="jsonl", choices=("jsonl", "avro"), help="of those files")
        views.add_argument("--acknowledgments_folder", help="answers to received EDI, 997 and CONTRL")
        for name in TOPICS:
            views.add_argument(f"--{name}_topic", help=f"projects/P/topics/T: rows of {name} as messages")
        _add_rebuild(views)
        add_telling(views)
        _add_partners(parser)
        add_handoff(parser)
        add_shards(parser)
        parser.add_argument("--quiet", action="store_true", help="no progress and no summary")


def _add_rebuild(views: Any) -> None:
    add_more_views(views)
    said = "of files: nothing of earlier runs stays; the views are replaced in one step at a good end"
    views.add_argument("--rebuild", action="store_true", help=said)


def _add_partners(parser: ArgumentParser) -> None:
    out = parser.add_argument_group("partners")
    out.add_argument("--partners", help="partners.yaml: who is told what (default: nobody is told anything)")
    out.add_argument("--outbound", default=str(OUTBOUND), help="their mappings (default: %(default)s)")
    out.add_argument("--send_seconds_max", type=float, default=DRAIN_SECONDS, help="after the end of input")


class Settings(NamedTuple):
    """What a run was asked to do."""

    input_folder: Path | None
    input_subscription: str
    pubsub_readers: int  # of our own source; 0: Beam's own source reads
    mappings: Path
    master_data: str  # these two on any file system that Beam reads
    policy: str
    refresh_seconds: float  # 0: master data and policy stay as they are at the start
    books_from: str
    books_to: str
    ledger_shards: int
    tells_when_kept: bool  # decisions wait until a checkpoint holds them
    database: Database
    records_folder: Path | None
    records_format: Literal["jsonl", "avro"]
    topics: dict[str, str]
    as_of: datetime | None  # the moment that counts as now; None: the clock on the wall
    quiet: bool
    partners: Path | None = None
    outbound: Path = OUTBOUND
    send_seconds_max: float = DRAIN_SECONDS
    acknowledgments_folder: str = ""  # on any file system that Beam writes
    more_views: MoreViews = MoreViews()  # beside the database
    rebuild: bool = False  # the views are made anew and replaced at the end
    changes_subscription: str = ""  # of master data, while a stream runs

    @property
    def input(self) -> str:
        """What is read, for people."""
        return str(self.input_folder) if self.input_folder else self.input_subscription


def settings_of(options: PipelineOptions) -> Settings:
    """The settings of a run; `OptionsError` says which option is missing or wrong."""
    given = options.view_as(InventoryOptions)
    if bool(given.input_folder) == bool(given.input_subscription):
        both = "both" if given.input_folder else "neither"
        raise OptionsError(f"{both} of --input_folder and --input_subscription given, expected one of them")
    folder = Path(given.input_folder) if given.input_folder else None
    if folder is not None and not folder.is_dir():
        raise OptionsError(f"--input_folder {folder}: no such folder, expected one with a folder for each source")
    return Settings(
        input_folder=folder,
        input_subscription=given.input_subscription or "",
        pubsub_readers=_readers(given, options.view_as(StandardOptions).runner),
        mappings=Path(given.mappings),
        master_data=given.master_data,
        policy=given.policy,
        refresh_seconds=_refresh_seconds(given.refresh_seconds, streaming=folder is None),
        books_from=given.books_from,
        books_to=given.books_to,
        ledger_shards=shards_of(given.ledger_shards, options.view_as(StandardOptions).runner),
        tells_when_kept=_tells_when_kept(given.decisions_told, options.view_as(StandardOptions).runner),
        database=_database(given.database),
        records_folder=Path(given.records_folder) if given.records_folder else None,
        records_format=given.records_format,
        topics={name: topic for name in TOPICS if (topic := _topic(given, name))},
        as_of=_as_of(given.as_of, streaming=folder is None),
        quiet=given.quiet,
        partners=Path(given.partners) if given.partners else None,
        outbound=Path(given.outbound),
        send_seconds_max=given.send_seconds_max,
        acknowledgments_folder=given.acknowledgments_folder or "",
        more_views=more_views_of(given),
        rebuild=_rebuild(given),
        changes_subscription=_changes_subscription(given),
    )


def _database(text: str) -> Database:
    try:
        return database_of(text)
    except ViewsError as error:
        raise OptionsError(f"--database {error}") from None


def _rebuild(given: Any) -> bool:
    if given.rebuild and not given.input_folder:
        raise OptionsError("--rebuild without --input_folder: a stream has no end at which views could be replaced")
    return bool(given.rebuild)


def _changes_subscription(given: Any) -> str:
    subscription: str = given.changes_subscription
    if problem := feed_problem(subscription, given.refresh_seconds, streaming=not given.input_folder):
        raise OptionsError(problem)
    return subscription


def _topic(given: Any, name: str) -> str:
    topic: str = getattr(given, f"{name}_topic") or ""
    if topic and not (topic.startswith("projects/") and "/topics/" in topic):
        raise OptionsError(f"--{name}_topic {topic!r}, expected projects/PROJECT/topics/TOPIC")
    return topic


def _refresh_seconds(given: float, *, streaming: bool) -> float:
    if not 0 <= given <= REFRESH_SECONDS_MAX:
        raise OptionsError(f"--refresh_seconds {given}, expected 0 to {REFRESH_SECONDS_MAX}")
    return given if streaming else 0.0


def _readers(given: Any, runner: str | None) -> int:
    if not 1 <= given.pubsub_readers <= READERS_MAX:
        raise OptionsError(f"--pubsub_readers {given.pubsub_readers}, expected 1 to {READERS_MAX}")
    source = given.pubsub_source
    if source == "auto":
        source = "beam" if (runner or "DirectRunner") in BEAM_READS else "own"
    return 0 if source == "beam" else given.pubsub_readers


def _tells_when_kept(told: str, runner: str | None) -> bool:
    if told == "when_kept" and not takes_checkpoints(runner):
        runners = " or ".join(TAKE_CHECKPOINTS)
        raise OptionsError(f"--decisions_told when_kept on {runner or 'DirectRunner'}, expected {runners}")
    return takes_checkpoints(runner) and told != "at_once"


def _as_of(text: str | None, *, streaming: bool) -> datetime | None:
    if not text:
        return None if streaming else datetime.now(UTC)
    return moment_of("--as_of", text)


def moment_of(name: str, text: str) -> datetime:
    """The moment that a text names; `OptionsError` names the option that it came from."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OptionsError(f"{name} {text!r}, expected an ISO time such as 2026-03-03T06:00:00Z") from None
    if moment.tzinfo is None:
        raise OptionsError(f"{name} {text!r} has no zone, expected one such as 2026-03-03T06:00:00Z")
    return moment.astimezone(UTC)
