"""Run report: the database of views in, what a person wants to know of one run out.

A run that is still going on, or was killed, has counts but no end; the report says so.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pipelines.balance_rules import SourceBalance, balances
from schemas.records import OutcomeCount
from transforms.publication.databases import Connection, Database, ViewsError, open_to_read
from transforms.publication.runs import IS_OPEN
from transforms.publication.view_tables import VIEWS

SHOWN_MAX = 10  # rows of each list of things that need a hand


class Waiting(NamedTuple):
    """A key that master data does not know, and how many events wait for it."""

    missing_key: str
    event_count: int
    message: str  # the refusal of one of them


class StandingAlert(NamedTuple):
    """An alert that is not cured."""

    kind: str
    item: str
    location: str
    message: str
    quantity: str


class Told(NamedTuple):
    """What one partner was told in a run, and how far it came."""

    partner: str
    told: int
    sent: int
    applied: int
    retried: int
    waiting: int  # with those whose result is not known yet
    failed: int


class RunReport(NamedTuple):
    """One run and the state of the views."""

    database: Database
    run_id: str
    started_at: datetime | None
    finished_at: datetime | None
    input: str
    acknowledgments: str
    policy_version: str
    master_version: str
    sources: list[SourceBalance]
    refused: list[OutcomeCount]  # those with a reason, most frequent first
    row_counts: dict[str, int]
    waiting: list[Waiting]
    waiting_keys: int
    alerts: list[StandingAlert]
    alert_count: int
    discrepancy_count: int
    example_item: str
    partners: tuple[Told, ...] = ()

    @property
    def elapsed(self) -> timedelta | None:
        """How long the run took; None while it has no end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    @property
    def is_balanced(self) -> bool:
        """Whether every message and event ended exactly once."""
        return all(source.is_balanced for source in self.sources)


def read_report(database: Database, run_id: str | None = None) -> RunReport:
    """The report of a run, of the last one where none is named; `ViewsError` where there is none."""
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        return _report(connection, database, run_id or _last_run_id(connection, database))
    finally:
        connection.close()


def _last_run_id(connection: Connection, database: Database) -> str:
    (run_id,) = connection.execute(
        "SELECT max(run_id) FROM (SELECT run_id FROM run UNION SELECT run_id FROM run_count) AS noted"
    ).fetchone()
    if run_id is None:
        raise ViewsError(f"{database}: holds no run yet, expected at least one: sellable run --help")
    return str(run_id)


def _report(connection: Connection, database: Database, run_id: str) -> RunReport:
    run = connection.execute("SELECT * FROM run WHERE run_id = ?", (run_id,)).fetchone()
    counts = [
        OutcomeCount(*row)
        for row in connection.execute(
            "SELECT source, level, outcome, reason, total FROM run_count WHERE run_id = ? ORDER BY total DESC, reason",
            (run_id,),
        )
    ]
    if run is None and not counts:
        raise ViewsError(f"{database}: holds no run {run_id!r}, expected one of its view run")
    waiting = _waiting(connection, run_id)
    alerts = _alerts(connection)
    return RunReport(
        database=database,
        run_id=run_id,
        started_at=_time(run["started_at"]) if run else None,
        finished_at=_time(run["finished_at"]) if run else None,
        input=run["input"] if run else "",
        acknowledgments=_acknowledgments(run["options"]) if run else "",
        policy_version=run["policy_version"] if run else "",
        master_version=run["master_version"] if run else "",
        sources=balances(counts),
        refused=[count for count in counts if count.reason and count.total],
        row_counts={view.name: _count(connection, f"SELECT count(*) FROM {view.name}") for view in VIEWS},  # noqa: S608
        waiting=waiting[:SHOWN_MAX],
        waiting_keys=len(waiting),
        alerts=alerts[:SHOWN_MAX],
        alert_count=len(alerts),
        discrepancy_count=_count(
            connection, "SELECT count(*) FROM discrepancy WHERE expected_quantity <> reported_quantity"
        ),
        example_item=_example_item(connection, alerts),
        partners=_partners(connection, run["started_at"]) if run else (),
    )


def _acknowledgments(options: str) -> str:
    """The folder that a run was to answer EDI in, if there is an answer in it."""
    folder: str = json.loads(options).get("acknowledgments_folder", "")
    return folder if folder and any(Path(folder).glob("*/*.edi")) else ""


def _partners(connection: Connection, since: str) -> tuple[Told, ...]:
    rows = connection.execute(
        "SELECT partner, count(*), count(*) FILTER (WHERE attempts > 0), count(*) FILTER (WHERE status = 'applied'),"
        " count(*) FILTER (WHERE attempts > 1), count(*) FILTER (WHERE status NOT IN ('applied', 'failed')),"
        " count(*) FILTER (WHERE status = 'failed')"
        " FROM delivery WHERE offered_at >= ? GROUP BY partner ORDER BY partner",
        (since,),
    )
    return tuple(Told(*row) for row in rows)


def _waiting(connection: Connection, run_id: str) -> list[Waiting]:
    is_open = IS_OPEN.format(view="parked")
    query = (
        "SELECT missing_key, count(*), min(message) FROM parked JOIN run_rejection"  # noqa: S608 - our own names
        " USING (message_id, event_index, reason)"
        f" WHERE run_rejection.run_id = ? AND {is_open} GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    rows = connection.execute(query, (run_id,))
    return [Waiting(*row) for row in rows]


def _alerts(connection: Connection) -> list[StandingAlert]:
    rows = connection.execute(
        "SELECT kind, item, location, message, quantity FROM alert WHERE quantity <> '0' "
        "ORDER BY kind, abs(CAST(quantity AS REAL)) DESC, item, location"
    )
    return [StandingAlert(*row) for row in rows]


def _example_item(connection: Connection, alerts: list[StandingAlert]) -> str:
    if alerts:
        return alerts[0].item
    row = connection.execute("SELECT item FROM availability ORDER BY version DESC, item LIMIT 1").fetchone()
    return str(row["item"]) if row else ""


def _count(connection: Connection, sql: str) -> int:
    (count,) = connection.execute(sql).fetchone()
    return int(count)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
