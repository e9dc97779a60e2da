"""Pickup ledger: what was taken and what is still watched, in one SQLite file, so that no file is taken twice."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from services.pickup_rules import Listed, Seen

LOCK_WAIT_SECONDS = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS taken ( -- one content of one source
    source TEXT NOT NULL, digest TEXT NOT NULL, name TEXT NOT NULL, size_bytes INTEGER NOT NULL, taken_at TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1, -- how often it came
    PRIMARY KEY (source, digest)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen ( -- one file that may not be whole yet
    source TEXT NOT NULL, name TEXT NOT NULL, size_bytes INTEGER NOT NULL, changed_seconds INTEGER NOT NULL,
    since TEXT NOT NULL, PRIMARY KEY (source, name)
) WITHOUT ROWID;
"""


class PickupLedger:
    """The ledger of one pickup; a second process waits for the first."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, timeout=LOCK_WAIT_SECONDS, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def watch(self, source: str, files: list[Listed], at: datetime) -> dict[str, Seen]:
        """How each file looked before now, if it was there; how it looks now is noted, what is gone is forgotten."""
        with closing(self.connection.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT name, size_bytes, changed_seconds, since FROM seen WHERE source = ?", (source,)
            ).fetchall()
            before = {name: Seen(size, changed, datetime.fromisoformat(since)) for name, size, changed, since in rows}
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("DELETE FROM seen WHERE source = ?", (source,))
            for file in files:
                was = before.get(file.name)
                is_same = was is not None and was[:2] == file[1:]
                since = was.since if is_same and was is not None else at
                cursor.execute("INSERT INTO seen VALUES (?, ?, ?, ?, ?)", (source, *file, since.isoformat()))
            cursor.execute("COMMIT")
        return before

    def taken_as(self, source: str, digest: str) -> str | None:
        """The name under which this content was taken before; None if it never was."""
        row = self.connection.execute(
            "SELECT name FROM taken WHERE source = ? AND digest = ?", (source, digest)
        ).fetchone()
        return None if row is None else str(row[0])

    def note(self, source: str, digest: str, file: Listed, at: datetime) -> None:
        """That this content is safe where it goes."""
        self.connection.execute(
            "INSERT INTO taken (source, digest, name, size_bytes, taken_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (source, digest) DO UPDATE SET times = times + 1",
            (source, digest, file.name, file.size_bytes, at.isoformat()),
        )
