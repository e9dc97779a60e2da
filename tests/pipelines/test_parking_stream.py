"""A stream over a queue learns of new master data while it runs: what waited is posted once, without a restart."""

from pathlib import Path

import pytest

from pipelines.run_report import read_report
from tests.pipelines.live_stream import LiveStream, receipt
from tests.queues import NewQueue
from tests.streaming import run_until


@pytest.mark.pubsub
def test_an_event_for_an_unknown_location_is_released_by_the_mapping_and_posts_once(
    new_queue: NewQueue, tmp_path: Path
) -> None:
    queue = new_queue("parking")
    stream = LiveStream(tmp_path, queue)
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
    stream = LiveStream(tmp_path, queue)
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
