"""The contract of each source: its sample payloads, and beside each the events that it must be read as.

`SELLABLE_REWRITE_EXPECTED=1 pytest tests/schemas/test_mappings.py` writes down what the mappings make of the samples
now; read the difference before you commit it.
"""

import os
from pathlib import Path

import pytest

from transforms.canonical.contract_rules import check_contract, rewrite_expected
from transforms.canonical.mapping_rules import SourceMapping, load_mappings

FOLDER = Path(__file__).parents[2] / "schemas" / "mappings"
MAPPINGS = load_mappings(FOLDER)


def test_each_folder_is_a_mapping() -> None:
    assert sorted(MAPPINGS) == sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=lambda mapping: mapping.source)
def test_a_source_is_read_as_it_was_promised(mapping: SourceMapping) -> None:
    folder = FOLDER / mapping.source
    if os.environ.get("SELLABLE_REWRITE_EXPECTED"):
        rewrite_expected(folder, mapping)
    problems = check_contract(folder, mapping)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
