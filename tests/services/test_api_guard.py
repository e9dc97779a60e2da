"""Who does not know the token is told nothing."""

from collections.abc import Iterator

import httpx
import pytest

from services.api import api
from services.api_source import ApiSource
from tests.live import live

TOKEN = "a-token-of-some-length"


@pytest.fixture
def url(day_source: ApiSource) -> Iterator[str]:
    with live(api(day_source, TOKEN)) as url:
        yield url


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}"])
def test_without_the_token_nothing_is_told(url: str, given: str | None) -> None:
    headers = {"authorization": given} if given is not None else {}
    answer = httpx.get(f"{url}/v1/positions", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "expected the token"})


def test_with_it_everything_is(url: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{url}/v1/positions", headers=headers).status_code == 200
    assert httpx.get(f"{url}/openapi.json").status_code == 401


def test_the_page_is_no_secret_and_runs_nothing_from_elsewhere(url: str) -> None:
    page = httpx.get(url)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "http" not in page.text.replace("http-equiv", "")
