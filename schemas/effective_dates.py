"""Effective dates: rows of a table that hold from one moment to another in, the stretches of time they make up out.

A row without dates holds always. `effective_to` is the first moment at which a row no longer holds, as in bills of
materials. Between two of all these moments everything is as plain as in tables without dates, so that is what master
data is made of: one set of tables for each stretch.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from schemas.boms import in_utc
from schemas.master_files import EFFECTIVE_FROM, EFFECTIVE_TO, Row

MOMENTS_MAX = 100  # of all tables together; each makes a set of tables of its own

ALWAYS = datetime.min.replace(tzinfo=UTC)

Rows = Mapping[str, Sequence[Row]]


class Stretch(NamedTuple):
    """What holds from a moment on, until the next stretch begins."""

    starts_at: datetime  # of the first one: since ever
    rows: dict[str, Sequence[Row]]


class _Dated(NamedTuple):
    row: Row
    starts_at: datetime
    ends_at: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def stretches_of(rows: Rows, problems: list[str]) -> list[Stretch]:
    """The stretches in the order of time, one where no row has dates; what is wrong is added to `problems`."""
    dated = {name: [_dated(row) for row in its] for name, its in rows.items() if any(map(Row.is_dated, its))}
    ends = {at for its in dated.values() for one in its for at in (one.starts_at, one.ends_at) if at is not None}
    moments = sorted(ends | {ALWAYS})
    if len(moments) > MOMENTS_MAX:
        problems.append(f"{len(moments)} effective dates in all tables, expected at most {MOMENTS_MAX}: drop old rows")
        moments = moments[:1]
    return [Stretch(at, {name: _in_force(dated.get(name), at, its) for name, its in rows.items()}) for at in moments]


def _in_force(dated: Sequence[_Dated] | None, at: datetime, rows: Sequence[Row]) -> Sequence[Row]:
    return rows if dated is None else [one.row for one in dated if one.holds_at(at)]


def _dated(row: Row) -> _Dated:
    starts_at, ends_at = _moment(row, EFFECTIVE_FROM), _moment(row, EFFECTIVE_TO)
    if ends_at is not None and ends_at <= (starts_at or ALWAYS):
        row.problem(f"{EFFECTIVE_TO} is {ends_at}, expected a time after its start")
    return _Dated(row, starts_at or ALWAYS, ends_at)


def _moment(row: Row, column: str) -> datetime | None:
    """A date without a time is its first moment in UTC, as in bills of materials."""
    text = row.text(column)
    try:
        return in_utc(datetime.fromisoformat(text)) if text else None
    except (ValueError, OverflowError):
        row.problem(f"{column} is {text!r}, expected a date or time such as 2026-03-31T22:00:00Z, or nothing")
        return None
