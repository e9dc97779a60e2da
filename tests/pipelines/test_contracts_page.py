"""The page of contracts says what the files say."""

from pathlib import Path

import pytest

from pipelines.command_line import main
from pipelines.contracts_page import contracts_page
from transforms.reasons import REASONS

ROOT = Path(__file__).parents[2]
COMPANY = ROOT / "examples/company"


def page() -> str:
    mappings, outbound = ROOT / "schemas/mappings", ROOT / "schemas/outbound"
    return contracts_page(mappings, outbound, COMPANY / "master", COMPANY / "policy.yaml")


def test_the_page_in_docs_is_what_the_files_say() -> None:
    assert (ROOT / "docs/contracts.md").read_text() == page(), "run: sellable contracts > docs/contracts.md"


def test_every_source_and_every_reason_is_on_it() -> None:
    text = page()
    sources = {path.parent.name for path in (ROOT / "schemas/mappings").glob("*/mapping.yaml")}
    assert {name for name in sources | REASONS.keys() if f"| `{name}` |" not in text} == set()


def test_it_says_what_available_means_to_a_consumer() -> None:
    assert "| `marketplace` | `sellable` |" in page()
    assert "| percent 30 |" in page()


def test_files_that_are_not_right_give_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "--mappings", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
