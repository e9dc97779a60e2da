"""A schema that breaks a reader, or a file of a service that is wrong, is told before anybody runs it."""

import copy
from pathlib import Path

import pytest

from pipelines.command_line import main
from pipelines.contract_checks import check_contracts, check_versions
from pipelines.validating import Validation
from schemas.avro_contract import load_contract

ROOT = Path(__file__).parents[2]


def test_what_ships_is_right() -> None:
    found = check_contracts(ROOT / "examples/gateway.yaml", ROOT / "examples/pickup.yaml")
    assert found.problems == []
    assert [line.split(" ")[0] for line in found.right] == ["contract", "gateway", "pickup"]


def test_a_field_without_a_default_breaks_who_reads_what_was_written_before() -> None:
    first = load_contract()
    second = copy.deepcopy(first)
    second["fields"].append({"name": "colour", "type": "string"})
    found = Validation([], [])
    check_versions("stock_event", {1: first, 2: second}, found)
    (problem,) = found.problems
    assert problem.startswith("avro/stock_event.v2.avsc: cannot read what v1 wrote: ")
    assert "colour" in problem


def test_a_field_with_a_default_does_not() -> None:
    first = load_contract()
    second = copy.deepcopy(first)
    second["fields"].append({"name": "colour", "type": "string", "default": ""})
    found = Validation([], [])
    check_versions("stock_event", {1: first, 2: second}, found)
    assert found == Validation(["contract stock_event: 2 versions, each reads what the others wrote"], [])


def test_a_wrong_file_ends_validate_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("landing_folder: x\nsources: {shop: {signature: {scheme: magic, secret_env: S}}}\n")
    assert main(["validate", "--gateway", str(path)]) == 1
    assert f"{path}:2: sources.shop.signature.scheme" in capsys.readouterr().err
