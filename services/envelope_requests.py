"""Envelope requests: a request that is believed in, the envelope that it becomes out, without clock or network.

Attributes follow CloudEvents' binary mode, so that what goes through Pub/Sub and what goes through the landing folder
reads the same. Where the sender gave no id, none is made up: `ce-id` is the hash of source and body, which a second
sending repeats.
"""

from collections.abc import Mapping
from datetime import datetime

from schemas.records import Envelope
from services.gateway_config import Sender
from transforms.arrival.envelope_rules import CORRELATION_ATTRIBUTES, stable_id

ATTRIBUTE_CHARS_MAX = 1_000  # Pub/Sub takes 1,024 bytes
SHOPIFY_TOPIC = "x-shopify-topic"
SHOPIFY_KEPT = ("x-shopify-shop-domain", "x-shopify-triggered-at", "x-shopify-event-id")


def envelope_of(source: str, sender: Sender, headers: Mapping[str, str], body: bytes, at: datetime) -> Envelope:
    """The envelope of a request; `at` is when it came."""
    is_shopify = sender.scheme.name == "shopify"
    own_id = stable_id(source, body)
    message_id = _text(headers, sender.scheme.id_header) or own_id
    topic = _text(headers, sender.spec.topic_header or (SHOPIFY_TOPIC if is_shopify else ""))
    wanted = (sender.spec.correlation_header or "", *CORRELATION_ATTRIBUTES)
    correlation_id = next((found for name in wanted if (found := _text(headers, name))), own_id)
    kept = {
        name: found
        for name in (*sender.spec.keep_headers, *(SHOPIFY_KEPT if is_shopify else ()))
        if (found := _text(headers, name))
    }
    attributes = {
        **kept,
        "ce-specversion": "1.0",
        "ce-id": message_id,
        "ce-type": f"{source}.{topic}" if topic else source,
        "ce-source": source,
        "ce-time": at.isoformat(),
        "content-type": _text(headers, "content-type") or "application/octet-stream",
        "source": source,
        "format": sender.spec.format,
        "correlation_id": correlation_id,
    }
    return Envelope(source, sender.spec.format, at, f"{source}/{message_id}", correlation_id, attributes, body)


def _text(headers: Mapping[str, str], name: str) -> str:
    """A header as an attribute can hold it: printable, bounded; empty where there is none."""
    found = headers.get(name, "") if name else ""
    return found[:ATTRIBUTE_CHARS_MAX] if found.isascii() and found.isprintable() else ""
