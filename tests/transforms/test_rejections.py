"""A rejection keeps all that a replay needs: what was refused, where, why, and the bytes."""

from datetime import UTC, datetime

from schemas.records import Envelope, Rejection
from tests.builders import receipt
from transforms.rejections import Why, of_document, of_event, of_message

RECEIVED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_whole_message_is_kept_with_its_bytes() -> None:
    envelope = Envelope("wms", "json", RECEIVED_AT, "wms/a.json", "c-1", {}, b"{")
    assert of_message(envelope, Why("decode", "malformed_json", "wms: cut off")) == Rejection(
        outcome="dead_letter",
        stage="decode",
        reason="malformed_json",
        message="wms: cut off",
        source="wms",
        message_id="wms/a.json",
        event_index=-1,
        correlation_id="c-1",
        received_at=RECEIVED_AT,
        mapping_version="",
        transaction_key="",
        missing_key="",
        format="json",
        payload=b"{",
    )


def test_one_event_is_kept_with_its_place_in_the_message_and_what_is_missing() -> None:
    event = receipt(5, at=9, key="R-1", event_index=3)
    rejection = of_event(event, Why("check", "unknown_item", "who?", "parked", "item:wms:X"), "json", b"[]")
    assert (rejection.outcome, rejection.event_index, rejection.missing_key) == ("parked", 3, "item:wms:X")
    assert (rejection.transaction_key, rejection.mapping_version, rejection.payload) == ("R-1", "wms/test@1", b"[]")


def test_whole_documents_of_a_message_are_counted_from_minus_one_down() -> None:
    envelope = Envelope("wms", "json", RECEIVED_AT, "wms/a.json", "c-1", {}, b"[]")
    whole = of_message(envelope, Why("map", "bad_value", "wms: what?"))
    line = whole._replace(event_index=4)
    assert [of_document(whole, number).event_index for number in (0, 1, 2)] == [-1, -2, -3]
    assert of_document(line, 2) == line
