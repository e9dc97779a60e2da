"""The main job: what is wrong is said before it starts, what was done at its end; doing it again changes nothing."""

import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipelines import inventory_sync
from pipelines.summary import print_summary
from tests.pipelines.example_day import DAY, ROOT, options
from transforms.publication.runs import IS_OPEN
from transforms.publication.view_tables import VIEWS

RUN_TABLES = {"run", "run_count", "run_rejection"}  # what a run notes of itself


def contents(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every view, whole."""
    connection = sqlite3.connect(database)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name not in RUN_TABLES
        }
    finally:
        connection.close()


def company(folder: Path) -> Path:
    """A copy of the example company and its mappings, to break."""
    shutil.copytree(ROOT / "examples/company/master", folder / "master")
    shutil.copytree(ROOT / "schemas/mappings", folder / "mappings")
    shutil.copy(ROOT / "examples/company/policy.yaml", folder / "policy.yaml")
    return folder


def broken(folder: Path, database: Path) -> int:
    """The exit code of a run over the example day by the files of a folder."""
    rules = [f"--mappings={folder}/mappings", f"--master_data={folder}/master", f"--policy={folder}/policy.yaml"]
    return inventory_sync.run([f"--input_folder={DAY}", f"--database={database}", *rules])


def test_a_second_run_over_the_same_input_changes_no_row_of_any_view(tmp_path: Path) -> None:
    database = tmp_path / "views.db"
    arguments = [f"--input_folder={DAY}", *options(database)]
    assert inventory_sync.run(arguments) == 0
    first = contents(database)
    assert inventory_sync.run(arguments) == 0
    assert contents(database) == first
    assert {name for name, rows in first.items() if rows} >= {"position", "availability", "dead_letter", "parked"}


def test_each_interchange_of_the_day_is_answered_by_one_file_and_a_second_run_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """26 of 29 files: one came twice, one cannot be cut into segments, and one is an answer itself."""
    folder, database = tmp_path / "acks", tmp_path / "views.db"
    arguments = [f"--input_folder={DAY}", *options(database), f"--acknowledgments_folder={folder}"]
    assert inventory_sync.run(arguments) == 0
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert Counter(path.parts[0] for path in first) == {
        "3pl-edifact": 5,
        "3pl-north": 13,
        "retailer-edifact": 3,
        "retailer-x12": 5,
    }
    refused = {
        path.name[:9]: [line for line in text.decode().splitlines() if line.startswith("AK5")]
        for path, text in first.items()
        if b"AK5*R" in text
    }
    assert refused == {"000000981": ["AK5*R*2~"], "000000982": ["AK5*R*1~"]}
    lines = [line for text in first.values() for line in text.decode().splitlines()]
    assert Counter(line[:5] for line in lines if line.startswith("AK5")) == {"AK5*A": 16, "AK5*E": 1, "AK5*R": 2}
    assert Counter(line[-3:] for line in lines if line.startswith("UCM")) == {"+7'": 8}
    assert inventory_sync.run(arguments) == 0
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == first
    assert print_summary(database)
    assert "answers to received EDI are in" in capsys.readouterr().out


def test_another_policy_over_the_same_input_changes_what_channels_are_told(tmp_path: Path) -> None:
    database, folder = tmp_path / "views.db", company(tmp_path / "company")
    assert inventory_sync.run([f"--input_folder={DAY}", *options(database)]) == 0
    before = dict(_told(database))
    policy = folder / "policy.yaml"
    policy.write_text(policy.read_text().replace("buffer: 2", "buffer: 5"))
    assert inventory_sync.run([f"--input_folder={DAY}", *options(database), f"--policy={policy}"]) == 0
    assert (before["MUG-BLUE", "web"], dict(_told(database))["MUG-BLUE", "web"]) == (85, 82)


def test_a_run_after_the_mapping_came_posts_what_was_parked_and_closes_its_row(tmp_path: Path) -> None:
    database, folder = tmp_path / "views.db", company(tmp_path / "company")
    arguments = [f"--input_folder={DAY}", *options(database), f"--master_data={folder}/master"]
    assert inventory_sync.run(arguments) == 0
    (missing,) = _parked(database, "unknown_location", "erp-db")
    _, source, code = missing.split(":")
    with (folder / "master/location_codes.csv").open("a") as codes:
        codes.write(f"{source},{code},EAST\n")
    assert inventory_sync.run(arguments) == 0
    assert _parked(database, "unknown_location", "erp-db") == []
    assert _parked(database, "unknown_location", "wms-east") != []


def _parked(database: Path, reason: str, source: str) -> list[str]:
    """What the open rows of a reason and source wait for."""
    query = f"SELECT missing_key FROM parked WHERE reason = ? AND source = ? AND {IS_OPEN.format(view='parked')}"
    connection = sqlite3.connect(database)
    try:
        return [key for (key,) in connection.execute(query, (reason, source))]
    finally:
        connection.close()


def _told(database: Path) -> list[tuple[tuple[str, str], int]]:
    return [((row[2], row[0]), row[3]) for row in contents(database)["channel_update"]]


def test_the_rows_come_as_files_too(tmp_path: Path) -> None:
    records = tmp_path / "records"
    arguments = [f"--input_folder={DAY}", *options(tmp_path / "views.db"), f"--records_folder={records}"]
    assert inventory_sync.run(arguments) == 0
    lines = [line for file in (records / "position").iterdir() for line in file.read_text().splitlines()]
    mugs = [json.loads(line) for line in lines if '"MUG-BLUE"' in line]
    assert {(row["location"], row["disposition"], row["on_hand_quantity"]) for row in mugs} >= {
        ("EAST", "sellable", "141"),
        ("WEST", "sellable", "80"),
    }


def test_the_end_of_a_run_says_that_it_balances_and_where_to_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "views.db"
    arguments = [one for one in options(database) if one != "--quiet"]
    assert inventory_sync.run([f"--input_folder={DAY}", *arguments]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "balanced: 434 messages in" in printed
    assert "0 missing" in printed
    assert "sellable explain" in printed


def test_a_cyclic_kit_is_refused_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = company(tmp_path / "company")
    boms = folder / "master/boms.yaml"
    boms.write_text(
        "kits:\n"
        "  - {kit: KIT-POUROVER, assembly: on_demand, components: [{item: KIT-STARTER, quantity: 1}]}\n"
        "  - {kit: KIT-STARTER, assembly: on_demand, components: [{item: KIT-POUROVER, quantity: 1}]}\n"
    )
    assert broken(folder, tmp_path / "views.db") == 2
    said = capsys.readouterr().err
    assert f"{boms}:" in said
    assert "KIT-POUROVER > KIT-STARTER > KIT-POUROVER" in said
    assert not (tmp_path / "views.db").exists()


def test_an_unreadable_mapping_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = company(tmp_path / "company")
    mapping = folder / "mappings/returns/mapping.yaml"
    lines = mapping.read_text().splitlines()
    number = next(number for number, line in enumerate(lines) if "quantity:" in line)
    lines[number] = lines[number].replace("quantity:", "quantitty:")
    mapping.write_text("\n".join(lines))
    assert broken(folder, tmp_path / "views.db") == 2
    assert f"{mapping}:{number + 1}:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("story", "arguments", "said"),
    [
        ("a flag nobody knows", ["--input_foldr=x"], "unknown option --input_foldr, expected --input_folder"),
        ("no input", ["--database=x.db"], "neither of --input_folder and --input_subscription given"),
        ("a folder that is not there", ["--input_folder=nowhere"], "--input_folder nowhere: no such folder"),
        ("a time without a zone", [f"--input_folder={DAY}", "--as_of=2026-03-03"], "has no zone"),
        ("a topic by its short name", [f"--input_folder={DAY}", "--alert_topic=alerts"], "expected projects/"),
        ("a policy that is not there", [f"--input_folder={DAY}", "--policy=nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_starts(
    story: str, arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inventory_sync.run([*options(tmp_path / "views.db"), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_help_names_every_option_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert inventory_sync.run(["--help"]) == 0
    printed = capsys.readouterr().out
    assert [flag for flag in ("--input_folder", "--policy", "--as_of", "--database") if flag not in printed] == []


def test_a_report_that_would_empty_a_warehouse_is_held_until_it_is_approved(tmp_path: Path) -> None:
    database, folder = tmp_path / "views.db", company(tmp_path / "company")
    day = shutil.copytree(DAY, folder / "day")
    whole = json.loads((day / "wms-east/20260302T050600Z_stock_report.json").read_text())
    report = whole["report"] | {"number": "BROKEN", "asOf": "2026-03-03T00:10:00-05:00"}
    report["lines"] = [line for line in whole["report"]["lines"] if line["sku"] != "MUG-BLUE"][:3]
    message = whole | {"traceId": "broken", "report": report}
    (day / "wms-east/20260303T053000Z_stock_report.json").write_text(json.dumps(message))
    arguments = [f"--input_folder={day}", *options(database), f"--master_data={folder}/master"]
    assert inventory_sync.run(arguments) == 0
    assert _mugs_in_east(database) == "141"
    snapshot = "wms-east:stock_report:BROKEN"
    assert _parked(database, "snapshot_held", "wms-east") == [f"snapshot:wms-east:{snapshot}"] * 3
    approvals = folder / "master/approvals.csv"
    approvals.write_text(f"source,snapshot,by,at\nwms-east,{snapshot},dana,2026-03-03T08:00:00Z\n")
    assert inventory_sync.run(arguments) == 0
    assert _mugs_in_east(database) == "0"
    assert _parked(database, "snapshot_held", "wms-east") == []


def _mugs_in_east(database: Path) -> str:
    connection = sqlite3.connect(database)
    try:
        where = "item = 'MUG-BLUE' AND location = 'EAST' AND disposition = 'sellable'"
        return str(connection.execute(f"SELECT on_hand_quantity FROM position WHERE {where}").fetchone()[0])
    finally:
        connection.close()


def shop_day(folder: Path) -> str:
    """What the shop alone sent that day."""
    shutil.copytree(Path(DAY) / "shop", folder / "in/shop")
    return f"--input_folder={folder / 'in'}"


def test_a_rebuild_after_a_mapping_fix_leaves_what_a_run_from_nothing_leaves(tmp_path: Path) -> None:
    """A code was another item all along. A plain run keeps its claims: nothing newer is said of the wrong item."""
    company(tmp_path / "company")
    codes = tmp_path / "company/master/item_codes.csv"
    day, master = shop_day(tmp_path), f"--master_data={tmp_path}/company/master"
    again, rebuilt, fresh = (options(tmp_path / f"{name}.db") for name in ("again", "rebuilt", "fresh"))
    assert inventory_sync.run([day, *again, master]) == 0
    shutil.copy(tmp_path / "again.db", tmp_path / "rebuilt.db")
    with codes.open("a") as file:
        file.write("shop,9107199254740993,TRAY-SERVE\n")
    assert inventory_sync.run([day, *again, master]) == 0
    assert inventory_sync.run([day, *rebuilt, master, "--rebuild"]) == 0
    assert inventory_sync.run([day, *fresh, master]) == 0
    found = {name: without_run_ids(contents(tmp_path / f"{name}.db")) for name in ("again", "rebuilt", "fresh")}
    assert found["rebuilt"] == found["fresh"]
    claims = {name: {row[:2] for row in found[name]["claim"]} for name in ("again", "fresh")}
    assert ("MUG-BLUE", "WEB-1001") in claims["again"] - claims["fresh"]
    assert ("TRAY-SERVE", "WEB-1001") in claims["again"] & claims["fresh"]


def without_run_ids(views: dict[str, list[tuple[Any, ...]]]) -> dict[str, set[tuple[Any, ...]]]:
    names_run = {view.name for view in VIEWS if view.names_run}
    return {name: {row[:-1] if name in names_run else row for row in rows} for name, rows in views.items()}


def test_a_rebuild_that_fails_or_is_stopped_leaves_the_views_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [shop_day(tmp_path), *options(tmp_path / "views.db")]
    assert inventory_sync.run(arguments) == 0
    before = contents(tmp_path / "views.db")
    monkeypatch.setattr(FnApiRunner, "run_pipeline", ending_with(RuntimeError("no more disk")))
    with pytest.raises(RuntimeError, match="no more disk"):
        inventory_sync.run([*arguments, "--rebuild"])
    monkeypatch.setattr(FnApiRunner, "run_pipeline", ending_with(KeyboardInterrupt()))
    assert inventory_sync.run([*arguments, "--rebuild"]) == 1
    assert "its views stay as they were" in capsys.readouterr().err
    assert contents(tmp_path / "views.db") == before
    assert list(tmp_path.glob("*.rebuild*")) == []


def ending_with(error: BaseException) -> Any:
    def run_pipeline(*_: Any) -> None:
        raise error

    return run_pipeline
