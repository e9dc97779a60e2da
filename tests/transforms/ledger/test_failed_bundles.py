"""A bundle that fails, wherever it fails, leaves nothing behind that the next one could see."""

from datetime import datetime
from typing import Any

import pytest

from benchmarks.proof_host import LostValue, StateLostError
from schemas.encoding import pack
from schemas.records import PositionRow, StockEvent
from tests.builders import hour, receipt, requested, shipment
from tests.fake_state import KeyState
from tests.ledgers import MASTER, SHARED
from tests.transforms.offers.offered import rules
from transforms.ledger.streamed_shards import _FoldStateFn

KEY = 7


def noon() -> datetime:
    return hour(12)


def a_worker() -> Any:
    worker = _FoldStateFn(MASTER, rules(MASTER, channels=SHARED).policy, noon)
    worker.setup()
    return worker


def on_hand_after(worker: Any, state: KeyState, event: StockEvent) -> int:
    """Process one event as a bundle of its own; the quantity that it publishes."""
    outputs = list(worker.process((KEY, pack([pack(event)])), *state))
    state.commit()
    return int(next(one.on_hand_quantity for one in outputs if isinstance(one, PositionRow)))


@pytest.mark.parametrize("lost", ["token", "commit"])
def test_the_next_attempt_does_not_see_the_one_that_failed(lost: str) -> None:
    worker, state = a_worker(), KeyState.empty()
    assert on_hand_after(worker, state, receipt(10, at=1)) == 10
    failing = worker.process((KEY, pack([pack(receipt(5, at=2))])), *state._replace(**broken(state, lost)))
    if lost == "token":
        with pytest.raises(StateLostError):
            list(failing)
    else:
        list(failing)
    state.roll_back()
    assert on_hand_after(worker, state, receipt(1, at=3)) == 11
    assert on_hand_after(worker, state, receipt(5, at=2)) == 16


def broken(state: KeyState, lost: str) -> dict[str, Any]:
    return {"token": LostValue(state.token)} if lost == "token" else {}


def test_a_shard_that_was_away_is_read_again() -> None:
    first, second, state = a_worker(), a_worker(), KeyState.empty()
    assert on_hand_after(first, state, receipt(10, at=1)) == 10
    assert on_hand_after(second, state, shipment(3, at=2)) == 7
    assert on_hand_after(first, state, shipment(1, at=3)) == 6


def test_a_journal_is_read_in_the_order_in_which_it_was_written() -> None:
    """The first of two contents of a request's key stays, so who came first must be remembered; bags keep no order."""
    first, state = a_worker(), KeyState.empty()
    on_hand_after(first, state, receipt(10, at=1))
    for quantity in (4, 6):
        list(first.process((KEY, pack([pack(asked(quantity))])), *state))
        state.commit()
    again = a_worker()
    on_hand_after(again, state, receipt(1, at=3))
    assert again.live.by_key[KEY][1].shard.books["BOLT"].claims["SO-1"].granted == 4


def asked(quantity: int) -> StockEvent:
    return requested(quantity, at=2, key="request")
