"""Dry run: a policy that is to come in, what each channel would be told by it out; nothing is written.

The figures of today are those on record, or by `current` those that another policy file gives. Either way a figure that
differs is shown with the first step of its chain that differs, which is where to look in the policy.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.terminal_text import plain
from pipelines.view_figures import figures_by
from pipelines.view_stock import FigureSeen, StepSeen, read_stock
from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError
from transforms.publication.databases import Database
from transforms.publication.view_tables import plain_decimal

HEAD, UP, DOWN, QUIET = "bold", "green", "red", "dim"
CHANGES_SHOWN_MAX = 200

NO_STEP = StepSeen("", Decimal(0), "")

Figures = Mapping[tuple[str, str], FigureSeen]  # by item and channel


class Change(NamedTuple):
    """One listing, what its channel is told of it and what it would be told; None: nothing."""

    item: str
    channel: str
    now: int | None
    then: int | None
    why: str  # the first step of the chain that differs

    @property
    def delta(self) -> int:
        """In sell units; a figure that is not told counts as zero."""
        return (self.then or 0) - (self.now or 0)


class DryRun(NamedTuple):
    """What a policy would change."""

    database: Database
    by: str  # whose figures are those of today
    policy_version: str
    as_of: datetime
    notes: tuple[str, ...]
    listings: tuple[Change, ...]  # by channel and item, those that stay the same too

    @property
    def changes(self) -> list[Change]:
        """Those whose figure differs."""
        return [one for one in self.listings if one.now != one.then]


def dry_run(
    database: Database,
    policy: Path,
    *,
    current: Path | None = None,
    master_data: Path | None = None,
    as_of: str | None = None,
) -> DryRun:
    """What the policy of a file would change; `ViewsError` without views, `SpecError` for files that are not right.

    Master data and the time are by default those of the run that made the views.
    """
    seen = read_stock(database)
    options = seen.options
    master = load_master_data(master_data or Path(options.get("master_data", "examples/company/master")))
    moment = _moment(as_of or options.get("as_of"))
    to_come = load_policy(policy, master)
    by, now = f"on record, by policy {seen.policy_version or 'unknown'}", seen.figures
    if current is not None:
        policy_now = load_policy(current, master)
        by = f"by policy {policy_now.at(moment).version} of {current}"
        now = figures_by(policy_now, seen, master, moment)
    then = figures_by(to_come, seen, master, moment)
    notes = []
    if seen.master_version and seen.master_version != master.version:
        notes.append(f"master data is now {master.version}, the views were made by {seen.master_version}")
    return DryRun(database, by, to_come.at(moment).version, moment, tuple(notes), tuple(compared(now, then)))


def compared(now: Figures, then: Figures) -> Iterator[Change]:
    """Every listing that is told by either, with both figures, in order of channel and item.

    A listing that was never told anything and would be told zero is left out: nothing changes for it.
    """
    for item, channel in sorted(now.keys() | then.keys(), key=lambda key: (key[1], key[0])):
        before, after = now.get((item, channel)), then.get((item, channel))
        if before is None and after is not None and not after.told:
            continue
        now_told, then_told = (one.told if one else None for one in (before, after))
        yield Change(item, channel, now_told, then_told, difference(before, after))


def difference(before: FigureSeen | None, after: FigureSeen | None) -> str:
    """The first step at which two chains part, in words; "" where they do not."""
    if before is None or after is None:
        return "not told so far" if before is None else "no longer told: the policy has no such channel"
    if bool(before.steps) != bool(after.steps):
        return "may be sold by the channel" if after.steps else "may not be sold by the channel"
    old, new = ({one.step: one for one in figure.steps} for figure in (before, after))
    for name in _in_order(old, new):
        one, other = old.get(name), new.get(name)
        if (one or NO_STEP).quantity != (other or NO_STEP).quantity:
            rule = (other or one or NO_STEP).rule
            return f"{name} {_said(one)} → {_said(other)}: {rule}"
    if before.state != after.state:
        return f"{before.state} → {after.state}: {after.reason or before.reason}"
    return ""


def _in_order(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """The steps of both chains, each before what follows it in either."""
    names = list(new)
    at = 0
    for name in old:
        if name in names:
            at = names.index(name) + 1
        else:
            names.insert(at, name)
            at += 1
    return names


def _said(step: StepSeen | None) -> str:
    return plain_decimal(step.quantity) if step else "none"


def _moment(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SpecError(f"as of {text!r}, expected an ISO time such as 2026-03-03T06:00:00Z") from None
    if moment.tzinfo is None:
        raise SpecError(f"as of {text!r} has no zone, expected one such as 2026-03-03T06:00:00Z")
    return moment.astimezone(UTC)


def shown(found: DryRun, limit: int = CHANGES_SHOWN_MAX) -> RenderableType:
    """What would change, as something that rich can print: the changes, then totals by channel."""
    changes = found.changes
    heading = plain(f"Policy {found.policy_version} instead of what channels are told {found.by}", HEAD)
    about = plain(f"views {found.database}, as of {found.as_of.isoformat()}; nothing was written", QUIET)
    parts: list[RenderableType] = [heading, about, *(plain(note, DOWN) for note in found.notes), Text()]
    parts += [changes_table(changes[:limit])] if changes else [Text("No figure would change.", UP)]
    if len(changes) > limit:
        parts.append(plain(f"… and {len(changes) - limit:,} more: --limit shows them", QUIET))
    return Group(*parts, Text(), _totals(found.listings))


def changes_table(changes: Iterable[Change]) -> Table:
    """Every change with both figures and why."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("item", "channel"):
        table.add_column(name, no_wrap=True)
    for name in ("now", "then", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("because of")
    for one in changes:
        figures = (_figure(one.now), _figure(one.then), _delta(one.delta))
        table.add_row(plain(one.item), plain(one.channel), *figures, plain(one.why))
    return table


def _totals(listings: Iterable[Change]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("channel", no_wrap=True)
    for name in ("listings", "change", "up", "down", "to zero", "units now", "units then", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for channel, group in groupby(listings, key=attrgetter("channel")):
        ones = list(group)
        counts = (
            len(ones),
            sum(one.now != one.then for one in ones),
            sum(one.delta > 0 for one in ones),
            sum(one.delta < 0 for one in ones),
            sum(bool(one.now) and not one.then for one in ones),
            sum(one.now or 0 for one in ones),
            sum(one.then or 0 for one in ones),
        )
        table.add_row(plain(channel), *(f"{count:,}" for count in counts), _delta(sum(one.delta for one in ones)))
    return table


def _figure(quantity: int | None) -> str:
    return "none" if quantity is None else f"{quantity:,}"


def _delta(units: int) -> Text:
    return Text(f"{units:+,}" if units else "0", UP if units > 0 else DOWN if units else QUIET)
