"""A message that is sent again opens again what it is refused for again, once, whatever is retried."""

from datetime import UTC, datetime

import pytest

from schemas.records import Envelope, Settlement
from tests.transforms.publication.rows import rejection
from transforms.canonical.replay_rules import ATTRIBUTE, marked, reopened

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MESSAGE = Envelope("shop", "json", NOON, "shop/m1", "c1", {"topic": "orders"}, b"{}")


def test_what_is_refused_again_is_open_again_one_version_after_its_closing() -> None:
    again = marked(MESSAGE, 2, 1_772_452_800_000_000)
    found = reopened(again, [rejection(message_id="shop/m1", event_index=3, reason="bad_value")])
    assert found == [Settlement("shop/m1", 3, "bad_value", "", NOON, 1_772_452_800_000_001, 2)]
    assert again.attributes["topic"] == "orders"


def test_a_first_coming_opens_nothing() -> None:
    assert reopened(MESSAGE, [rejection()]) == []


@pytest.mark.parametrize("text", ["", "2", "two.5", "2.", ".5", "9999.5", "1.99999999999999999", "-1.5", "²." + "5"])
def test_an_attribute_that_we_never_wrote_has_no_effect(text: str) -> None:
    assert reopened(MESSAGE._replace(attributes={ATTRIBUTE: text}), [rejection()]) == []
