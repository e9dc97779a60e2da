"""Runs: when a run of the pipeline began and ended, and by which rules it ran; written beside what it published."""

from datetime import datetime
from pathlib import Path

from transforms.publication.view_database import open_to_write, write_batches
from transforms.publication.view_tables import VIEW_NAMED, Run, row_maker, utc_text


def start_run(path: Path, run: Run) -> None:
    """Note that a run begins. A run id noted before stays as it was."""
    view = VIEW_NAMED["run"]
    connection = open_to_write(path)
    try:
        write_batches(connection, [(view, [row_maker(view, run.run_id)(run)])])
    finally:
        connection.close()


def finish_run(path: Path, run_id: str, finished_at: datetime) -> None:
    """Note that a run came to its end; a run that was killed stays without one."""
    connection = open_to_write(path)
    try:
        connection.execute("UPDATE run SET finished_at = ? WHERE run_id = ?", (utc_text(finished_at), run_id))
    finally:
        connection.close()
