"""Over real HTTP: what is signed lands and is answered fast, everything else is refused by its own number."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.records import Envelope
from services.deliveries import Delivery, LandingFolder, Topic
from services.gateway import delivery_of, gateway
from services.gateway_config import GatewayConfig, load_gateway_config
from tests.live import live
from tests.queues import NewQueue
from tests.services.signing import HOOK_ID, NOON, OLD_SECRET, SECRET, bigcommerce, hexadecimal, shopify
from tests.services.test_deliveries import arrived

CONFIG = """\
landing_folder: {folder}
limits: {{body_bytes_max: 1000, body_seconds_max: 1, requests_per_second_max: {rate}, burst_requests_max: {rate}}}
sources:
  shop: {{signature: {{scheme: shopify, secret_env: S}}}}
  shop-two: {{signature: {{scheme: bigcommerce, secret_env: S}}}}
  3pl:
    format: csv
    signature: {{scheme: hmac, secret_env: S, header: X-Signature, prefix: "sha256=", timestamp_header: X-Time}}
"""
BODY = b'{"id": 9007199254740993}'


def config_of(tmp_path: Path, rate: int = 1_000) -> GatewayConfig:
    path = tmp_path / "gateway.yaml"
    path.write_text(CONFIG.format(folder=tmp_path / "landing", rate=rate))
    return load_gateway_config(path, {"S": SECRET})


def at_noon(config: GatewayConfig, delivery: Delivery | None = None) -> Iterator[str]:
    with live(gateway(config, delivery or delivery_of(config), lambda: NOON)) as url:
        yield url


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield from at_noon(config_of(tmp_path))


@pytest.mark.parametrize(
    ("source", "headers"),
    [("shop", shopify(BODY)), ("shop-two", bigcommerce(BODY)), ("3pl", hexadecimal(BODY))],
)
def test_what_is_signed_lands(url: str, tmp_path: Path, source: str, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{url}/hooks/{source}", content=BODY, headers=headers)
    assert answer.status_code == 202
    (landed,) = arrived(tmp_path / "landing")
    assert isinstance(landed, Envelope)
    assert (landed.source, landed.payload, landed.received_at) == (source, BODY, NOON)
    assert answer.json() == {"correlation_id": landed.correlation_id}


def test_a_webhook_that_comes_twice_is_accepted_twice_and_there_once(url: str, tmp_path: Path) -> None:
    answers = [httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [one.message_id for one in arrived(tmp_path / "landing")] == [f"shop/{HOOK_ID}"]  # type: ignore[attr-defined]


def test_what_is_not_is_refused_and_does_not_land(url: str, tmp_path: Path) -> None:
    statuses = [
        httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY, OLD_SECRET)).status_code,
        httpx.post(f"{url}/hooks/shop", content=BODY).status_code,
        httpx.post(f"{url}/hooks/3pl", content=BODY, headers=hexadecimal(BODY, "1")).status_code,
        httpx.post(f"{url}/hooks/nobody", content=BODY, headers=shopify(BODY)).status_code,
        httpx.post(f"{url}/hooks/..%2fshop", content=BODY, headers=shopify(BODY)).status_code,
        httpx.get(f"{url}/hooks/shop").status_code,
        httpx.get(f"{url}/healthz").status_code,
    ]
    assert statuses == [401, 401, 401, 404, 404, 405, 200]
    assert not (tmp_path / "landing").exists()


def test_what_is_too_large_is_refused_before_it_is_read(url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    head = f"POST /hooks/shop HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1001\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())  # and not one byte of the body
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(url: str) -> None:
    answer = httpx.post(f"{url}/hooks/shop", content=iter([b"x" * 600, b"x" * 600]), headers=shopify(BODY))
    assert answer.status_code == 413


def test_a_body_that_never_ends_is_not_waited_for(url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"POST /hooks/shop HTTP/1.1\r\nhost: {host}\r\ncontent-length: 9\r\n\r\nhalf".encode())
        assert connection.recv(12) == b"HTTP/1.1 408"


def test_who_sends_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    for url in at_noon(config_of(tmp_path, rate=1)):
        answers = [httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY)) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 429]
        assert answers[1].headers["retry-after"] == "1"


def test_more_connections_than_allowed_are_turned_away(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    with live(gateway(config, delivery_of(config)), connections_max=1) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as first:
            first.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert first.recv(12) == b"HTTP/1.1 200"
            assert httpx.get(f"{url}/healthz").status_code == 503


def test_what_could_not_be_kept_is_to_be_sent_again(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file is in the way")
    for url in at_noon(config_of(tmp_path)):
        answer = httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_the_log_holds_no_payload_and_no_secret(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY))
    httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY, OLD_SECRET))
    httpx.post(f"{url}/hooks/%0a9007199254740993", content=BODY)
    log = [record.getMessage() for record in caplog.records if record.name == "sellable.gateway"]
    assert [line.split(" correlation")[0] for line in log] == [
        "202 shop 24 bytes",
        "401 shop the signature is not that of the body",
        "404 unknown no such source",
    ]
    assert "9007199254740993" not in "".join(log)


def test_the_config_says_where_it_goes(tmp_path: Path) -> None:
    assert isinstance(delivery_of(config_of(tmp_path)), LandingFolder)


@pytest.mark.pubsub
def test_through_pubsub_the_attributes_carry_what_is_known(new_queue: NewQueue, tmp_path: Path) -> None:
    queue = new_queue("gateway")
    for url in at_noon(config_of(tmp_path), Topic(queue.topic, seconds_max=30)):
        assert httpx.post(f"{url}/hooks/shop", content=BODY, headers=shopify(BODY)).status_code == 202
    (message,) = queue.pull()
    assert message.data == BODY
    assert {name: message.attributes[name] for name in ("ce-id", "ce-type", "source", "format")} == {
        "ce-id": HOOK_ID,
        "ce-type": "shop.orders/create",
        "source": "shop",
        "format": "json",
    }
