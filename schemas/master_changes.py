"""Master changes: tables and a feed of changes to single rows in, the tables as they are now out.

A feed is JSON lines in the folder `changes/` beside the tables, appended to by whoever governs a table:

    {"table": "location_codes", "op": "upsert", "version": 7, "owner": "logistics",
     "row": {"source": "wms-east", "code": "WH-9", "location": "EAST"}, "effective_from": "2026-03-02T06:00:00Z"}

Of the changes to one row, the highest version whose time has come holds, over what the table's file says. So the order
of arrival means nothing, a change that comes twice is one change, and a late one with a lower version changes nothing.
What cannot be applied is refused by itself: the row stays as it was, and everything else goes on.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from schemas.master_files import EFFECTIVE_FROM, FILE, LINE, TABLES, CsvRow

CHANGES_FOLDER = "changes"
CHANGE_CHARS_MAX = 64 * 1024  # of one line; a row of any table is a few hundred
CHANGES_MAX = 500_000  # lines of all files; fold them into the tables before that
CHANGE_VERSION_MAX = 2**63 - 1
FIELDS = frozenset({"table", "op", "version", "owner", "row", "effective_from"})

# What makes a row the same row, for each table that changes can name.
KEYS: dict[str, tuple[str, ...]] = {
    "items": ("item",),
    "item_units": ("item", "unit"),
    "unit_codes": ("code",),
    "item_codes": ("source", "code"),
    "locations": ("location",),
    "location_codes": ("source", "code"),
    "dispositions": ("disposition",),
    "channels": ("channel",),
    "listings": ("channel", "item"),
    "lots": ("item", "lot"),
    "ownership": ("location", "facts"),
    "epochs": ("source", "epoch"),
    "approvals": ("source", "snapshot"),
}

Tables = Mapping[str, list[dict[str, str]]]
RowKey = tuple[str, tuple[str, ...]]  # table, key


class Change(NamedTuple):
    """One change of one row."""

    table: str
    key: tuple[str, ...]
    row: dict[str, str] | None  # None: the row is deleted
    version: int
    effective_from: datetime | None
    owner: str
    place: str  # file:line
    text: str


class RefusedChange(NamedTuple):
    """A change that has no effect, and why."""

    reason: str
    message: str
    place: str
    text: str


class Applied(NamedTuple):
    """The tables with what holds now, what was refused, and when the next change comes into effect."""

    tables: dict[str, list[dict[str, str]]]
    refused: list[RefusedChange]
    next_at: datetime | None


def parse_change(text: str, place: str) -> Change | RefusedChange:
    """One line of a feed."""
    try:
        return _change(text, place)
    except _WrongError as error:
        reason, message = error.args
        return RefusedChange(reason, f"{place}: {message}", place, text[:CHANGE_CHARS_MAX])


class _WrongError(ValueError):
    """A reason and a message."""


def _change(text: str, place: str) -> Change:
    fields = _fields(text)
    table, op, row = fields["table"], fields.get("op", "upsert"), fields["row"]
    if not isinstance(table, str) or table not in KEYS:
        raise _WrongError("unknown_table", f"unknown table {str(table)[:80]!r}, expected one of {', '.join(KEYS)}")
    if op not in ("upsert", "delete"):
        raise _WrongError("unreadable_change", f"op is {str(op)[:80]!r}, expected upsert or delete")
    if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
        raise _WrongError("unreadable_change", "row is no object of texts, expected columns and cells")
    if unknown := row.keys() - TABLES[table].keys():
        raise _WrongError("unreadable_change", f"unknown column {min(unknown)[:80]!r} of {table}, expected some of it")
    if missing := [column for column in KEYS[table] if not row.get(column)]:
        raise _WrongError("unreadable_change", f"row has no {missing[0]}, expected what names a row of {table}")
    version = fields["version"]
    if type(version) is not int or not 0 < version <= CHANGE_VERSION_MAX:
        raise _WrongError("unreadable_change", f"version is {str(version)[:80]!r}, expected a whole number from 1")
    key = _key(table, row)
    kept = row if op == "upsert" else None
    return Change(table, key, kept, version, _time(fields.get("effective_from")), str(fields["owner"]), place, text)


def _fields(text: str) -> dict[str, Any]:
    if len(text) > CHANGE_CHARS_MAX:
        raise _WrongError("unreadable_change", f"{len(text)} characters, expected at most {CHANGE_CHARS_MAX}")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise _WrongError("unreadable_change", "the line is not JSON, expected one object") from None
    if not isinstance(fields, dict):
        raise _WrongError("unreadable_change", "the line is no object, expected one")
    if unknown := fields.keys() - FIELDS:
        raise _WrongError(
            "unreadable_change", f"unknown field {min(unknown)[:80]!r}, expected {', '.join(sorted(FIELDS))}"
        )
    if missing := {"table", "version", "owner", "row"} - fields.keys():
        raise _WrongError("unreadable_change", f"{min(missing)} is missing")
    return fields


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _WrongError("unreadable_change", f"effective_from is {str(value)[:80]!r}, expected a time with its zone")


def apply_changes(tables: Tables, changes: Iterable[Change], now: datetime) -> Applied:
    """What holds now; `governance`, where there is one, says who may change which table."""
    governors = {row["table"]: row["owner"] for row in tables.get("governance", ())}
    refused: list[RefusedChange] = []
    by_row: dict[RowKey, list[Change]] = defaultdict(list)
    for change in changes:
        governor = governors.get(change.table, change.owner)
        if change.owner == governor:
            by_row[change.table, change.key].append(change)
        else:
            message = f"{change.owner[:80]!r} changes {change.table}, expected its owner {governor!r}"
            refused.append(refuse_change("not_governor", message, change))
    changed: dict[str, dict[tuple[str, ...], Change]] = defaultdict(dict)
    later: list[datetime] = []
    for (table, key), its in sorted(by_row.items()):
        one_each = only_versions(its, refused)
        later += [at for at in (one.effective_from for one in one_each) if at is not None and at > now]
        in_effect = [one for one in one_each if one.effective_from is None or one.effective_from <= now]
        if in_effect:
            changed[table][key] = max(in_effect, key=lambda one: one.version)
    found = {**tables, **{table: _changed(table, tables.get(table, []), its) for table, its in changed.items()}}
    return Applied(found, refused, min(later, default=None))


def _changed(table: str, rows: list[dict[str, str]], changes: Mapping[tuple[str, ...], Change]) -> list[dict[str, str]]:
    kept = [row for row in rows if _key(table, row) not in changes]
    for one in changes.values():
        if one.row is not None:
            file, _, line = one.place.rpartition(":")
            kept.append({**one.row, FILE: file, LINE: line})
    return kept


def only_versions(changes: Iterable[Change], refused: list[RefusedChange]) -> list[Change]:
    """One of each version. Of two that differ the one in effect first stays, whichever came first."""
    kept: dict[int, Change] = {}
    for change in sorted(changes, key=_order):
        first = kept.setdefault(change.version, change)
        if _content(first) != _content(change):
            message = f"version {change.version} of {change.table} {', '.join(change.key)} was used by {first.place}"
            refused.append(refuse_change("conflicting_change", f"{message} with other content", change))
    return list(kept.values())


def _order(change: Change) -> tuple[int, datetime, str, str]:
    at = change.effective_from or datetime.min.replace(tzinfo=UTC)
    return change.version, at, _content(change), change.place


def _content(change: Change) -> str:
    return json.dumps([change.row, change.effective_from and change.effective_from.isoformat()], sort_keys=True)


def refuse_change(reason: str, message: str, change: Change) -> RefusedChange:
    return RefusedChange(reason, f"{change.place}: {message}", change.place, change.text)


def _key(table: str, row: CsvRow) -> tuple[str, ...]:
    """A row that holds for a time only is another than those of other times."""
    named = tuple(row.get(column, "") for column in KEYS[table])
    return (*named, row[EFFECTIVE_FROM]) if row.get(EFFECTIVE_FROM) else named
