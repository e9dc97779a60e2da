"""Signing: bodies as the senders of webhooks sign them, written without the code that verifies them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOON_STAMP = "1772452800"
SECRET = "a-secret-of-some-length"
OLD_SECRET = "the-secret-before-that-one"
HOOK_ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"


def mac(content: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def shopify(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {
        "X-Shopify-Hmac-Sha256": base64.b64encode(mac(body, secret)).decode(),
        "X-Shopify-Webhook-Id": HOOK_ID,
        "X-Shopify-Topic": "orders/create",
        "Content-Type": "application/json",
    }


def bigcommerce(body: bytes, stamp: str = NOON_STAMP, secret: str = SECRET) -> dict[str, str]:
    signed = f"{HOOK_ID}.{stamp}.".encode() + body
    return {
        "webhook-id": HOOK_ID,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac(signed, secret)).decode(),
    }


def hexadecimal(body: bytes, stamp: str = NOON_STAMP, secret: str = SECRET) -> dict[str, str]:
    return {"X-Time": stamp, "X-Signature": "sha256=" + mac(stamp.encode() + b"." + body, secret).hex()}


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
