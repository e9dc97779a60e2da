"""Tower report: the views in, what the control tower shows of the last run and of what needs a hand, as JSON out.

Latency is what the views can prove: how long after it was offered a partner was known to have a figure (`delivery`),
and how old the newest message is that moved a figure, by source.
"""

import json
from datetime import UTC, datetime
from typing import Any

from pipelines.run_report import RunReport, read_report
from services.api_source import ApiSource
from services.view_pages import document_of
from transforms.publication.runs import IS_OPEN
from transforms.reasons import REASONS

RUNS_SHOWN = 20
OPEN_SHOWN = 100
LATENCIES_READ_MAX = 100_000

Answer = dict[str, Any]


def tower(source: ApiSource) -> Answer:
    """Everything on the page; `ViewsError` where no run is on record."""
    report = read_report(source.database)
    with source.reading() as connection:
        return {
            "run": _run(report),
            "sources": [_source(one) for one in report.sources],
            "reasons": [_reason(one) for one in report.refused],
            "views": report.row_counts,
            "runs": [document_of(row) for row in connection.execute(_RUNS, (RUNS_SHOWN,))],
            "rates": _rates(report, connection),
            "alerts": [document_of(row) for row in connection.execute(_ALERTS, (OPEN_SHOWN,))],
            "open": [_open(row) for row in connection.execute(_OPEN, (OPEN_SHOWN,))],
            "delivery_seconds": _delivery_seconds(connection),
            "newest_by_source": _newest(connection, _until(report, connection)),
        }


_RUNS = (
    "SELECT run.run_id, started_at, finished_at, input, policy_version,"
    " coalesce(sum(CASE WHEN level = 'message' AND outcome = 'in' THEN total END), 0) AS messages"
    " FROM run LEFT JOIN run_count ON run_count.run_id = run.run_id"
    " GROUP BY run.run_id, started_at, finished_at, input, policy_version ORDER BY run.run_id DESC LIMIT ?"
)
_ALERTS = (
    "SELECT kind, item, location, quantity, message, raised_by, correlation_id FROM alert WHERE quantity <> '0'"
    " ORDER BY kind, item, location LIMIT ?"
)
_OPEN = " UNION ALL ".join(
    f"SELECT '{view}' AS view, source, reason, message, message_id, correlation_id, missing_key, received_at"  # noqa: S608
    f" FROM {view} WHERE {IS_OPEN.format(view=view)}"
    for view in ("dead_letter", "parked")
)
_OPEN = f"SELECT * FROM ({_OPEN}) AS refused ORDER BY received_at DESC, message_id LIMIT ?"  # noqa: S608


def _run(report: RunReport) -> Answer:
    elapsed = report.elapsed.total_seconds() if report.elapsed is not None else None
    messages = sum(one.messages for one in report.sources)
    return {
        "run_id": report.run_id,
        "started_at": report.started_at.isoformat() if report.started_at else None,
        "finished_at": report.finished_at.isoformat() if report.finished_at else None,
        "input": report.input,
        "policy_version": report.policy_version,
        "master_version": report.master_version,
        "messages": messages,
        "elapsed_seconds": elapsed,
        "messages_per_second": round(messages / elapsed, 1) if elapsed else None,
        "is_balanced": report.is_balanced,
    }


def _source(balance: Any) -> Answer:
    return {
        "source": balance.source,
        "messages": balance.messages,
        "made_events": balance.mapped_messages,
        "whole_messages": balance.whole_messages,
        "events": balance.events,
        "is_balanced": balance.is_balanced,
    }


def _reason(count: Any) -> Answer:
    known = REASONS.get(count.reason)
    return {
        **{name: getattr(count, name) for name in ("source", "level", "outcome", "reason", "total")},
        "meaning": known.meaning if known else "",
        "next_step": known.next_step if known else "",
    }


def _open(row: Any) -> Answer:
    known = REASONS.get(row["reason"])
    return {**document_of(row), "next_step": known.next_step if known else ""}


def _rates(report: RunReport, connection: Any) -> Answer:
    posted = sum(one.events.get("posted", 0) for one in report.sources)
    duplicates = sum(one.events.get("duplicate", 0) for one in report.sources)
    (decided,) = connection.execute("SELECT count(*) FROM decision").fetchone()
    (refused,) = connection.execute("SELECT count(*) FROM decision WHERE outcome = 'refused'").fetchone()
    (oversold,) = connection.execute(
        "SELECT count(*) FROM alert WHERE kind = 'oversell' AND quantity <> '0'"
    ).fetchone()
    (orders,) = connection.execute("SELECT count(*) FROM claim").fetchone()
    return {
        "posted": posted,
        "duplicates": duplicates,
        "decisions": decided,
        "refused_decisions": refused,
        "oversold": oversold,
        "claims": orders,
        "discrepancies": report.discrepancy_count,
        "parked_keys": report.waiting_keys,
    }


def _delivery_seconds(connection: Any) -> Answer | None:
    """Percentiles of the time from offered to applied; None where no partner confirmed anything."""
    rows = connection.execute(
        "SELECT offered_at, applied_at FROM delivery WHERE applied_at IS NOT NULL ORDER BY version DESC LIMIT ?",
        (LATENCIES_READ_MAX,),
    )
    seconds = sorted(
        (datetime.fromisoformat(applied) - datetime.fromisoformat(offered)).total_seconds() for offered, applied in rows
    )
    if not seconds:
        return None
    at = {name: seconds[min(len(seconds) - 1, len(seconds) * part // 100)] for name, part in _PERCENTILES.items()}
    return {"count": len(seconds), **at}


_PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}


def _until(report: RunReport, connection: Any) -> datetime:
    """The moment that ages are counted to: the run's own now, else its end, else this moment."""
    row = connection.execute("SELECT options FROM run WHERE run_id = ?", (report.run_id,)).fetchone()
    as_of = json.loads(row["options"]).get("as_of") if row else None
    return datetime.fromisoformat(as_of) if as_of else report.finished_at or datetime.now(UTC)


def _newest(connection: Any, until: datetime) -> list[Answer]:
    """The newest message of each source that moved a figure, and how old it is."""
    rows = connection.execute(
        "SELECT changed_source AS source, max(changed_at) AS changed_at FROM availability"
        " WHERE changed_source <> '' GROUP BY changed_source ORDER BY changed_source"
    )
    return [
        {
            "source": row["source"],
            "changed_at": row["changed_at"],
            "age_seconds": int((until - datetime.fromisoformat(row["changed_at"])).total_seconds()),
        }
        for row in rows
    ]
