"""New master data and policy are in force after one refresh; what is wrong with them is told and changes nothing."""

from pathlib import Path

import pytest

from tests.company_files import CompanyFiles
from transforms.governed import FixedSource, LiveSource, forget_watches, from_anywhere
from transforms.governed_files import read_governed


class Watched:
    """A source over files, with a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        forget_watches()
        self.now = 0.0
        self.files = CompanyFiles(folder)
        self.first = read_governed(str(self.files.master), str(self.files.policy))
        self.source = LiveSource(
            str(self.files.master), str(self.files.policy), self.first, refresh_seconds=30, clock=lambda: self.now
        )
        self.items()

    def items(self) -> set[str]:
        return set(self.source.standing().governed.master.items)

    def told(self) -> tuple[str, int] | None:
        alert = self.source.standing().alert
        return (alert.message, int(alert.quantity)) if alert else None


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_new_row_is_in_force_after_one_refresh_and_not_before(watched: Watched) -> None:
    watched.files.add("items", "LAMP,,each")
    watched.now = 29
    assert watched.items() == {"MUG", "BEANS"}
    watched.now = 30
    assert watched.items() == {"MUG", "BEANS", "LAMP"}
    assert watched.told() is None


def test_nothing_is_read_again_as_long_as_no_file_changed(watched: Watched) -> None:
    before = watched.source.standing()
    watched.now = 60
    assert watched.source.standing() is before


def test_a_new_policy_is_in_force_with_the_master_data_it_names(watched: Watched) -> None:
    watched.files.set_policy(version="2")
    watched.now = 30
    assert watched.source.standing().governed.policy.version == "2"


def test_a_broken_version_is_refused_with_its_line_and_the_old_one_stays(watched: Watched) -> None:
    path = watched.files.master / "items.csv"
    right = path.read_text()
    watched.files.write(path, right + "LAMP,,\n")
    watched.now = 30
    assert watched.items() == {"MUG", "BEANS"}
    assert watched.told() == (f"{path}:4: base_unit is empty, expected a value", 1)
    watched.files.write(path, right + "LAMP,,each\n")
    watched.now = 60
    assert watched.items() == {"MUG", "BEANS", "LAMP"}
    assert watched.told() == (f"{path}:4: base_unit is empty, expected a value", 0)


def test_a_broken_policy_is_refused_with_its_line(watched: Watched) -> None:
    watched.files.write(watched.files.policy, watched.files.policy.read_text().replace("[EAST]", "[NOWHERE]"))
    watched.now = 30
    message, _ = watched.told() or ("", 0)
    assert message == f"{watched.files.policy}:6: unknown location 'NOWHERE', expected EAST, WEST"
    assert watched.source.standing().governed == watched.first


def test_files_that_are_gone_change_nothing(watched: Watched) -> None:
    watched.files.policy.unlink()
    watched.now = 30
    assert watched.source.standing().governed == watched.first
    assert "cannot be read" in (watched.told() or ("", 0))[0]


def test_all_sources_of_a_process_over_the_same_files_look_once(watched: Watched) -> None:
    other = LiveSource(
        str(watched.files.master), str(watched.files.policy), watched.first, refresh_seconds=30, clock=lambda: 0.0
    )
    assert other.standing() is watched.source.standing()


def test_a_worker_elsewhere_finds_the_same_files() -> None:
    assert from_anywhere("gs://bucket/master") == "gs://bucket/master"
    assert from_anywhere("examples/master") == str(Path.cwd() / "examples/master")


def test_a_fixed_source_stays(watched: Watched) -> None:
    source = FixedSource(watched.first)
    watched.files.add("items", "LAMP,,each")
    assert source.standing().governed is watched.first


def test_a_change_of_one_row_is_in_force_after_one_refresh(watched: Watched) -> None:
    watched.files.change("items", 1, item="LAMP", base_unit="each")
    watched.now = 30
    assert watched.items() == {"MUG", "BEANS", "LAMP"}


def test_a_change_that_cannot_be_applied_is_told_as_a_dead_letter_and_the_others_hold(watched: Watched) -> None:
    watched.files.change("prices", 1, item="LAMP")
    watched.files.change("items", 1, item="LAMP", base_unit="each")
    watched.now = 30
    assert "LAMP" in watched.items()
    (dead,) = watched.source.standing().rejections
    assert (dead.outcome, dead.reason, dead.source) == ("dead_letter", "unknown_table", "master_data")
    assert dead.message_id == f"{watched.files.master}/changes/team.jsonl:1"
    assert (watched.told() or ("", 0))[0] == dead.message
