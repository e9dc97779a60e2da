"""Repair commands: `sellable replay` and `sellable reconcile`, as they are typed, in, an exit code out."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pipelines.command_defaults import (
    DATABASE,
    EXIT_NO,
    EXIT_NOT_DONE,
    EXIT_OK,
    MAPPINGS,
    MASTER_DATA,
    OUTBOUND,
    POLICY,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.records import Envelope
    from transforms.canonical.canonical_rules import Front
    from transforms.publication.databases import Database


@Parameter(name="*")
@dataclass(frozen=True)
class Which:
    """Which refused messages."""

    source: Annotated[str, Parameter(help="Only messages of this source.")] = ""
    reason: Annotated[str, Parameter(help="Only what was refused for this reason.")] = ""
    item: Annotated[str, Parameter(help="Only messages of which something passes now that is of this item.")] = ""
    since: Annotated[datetime | None, Parameter(help="Only those received then or later.")] = None
    until: Annotated[datetime | None, Parameter(help="Only those received before.")] = None
    parked: Annotated[bool, Parameter(help="What is parked too, and not dead letters alone.")] = False
    archive: Annotated[Path | None, Parameter(help="Raw messages, for those that views do not keep.")] = None


@Parameter(name="*")
@dataclass(frozen=True)
class By:
    """The views, and the rules of today."""

    database: Annotated[str, Parameter(help="The views that a run wrote: SQLite, or postgresql://USER@HOST/NAME.")] = (
        str(DATABASE)
    )
    mappings: Annotated[Path | None, Parameter(help="A folder of mappings; by default that of the last run.")] = None
    master_data: Annotated[str | None, Parameter(name=("--master_data", "--master"), help="As mappings.")] = None
    policy: Annotated[str | None, Parameter(help="As mappings.")] = None


@Parameter(name="*")
@dataclass(frozen=True)
class Out:
    """What partners were not told."""

    deliveries: Annotated[bool, Parameter(help="Dead letters of sending: partners are told what is newest.")] = False
    send: Annotated[bool, Parameter(help="Of those: tell them; without it they are only shown.")] = False
    partner: Annotated[str, Parameter(help="Of those: only this partner.")] = ""
    over: Annotated[str, Parameter(help="Of those: the last run, if it was killed and is known to be gone.")] = ""
    send_seconds_max: Annotated[float, Parameter(help="Of those: how long partners are tried.")] = 120.0


ANY, LAST, IN = Which(), By(), Out()


def replay(
    *,
    which: Which = ANY,
    to: Path | None = None,
    topic: str | None = None,
    limit: int = 50,
    out: Out = IN,
    by: By = LAST,
) -> int:
    """Send messages again that were refused and could be used now; without --to or --topic, show what would move.

    Parameters
    ----------
    to
        The input folder of the pipeline, to write the messages to.
    topic
        The Pub/Sub topic of the pipeline, projects/P/topics/T, to publish the messages to.
    limit
        How many figures to show.
    """
    from pipelines.replaying import Wanted, close_rejections, prepare, sent_again, shown
    from pipelines.terminal_text import new_console

    if to is not None and topic is not None:
        return _both()
    database = _named(by.database)
    if out.deliveries:
        return _redeliver(which, out, by)
    front = _front_or_none(by)
    if front is None:
        return EXIT_NOT_DONE
    views = ("dead_letter", "parked") if which.parked else ("dead_letter",)
    now = datetime.now(UTC)
    wanted = Wanted(which.source, which.reason, which.item, _in_utc(which.since), _in_utc(which.until), views)
    found = prepare(database, front, wanted, which.archive, now)
    if found.plan.messages and (to is not None or topic is not None):
        _send(sent_again(found.plan.messages, now), to, topic)
        close_rejections(database, found.plan.messages, now)
    new_console().print(shown(found, limit, str(to or topic or "")))
    return EXIT_OK


def reconcile(
    *,
    believe: str = "",
    item: str = "",
    location: str = "",
    to: Path | None = None,
    topic: str | None = None,
    limit: int = 50,
    database: str = str(DATABASE),
) -> int:
    """Show where what sources report differs from the books, and correct the books; without --to or --topic, show only.

    Parameters
    ----------
    believe
        The source whose newest reports are right; its word becomes counts.
    item
        Only this item.
    location
        Only this location.
    to
        The input folder of the pipeline, to write the corrections to.
    topic
        The Pub/Sub topic of the pipeline, projects/P/topics/T, to publish the corrections to.
    limit
        How many rows to show.
    database
        The views that a run wrote: a SQLite file, or postgresql://USER@HOST/NAME.
    """
    from pipelines import reconciling
    from pipelines.terminal_text import new_console

    if to is not None and topic is not None:
        return _both()
    now, views = datetime.now(UTC), _named(database)
    found = reconciling.reconcile(views, believe, now, item=item, location=location)
    if found.corrections and _send(found.corrections, to, topic):
        reconciling.note_corrections(views, found.corrections, now)
    new_console().print(reconciling.shown(found, limit, str(to or topic or "")))
    return EXIT_NO if found.drifts else EXIT_OK


def _named(database: str) -> "Database":
    from transforms.publication.databases import database_of

    return database_of(database)


def _redeliver(which: Which, out: Out, by: By) -> int:
    """Tell partners what they were not told, as it stands now."""
    from pipelines import redelivering
    from pipelines.replaying import options_of
    from pipelines.terminal_text import new_console
    from schemas.outbound_spec import load_sending
    from schemas.yaml_files import SpecError

    database = _named(by.database)
    options = options_of(database)
    if options.get("partners", "None") == "None":
        print("the last run told no partners, so there is nobody to tell", file=sys.stderr)
        return EXIT_NOT_DONE
    try:
        partners, outbound = load_sending(Path(options["partners"]), Path(options.get("outbound", str(OUTBOUND))))
    except SpecError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_DONE
    letters = redelivering.letters_of(database, partners, partner=out.partner, reason=which.reason)
    rows = None
    if out.send:
        redelivering.refuse_beside_a_run(database, out.over)
        rows = redelivering.deliver(database, letters, partners, outbound, out.send_seconds_max)
    new_console().print(redelivering.shown(letters, rows))
    return EXIT_OK


def _both() -> int:
    print("both of --to and --topic given, expected one of them", file=sys.stderr)
    return EXIT_NOT_DONE


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _front_or_none(by: By) -> "Front | None":
    from schemas.yaml_files import SpecError

    try:
        return _front(by)
    except SpecError as error:
        print(error, file=sys.stderr)
        return None


def _front(by: By) -> "Front":
    from pipelines.replaying import options_of
    from transforms.canonical.canonical_rules import Front
    from transforms.canonical.mapping_rules import load_mappings
    from transforms.governed_files import read_governed

    options = options_of(_named(by.database))
    tables, policy = (
        by.master_data or options.get("master_data", str(MASTER_DATA)),
        by.policy or options.get("policy", str(POLICY)),
    )
    master, rules, _ = read_governed(tables, policy)
    return Front(load_mappings(by.mappings or Path(options.get("mappings", str(MAPPINGS)))), master, rules)


def _send(envelopes: "Sequence[Envelope]", to: Path | None, topic: str | None) -> bool:
    """Put them where they are told to go; whether that is anywhere."""
    if to is None and topic is None:
        return False
    from pipelines.replaying import queue_attributes
    from services.deliveries import LandingFolder, Topic

    place = LandingFolder(to) if to is not None else Topic(topic or "", seconds_max=60)
    try:
        for envelope in envelopes:
            kept = envelope if to is not None else envelope._replace(attributes=queue_attributes(envelope))
            place.put(kept)
    finally:
        place.close()
    return True
