"""README's table of systems names every mapping, with as many samples as lie beside it."""

import re

from tests.pipelines.example_day import ROOT
from transforms.canonical.contract_rules import samples_of

MAPPINGS = ROOT / "schemas" / "mappings"


def test_each_mapping_is_in_the_table_with_its_samples() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Systems\n")[1].split("\n## ")[0]
    section = section.split("\nWhat goes out")[0]  # outbound mappings have samples and tests of their own
    named = {source: int(samples) for source, samples in re.findall(r"`([\w.-]+)` \((\d+)\)", section)}
    assert named == {path.name: len(samples_of(path)) for path in MAPPINGS.iterdir() if path.is_dir()}
