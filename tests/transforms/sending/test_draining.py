"""Outboxes are worked off side by side: a partner that hangs or is slow holds up none of the others."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from tests.partners import figure, quotas, terms, way
from transforms.sending.draining import WallClock, drain
from transforms.sending.outbox_rules import Outbox


def drained(
    behaviours: dict[str, Behaviour], listings: int, seconds_max: float, its: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, Outbox], FakePartners, float]:
    """The outboxes after a drain over real HTTP and the real clock, and how long it took."""
    clock = WallClock()
    with FakePartners(behaviours) as served:
        own = {name: terms(url=f"{served.url}/{name}", channel=name, **its(name)) for name in behaviours}
        boxes = {name: Outbox(name, one) for name, one in own.items()}
        for box in boxes.values():
            box.offer([figure(f"L{number}", number, 1) for number in range(listings)], clock.now())
        began = clock.now()
        drain(boxes.values(), lambda name: way(name, own[name]), clock, seconds_max)
    return boxes, served, clock.now() - began


def test_a_partner_that_hangs_is_left_behind_when_the_time_is_up() -> None:
    behaviours = {"web": Behaviour(), "b2b": Behaviour(delay_seconds=5)}
    boxes, served, seconds = drained(behaviours, 20, 1.0, lambda _: {"timeout_seconds": 30})
    assert served["web"].shop.figures == {f"L{number}": number for number in range(20)}
    assert boxes["web"].is_settled
    assert {entry.status for entry in boxes["b2b"].entries.values()} == {"sent", "waiting"}
    assert seconds < 4


@pytest.mark.slow
def test_in_real_time_the_limit_is_kept_and_a_dead_channel_costs_the_others_nothing() -> None:
    def its(name: str) -> dict[str, Any]:
        return {"quotas": quotas((50, 1, 5)), "timeout_seconds": 1, "pause_seconds": 0.2, "give_up_seconds": 20}

    rough = {"quotas": {"send": (50, 1.0, 5)}, "throttle_rate": 0.15, "fail_rate": 0.15, "retry_after": False}
    took = {}
    for is_dead in (False, True):
        others = Behaviour(is_dead=is_dead, delay_seconds=2 if is_dead else 0)
        boxes, served, _ = drained({"web": Behaviour(**rough), "dead": others}, 300, 25, its)
        assert served["web"].shop.figures == {f"L{number}": number for number in range(300)}
        assert served["web"].gate.exceeded == 0
        applied = [entry.applied_at or 0.0 for entry in boxes["web"].entries.values()]
        offered = min(entry.offered_at for entry in boxes["web"].entries.values())
        took[is_dead] = max(applied) - offered
        assert {int(entry.wanted.quantity) for entry in boxes["web"].entries.values()} == set(range(300))
    assert took[True] < 1.5 * took[False] + 1
    assert boxes["dead"].entries["L0"].known in (None, Decimal(0))
