"""Changes from a queue are in the feed's file, whole, whatever bundle brought them; what is wrong is a dead letter."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.testing.util import assert_that

from schemas.records import Rejection
from schemas.yaml_files import SpecError
from tests.company_files import CompanyFiles
from transforms.arrival.change_feed import KeepChanges, prepare_feed
from transforms.clocks import clock_at

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEED = "projects/acme/subscriptions/master-changes"


def change(version: int, location: str, **fields: Any) -> bytes:
    row = {"source": "wms", "code": "WH-9", "location": location}
    said = {"table": "location_codes", "version": version, "owner": "logistics", "row": row, **fields}
    return json.dumps(said).encode()


def reasons(expected: list[str], found: list[Rejection]) -> None:
    assert sorted(one.reason for one in found) == expected
    assert {(one.source, one.stage, one.received_at) for one in found} <= {("master_data", "change", NOW)}


def keep(master: Path, *payloads: bytes, refused: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The changes in the file once a run kept some."""
    messages = [PubsubMessage(payload, {}) for payload in payloads]
    with beam.Pipeline() as pipeline:
        made = pipeline | beam.Create(messages) | KeepChanges(str(master), FEED, clock_at(NOW))
        assert_that(made, partial(reasons, list(refused)))
    file = master / "changes" / "master-changes.jsonl"
    assert [path.name for path in file.parent.iterdir()] in ([], [file.name])
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def master(tmp_path: Path) -> Path:
    files = CompanyFiles(tmp_path / "company")
    prepare_feed(str(files.master))
    return files.master


def test_changes_of_several_runs_add_up_and_an_older_one_changes_nothing(master: Path) -> None:
    assert [one["version"] for one in keep(master, change(7, "EAST"))] == [7]
    assert [one["version"] for one in keep(master, change(9, "WEST"), change(8, "EAST"))] == [9]
    before = (master / "changes" / "master-changes.jsonl").stat().st_mtime_ns
    assert [one["version"] for one in keep(master, change(8, "EAST"), change(9, "WEST"))] == [9]
    assert (master / "changes" / "master-changes.jsonl").stat().st_mtime_ns == before


def test_what_is_wrong_is_refused_and_the_rest_is_kept(master: Path) -> None:
    (master / "governance.csv").write_text("table,owner\nlocation_codes,logistics\n")
    payloads = [b"{", change(7, "EAST"), change(8, "WEST", owner="sales")]
    kept = keep(master, *payloads, refused=("not_governor", "unreadable_change"))
    assert [one["version"] for one in kept] == [7]


def test_where_the_governors_cannot_be_read_nobody_changes_anything(master: Path) -> None:
    (master / "governance.csv").write_text("table\nlocation_codes\n")
    assert keep(master, change(7, "EAST"), refused=("not_governor",)) == []


def test_a_folder_that_cannot_be_made_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "master").write_text("a file")
    with pytest.raises(SpecError, match="expected a place that changes can be written to"):
        prepare_feed(str(tmp_path / "master"))


def test_a_name_cannot_lead_out_of_the_folder() -> None:
    assert KeepChanges("master", "projects/p/subscriptions/..%2F..evil").feed == "___2F__evil"
