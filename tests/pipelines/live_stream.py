"""Live stream: a small company as files and a queue in, the main job over them while the files change out."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.inventory_sync import build_pipeline, load_config
from pipelines.options import settings_of
from tests.company_files import RECEIPTS, CompanyFiles
from tests.queues import Queue
from tests.written_views import rows_of
from transforms.governed import forget_watches
from transforms.publication.view_database import create_views

REFRESH_SECONDS = 1


def receipt(
    number: int, at: str, sku: str = "MUG", received_at: datetime | None = None
) -> tuple[bytes, dict[str, str]]:
    """A message with attributes; where no time is given it is received when it is published."""
    document = {"kind": "receipt", "id": f"R{number}", "sku": sku, "qty": 5, "at": at, "when": "2026-03-02T11:00:00Z"}
    received = {} if received_at is None else {"ce-time": received_at.isoformat()}
    return json.dumps(document).encode(), {"source": "wms", "message_id": f"m{number}", **received}


class LiveStream:
    """The main job over a queue, with files that change under it."""

    def __init__(self, folder: Path, queue: Queue, *flags: str) -> None:
        forget_watches()
        self.files = CompanyFiles(folder / "company")
        self.database = folder / "views.db"
        (folder / "mappings/wms").mkdir(parents=True)
        (folder / "mappings/wms/mapping.yaml").write_text(RECEIPTS)
        rules = [f"--master_data={self.files.master}", f"--policy={self.files.policy}", f"--mappings={folder}/mappings"]
        refresh = f"--refresh_seconds={REFRESH_SECONDS}"
        output = [f"--database={self.database}", "--quiet", refresh, *flags]
        options = PipelineOptions([f"--input_subscription={queue.subscription}", *rules, *output])
        options.view_as(StandardOptions).streaming = True
        create_views(self.database)
        self.pipeline = beam.Pipeline(options=options)
        build_pipeline(self.pipeline, load_config(settings_of(options), "stream"))

    def read(self, query: str) -> list[tuple[Any, ...]]:
        return rows_of(self.database, query)

    def on_hand(self) -> dict[str, str]:
        return dict(self.read("SELECT location, on_hand_quantity FROM position"))

    def open_parked(self) -> list[tuple[Any, ...]]:
        settled = "SELECT 1 FROM settlement s WHERE settled_as <> '' AND s.message_id = p.message_id"
        return self.read(f"SELECT missing_key FROM parked p WHERE NOT EXISTS ({settled})")
