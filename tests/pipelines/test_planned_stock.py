"""Planned stock: a plan becomes rules of the policy; a plan that cannot be one says on which line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import planned_stock
from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from tests.pipelines.example_day import ROOT

COMPANY = ROOT / "examples/company"
TODAY = date(2026, 3, 2)
HEADER = "item,location,safety_stock,valid_from\n"


def planned(tmp_path: Path, rows: str) -> tuple[int, Path]:
    plan, out = tmp_path / "plan.csv", tmp_path / "new.yaml"
    plan.write_text(HEADER + rows)
    files = [f"--policy={COMPANY / 'policy.yaml'}", f"--master_data={COMPANY / 'master'}", f"--out={out}"]
    return planned_stock.main([str(plan), *files], TODAY), out


def test_a_plan_replaces_the_rules_of_its_places_and_adds_others(tmp_path: Path) -> None:
    code, out = planned(tmp_path, "MUG-BLUE,EAST,25,2026-03-01\nMUG-WHITE,WEST,12.5,\nGREEN-BEANS,,0,2026-03-02\n")
    assert code == 0
    before = load_policy(COMPANY / "policy.yaml", load_master_data(COMPANY / "master"))
    after = load_policy(out, load_master_data(COMPANY / "master"))
    assert after.held_back == {
        **before.held_back,
        ("MUG-BLUE", "EAST", ""): Decimal(25),
        ("GREEN-BEANS", "", ""): Decimal(0),
        ("MUG-WHITE", "WEST", ""): Decimal("12.5"),
    }
    assert after.version == "2026-03-01+plan-2026-03-02"
    assert after.channels == before.channels
    assert "# the 3PL's reports are an hour old" in out.read_text()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("MUG-PINK,EAST,5,\n", "plan.csv:2: unknown item 'MUG-PINK', expected one of 61 of master data"),
        ("MUG-BLUE,MOON,5,\n", "plan.csv:2: unknown location 'MOON', expected APEX, "),
        ("MUG-BLUE,EAST,,\n", "plan.csv:2: safety_stock is '', expected a number, at least 0"),
        ("MUG-BLUE,EAST,-1,\n", "plan.csv:2: safety_stock is '-1', expected a number, at least 0"),
        ("MUG-BLUE,EAST,5,\nMUG-BLUE,EAST,6,\n", "plan.csv:3: MUG-BLUE at EAST twice, expected it once"),
        ("MUG-BLUE,EAST,5,2026-04-01\n", "plan.csv:2: valid only from 2026-04-01, expected a plan that holds today"),
        ("MUG-BLUE,EAST,5,soon\n", "plan.csv:2: valid_from is 'soon', expected a day such as 2026-03-01"),
    ],
)
def test_a_plan_is_refused_with_its_line(
    rows: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = planned(tmp_path, rows)
    assert code == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_the_sample_of_demand_planning_is_a_plan(tmp_path: Path) -> None:
    sample = ROOT / "schemas/mappings/demand-planning/samples/safety_stock.csv"
    code, _ = planned(tmp_path, sample.read_text().removeprefix(HEADER))
    assert code == 0
