"""Summary: the report of a run in, what a person reads when it has ended out.

Read it from the top: did everything end, why did some of it not post, what needs a hand, what to type next.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.balance_rules import OUTCOMES, SourceBalance, total, verdict
from pipelines.run_report import RunReport, Told, read_report
from pipelines.terminal_text import new_console, plain
from transforms.publication.databases import Database
from transforms.reasons import REASONS

GOOD, BAD, HEAD = "green", "bold red", "bold"
COMPARED_SHOWN_MAX = 10
VERDICT_CHARS_MAX = 4_000
RANK = {"dead_letter": -2, "parked": -1}  # what needs a person stands on top

NumberOf = Callable[[SourceBalance], int]


def print_summary(database: Database, run_id: str | None = None, console: Console | None = None) -> bool:
    """Print the summary of a run, of the last where none is named; whether it is balanced. `ViewsError` without one."""
    report = read_report(database, run_id)
    (console or new_console()).print(summary(report), crop=False)  # commands may be longer than the width
    return report.is_balanced


def summary(report: RunReport) -> RenderableType:
    """All of it, as something that rich can print."""
    parts: list[RenderableType] = [_heading(report), Text(), _messages(report.sources), _events(report.sources)]
    parts += [_verdict(report.sources)]
    if report.refused:
        parts += [Text(), *_reasons(report)]
    if report.partners:
        parts += [_partners(report)]
    parts += [Text(), *_needs_a_hand(report), Text(), _views(report), Text(), *_next(report)]
    return Group(*parts)


def _heading(report: RunReport) -> Text:
    messages = sum(source.messages for source in report.sources)
    took = "has no end: it still runs, or was killed"
    if report.elapsed is not None:
        seconds = report.elapsed.total_seconds()
        rate = f", {messages / seconds:,.0f} messages/s" if seconds > 0 else ""
        took = f"took {seconds:,.1f} s for {messages:,} messages{rate}"
    heading = Text.assemble(plain(f"Run {report.run_id}", HEAD), f" {took}")
    if report.input:
        rules = f"policy {report.policy_version}, master data {report.master_version}"
        heading.append("\n").append_text(plain(f"read {report.input} by {rules}"))
    return heading


def _messages(sources: list[SourceBalance]) -> Table:
    return _per_source(
        "Messages",
        sources,
        {
            "in": lambda part: part.messages,
            "made events": lambda part: part.mapped_messages,
            "compared": lambda part: part.whole_messages.get("compared", 0),
            "dead letter": lambda part: part.whole_messages.get("dead_letter", 0),
        },
        lambda part: part.missing_messages == 0,
    )


def _events(sources: list[SourceBalance]) -> Table:
    columns: dict[str, NumberOf] = {"made": lambda part: part.events_made}
    for outcome in OUTCOMES:
        columns[outcome.replace("_", " ")] = partial(_ended, outcome)
    return _per_source("Events", sources, columns, lambda part: part.missing_events == 0)


def _ended(outcome: str, part: SourceBalance) -> int:
    return part.events.get(outcome, 0)


def _per_source(
    title: str, sources: list[SourceBalance], columns: dict[str, NumberOf], is_right: Callable[[SourceBalance], bool]
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, collapse_padding=True)
    everything = total(sources)
    table.add_column(title, footer="all", no_wrap=True)
    for words, number_of in columns.items():
        table.add_column(words, footer=_number(number_of(everything)), justify="right", no_wrap=True)
    table.add_column("")
    for source in sources:
        mark = Text("✓", GOOD) if is_right(source) else Text("✗", BAD)
        table.add_row(plain(source.source), *(_number(number_of(source)) for number_of in columns.values()), mark)
    return table


def _number(number: int) -> str:
    return f"{number:,}" if number else "·"


def _verdict(sources: list[SourceBalance]) -> Text:
    mark, style = ("✓ ", GOOD) if all(source.is_balanced for source in sources) else ("✗ ", BAD)
    return Text(mark, style).append_text(plain(verdict(sources), chars_max=VERDICT_CHARS_MAX))


def _reasons(report: RunReport) -> Iterator[RenderableType]:
    yield Text("Why some of it was not posted", HEAD)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    compared_count = 0
    for (outcome, reason), (number, sources) in _by_reason(report):
        compared_count += outcome == "compared"
        if compared_count > COMPARED_SHOWN_MAX:
            break
        text = Text.assemble(plain(reason, HEAD), plain(f" from {', '.join(sources)}"))
        known = REASONS.get(reason)
        if known:
            text.append("\n").append_text(plain(f"{known.meaning} → {known.next_step}", "dim"))
        table.add_row(f"  {number:,}", outcome.replace("_", " "), text)
    yield table


def _by_reason(report: RunReport) -> list[tuple[tuple[str, str], tuple[int, list[str]]]]:
    found: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for count in report.refused:
        number, sources = found.get((count.outcome, count.reason), (0, []))
        found[count.outcome, count.reason] = (number + count.total, sorted({*sources, count.source}))
    return sorted(found.items(), key=lambda entry: (RANK.get(entry[0][0], 0), -entry[1][0], entry[0]))


def _partners(report: RunReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Partners", no_wrap=True)
    for words in Told._fields[1:]:
        table.add_column(words, justify="right", no_wrap=True)
    table.add_column("")
    for told in report.partners:
        mark = Text("✓", GOOD) if told.applied == told.told else Text("✗" if told.failed else "…", BAD)
        table.add_row(plain(told.partner), *(_number(number) for number in told[1:]), mark)
    return table


def _needs_a_hand(report: RunReport) -> Iterator[RenderableType]:
    yield Text("Needs a hand", HEAD)
    lines = [*_waiting(report), *_alerts(report)]
    if report.discrepancy_count:
        reports = (
            "1 report disagrees" if report.discrepancy_count == 1 else f"{report.discrepancy_count:,} reports disagree"
        )
        lines.append(plain(f"  {reports} with the ledger: view discrepancy"))
    yield from lines or [Text("  nothing", GOOD)]


def _waiting(report: RunReport) -> Iterator[Text]:
    for waiting in report.waiting:
        events = "1 event waits" if waiting.event_count == 1 else f"{waiting.event_count:,} events wait"
        yield plain(f"  {events} for master data to know {waiting.missing_key} ({waiting.message})")
    more = report.waiting_keys - len(report.waiting)
    if more > 0:
        yield plain(f"  … and {more:,} more keys: view parked")


def _alerts(report: RunReport) -> Iterator[Text]:
    for alert in report.alerts:
        yield plain(f"  {alert.kind}: {alert.message}")
    more = report.alert_count - len(report.alerts)
    if more > 0:
        yield plain(f"  … and {more:,} more: view alert")


def _views(report: RunReport) -> Text:
    counts = ", ".join(f"{name} {count:,}" for name, count in report.row_counts.items() if count)
    return Text.assemble(("Views ", HEAD), plain(f"in {report.database}: {counts or 'all empty'}"))


def _next(report: RunReport) -> Iterator[Text]:
    yield Text("Next", HEAD)
    if report.example_item:
        yield _to_type(f"explain {shlex.quote(report.example_item)}", report)
    for view in ("dead_letter", "parked", "discrepancy"):
        if report.row_counts.get(view):
            yield _to_type(f"rows {view}", report)
    yield _to_type("summary", report)
    if report.acknowledgments:
        yield plain(f"  answers to received EDI are in {report.acknowledgments}")


def _to_type(words: str, report: RunReport) -> Text:
    """A command on one line whatever the width: half a command cannot be pasted."""
    text = plain(f"  {our_command()} {words} --database {shlex.quote(str(report.database))}")
    text.no_wrap, text.overflow = True, "ignore"
    return text


def our_command() -> str:
    """How a person can type our command here: by its name, or by the path of the environment it is installed in."""
    beside = Path(sys.executable).parent / "sellable"
    if shutil.which("sellable") or not beside.exists():
        return "sellable"
    shortest = min((str(beside), os.path.relpath(beside)), key=len)
    return shlex.quote(shortest)
