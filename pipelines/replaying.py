"""Replaying: what was refused and could be used now in, the same messages for the pipeline to read again out.

Without a place to send them to, nothing is written: the answer is which figures would move.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from pipelines.dry_run import Change, changes_table, compared
from pipelines.replay_rules import Plan, Refused, plan, stock_after
from pipelines.terminal_text import plain
from pipelines.view_figures import figures_by
from pipelines.view_stock import read_stock
from schemas.records import Envelope, Rejection, Settlement
from transforms.arrival.arrived_files import list_files, parts_of
from transforms.arrival.file_envelopes import envelopes_of
from transforms.canonical.canonical_rules import Front
from transforms.canonical.replay_rules import ATTEMPTS_MAX, REPLAYED, marked
from transforms.publication.databases import Connection, Database, open_to_read, open_to_write, write_batches
from transforms.publication.runs import IS_OPEN
from transforms.publication.view_tables import VIEW_NAMED, row_maker

REPLAYED_MAX = 10_000  # messages of one replay; the rest waits for the next
HEAD, QUIET = "bold", "dim"
OF_EVENTS = ("reported_event", "stock_event")  # formats of payloads that are no message

_COLUMNS = "message_id, event_index, reason, source, format, received_at, correlation_id, payload"


class Wanted(NamedTuple):
    """Which rejections; "" and None mean any."""

    source: str = ""
    reason: str = ""
    item: str = ""
    since: datetime | None = None  # by when the message was received
    until: datetime | None = None
    views: tuple[str, ...] = ("dead_letter",)


class Replay(NamedTuple):
    """What a replay would do, or did."""

    plan: Plan
    changes: list[Change]
    without_message: int  # rejections whose message is not kept
    reasons: Counter[str]  # of what would be sent


def prepare(database: Database, front: Front, wanted: Wanted, archive: Path | None, now: datetime) -> Replay:
    """Find what was refused, and try it under the rules of today; `archive` holds messages that views do not keep."""
    found, lost = _refused(database, wanted)
    if archive is not None:
        found, lost = _with_archive(found, lost, archive, front)
    made = plan(found[:REPLAYED_MAX], front, wanted.item)
    seen = read_stock(database)._replace(heard={}, unknown={})  # what a silent feed holds back would move all the same
    rules = (front.master, front.policy)
    then = seen._replace(stocks=stock_after(seen.stocks, made.events, rules, now))
    before, after = (figures_by(front.policy, one, front.master, now) for one in (seen, then))
    changes = [one for one in compared(before, after) if one.now != one.then]
    reasons = Counter(reason for one in made.messages for _, reason in one.keys)
    return Replay(made, changes, len(lost), reasons)


def sent_again(messages: Iterable[Refused], now: datetime) -> list[Envelope]:
    """The messages as they are sent, marked so that what is refused again is opened again."""
    return [marked(one.envelope, one.attempts + 1, _version(now)) for one in messages]


def close_rejections(database: Database, messages: Iterable[Refused], now: datetime) -> None:
    """Note that these have been sent again as of `now`. One that was refused again meanwhile stays open."""
    view = VIEW_NAMED["settlement"]
    row_of = row_maker(view, "")
    rows = [
        row_of(Settlement(one.envelope.message_id, *key, REPLAYED, now, _version(now), one.attempts + 1))
        for one in messages
        for key in one.keys
    ]
    connection = open_to_write(database)
    try:
        write_batches(connection, [(view, rows)])
    finally:
        connection.close()


def _version(now: datetime) -> int:
    return int(now.timestamp() * 1_000_000)


def queue_attributes(envelope: Envelope) -> dict[str, str]:
    """The attributes under which a queue brings the same envelope again."""
    return {
        **envelope.attributes,
        "ce-source": envelope.source,
        "ce-id": envelope.message_id.removeprefix(f"{envelope.source}/"),
        "ce-time": envelope.received_at.isoformat(),
        "format": envelope.format,
        "correlation-id": envelope.correlation_id,
    }


def _refused(database: Database, wanted: Wanted) -> tuple[list[Refused], dict[str, list[Any]]]:
    """The messages that were refused, and by id the rejections whose message is not among the payloads."""
    connection = open_to_read(database)
    try:
        rows = [row for view in wanted.views for row in _rows(connection, view, wanted)]
        by_message: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            by_message[row["message_id"]].append(row)
        found, lost = [], {}
        for message_id, its in by_message.items():
            envelope = _message(connection, message_id)
            if envelope is None:
                lost[message_id] = its
            else:
                found.append(_of(envelope, its))
        return found, lost
    finally:
        connection.close()


def _rows(connection: Connection, view: str, wanted: Wanted) -> Iterator[Any]:
    where = [IS_OPEN.format(view=view), f"{view}.stage NOT IN ('ledger', 'change', 'send')"]
    given: list[str] = []
    for sql, value in (
        ("source = ?", wanted.source),
        ("reason = ?", wanted.reason),
        ("received_at >= ?", wanted.since and wanted.since.astimezone(UTC).isoformat()),
        ("received_at < ?", wanted.until and wanted.until.astimezone(UTC).isoformat()),
    ):
        if value:
            where.append(f"{view}.{sql}")
            given.append(value)
    attempts = (
        f"(SELECT attempts FROM settlement s WHERE s.message_id = {view}.message_id"  # noqa: S608 - our own names
        f" AND s.event_index = {view}.event_index AND s.reason = {view}.reason)"
    )
    query = f"SELECT {_COLUMNS}, {attempts} AS attempts FROM {view} WHERE {' AND '.join(where)} ORDER BY received_at"  # noqa: S608
    yield from connection.execute(query, given)


def _message(connection: Connection, message_id: str) -> Envelope | None:
    """The message as it came: the payload of the first of its rejections, in whichever view that is."""
    for view in ("dead_letter", "parked"):
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM {view} WHERE message_id = ? AND length(payload) > 0",  # noqa: S608
            (message_id,),
        )
        for row in rows:
            if row["format"] not in OF_EVENTS:
                at = datetime.fromisoformat(row["received_at"])
                names = (row["source"], row["format"], at, message_id, row["correlation_id"])
                return Envelope(*names, {}, bytes(row["payload"]))
    return None


def _of(envelope: Envelope, rows: Iterable[Any]) -> Refused:
    its = list(rows)
    keys = tuple((row["event_index"], row["reason"]) for row in its)
    return Refused(envelope, keys, max(row["attempts"] or 0 for row in its))


def _with_archive(
    found: list[Refused], lost: dict[str, list[Any]], archive: Path, front: Front
) -> tuple[list[Refused], dict[str, list[Any]]]:
    """The same with the messages of those that views do not keep, read from a raw archive."""
    formats = {source: mapping.format for source, mapping in front.mappings.items()}
    missing = dict(lost)
    parts = (part for file in list_files(str(archive)) for part in parts_of(file))
    read = (one for part in parts for one in envelopes_of(part, formats) if not isinstance(one, Rejection))
    more = [_of(envelope, missing.pop(envelope.message_id)) for envelope in read if envelope.message_id in missing]
    return [*found, *more], missing


def shown(replay: Replay, limit: int, sent_to: str = "") -> RenderableType:
    """What would be done, or was, as something that rich can print."""
    made = replay.plan
    done = f"sent to {sent_to}" if sent_to else "would be sent; nothing was written: --to or --topic sends"
    lines: list[RenderableType] = [plain(f"{len(made.messages):,} messages {done}", HEAD)]
    lines += [plain(f"  {number:,} refused as {reason}") for reason, number in replay.reasons.most_common()]
    lines += [plain(f"  {len(made.events):,} events of them pass now; what was posted before is a duplicate", QUIET)]
    for reason, number in made.still.most_common():
        lines.append(plain(f"{number:,} stay: they would be refused again as {reason}"))
    if made.worn_out:
        lines.append(plain(f"{len(made.worn_out):,} stay: sent again {ATTEMPTS_MAX} times, and refused each time"))
    if replay.without_message:
        lines.append(plain(f"{replay.without_message:,} stay: their message is not kept; --archive may have it"))
    head = plain("Figures that move, by an estimate from the views", HEAD)
    figures = changes_table(replay.changes[:limit]) if replay.changes else plain("none")
    more = len(replay.changes) - limit
    return Group(*lines, Text(), head, figures, *([plain(f"… and {more:,} more", QUIET)] if more > 0 else []))


def options_of(database: Database) -> dict[str, str]:
    """The options of the last run over these views."""
    connection = open_to_read(database)
    try:
        row = connection.execute("SELECT options FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
        return {name: str(value) for name, value in json.loads(row["options"]).items()} if row else {}
    finally:
        connection.close()
