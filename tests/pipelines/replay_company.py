"""A company whose warehouse sends what cannot be used yet, and a job over its files, to be mended and replayed."""

import json
from pathlib import Path
from typing import Any

from pipelines import inventory_sync
from tests.company_files import RECEIPTS, CompanyFiles
from tests.written_views import rows_of
from transforms.publication.databases import database_of

STATES = "        disposition: {{from: message.state, values: {values}}}\n"  # goes on with the event


class Company:
    """Files of rules and messages, and the views of the last run over them."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.files = CompanyFiles(folder / "company")
        self.mappings = folder / "mappings"
        self.input = folder / "input"
        self.address = database or str(folder / "views.db")
        self.database = database_of(self.address)
        (self.mappings / "wms").mkdir(parents=True)
        (self.input / "wms").mkdir(parents=True)
        self.set_values("{OK: sellable}")

    def set_values(self, values: str) -> None:
        (self.mappings / "wms/mapping.yaml").write_text(RECEIPTS + STATES.format(values=values))

    def receive(self, name: str, *rows: dict[str, Any]) -> None:
        text = "".join(json.dumps(receipt(**row)) + "\n" for row in rows)
        (self.input / "wms" / f"20260302T1300{name}Z_moves.jsonl").write_text(text)

    def run(self) -> None:
        rules = [f"--master_data={self.files.master}", f"--policy={self.files.policy}", f"--mappings={self.mappings}"]
        where = [f"--input_folder={self.input}", f"--database={self.address}", "--quiet"]
        assert inventory_sync.run([*where, *rules, "--as_of=2026-03-02T18:00:00Z"]) == 0

    def read(self, query: str) -> list[tuple[Any, ...]]:
        return rows_of(self.database, query)

    def on_hand(self) -> dict[str, str]:
        return dict(self.read("SELECT item, on_hand_quantity FROM position"))


def receipt(number: int, sku: str = "MUG", state: str = "OK", at: str = "EAST") -> dict[str, Any]:
    said = {"kind": "receipt", "id": f"R{number}", "sku": sku, "qty": 5, "at": at, "state": state}
    return said | {"when": "2026-03-02T11:00:00Z"}
