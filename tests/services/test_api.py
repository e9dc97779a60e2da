"""Over real HTTP: what is served fits its own description, and nothing that a caller sends makes it fail."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import inventory_sync
from services.api import api
from services.api_document import api_document
from services.api_source import ApiSource
from services.view_pages import COLLECTIONS
from tests.live import live
from tests.pipelines.example_day import DAY, options
from tests.postgres_server import PostgresServer
from transforms.publication.databases import database_of

PATHS = api_document()["paths"]


@pytest.fixture(scope="module")
def client(day_source: ApiSource) -> Iterator[httpx.Client]:
    with live(api(day_source)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_collection_fits_its_description(client: httpx.Client, collection: str) -> None:
    answer = client.get(f"/v1/{collection}")
    described = PATHS[f"/v1/{collection}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), described)


def test_what_a_caller_has_already_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/v1/positions")
    again = client.get("/v1/positions", headers={"if-none-match": first.headers["etag"]})
    other = client.get("/v1/positions?limit=1", headers={"if-none-match": first.headers["etag"]})
    assert [first.status_code, again.status_code, other.status_code] == [200, 304, 200]
    assert again.content == b""


def test_each_path_answers(client: httpx.Client) -> None:
    order = {"channel": "web", "lines": [{"item": "MUG-BLUE", "quantity": "1"}]}
    statuses = {
        "/v1/items/MUG-BLUE/explanation?channel=web": 200,
        "/v1/items/MUG-BLUE/explanation?channel=moon": 404,
        "/v1/items/NOTHING/explanation": 404,
        "/v1/items/MUG-BLUE/locations": 200,
        "/v1/traces/whatever/it%20is": 200,
        f"/v1/items/{'x' * 501}/locations": 400,
        "/v1/tower": 200,
        "/v1/sqlite_master": 404,
        "/v1/positions?limit=1&limit=2": 400,
        "/openapi.json": 200,
        "/healthz": 200,
        "/": 200,
        "/../pyproject.toml": 404,
    }
    assert {path: client.get(path).status_code for path in statuses} == statuses
    assert client.post("/v1/order-checks", json=order).json()["can_be_promised"] is True
    assert client.post("/v1/order-checks", content=b"{" * 10_000).status_code == 400
    assert client.post("/v1/order-checks", content=b" " * ((1 << 20) + 1)).status_code == 413
    assert client.post("/v1/positions").status_code == 405


def test_a_name_with_a_slash_is_a_name(client: httpx.Client) -> None:
    assert client.get("/v1/items/A%2FB/explanation").json()["error"].startswith("no item or listing 'A/B' in the views")
    assert client.get("/v1/nothing/here").json() == {"error": "Not Found"}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(PATHS)), st.dictionaries(st.text(max_size=8), st.text(max_size=30)), st.text(max_size=30))
def test_whatever_is_asked_is_answered_by_a_status_that_is_described(
    client: httpx.Client, path: str, parameters: dict[str, str], name: str
) -> None:
    filled = path.replace("{item}", quote(name or "-", safe="")).replace(
        "{correlation_id}", quote(name or "-", safe="")
    )
    method, operation = next(iter(PATHS[path].items()))
    body = {"content": name.encode()} if method == "post" else {}
    answer = client.request(method, filled, params=parameters, **body)  # type: ignore[arg-type]
    described = operation["responses"]
    assert str(answer.status_code) in described
    if answer.content:
        jsonschema.validate(answer.json(), described[str(answer.status_code)]["content"]["application/json"]["schema"])


@pytest.mark.postgres
def test_views_on_a_server_are_answered_the_same(
    client: httpx.Client, day_source: ApiSource, postgres_server: PostgresServer
) -> None:
    url = postgres_server.new_database()
    assert inventory_sync.run([f"--input_folder={DAY}", *options(url)]) == 0
    order = {
        "channel": "web",
        "lines": [{"item": "KIT-POUROVER", "quantity": 10}, {"item": "MUG-BLUE", "quantity": 68}],
    }
    asked = ["/v1/positions?limit=3", "/v1/availability?item=MUG-BLUE", "/v1/items/MUG-BLUE/locations"]
    with live(api(day_source._replace(database=database_of(url)))) as base, httpx.Client(base_url=base) as other:
        assert [other.get(path).json() for path in asked] == [client.get(path).json() for path in asked]
        page = client.get("/v1/positions?limit=3").json()["next"]
        second = f"/v1/positions?limit=3&after={page}"
        assert other.get(second).json() == client.get(second).json()
        assert other.post("/v1/order-checks", json=order).json() == client.post("/v1/order-checks", json=order).json()
        towers = [one.get("/v1/tower").json() for one in (other, client)]
        assert towers[0]["alerts"] == towers[1]["alerts"]
        assert towers[0]["sources"] == towers[1]["sources"]
        assert {one["view"] for one in towers[0]["open"]} == {"dead_letter", "parked"}
