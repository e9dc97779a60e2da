"""Every outbound mapping makes of its samples what stands beside them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.partners import MAPPINGS, ROOT
from transforms.arrival.format_table import decode
from transforms.sending.delivery_samples import EXPECTED, become, check_outbound, rewrite_outbound, samples_of

OUTBOUND = ROOT / "schemas/outbound"


@pytest.mark.parametrize("partner", MAPPINGS)
def test_a_mapping_keeps_its_contract(partner: str) -> None:
    assert samples_of(OUTBOUND / partner)
    assert check_outbound(OUTBOUND / partner, MAPPINGS[partner]) == []


@pytest.mark.parametrize("partner", [name for name, one in MAPPINGS.items() if one.format == "x12"])
def test_our_own_reader_finds_nothing_wrong_with_an_interchange(partner: str) -> None:
    for path in samples_of(OUTBOUND / partner):
        for request in become(path, MAPPINGS[partner])["requests"]:
            (document,) = decode("x12", request["body"].encode(), {})
            assert "notes" not in document
            assert document["interchange"]["control_number"] == "272517600"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(OUTBOUND / "storefront", tmp_path / "storefront")
    return tmp_path / "storefront"


def test_a_difference_is_named_with_what_was_expected(copied: Path) -> None:
    path = copied / "samples" / f"one_is_refused{EXPECTED}"
    expected = json.loads(path.read_text())
    path.write_text(json.dumps({**expected, "answer": {"outcome": "done"}}))
    (problem,) = check_outbound(copied, MAPPINGS["storefront"])
    assert problem.startswith(f"{copied}/samples/one_is_refused.json: answer is {{")
    assert problem.endswith('expected {"outcome": "done"}')
    rewrite_outbound(copied, MAPPINGS["storefront"])
    assert check_outbound(copied, MAPPINGS["storefront"]) == []


def test_a_phase_without_a_sample_and_a_sample_without_its_expected_are_told(copied: Path) -> None:
    (copied / "samples" / "read_back.json").unlink()
    (copied / "samples" / f"one_is_refused{EXPECTED}").unlink()
    problems = [one.replace(f"{copied}", "") for one in check_outbound(copied, MAPPINGS["storefront"])]
    assert problems == [
        "/samples/one_is_refused.json: has no one_is_refused.expected.json beside it",
        ": send has no sample, expected one in samples",
        ": read has no sample, expected one in samples",
    ]
