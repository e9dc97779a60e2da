"""Outbox rows: what changed in an outbox in, rows of how far each message has come, dead letters and alerts out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schemas.encoding import to_json_value
from schemas.records import Alert, DeliveryRow, Rejection
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Entry, Outgoing

MICROSECONDS = 1_000_000


def take_rows(outbox: Outbox, now: float) -> Iterator[Any]:
    """The rows of what changed since they were last taken; their versions grow with the clock, from run to run too."""
    for key in sorted(outbox.changed):
        entry = outbox.entries[key]
        entry.row_version = max(entry.row_version + 1, int(now * MICROSECONDS))
        yield delivery_row(outbox.partner, entry)
    outbox.changed.clear()
    for message, reason, words in outbox.failed:
        yield dead_letter(outbox.partner, message, reason, words, now)
    outbox.failed.clear()
    yield from _alerts(outbox, now)


def delivery_row(partner: str, entry: Entry) -> DeliveryRow:
    """How far the newest message of one key has come."""
    told = entry.newer or entry.wanted
    return DeliveryRow(
        partner=partner,
        reference=told.key,
        kind=told.kind,
        item=told.item,
        quantity=told.quantity,
        status=entry.status,
        attempts=entry.tries,
        offered_at=_time(entry.offered_at),
        sent_at=None if entry.sent_at is None else _time(entry.sent_at),
        applied_at=None if entry.applied_at is None else _time(entry.applied_at),
        applied_quantity=None if entry.applied_at is None else entry.known,
        message=entry.message,
        told_version=told.version,
        applied_version=entry.applied_version,
        correlation_id=told.correlation_id,
        version=entry.row_version,
    )


def dead_letter(partner: str, message: Outgoing, reason: str, words: str, now: float) -> Rejection:
    """A message that is given up, with all that is needed to tell it again."""
    body = {"kind": message.kind, "version": message.version, **{k: to_json_value(v) for k, v in message.body.items()}}
    return Rejection(
        outcome="dead_letter",
        stage="send",
        reason=reason,
        message=f"{message.kind} {message.key} to {partner}: {words}",
        source=partner,
        message_id=f"{partner}/{message.key}@{message.version}",
        event_index=-1,
        correlation_id=message.correlation_id,
        received_at=_time(now),
        mapping_version="",
        transaction_key=message.key,
        missing_key="",
        format="json",
        payload=json.dumps(body, ensure_ascii=False).encode(),
    )


def _alerts(outbox: Outbox, now: float) -> Iterator[Alert]:
    """One alert while a partner does not take calls, cured when it does."""
    is_silent = outbox.failures >= outbox.terms.failures_max
    if is_silent == outbox.was_silent:
        return
    outbox.was_silent = is_silent
    failures = Decimal(outbox.failures)
    words = f"{outbox.partner} failed {failures} calls in a row: {outbox.trouble}"
    message = words if is_silent else f"{outbox.partner} takes calls again"
    version = int(now * MICROSECONDS)
    yield Alert("partner_silent", "", outbox.partner, message, failures if is_silent else Decimal(0), "", "", version)


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
