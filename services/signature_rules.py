"""Signature rules: headers, body and secrets of a request in, why it is not to be believed out; no clock, no network.

    shopify       X-Shopify-Hmac-Sha256: base64(HMAC-SHA256(secret, body)); has no time, so a repeat is known by its id
    bigcommerce   webhook-signature: v1,base64(HMAC-SHA256(secret, id.timestamp.body)) [v1,...]; Standard Webhooks
    hmac          a header, an encoding and a prefix of one's own; with a time if its header is named: timestamp.body
    token         a header that holds the secret itself, for senders that cannot sign

Signatures are compared in constant time, and every secret that is valid now is tried, so that one can be renewed
without losing a message. What is signed are the bytes as they came, never a document that was read and written again.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

TOLERANCE_SECONDS = 300
SIGNATURES_TRIED_MAX = 8  # of one header: old and new secret for a while, not a list to work through
HEADER_CHARS_MAX = 1_024
SHA256_BYTES = 32

SchemeName = Literal["shopify", "bigcommerce", "hmac", "token"]
Encoding = Literal["base64", "hex"]


class Scheme(NamedTuple):
    """How one sender proves that a request is its own. Names of headers are in small letters."""

    name: SchemeName
    header: str
    encoding: Encoding = "base64"
    prefix: str = ""  # "sha256=": stands before the signature
    id_header: str = ""
    timestamp_header: str = ""  # in seconds since 1970; "" where the scheme signs no time
    tolerance_seconds: int = TOLERANCE_SECONDS


SHOPIFY = Scheme("shopify", "x-shopify-hmac-sha256", id_header="x-shopify-webhook-id")
BIGCOMMERCE = Scheme(
    "bigcommerce", "webhook-signature", prefix="v1,", id_header="webhook-id", timestamp_header="webhook-timestamp"
)


def why_not(
    scheme: Scheme, secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, at: datetime
) -> str | None:
    """Why a request is not believed, in words that hold no secret and nothing of the request; None if it is."""
    given = headers.get(scheme.header, "")
    if not given or len(given) > HEADER_CHARS_MAX:
        return f"header {scheme.header} is {'too long' if given else 'missing'}"
    if scheme.name == "token":
        return None if _any_equal([given.encode()], secrets) else "the token is not ours"
    signed = _signed(scheme, headers, body, at)
    if isinstance(signed, str):
        return signed
    signatures = [_decoded(scheme, one) for one in _signatures(scheme, given)]
    expected = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
    found = [signature for signature in signatures if signature is not None]
    if not found:
        return f"header {scheme.header} holds no {scheme.encoding} of {SHA256_BYTES} bytes"
    return None if _any_equal(found, expected) else "the signature is not that of the body"


def _signed(scheme: Scheme, headers: Mapping[str, str], body: bytes, at: datetime) -> bytes | str:
    """The bytes that were signed, or why there are none."""
    if not scheme.timestamp_header:
        return body
    stamp = headers.get(scheme.timestamp_header, "")
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:
        return f"header {scheme.timestamp_header} holds no time in seconds since 1970"
    age = at.timestamp() - int(stamp)
    if abs(age) > scheme.tolerance_seconds:
        return f"it was signed {abs(age):.0f} s {'ago' if age > 0 else 'ahead'}, expected {scheme.tolerance_seconds}"
    parts = [stamp.encode(), body]
    if scheme.name == "bigcommerce":
        message_id = headers.get(scheme.id_header, "")
        if not message_id:
            return f"header {scheme.id_header} is missing"
        parts.insert(0, message_id.encode("utf-8", "surrogateescape"))
    return b".".join(parts)


def _signatures(scheme: Scheme, given: str) -> list[str]:
    if scheme.name == "bigcommerce":
        several = given.split(" ")[:SIGNATURES_TRIED_MAX]
        return [one.removeprefix(scheme.prefix) for one in several if one.startswith(scheme.prefix)]
    return [given.removeprefix(scheme.prefix)] if given.startswith(scheme.prefix) else []


def _decoded(scheme: Scheme, text: str) -> bytes | None:
    try:
        found = bytes.fromhex(text) if scheme.encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == SHA256_BYTES else None


def _any_equal(found: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether any pair is equal, comparing every pair whole, so that time says nothing."""
    equal = [hmac.compare_digest(one, other) for one in found for other in expected]
    return any(equal)
