"""A row explains its figure and names what changed it; a channel hears of it only if it is another one."""

import json
from decimal import Decimal

import pytest

from schemas.records import AvailabilityRow, ChannelUpdate
from tests.builders import hour
from transforms.offers.channel_rules import Figure, Step
from transforms.offers.offer_rules import Offer
from transforms.offers.update_rules import LONG_AGO, LastEvent, StockState, availability_row, update_for

STEPS = (Step("on_hand", Decimal(9), "at the channel's locations"), Step("sell_units", Decimal(9), "übrig"))
OFFER = Offer("web", "W-MUG", Figure(9, STEPS), ("MUG",))


def last(at: float, key: str) -> LastEvent:
    return LastEvent(hour(at), key, "wms", f"message of {key}", f"c-{key}")


def test_a_row_names_the_newest_event_and_sums_the_versions() -> None:
    states = [StockState(3, last(5, "b")), StockState(4, last(6, "a")), StockState(1, None)]
    row = availability_row("GIFT", OFFER, states, "2026-03-01")
    assert row == AvailabilityRow(
        item="GIFT",
        channel="web",
        listing="W-MUG",
        available_quantity=9,
        chain=row.chain,
        policy_version="2026-03-01",
        changed_by="a",
        changed_source="wms",
        changed_message_id="message of a",
        changed_correlation_id="c-a",
        changed_at=hour(6),
        version=8,
    )


def test_of_two_events_received_together_the_greater_key_counts() -> None:
    row = availability_row("MUG", OFFER, [StockState(1, last(5, "b")), StockState(1, last(5, "a"))], "1")
    assert row.changed_by == "b"


def test_a_figure_without_events_was_changed_by_nobody_long_ago() -> None:
    row = availability_row("MUG", OFFER, [], "1")
    assert (row.changed_by, row.changed_source, row.changed_at, row.version) == ("", "", LONG_AGO, 0)


def test_the_chain_is_readable_and_exact() -> None:
    chain = availability_row("MUG", OFFER, [], "1").chain
    assert "übrig" in chain
    assert json.loads(chain) == [
        {"step": "on_hand", "quantity": "9", "rule": "at the channel's locations"},
        {"step": "sell_units", "quantity": "9", "rule": "übrig"},
    ]


@pytest.mark.parametrize(
    ("story", "published", "told"),
    [
        ("never told anything", None, True),
        ("told something else", 8, True),
        ("told zero", 0, True),
        ("told just that", 9, False),
    ],
)
def test_a_channel_is_told_what_is_new_to_it(story: str, published: int | None, told: bool) -> None:
    row = availability_row("MUG", OFFER, [StockState(3, last(5, "b"))], "1")
    update = ChannelUpdate("web", "W-MUG", "MUG", 9, published, "b", "c-b", 3)
    assert update_for(published, row) == (update if told else None)


def test_a_first_zero_is_told_too() -> None:
    """A channel that was never told may still show an old figure of its own."""
    row = availability_row("MUG", Offer("web", "W-MUG", Figure(0, ()), ("MUG",)), [], "1")
    update = update_for(None, row)
    assert update is not None
    assert (update.quantity, update.previous_quantity) == (0, None)
