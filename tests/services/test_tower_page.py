"""The control tower in a real browser: it shows the run, and a name leads to the chain behind a figure."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.api import api
from services.api_source import ApiSource
from tests.live import live
from tests.parts import skip_or_fail

SECONDS_MAX = 120
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def url(day_source: ApiSource) -> Iterator[str]:
    with live(api(day_source)) as url:
        yield url


def browse(url: str, tmp_path: Path, *options: str) -> str:
    """What a browser makes of a page once its scripts have run."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        skip_or_fail("browser", f"none of {', '.join(BROWSERS)} is on the PATH")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [*command, profile, *options, url], capture_output=True, text=True, timeout=SECONDS_MAX, check=True
    )
    return done.stdout


@pytest.mark.browser
def test_the_page_shows_what_the_api_tells(url: str, tmp_path: Path) -> None:
    page = browse(url, tmp_path, "--dump-dom")
    for shown in ("everything ended", "GRINDER-BURR", "wms-east", "envelope_mismatch", "what to do next"):
        assert shown in page
    assert 'id="trouble" hidden' in page


@pytest.mark.browser
def test_a_name_leads_to_the_chain_behind_its_figure(url: str, tmp_path: Path) -> None:
    page = browse(f"{url}/#MUG-BLUE", tmp_path, "--dump-dom")
    assert "web may sell 85 as 9107199254740993" in page
    assert "open claims at these locations" in page


@pytest.mark.browser
def test_it_can_be_looked_at(url: str, tmp_path: Path) -> None:
    picture = tmp_path / "tower.png"
    browse(url, tmp_path, "--window-size=1280,1600", f"--screenshot={picture}")
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 50_000  # an empty page is a tenth of that
