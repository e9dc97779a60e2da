"""The example day: its messages as envelopes in any order, a run of the main job over them, the views it leaves."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pipelines import inventory_sync
from schemas.records import Envelope
from transforms.arrival.arrived_files import list_files, parts_of
from transforms.arrival.envelope_rules import to_archive_line
from transforms.arrival.file_envelopes import envelopes_of
from transforms.canonical.mapping_rules import load_mappings
from transforms.publication.databases import database_of, open_to_read

ROOT = Path(__file__).parents[2]
DAY = ROOT / "examples/company/day"
AS_OF = "2026-03-03T06:00:00Z"

# Everything a view shows, but how it came to it: versions count what arrived, `changed_by` and ids name messages.
FIGURES = {
    "position": "item, location, lot, disposition, on_hand_quantity, counted_at",
    "availability": "item, channel, listing, available_quantity, chain, policy_version",
    "channel_update": "channel, listing, item, quantity",
    "claim": "item, order_reference, channel, status, open_quantity, allocated_quantity, shipped_quantity,"
    " cancelled_quantity, expires_at",
    "inbound": "item, location, order_reference, open_quantity, expected_at",
    "discrepancy": "item, location, lot, disposition, cause, source, reference, expected_quantity, reported_quantity",
    "decision": "transaction_key, item, order_reference, channel, outcome, granted_quantity",
    "alert": "kind, item, location, quantity",
}

# What was wrong for a while and is cured stays as a row that says so, unless nothing was published in between.
STANDING = {"discrepancy": "expected_quantity <> reported_quantity", "alert": "quantity <> '0'"}

MUG_LISTING = "web,9107199254740993,MUG-BLUE,each"
ENDS = "2026-03-10"  # a week after the day

Views = dict[str, list[tuple[Any, ...]]]


def options(database: Path | str, *more: str) -> list[str]:
    """The command line of a run over the example day, without its input."""
    master, policy = ROOT / "examples/company/master", ROOT / "examples/company/policy.yaml"
    rules = [f"--mappings={ROOT / 'schemas/mappings'}", f"--master_data={master}", f"--policy={policy}"]
    return [*rules, f"--as_of={AS_OF}", f"--database={database}", "--quiet", *more]


def run_day(folder: Path, database: Path | str, *more: str) -> Views:
    """The views after a run over the messages of a folder."""
    assert inventory_sync.run([f"--input_folder={folder}", *options(database, *more)]) == 0
    return views_of(database)


def views_of(database: Path | str) -> Views:
    """The figures of every view, in the order of their keys."""
    connection = open_to_read(database_of(database))
    try:
        queries = {
            view: f"SELECT {names} FROM {view} WHERE {STANDING.get(view, 'true')} ORDER BY {names}"
            for view, names in FIGURES.items()
        }
        return {view: [tuple(row) for row in connection.execute(query).fetchall()] for view, query in queries.items()}
    finally:
        connection.close()


def envelopes() -> list[Envelope]:
    """Every message of the day as it arrived, in the order of its files."""
    formats = {source: one.format for source, one in load_mappings(ROOT / "schemas/mappings").items()}
    read = [one for file in list_files(str(DAY)) for part in parts_of(file) for one in envelopes_of(part, formats)]
    assert all(isinstance(one, Envelope) for one in read)
    return read  # type: ignore[return-value]


def archive(folder: Path, messages: Iterable[Envelope], files: int = 1) -> Path:
    """The messages as raw archive files that the job reads, dealt out over `files` of them in their order."""
    rows = list(messages)
    (folder / "archive").mkdir(parents=True)
    for number in range(files):
        lines = [to_archive_line(row) for row in rows[number::files]]
        (folder / "archive" / f"{number:03}.envelopes.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


class Governed(NamedTuple):
    """The files that people govern the example company in."""

    master: Path
    policy: Path


def dated_company(folder: Path) -> Governed:
    """The example company, whose shop sells blue mugs by the case a week later by another policy; no feed is missed."""
    shutil.copytree(ROOT / "examples/company/master", folder / "master")
    listings = folder / "master" / "listings.csv"
    head, *rows = listings.read_text(encoding="utf-8").split()
    rows.remove(MUG_LISTING)
    dated = [f"{MUG_LISTING},,{ENDS}", f"web,CASE-1,MUG-BLUE,case,{ENDS},", *(f"{row},," for row in rows)]
    listings.write_text("\n".join([f"{head},effective_from,effective_to", *dated, ""]), encoding="utf-8")
    policy = folder / "policy.yaml"
    lines = (ROOT / "examples/company/policy.yaml").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("feeds:", "  - {source:")))
    whole = [f"    {line}".replace("buffer: 2", "buffer: 3") for line in text.splitlines()[3:]]
    later = [f'  - version: "in a week"\n    effective_from: {ENDS}', *whole]
    policy.write_text("\n".join([text, "later:", *later, ""]), encoding="utf-8")
    return Governed(folder / "master", policy)
