"""The same rules in Bigtable, on its emulator: rows move forward only, and what is first stays first."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from tests.parts import skip_or_fail
from tests.transforms.publication.rows import availability, decision, parked, position
from transforms.publication.bigtable_views import (
    BigtableError,
    WriteBigtableViews,
    cell_of,
    create_bigtable_views,
    open_bigtable,
    row_key,
    timestamp_of,
    write_bigtable,
)
from transforms.publication.newest_rows import NewestRows
from transforms.publication.view_tables import VIEW_NAMED, row_maker

EMULATOR = "cloud.google.com/go/bigtable/cmd/emulator@v1.40.0"
BUILD_SECONDS_MAX = 600
PROJECT, INSTANCE = "sellable-tests", "views"


@pytest.fixture(scope="module")
def emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    binary = _built(Path(request.config.cache.mkdir("bigtable_emulator")))  # type: ignore[union-attr]
    with subprocess.Popen([binary, "-host=127.0.0.1", "-port=0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        host = process.stdout.readline().strip().rpartition(" ")[2]  # ... emulator running on 127.0.0.1:PORT
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("BIGTABLE_EMULATOR_HOST", host)
            yield host
        process.terminate()


def _built(folder: Path) -> Path:
    binary = folder / "emulator"
    if binary.exists():
        return binary
    go = shutil.which("go")
    if go is None:
        skip_or_fail("bigtable", "there is no `go` on the PATH to install Bigtable's emulator with")
    environment = {**os.environ, "GOBIN": str(folder)}
    try:
        subprocess.run(
            [go, "install", EMULATOR],
            env=environment,
            check=True,
            capture_output=True,
            timeout=BUILD_SECONDS_MAX,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        skip_or_fail("bigtable", f"`go install {EMULATOR}` failed: {error}")
    return binary


@pytest.fixture
def place(emulator: str) -> tuple[str, str, str]:
    table = f"views-{uuid.uuid4().hex[:8]}"
    create_bigtable_views(PROJECT, INSTANCE, table)
    create_bigtable_views(PROJECT, INSTANCE, table)
    return PROJECT, INSTANCE, table


def write(place: tuple[str, str, str], *records: Any) -> None:
    for record in records:
        rows = NewestRows("R1")
        rows.add(record)
        write_bigtable(open_bigtable(*place), rows.batches())


def read(place: tuple[str, str, str], prefix: str) -> list[dict[str, Any]]:
    rows = open_bigtable(*place).read_rows()
    return [json.loads(row.cell_value("v", b"row")) for row in rows if row.row_key.decode().startswith(prefix)]


@pytest.mark.bigtable
@pytest.mark.parametrize(
    ("story", "written", "kept"),
    [
        ("a newer one replaces", [("12", 7), ("11", 9)], "11"),
        ("an older one changes nothing", [("12", 7), ("15", 5)], "12"),
        ("the same again changes nothing", [("12", 7), ("12", 7)], "12"),
        ("versions may be microseconds", [("12", 1_772_517_600_000_001), ("11", 1_772_517_600_000_000)], "12"),
        ("other content of the same version replaces", [("12", 7), ("13", 7)], "13"),
    ],
)
def test_a_row_moves_forward_only(
    place: tuple[str, str, str], story: str, written: list[tuple[str, int]], kept: str
) -> None:
    write(place, *(position(quantity, version) for quantity, version in written))
    assert [row["on_hand_quantity"] for row in read(place, "position#")] == [kept]


@pytest.mark.bigtable
def test_where_nothing_is_newer_the_first_stays(place: tuple[str, str, str]) -> None:
    write(place, decision(), decision()._replace(outcome="refused"))
    assert [row["outcome"] for row in read(place, "decision#")] == [decision().outcome]


@pytest.mark.bigtable
def test_a_pipeline_leaves_the_newest_rows(place: tuple[str, str, str]) -> None:
    with beam.Pipeline("FnApiRunner") as pipeline:
        records = pipeline | beam.Create([position("1", 1), position("2", 2), availability(), parked("X")])
        _ = records | WriteBigtableViews(*place, run_id="R1")
    assert [row["on_hand_quantity"] for row in read(place, "position#")] == ["2"]
    assert len(read(place, "availability#")) == len(read(place, "parked#")) == 1


def test_a_key_has_the_view_and_its_columns_and_nothing_runs_into_the_next() -> None:
    view = VIEW_NAMED["position"]
    assert row_key(view, row_maker(view, "")(position(item="A#1/2"))) == b"position#A%231%2F2#EAST##sellable"


def test_a_cell_holds_the_row_exactly() -> None:
    view = VIEW_NAMED["position"]
    assert json.loads(cell_of(view, row_maker(view, "")(position("0.1"))))["on_hand_quantity"] == "0.1"


def test_a_version_that_no_timestamp_holds_is_refused() -> None:
    assert timestamp_of(1) > timestamp_of(0)
    assert timestamp_of("2026-03-02T09:00:00.000001+00:00") - timestamp_of("2026-03-02T10:00:00+01:00") == 1_000
    with pytest.raises(BigtableError, match="version -1"):
        timestamp_of(-1)
