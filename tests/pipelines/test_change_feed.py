"""A stream takes changes of master data from a subscription: what waited for one is posted, without a restart."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.change_feed import feed_problem
from pipelines.options import InventoryOptions as Options
from pipelines.options import OptionsError, settings_of
from pipelines.run_report import read_report
from tests.pipelines.live_stream import LiveStream, receipt
from tests.queues import NewQueue
from tests.streaming import run_until

FEED = "projects/p/subscriptions/changes"


def change(version: int, code: str, location: str, owner: str = "logistics", **fields: Any) -> bytes:
    row = {"source": "wms", "code": code, "location": location}
    return json.dumps({"table": "location_codes", "version": version, "owner": owner, "row": row, **fields}).encode()


@pytest.mark.parametrize(
    ("story", "subscription", "refresh_seconds", "streaming", "problem"),
    [
        ("none", "", 0, False, ""),
        ("one", FEED, 30, True, ""),
        ("a topic", "projects/p/topics/t", 30, True, "expected projects/PROJECT/subscriptions/SUBSCRIPTION"),
        ("of a run that ends", FEED, 30, False, "a run over files reads the tables once"),
        ("that nobody looks at", FEED, 0, True, "with --refresh_seconds 0"),
    ],
)
def test_a_feed_needs_a_stream_that_looks(
    story: str, subscription: str, refresh_seconds: float, streaming: bool, problem: str
) -> None:
    assert problem in feed_problem(subscription, refresh_seconds, streaming=streaming)
    assert bool(problem) == bool(feed_problem(subscription, refresh_seconds, streaming=streaming))


def test_a_wrong_flag_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="a run over files reads the tables once"):
        settings_of(Options([f"--input_folder={tmp_path}", f"--changes_subscription={FEED}"]))
    settings = settings_of(
        Options(["--input_subscription=projects/p/subscriptions/s", f"--changes_subscription={FEED}"])
    )
    assert settings.changes_subscription == FEED


@pytest.mark.pubsub
@pytest.mark.slow
def test_what_waits_is_released_by_a_change_from_the_queue_and_a_bad_one_is_a_dead_letter(
    new_queue: NewQueue, tmp_path: Path
) -> None:
    queue, feed = new_queue("moves"), new_queue("changes")
    stream = LiveStream(tmp_path, queue, f"--changes_subscription={feed.subscription}")
    stream.files.write(stream.files.master / "governance.csv", "table,owner\nlocation_codes,logistics\n")
    queue.publish([receipt(1, "EAST"), receipt(2, "WH-9"), receipt(2, "WH-9"), receipt(3, "MOON")])
    right = [
        change(9, "WH-9", "WEST"),
        change(7, "WH-9", "EAST"),
        change(9, "WH-9", "WEST"),
    ]  # a late and a repeated one
    bad = [b"WH-9 is WEST", change(99, "WH-9", "EAST", owner="sales"), change(1, "WH-8", "NOWHERE")]
    steps = [lambda: feed.publish([*right, *bad])]

    def is_done() -> bool:
        if steps and len(stream.open_parked()) == 2 and stream.on_hand() == {"EAST": "5"}:
            steps.pop()()
        outcomes = dict(stream.read("SELECT outcome || reason, total FROM run_count WHERE level = 'event'"))
        is_posted = outcomes == {"posted": 2, "duplicate": 1, "parkedunknown_location": 1}
        return not steps and is_posted and len(stream.read("SELECT reason FROM dead_letter")) == 3

    run_until(stream.pipeline.run(), is_done, timeout_seconds=120)
    assert stream.on_hand() == {"EAST": "5", "WEST": "5"}
    assert stream.open_parked() == [("location:wms:MOON",)]
    letters = stream.read("SELECT reason, source, message FROM dead_letter ORDER BY reason")
    assert [reason for reason, _, _ in letters] == ["not_governor", "unfit_change", "unreadable_change"]
    assert {source for _, source, _ in letters} == {"master_data"}
    assert letters[0][2].endswith(": 'sales' changes location_codes, expected its owner 'logistics'")
    assert "unknown location 'NOWHERE'" in letters[1][2]
    assert read_report(stream.database, "stream").is_balanced
    (file,) = (stream.files.master / "changes").glob("*.jsonl")
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(one["version"], one["row"]["code"]) for one in kept] == [(1, "WH-8"), (9, "WH-9")]
