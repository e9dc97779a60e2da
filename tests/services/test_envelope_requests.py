"""A request becomes the envelope that the pipeline would make of the same message from a queue."""

from services.envelope_requests import envelope_of
from services.gateway_config import Sender, SignatureSpec, SourceSpec
from services.signature_rules import SHOPIFY, Scheme
from tests.services.signing import HOOK_ID, NOON, lower, shopify
from transforms.arrival.envelope_rules import from_queue_message, stable_id

BODY = b'{"id": 1}'
SPEC = SourceSpec(signature=SignatureSpec(scheme="shopify", secret_env="X"), keep_headers=("x-kept",))
SHOP = Sender(SPEC, SHOPIFY, (b"",))
PLAIN = Sender(SPEC, Scheme("token", "x-token"), (b"",))


def test_a_shop_s_webhook_keeps_its_id_and_topic() -> None:
    envelope = envelope_of("shop", SHOP, lower(shopify(BODY)) | {"x-kept": "yes", "x-other": "no"}, BODY, NOON)
    assert envelope.message_id == f"shop/{HOOK_ID}"
    assert envelope.attributes == {
        "x-kept": "yes",
        "ce-specversion": "1.0",
        "ce-id": HOOK_ID,
        "ce-type": "shop.orders/create",
        "ce-source": "shop",
        "ce-time": "2026-03-02T12:00:00+00:00",
        "content-type": "application/json",
        "source": "shop",
        "format": "json",
        "correlation_id": stable_id("shop", BODY),
    }


def test_a_correlation_id_is_kept() -> None:
    assert envelope_of("s", PLAIN, {"correlation-id": "C-1"}, BODY, NOON).correlation_id == "C-1"
    assert envelope_of("s", PLAIN, {"correlation-id": "C\x1b1"}, BODY, NOON).correlation_id == stable_id("s", BODY)


def test_what_has_no_id_gets_the_same_one_when_it_comes_again() -> None:
    first, second = (envelope_of("s", PLAIN, {}, BODY, NOON) for _ in range(2))
    assert first == second
    assert first.message_id == f"s/{stable_id('s', BODY)}"


def test_through_a_queue_it_is_the_same_envelope() -> None:
    envelope = envelope_of("shop", SHOP, lower(shopify(BODY)), BODY, NOON)
    assert from_queue_message(BODY, envelope.attributes, "queue's own", NOON, {}) == envelope
