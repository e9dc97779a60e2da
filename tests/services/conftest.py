"""The example day as views, once for all tests of services that only read."""

from pathlib import Path

import pytest

from services.api_source import ApiSource, load_source
from tests.pipelines.example_day import DAY, ROOT, run_day


@pytest.fixture(scope="session")
def day_source(tmp_path_factory: pytest.TempPathFactory) -> ApiSource:
    database: Path = tmp_path_factory.mktemp("services") / "day.db"
    run_day(DAY, database)
    return load_source(database, ROOT / "examples/company/master", ROOT / "examples/company/policy.yaml")
