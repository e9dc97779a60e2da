"""Explaining: an item in, why each channel is told what it is told, and what stands behind that, out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.item_report import ItemReport, read_item, read_on_hand, steps_of
from pipelines.message_excerpt import excerpt_of
from pipelines.terminal_text import plain
from schemas.master_data import MasterData, load_master_data
from schemas.yaml_files import SpecError
from transforms.kits.kit_rules import Boms, bom_at, kits_above
from transforms.publication.databases import Database

HEAD, BAD, QUIET = "bold", "bold red", "dim"
ROWS_SHOWN_MAX = 30
NUMBER_COLUMNS = {"quantity", "open", "allocated", "each kit", "scrap", "expected", "reported"}


def explain(database: Database, name: str, channel: str | None = None) -> RenderableType:
    """Why the channels are told what they are told of an item, as something that rich can print.

    `name` is an item or a listing of it. `UnknownItemError` where the views do not have it, `ViewsError` where there
    are no views.
    """
    report = read_item(database, name, channel)
    master = _master(report)
    parts: list[RenderableType] = [_heading(report, master)]
    for offer in report.offers:
        parts += [Text(), *_offer(offer), *_told(report, offer), *_promise(report, offer["channel"])]
    if not report.offers:
        parts.append(plain("no channel lists it", QUIET))
    parts += [*_last_change(report), *_kit(report, master, database), *_stock(report), *_trouble(report)]
    return Group(*parts)


def _heading(report: ItemReport, master: MasterData | None) -> Text:
    heading = plain(report.item, HEAD)
    known = master.items.get(report.item) if master else None
    if known:
        heading.append_text(plain(f"  {known.description}, counted in {known.base_unit}"))
    return heading


def _offer(offer: Any) -> Iterator[RenderableType]:
    told = f"{offer['channel']} may sell {offer['available_quantity']:,}"
    yield Text.assemble(plain(told, HEAD), plain(f"  as {offer['listing']}, by policy {offer['policy_version']}"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for justify in ("right", "right", "left", "left"):
        table.add_column(justify=justify)  # type: ignore[arg-type]
    for index, step in enumerate(steps_of(offer["chain"])):
        is_figure = step.name == "sell_units"
        change = "" if is_figure else f"{step.quantity:{',' if index == 0 or not step.quantity else '+,'}f}"
        table.add_row(change, f"= {step.left:,f}", plain(step.name), plain(step.rule, QUIET))
    yield _indented(table)


def _told(report: ItemReport, offer: Any) -> Iterator[RenderableType]:
    """Whether the figure reached the channel: a line for each partner that is told it."""
    for row in report.deliveries:
        if row["reference"] == offer["listing"]:
            has = (
                f"has {row['applied_quantity']} since {row['applied_at']}" if row["applied_at"] else "has no figure yet"
            )
            told = f"{row['partner']}: {row['quantity']} {row['status']} after {row['attempts']} calls, {has}"
            yield _indented(plain(f"{told}{': ' if row['message'] else ''}{row['message']}", QUIET))


def _promise(report: ItemReport, channel: str) -> Iterator[RenderableType]:
    """What may be promised for later days, in base units, on one line: only the days on which it changes."""
    changes: list[tuple[str, Decimal]] = []
    for row in report.promises:
        promised = Decimal(row["promised_quantity"])
        if row["channel"] == channel and (not changes or changes[-1][1] != promised):
            changes.append((row["day"], promised))
    if len(changes) > 1:
        days = ", ".join(f"from {day} {promised:,f}" for day, promised in changes[:ROWS_SHOWN_MAX])
        yield _indented(plain(f"to promise by day: {days}", QUIET))


def _last_change(report: ItemReport) -> Iterator[RenderableType]:
    if not report.offers:
        return
    newest = max(report.offers, key=lambda offer: (offer["changed_at"], offer["version"]))
    if not newest["changed_by"]:
        return
    yield Text("\nLast change", HEAD)
    for words, column in (
        ("event", "changed_by"),
        ("source", "changed_source"),
        ("received", "changed_at"),
        ("message", "changed_message_id"),
        ("correlation id", "changed_correlation_id"),
    ):
        yield plain(f"  {words:<16}{newest[column]}")
    excerpt = excerpt_of(report.option("input_folder"), newest["changed_message_id"])
    if excerpt.path is not None:
        yield plain(f"  {'file':<16}{excerpt.path}" + (f", line {excerpt.line_number}" if excerpt.line_number else ""))
    for line in excerpt.lines:
        yield _indented(Text(line, QUIET), 18)
    if excerpt.note:
        yield _indented(plain(f"({excerpt.note})", QUIET), 18)


def _kit(report: ItemReport, master: MasterData | None, database: Database) -> Iterator[RenderableType]:
    if master is None:
        folder = report.option("master_data")
        yield Text()
        yield plain(f"(no components: master data {folder or ''} is not to be had)", QUIET)
        return
    bom = bom_at(master.boms, report.item, _as_of(report))
    if bom is not None:
        rows = [
            (line.item, f"{line.quantity:,f}", f"{line.scrap_factor:f}", _on_hand(database, line.item))
            for line in bom.components
        ]
        yield from _table("Made of", ("component", "each kit", "scrap", "on hand, by location and disposition"), rows)
    above = kits_above(master.boms).get(report.item, ())
    above = tuple(kit for kit in above if _takes(master.boms, kit, report.item, _as_of(report)))
    if above:
        yield Text()
        yield plain(f"Part of {', '.join(above)}")


def _takes(boms: Boms, kit: str, item: str, at: datetime) -> bool:
    """Whether a kit is made of an item at that time, by whatever kits stand between them."""
    bom = bom_at(boms, kit, at)
    return bom is not None and any(one.item == item or _takes(boms, one.item, item, at) for one in bom.components)


def _on_hand(database: Database, item: str) -> str:
    totals = read_on_hand(database, item)
    return ", ".join(f"{place} {kind} {quantity:,f}" for (place, kind), quantity in totals.items()) or "nothing"


def _stock(report: ItemReport) -> Iterator[RenderableType]:
    yield from _table(
        f"On hand, {_sum(report.positions, 'on_hand_quantity'):,f} in all",
        ("location", "lot", "disposition", "quantity", "counted", "last moved by"),
        (
            [row[name] for name in ("location", "lot", "disposition", "on_hand_quantity", "counted_at", "changed_by")]
            for row in report.positions
        ),
    )
    yield from _table(
        f"Open claims, {_sum(report.claims):,f} in all",
        ("order", "channel", "status", "open", "allocated", "expires"),
        (
            [
                row[name]
                for name in (
                    "order_reference",
                    "channel",
                    "status",
                    "open_quantity",
                    "allocated_quantity",
                    "expires_at",
                )
            ]
            for row in report.claims
        ),
    )
    yield from _table(
        f"Inbound, {_sum(report.inbound):,f} in all",
        ("order", "location", "quantity", "expected"),
        (
            [row[name] for name in ("order_reference", "location", "open_quantity", "expected_at")]
            for row in report.inbound
        ),
    )


def _sum(rows: Iterable[Any], column: str = "open_quantity") -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def _trouble(report: ItemReport) -> Iterator[RenderableType]:
    yield from _table(
        "Reports that disagree",
        ("location", "cause", "source", "reference", "expected", "reported"),
        (
            [
                row[name]
                for name in ("location", "cause", "source", "reference", "expected_quantity", "reported_quantity")
            ]
            for row in report.discrepancies
        ),
    )
    if report.alerts:
        yield Text("\nAlerts", BAD)
    for alert in report.alerts:
        yield plain(f"  {alert['kind']}: {alert['message']}, since {alert['raised_by']}")


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[RenderableType]:
    """A titled table; nothing at all without rows, and only the first of very many."""
    found = list(rows)
    if not found:
        return
    yield Text(f"\n{title}", HEAD)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=QUIET)
    for name in columns:
        table.add_column(name, justify="right" if name in NUMBER_COLUMNS else "left")
    for row in found[:ROWS_SHOWN_MAX]:
        table.add_row(*(plain(value) for value in row))
    yield _indented(table)
    if len(found) > ROWS_SHOWN_MAX:
        yield Text(f"  … and {len(found) - ROWS_SHOWN_MAX:,} more", QUIET)


def _indented(part: RenderableType, columns: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, columns), expand=False)


def _master(report: ItemReport) -> MasterData | None:
    folder = report.option("master_data")
    if not folder or not Path(folder).is_dir():
        return None
    try:
        return load_master_data(Path(folder)).at(_as_of(report))
    except SpecError:
        return None  # it was whole when the run began; `sellable validate` says what is wrong with it now


def _as_of(report: ItemReport) -> datetime:
    """The moment of the figures: of a run that has ended its own, else now, since a stream renews them all the time."""
    moment = report.option("as_of") or (report.run["finished_at"] if report.run else "")
    return datetime.fromisoformat(moment) if moment else datetime.now(UTC)
