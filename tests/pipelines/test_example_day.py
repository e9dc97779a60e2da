"""The example day ends the same in any order, doubled and split; tests/test_runners.py has the runners and queues."""

import random
from pathlib import Path

import pytest

from pipelines.command_line import main
from schemas.records import Envelope
from tests.pipelines.example_day import DAY, ROOT, Views, archive, envelopes, run_day
from tests.postgres_server import PostgresServer

SEEDS_QUICK = 2
SEEDS = 20


@pytest.fixture(scope="module")
def day() -> list[Envelope]:
    return envelopes()


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Views:
    """The views of the day in its given order."""
    return run_day(DAY, tmp_path_factory.mktemp("given") / "views.db")


def test_the_day_fills_every_view(given: Views) -> None:
    assert {view: bool(rows) for view, rows in given.items()} == dict.fromkeys(given, True)


def test_messages_backwards_give_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", day[::-1]), tmp_path / "views.db") == given


@pytest.mark.parametrize(
    "seed", [seed if seed < SEEDS_QUICK else pytest.param(seed, marks=pytest.mark.slow) for seed in range(SEEDS)]
)
def test_messages_shuffled_give_the_same_views(seed: int, given: Views, day: list[Envelope], tmp_path: Path) -> None:
    shuffled = random.Random(seed).sample(day, len(day))
    assert run_day(archive(tmp_path / "in", shuffled), tmp_path / "views.db") == given


def test_every_message_doubled_gives_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", [*day, *day]), tmp_path / "views.db") == given


def test_messages_split_over_seven_files_give_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", day, files=7), tmp_path / "views.db") == given


def test_records_survive_another_process(given: Views, tmp_path: Path) -> None:
    workers = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert run_day(DAY, tmp_path / "views.db", *workers) == given


@pytest.mark.postgres
def test_a_server_holds_the_same_views_as_a_file(postgres_server: PostgresServer, given: Views) -> None:
    """And our commands read them there: explain, rows, summary and dry-run."""
    url = postgres_server.new_database()
    found = run_day(DAY, url)
    assert {view: sorted(map(repr, rows)) for view, rows in found.items()} == {
        view: sorted(map(repr, rows)) for view, rows in given.items()
    }
    for command in (
        ["summary"],
        ["explain", "MUG-BLUE", "--channel", "web"],
        ["explain", "KIT-POUROVER"],
        ["rows", "parked"],
        ["rows", "position", "--limit", "5"],
        ["dry-run", "--policy", str(ROOT / "examples/company/policy.yaml")],
    ):
        assert main([*command, "--database", url]) in {0, 1}, command
    assert main(["explain", "NO-SUCH-ITEM", "--database", url]) == 1
