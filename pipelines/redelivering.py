"""Redelivering: dead letters of sending in, what partners are told instead of them now out.

A figure that was not delivered is old news: the partner is told the newest one of that listing, and nothing where it
has that already. A posting is a fact and is told again as it was, under its idempotency key. Nothing is sent beside a
run that goes on, since that may be telling the same listing something newer at the same moment.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from rich.console import Group, RenderableType

from pipelines.run_processes import is_surely_gone
from pipelines.terminal_text import plain
from schemas.outbound_spec import OutboundSpec
from schemas.partner_spec import Partners
from schemas.records import ChannelUpdate, DeliveryRow, PartnerPosting, Rejection, Settlement
from transforms.canonical.replay_rules import REPLAYED
from transforms.publication.databases import (
    Connection,
    Database,
    ViewsError,
    open_to_read,
    open_to_write,
    write_batches,
)
from transforms.publication.runs import IS_OPEN
from transforms.publication.view_tables import VIEW_NAMED, row_maker, view_of
from transforms.sending.draining import WallClock, drain
from transforms.sending.exchanges import Partner
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import FIGURE, Outgoing
from transforms.sending.outgoing_rules import message_of

LINES_SHOWN = 50
HEAD, QUIET = "bold", "dim"


class Letter(NamedTuple):
    """One dead letter of sending, with what is told instead; None where nothing is left to tell."""

    partner: str
    reference: str
    reason: str
    message_id: str
    message: Outgoing | None


def letters_of(database: Database, partners: Partners, *, partner: str = "", reason: str = "") -> list[Letter]:
    """The open dead letters of partners that we know, with what each is told now."""
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        where = f"stage = 'send' AND {IS_OPEN.format(view='dead_letter')} ORDER BY source, transaction_key, message_id"
        columns = "source, transaction_key, reason, message_id, payload"
        rows = connection.execute(f"SELECT {columns} FROM dead_letter WHERE {where}").fetchall()  # noqa: S608
        wanted = [row for row in rows if row[0] in partners and partner in ("", row[0]) and reason in ("", row[2])]
        return [_letter(connection, partners, row) for row in wanted]
    finally:
        connection.close()


def _letter(connection: Connection, partners: Partners, row: Any) -> Letter:
    name, reference, reason, message_id, payload = row
    if json.loads(bytes(payload))["kind"] == FIGURE:
        message = _newest(connection, name, partners[name].channel or "", reference)
    else:
        message = _fact(connection, reference)
    return Letter(name, reference, reason, message_id, message)


def _newest(connection: Connection, partner: str, channel: str, listing: str) -> Outgoing | None:
    columns = ", ".join(ChannelUpdate._fields)
    query = f"SELECT {columns} FROM channel_update WHERE channel = ? AND listing = ?"  # noqa: S608 - our own names
    row = connection.execute(query, (channel, listing)).fetchone()
    if row is None:
        return None
    message = message_of(ChannelUpdate(*row))
    query = "SELECT applied_version FROM delivery WHERE partner = ? AND reference = ? AND status = 'applied'"
    had = connection.execute(query, (partner, listing)).fetchone()
    return None if had is not None and had[0] >= message.version else message


def _fact(connection: Connection, reference: str) -> Outgoing | None:
    key, _, posting_type = reference.rpartition("#")
    columns = ", ".join(PartnerPosting._fields)
    query = f"SELECT {columns} FROM posting WHERE transaction_key = ? AND posting_type = ?"  # noqa: S608 - our own names
    row = connection.execute(query, (key, posting_type)).fetchone()
    if row is None:
        return None
    said = dict(zip(PartnerPosting._fields, row, strict=True))
    times = {name: said[name] and datetime.fromisoformat(said[name]) for name in ("occurred_at", "expected_at")}
    return message_of(PartnerPosting(**(said | times | {"quantity": Decimal(said["quantity"])})))


def refuse_beside_a_run(database: Database, over: str = "") -> None:
    """`ViewsError` while the last run goes on: it did not end, its process is not surely gone, and it is not `over`."""
    connection = open_to_read(database)
    try:
        row = connection.execute("SELECT run_id, finished_at, options FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    finally:
        connection.close()
    if row is None or row[1] or row[0] == over or is_surely_gone(json.loads(row[2]).get("process", "")):
        return
    advice = f"end it first, or leave it to it; if it was killed, say so: --over {row[0]}"
    raise ViewsError(f"run {row[0]} goes on, and tells partners itself: {advice}")


def deliver(
    database: Database,
    letters: Iterable[Letter],
    partners: Partners,
    outbound: dict[str, OutboundSpec],
    seconds_max: float,
) -> list[Any]:
    """Tell partners, keep what came of it in the views, and close what was told; the rows of deliveries.

    What fails again is one letter: the new one, in place of those that it is told instead of.
    """
    clock, boxes, letters = WallClock(), {}, list(letters)
    by_partner: dict[str, dict[str, Outgoing]] = defaultdict(dict)
    for one in letters:
        if one.message is not None:
            by_partner[one.partner][one.reference] = one.message
    for name, messages in by_partner.items():
        boxes[name] = Outbox(name, partners[name])
        boxes[name].reopened(clock.now())  # who knows what was spent of its quota just now
        boxes[name].offer(messages.values(), clock.now())
    drain(boxes.values(), partial(_way, partners, outbound), clock, seconds_max)
    rows = [row for box in boxes.values() for row in take_rows(box, clock.now())]
    told = {
        (name, key) for name, box in boxes.items() for key, entry in box.entries.items() if entry.status == "applied"
    }
    closed = [one for one in letters if one.message is None or (one.partner, one.reference) in told]
    failed = [row for row in rows if isinstance(row, Rejection)]
    stay = {(row.message_id, row.reason) for row in failed}
    retold = {(row.source, row.transaction_key) for row in failed}
    closed += [
        one
        for one in letters
        if (one.partner, one.reference) in retold and (one.message_id, one.reason) not in stay and one not in closed
    ]
    _keep(database, [*rows, *_openings(failed, clock.now()), *_closings(closed, clock.now())])
    return rows


def _way(partners: Partners, outbound: dict[str, OutboundSpec], name: str) -> Partner:
    return Partner(name, partners[name], outbound[partners[name].mapping])


def _closings(letters: Iterable[Letter], now: float) -> Iterator[Settlement]:
    at = datetime.fromtimestamp(now).astimezone()
    return (Settlement(one.message_id, -1, one.reason, REPLAYED, at, int(now * 1_000_000)) for one in letters)


def _openings(failed: Iterable[Rejection], now: float) -> Iterator[Settlement]:
    """A letter that was closed before is open again."""
    at = datetime.fromtimestamp(now).astimezone()
    return (Settlement(one.message_id, -1, one.reason, "", at, int(now * 1_000_000)) for one in failed)


def _keep(database: Database, records: Iterable[Any]) -> None:
    batches: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        view = view_of(record)
        batches[view.name].append(row_maker(view, "")(record))
    connection = open_to_write(database)
    try:
        write_batches(connection, [(VIEW_NAMED[name], rows) for name, rows in batches.items()])
    finally:
        connection.close()


def shown(letters: list[Letter], rows: Iterable[Any] | None) -> RenderableType:
    """What would be told, or was, for people."""
    told = [one for one in letters if one.message is not None]
    done = "would be told; nothing was sent: --send tells" if rows is None else "were told"
    lines = [
        plain(f"{len({(one.partner, one.reference) for one in told}):,} of {len(letters):,} dead letters {done}", HEAD)
    ]
    for one in letters[:LINES_SHOWN]:
        what = f"{one.message.kind} {one.message.quantity:f}" if one.message else "nothing: it has what is newest"
        lines.append(plain(f"  {one.partner}  {one.reference}  {what}  ({one.reason})"))
    if len(letters) > LINES_SHOWN:
        lines.append(plain(f"… and {len(letters) - LINES_SHOWN:,} more", QUIET))
    stay = [row for row in rows or () if isinstance(row, DeliveryRow) and row.status != "applied"]
    lines += [plain(f"  {row.partner}  {row.reference} is {row.status}: {row.message}") for row in stay]
    return Group(*lines)
