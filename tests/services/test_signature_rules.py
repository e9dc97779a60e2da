"""A request is believed only if somebody who knows the secret signed these bytes, not long ago."""

import base64

import pytest

from services.signature_rules import BIGCOMMERCE, SHOPIFY, Scheme, why_not
from tests.services.signing import NOON, OLD_SECRET, SECRET, bigcommerce, hexadecimal, lower, mac, shopify

BODY = b'{"id": 1}'
SECRETS = [SECRET.encode()]
BOTH = [SECRET.encode(), OLD_SECRET.encode()]
HEX = Scheme("hmac", "x-signature", "hex", "sha256=", timestamp_header="x-time")
TOKEN = Scheme("token", "x-token")


@pytest.mark.parametrize(
    ("story", "scheme", "secrets", "headers"),
    [
        ("shopify", SHOPIFY, SECRETS, shopify(BODY)),
        ("bigcommerce", BIGCOMMERCE, SECRETS, bigcommerce(BODY)),
        ("hex with a time", HEX, SECRETS, hexadecimal(BODY)),
        ("the last second", HEX, SECRETS, hexadecimal(BODY, "1772452500")),
        ("a clock ahead", HEX, SECRETS, hexadecimal(BODY, "1772453100")),
        ("the secret before", SHOPIFY, BOTH, shopify(BODY, OLD_SECRET)),
        ("a token", TOKEN, SECRETS, {"x-token": SECRET}),
        (
            "several signatures",
            BIGCOMMERCE,
            SECRETS,
            bigcommerce(BODY) | {"webhook-signature": "v2,abc v1,AAAA " + bigcommerce(BODY)["webhook-signature"]},
        ),
    ],
)
def test_what_was_signed_is_believed(story: str, scheme: Scheme, secrets: list[bytes], headers: dict[str, str]) -> None:
    assert why_not(scheme, secrets, lower(headers), BODY, NOON) is None


NOT_OURS = "the signature is not that of the body"


@pytest.mark.parametrize(
    ("story", "scheme", "headers", "reason"),
    [
        ("nothing", SHOPIFY, {}, "header x-shopify-hmac-sha256 is missing"),
        ("a book", SHOPIFY, {"x-shopify-hmac-sha256": "A" * 1_025}, "header x-shopify-hmac-sha256 is too long"),
        ("another secret", SHOPIFY, shopify(BODY, OLD_SECRET), NOT_OURS),
        ("another body", SHOPIFY, shopify(BODY + b" "), NOT_OURS),
        ("hex instead", SHOPIFY, {"x-shopify-hmac-sha256": mac(BODY).hex()}, "header x-shopify-hmac-sha256 holds no"),
        ("part of it", SHOPIFY, {"x-shopify-hmac-sha256": base64.b64encode(mac(BODY)[:16]).decode()}, "header x-sho"),
        ("no prefix", HEX, hexadecimal(BODY) | {"X-Signature": mac(BODY).hex()}, "header x-signature holds no hex"),
        ("not ASCII", HEX, hexadecimal(BODY) | {"X-Signature": "sha256=é"}, "header x-signature holds no hex"),
        ("too old", HEX, hexadecimal(BODY, "1772452499"), "it was signed 301 s ago, expected 300"),
        ("too far ahead", HEX, hexadecimal(BODY, "1772453101"), "it was signed 301 s ahead, expected 300"),
        ("another time", HEX, hexadecimal(BODY) | {"X-Time": "1772452801"}, NOT_OURS),
        ("no time", HEX, hexadecimal(BODY) | {"X-Time": "noon"}, "header x-time holds no time"),
        ("a huge time", HEX, hexadecimal(BODY) | {"X-Time": "9" * 13}, "header x-time holds no time"),
        ("another id", BIGCOMMERCE, bigcommerce(BODY) | {"webhook-id": "other"}, NOT_OURS),
        ("no id", BIGCOMMERCE, bigcommerce(BODY) | {"webhook-id": ""}, "header webhook-id is missing"),
        ("another version", BIGCOMMERCE, bigcommerce(BODY) | {"webhook-signature": "v2,AAAA"}, "header webhook-sig"),
        ("another token", TOKEN, {"x-token": OLD_SECRET}, "the token is not ours"),
        ("a token not in ASCII", TOKEN, {"x-token": "é"}, "the token is not ours"),
    ],
)
def test_what_was_not_is_refused(story: str, scheme: Scheme, headers: dict[str, str], reason: str) -> None:
    found = why_not(scheme, SECRETS, lower(headers), BODY, NOON)
    assert found is not None
    assert found.startswith(reason)
    assert SECRET not in found


def test_only_so_many_signatures_are_tried() -> None:
    headers = lower(bigcommerce(BODY))
    headers["webhook-signature"] = "v1,AAAA " * 8 + headers["webhook-signature"]
    assert why_not(BIGCOMMERCE, SECRETS, headers, BODY, NOON) is not None


def test_without_a_secret_nothing_is_believed() -> None:
    assert why_not(SHOPIFY, [], lower(shopify(BODY)), BODY, NOON) == NOT_OURS
