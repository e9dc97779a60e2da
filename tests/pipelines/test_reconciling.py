"""A repair ends the drift, and running it again, or sending it twice, changes nothing."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.command_line import main
from pipelines.reconciling import reconcile
from tests.pipelines.example_day import ROOT
from tests.pipelines.replay_company import Company

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ERP = """\
source: erp
owner: finance team
version: 1
format: json
messages:
  - name: stock
    when: "message.kind == 'stock'"
    each: message.lines
    events:
      - kind: snapshot
        transaction_key: [message.list, line.sku]
        item: line.sku
        quantity: line.qty
        location: line.at
        occurred_at: message.when
"""


class Reported(Company):
    """The warehouse owns what is on hand; the ERP's list is compared with it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.mappings / "erp").mkdir()
        (self.mappings / "erp/mapping.yaml").write_text(ERP)
        shutil.copytree(ROOT / "schemas/mappings/reconcile", self.mappings / "reconcile")
        self.files.add("ownership", "EAST,on_hand,wms")
        self.receive("00", {"number": 1}, {"number": 2, "sku": "BEANS"})
        (self.input / "erp").mkdir()
        self.lists(1, "12:00", MUG=7, BEANS=5)

    def lists(self, number: int, at: str, **quantities: int) -> None:
        lines = [{"sku": sku, "qty": quantity, "at": "EAST"} for sku, quantity in quantities.items()]
        said = {"kind": "stock", "list": f"L{number}", "when": f"2026-03-02T{at}:00Z", "lines": lines}
        (self.input / f"erp/20260302T15000{number}Z_stock.json").write_text(json.dumps(said))

    def drift(self, believed: str = "erp") -> dict[str, int]:
        self.run()
        return {one.item: int(one.difference) for one in reconcile(self.database, believed, NOW).drifts}

    def repair(self) -> None:
        assert main(["reconcile", "--believe=erp", f"--to={self.input}", f"--database={self.database}"]) == 1


@pytest.fixture
def company(tmp_path: Path) -> Reported:
    return Reported(tmp_path)


def test_a_repaired_run_ends_without_drift(company: Reported) -> None:
    assert company.drift() == {"MUG": 2}
    company.repair()
    assert company.drift() == {}
    assert company.on_hand() == {"MUG": "7", "BEANS": "5"}


def test_a_repair_that_is_made_twice_changes_nothing(company: Reported) -> None:
    """Twice before the pipeline reads it, and once more after."""
    assert company.drift() == {"MUG": 2}
    company.repair()
    company.repair()
    assert company.drift() == {}
    assert company.on_hand()["MUG"] == "7"
    assert main(["reconcile", "--believe=erp", f"--to={company.input}", f"--database={company.database}"]) == 0
    assert company.drift() == {}
    assert company.on_hand()["MUG"] == "7"


def test_the_movement_that_was_missing_comes_late_and_does_not_double_the_repair(company: Reported) -> None:
    company.run()
    company.repair()
    company.receive("09", {"number": 3})
    assert company.drift() == {}
    assert company.on_hand()["MUG"] == "7"


def test_a_newer_list_starts_from_the_repaired_books(company: Reported) -> None:
    company.run()
    company.repair()
    company.lists(2, "14:00", MUG=6, BEANS=5)
    assert company.drift() == {"MUG": -1}


def test_without_a_believed_source_nothing_is_proposed(company: Reported, capsys: pytest.CaptureFixture[str]) -> None:
    company.run()
    assert main(["reconcile", f"--database={company.database}"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "1 reports differ from the books" in said
    assert "--believe SOURCE proposes counts" in said
    assert reconcile(company.database, "", NOW).corrections == []


@pytest.mark.parametrize(("only", "found"), [({"item": "MUG"}, 1), ({"item": "BEANS"}, 0), ({"location": "WEST"}, 0)])
def test_one_item_or_location(company: Reported, only: dict[str, str], found: int) -> None:
    company.run()
    assert len(reconcile(company.database, "erp", NOW, **only).drifts) == found
