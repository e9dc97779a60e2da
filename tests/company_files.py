"""Company files: a small company as the files that people maintain, and changes to them while a test runs."""

import json
import os
from itertools import count
from pathlib import Path

from schemas.master_files import TABLES as COLUMNS

POLICY = """\
version: "{version}"
owner: channel team
definitions:
  sellable: {{means: free, dispositions: [sellable]}}
channels:
  web: {{definition: sellable, locations: [EAST], items: all, buffer: {buffer}}}
"""
RECEIPTS = """\
source: wms
owner: warehouse team
version: 1
format: json
messages:
  - name: receipt
    when: "message.kind == 'receipt'"
    events:
      - kind: receipt
        transaction_key: [message.id]
        item: message.sku
        quantity: message.qty
        location: message.at
        occurred_at: message.when
"""
ROWS = {
    "items": ["MUG,,each", "BEANS,,each"],
    "locations": ["EAST", "WEST"],
    "channels": ["web"],
    "listings": ["web,W-MUG,MUG", "web,W-BEANS,BEANS"],
}
_moments = count(1_800_000_000)  # each write has a time of its own, however quick the test is


class CompanyFiles:
    """Master data and policy in a folder; every write goes by renaming into place, as it should."""

    def __init__(self, folder: Path) -> None:
        self.master = folder / "master"
        self.policy = folder / "policy.yaml"
        self.rows = {name: list(rows) for name, rows in ROWS.items()}
        self.changes: list[str] = []
        self.master.mkdir(parents=True)
        for table in self.rows:
            self._write_table(table)
        self.set_policy()

    def add(self, table: str, *rows: str) -> None:
        """Publish a table with rows added, as lines of CSV."""
        self.rows.setdefault(table, []).extend(rows)
        self._write_table(table)

    def change(self, table: str, version: int, **row: str) -> None:
        """Publish one more line of a feed of changes."""
        self.changes.append(json.dumps({"table": table, "version": version, "owner": "team", "row": row}))
        (self.master / "changes").mkdir(exist_ok=True)
        self.write(self.master / "changes/team.jsonl", "\n".join([*self.changes, ""]))

    def set_policy(self, version: str = "1", buffer: int = 0) -> None:
        self.write(self.policy, POLICY.format(version=version, buffer=buffer))

    def write(self, path: Path, text: str) -> None:
        """Publish a file as it is, right or wrong."""
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(text)
        moment = next(_moments)
        os.utime(beside, (moment, moment))
        beside.replace(path)

    def _write_table(self, table: str) -> None:
        width = max(row.count(",") for row in self.rows[table]) + 1
        header = ",".join(list(COLUMNS[table])[:width])
        self.write(self.master / f"{table}.csv", "\n".join([header, *self.rows[table], ""]))
