"""Runs: when a run of the pipeline began and ended, and by which rules it ran; written beside what it published."""

from datetime import datetime

from transforms.publication.databases import Connection, Database, open_to_write, write_batches
from transforms.publication.view_tables import VIEW_NAMED, Run, row_maker, utc_text

# Whether a row of parked or dead_letter is open; `{view}` is the name of its table.
IS_OPEN = (
    "NOT EXISTS (SELECT 1 FROM settlement WHERE settlement.message_id = {view}.message_id"
    " AND settlement.event_index = {view}.event_index AND settlement.reason = {view}.reason"
    " AND settlement.settled_as <> '')"
)

# Rows from the same input as a run, that it found again or not.
_SETTLE = (
    "INSERT INTO settlement (message_id, event_index, reason, settled_as, settled_at, version, attempts)"
    " SELECT message_id, event_index, reason, ?, ?, ?, 0 FROM {view}"
    " WHERE run_id IN (SELECT other.run_id FROM run other JOIN run this ON other.input = this.input"
    " WHERE this.run_id = ?)"
    " AND {of}EXISTS (SELECT 1 FROM run_rejection mark WHERE mark.run_id = ? AND mark.message_id = {view}.message_id"
    " AND mark.event_index = {view}.event_index AND mark.reason = {view}.reason)"
    " {was}"
    " ON CONFLICT (message_id, event_index, reason) DO UPDATE SET settled_as = excluded.settled_as,"
    " settled_at = excluded.settled_at, version = excluded.version WHERE excluded.version > settlement.version"
)


CLOSED_BY_A_RUN = {"parked": "released", "dead_letter": "repaired"}  # as what a view's rows are closed


def start_run(path: Database, run: Run) -> None:
    """Note that a run begins. A run id noted before stays as it was."""
    view = VIEW_NAMED["run"]
    connection = open_to_write(path)
    try:
        write_batches(connection, [(view, [row_maker(view, run.run_id)(run)])])
    finally:
        connection.close()


def finish_run(path: Database, run_id: str, finished_at: datetime, *, read_all: bool = False) -> None:
    """Note that a run came to its end; a run that was killed stays without one.

    `read_all`: it read all of its input, so that what an earlier run over the same input refused, and this one did not,
    is closed.
    """
    connection = open_to_write(path)
    try:
        connection.execute("UPDATE run SET finished_at = ? WHERE run_id = ?", (utc_text(finished_at), run_id))
        if read_all:
            for view, settled_as in CLOSED_BY_A_RUN.items():
                _settle(connection, view, settled_as, run_id, finished_at)
    finally:
        connection.close()


def _settle(connection: Connection, view: str, settled_as: str, run_id: str, at: datetime) -> None:
    """Close what this run did not find again, and open what it did."""
    is_open = IS_OPEN.format(view=view)
    when = (utc_text(at), int(at.timestamp() * 1_000_000), run_id, run_id)
    connection.execute(_SETTLE.format(view=view, of="NOT ", was=f"AND {is_open}"), (settled_as, *when))
    connection.execute(_SETTLE.format(view=view, of="", was=f"AND NOT {is_open}"), ("", *when))
