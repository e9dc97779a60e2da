"""A stream over a queue learns of new master data while it runs: what waited is posted once, without a restart."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.inventory_sync import build_pipeline, load_config
from pipelines.options import settings_of
from pipelines.run_report import read_report
from tests.company_files import CompanyFiles
from tests.queues import NewQueue, Queue
from tests.streaming import run_until
from transforms.governed import forget_watches
from transforms.publication.view_database import create_views

MAPPING = """\
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
REFRESH_SECONDS = 1


def receipt(number: int, at: str, sku: str = "MUG") -> tuple[bytes, dict[str, str]]:
    document = {"kind": "receipt", "id": f"R{number}", "sku": sku, "qty": 5, "at": at, "when": "2026-03-02T11:00:00Z"}
    return json.dumps(document).encode(), {"source": "wms", "message_id": f"m{number}"}


class Stream:
    """The main job over a queue, with files that change under it."""

    def __init__(self, folder: Path, queue: Queue, *flags: str) -> None:
        forget_watches()
        self.files = CompanyFiles(folder / "company")
        self.database = folder / "views.db"
        (folder / "mappings/wms").mkdir(parents=True)
        (folder / "mappings/wms/mapping.yaml").write_text(MAPPING)
        rules = [f"--master_data={self.files.master}", f"--policy={self.files.policy}", f"--mappings={folder}/mappings"]
        refresh = f"--refresh_seconds={REFRESH_SECONDS}"
        output = [f"--database={self.database}", "--quiet", refresh, *flags]
        options = PipelineOptions([f"--input_subscription={queue.subscription}", *rules, *output])
        options.view_as(StandardOptions).streaming = True
        create_views(self.database)
        self.pipeline = beam.Pipeline(options=options)
        build_pipeline(self.pipeline, load_config(settings_of(options), "stream"))

    def read(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def on_hand(self) -> dict[str, str]:
        return dict(self.read("SELECT location, on_hand_quantity FROM position"))

    def open_parked(self) -> list[tuple[Any, ...]]:
        settled = "SELECT 1 FROM settlement s WHERE settled_as <> '' AND s.message_id = p.message_id"
        return self.read(f"SELECT missing_key FROM parked p WHERE NOT EXISTS ({settled})")


@pytest.mark.pubsub
def test_an_event_for_an_unknown_location_is_released_by_the_mapping_and_posts_once(
    new_queue: NewQueue, tmp_path: Path
) -> None:
    queue = new_queue("parking")
    stream = Stream(tmp_path, queue)
    queue.publish([receipt(1, "EAST"), receipt(2, "WH-9"), receipt(2, "WH-9"), receipt(3, "MOON")])
    steps = [lambda: stream.files.add("location_codes", "wms,WH-9,WEST")]

    def is_done() -> bool:
        if steps and len(stream.open_parked()) == 2 and stream.on_hand() == {"EAST": "5"}:
            steps.pop()()
        outcomes = dict(stream.read("SELECT outcome || reason, total FROM run_count WHERE level = 'event'"))
        return not steps and outcomes == {
            "posted": 2,
            "duplicate": 1,
            "parkedunknown_location": 1,
        }

    run_until(stream.pipeline.run(), is_done, timeout_seconds=120)
    assert stream.on_hand() == {"EAST": "5", "WEST": "5"}
    assert stream.open_parked() == [("location:wms:MOON",)]
    report = read_report(stream.database, "stream")
    assert report.is_balanced
    assert [waiting.missing_key for waiting in report.waiting] == ["location:wms:MOON"]


@pytest.mark.pubsub
def test_a_broken_table_is_told_and_a_right_one_later_taken_over(new_queue: NewQueue, tmp_path: Path) -> None:
    queue = new_queue("broken")
    stream = Stream(tmp_path, queue)
    queue.publish([receipt(1, "EAST"), receipt(2, "EAST", sku="LAMP")])
    items = stream.files.master / "items.csv"
    steps = [
        lambda: stream.files.add("items", "LAMP,,each"),
        lambda: stream.files.write(items, items.read_text() + "LAMP,,\n"),
    ]

    def is_done() -> bool:
        alerts = dict(stream.read("SELECT kind, quantity FROM alert WHERE item = ''"))
        is_waiting = len(steps) == 2 and stream.on_hand() and stream.open_parked()
        if is_waiting or (len(steps) == 1 and alerts == {"governed_data_refused": "1"}):
            steps.pop()()
        is_cured = alerts == {"governed_data_refused": "0"} and not stream.open_parked()
        return not steps and is_cured and len(stream.read("SELECT item FROM position")) == 2

    run_until(stream.pipeline.run(), is_done, timeout_seconds=120)
    found = stream.read("SELECT item, on_hand_quantity FROM position ORDER BY item")
    assert found == [("LAMP", "5"), ("MUG", "5")]
