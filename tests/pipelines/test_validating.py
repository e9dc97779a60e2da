"""What is wrong with the files that people maintain is said before anything runs."""

import json
import shutil
from pathlib import Path

import pytest

from pipelines.validating import validate

ROOT = Path(__file__).parents[2]


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    shutil.copytree(ROOT / "examples" / "company" / "master", tmp_path / "master")
    shutil.copy(ROOT / "examples" / "company" / "policy.yaml", tmp_path)
    for source in ("b2b-portal", "edi-retailer"):
        shutil.copytree(ROOT / "schemas" / "mappings" / source, tmp_path / "mappings" / source)
    return tmp_path


def problems(company: Path) -> list[str]:
    found = validate(company / "mappings", company / "master", company / "policy.yaml")
    return [problem.replace(f"{company}/", "") for problem in found.problems]


def test_what_ships_is_valid() -> None:
    found = validate(
        ROOT / "schemas" / "mappings", ROOT / "examples" / "company" / "master", ROOT / "examples/company/policy.yaml"
    )
    assert found.problems == []
    assert [line.split(" ")[0] for line in found.right] == ["mappings", "master", "policy"]


def test_what_is_right_is_counted(company: Path) -> None:
    found = validate(company / "mappings", company / "master", company / "policy.yaml")
    assert found.right[0] == f"mappings in {company / 'mappings'}: 2 sources, 8 samples become what they must"
    assert found.right[2] == f"policy {company / 'policy.yaml'}: version 2026-03-01, 4 channels"


def test_a_mapping_that_cannot_be_read_is_told_by_line(company: Path) -> None:
    path = company / "mappings" / "edi-retailer" / "mapping.yaml"
    path.write_text(path.read_text().replace("version:", "verzion:", 1))
    (first, *_) = problems(company)
    assert first.startswith("mappings/edi-retailer/mapping.yaml:")


def test_a_sample_that_becomes_something_else_is_told_by_field(company: Path) -> None:
    path = company / "mappings" / "b2b-portal" / "samples" / "order_placed.expected.json"
    expected = json.loads(path.read_text())
    expected[0]["quantity"] = "99"
    path.write_text(json.dumps(expected))
    assert problems(company) == [
        "mappings/b2b-portal/samples/order_placed.json: event 0: quantity is '12.5', expected '99'"
    ]


def test_a_mapping_lies_in_a_folder_named_after_its_source(company: Path) -> None:
    (company / "mappings" / "edi-retailer").rename(company / "mappings" / "retailer")
    assert problems(company) == [
        "mappings/edi-retailer: no such folder, expected the mapping of source edi-retailer in a folder of its name"
    ]


def test_master_data_is_told_by_line_and_the_policy_is_not_checked_without_it(company: Path) -> None:
    path = company / "master" / "items.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    found = problems(company)
    assert found[0].startswith(f"master/items.csv:{len(lines) + 1}: ")
    assert found[-1] == "policy.yaml: not checked, since it names what master data holds"


def test_a_policy_is_told_by_line(company: Path) -> None:
    path = company / "policy.yaml"
    path.write_text(path.read_text().replace("routing: [", "routing: [NOWHERE, ", 1))
    (problem,) = problems(company)
    assert problem.startswith("policy.yaml:")
    assert "NOWHERE" in problem


def test_outbound_mappings_are_held_to_their_samples_too(company: Path) -> None:
    shutil.copytree(ROOT / "schemas" / "outbound" / "storefront", company / "outbound" / "storefront")
    rules = (company / "mappings", company / "master", company / "policy.yaml", company / "outbound")
    assert f"outbound mappings in {company / 'outbound'}: 1 partners, 2 samples become what they must" in (
        validate(*rules).right
    )
    path = company / "outbound" / "storefront" / "mapping.yaml"
    path.write_text(path.read_text().replace("key: one.sku", "key: one.skew"))
    (problem,) = validate(*rules).problems
    assert problem.startswith(f"{company}/outbound/storefront/samples/one_is_refused.json: answer is")
    path.write_text(path.read_text().replace("messages", "mesages"))
    assert "'mesages' reads 'mesages', expected one of" in validate(*rules).problems[0]
