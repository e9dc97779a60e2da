"""docs/mappings.md: its example does what it says, and it names everything that a mapping can say."""

import json
import re
from pathlib import Path

import pytest

from schemas.mapping_spec import EACH_DEPTH_MAX, EventSpec, MappingSpec, MessageSpec
from schemas.mapping_values import FORMATS_MAX, KindValue, QuantityValue, TextValue, TimeValue
from schemas.records import KINDS
from transforms.arrival.format_table import FORMATS
from transforms.canonical.check_kinds import needed_fields
from transforms.canonical.contract_rules import check_contract
from transforms.canonical.mapping_rules import load_mappings
from transforms.reasons import REASONS

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
MODELS = (MappingSpec, MessageSpec, EventSpec, TextValue, KindValue, QuantityValue, TimeValue)
WORDS = {field.alias or name for model in MODELS for name, field in model.model_fields.items()}


def block(name: str) -> str:
    """What stands in the fence that is marked by a name."""
    found = re.findall(rf"```\w+ {name}\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_the_worked_example_becomes_what_the_page_says(tmp_path: Path) -> None:
    folder = tmp_path / "wms-south"
    (folder / "samples").mkdir(parents=True)
    (folder / "mapping.yaml").write_text(block("mapping"))
    (folder / "samples" / "receipt.json").write_text(block("payload"))
    (folder / "samples" / "receipt.expected.json").write_text(block("expected"))
    (folder / "samples" / "heartbeat.json").write_text(json.dumps({"type": "HEARTBEAT"}))
    (folder / "samples" / "heartbeat.expected.json").write_text("[]")
    assert check_contract(folder, load_mappings(tmp_path)["wms-south"]) == []


@pytest.mark.parametrize("word", sorted(WORDS | KINDS | FORMATS.keys()))
def test_the_page_names(word: str) -> None:
    assert re.search(rf"[`{{ ,]{word}[`:,]", PAGE)


@pytest.mark.parametrize("code", sorted(code for code, reason in REASONS.items() if reason.stage == "map"))
def test_the_page_explains_each_reason_of_the_mapping_stage(code: str) -> None:
    assert f"\n| `{code}` | " in PAGE


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_says_what_each_kind_needs(kind: str) -> None:
    table = PAGE.split("| kind | also needs |")[1].split("\n\n")[0]
    (row,) = [line for line in table.splitlines() if line.startswith("| ") and f"`{kind}`" in line.split(" | ")[0]]
    assert re.findall(r"`(\w+)`", row.split(" | ")[1]) == needed_fields(kind)


def test_the_page_has_the_limits() -> None:
    assert f"| levels of `each` | {EACH_DEPTH_MAX} |" in PAGE
    assert f"| forms of one time | {FORMATS_MAX} |" in PAGE
