"""Rules that change while a stream runs change what comes, and the figures; never what has been entered."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.records import Alert, ChannelUpdate, OutcomeCount, PositionRow, StockEvent
from tests.builders import hour, receipt, shipment
from tests.fake_state import KeyState
from tests.ledgers import MASTER, SHARED
from tests.schemas.small_company import TABLES, company
from tests.transforms.offers.offered import rules
from transforms.governed import Standing
from transforms.governed_rules import governed
from transforms.kits.kit_rules import families
from transforms.ledger.streamed_shards import _FoldStateFn

KEY = 7
OWNED = [{"location": "EAST", "facts": "on_hand", "source": "wms"}]


class Published:
    """A source whose version the test sets."""

    refresh_seconds = 30.0

    def __init__(self) -> None:
        self.found = standing()

    def standing(self) -> Standing:
        return self.found


def standing(buffer: int = 0, master: MasterData = MASTER, alert: Alert | None = None) -> Standing:
    channels = {"web": {**SHARED["web"], "buffer": buffer}}
    return Standing(governed(master, rules(MASTER, channels=channels).policy), families(master.boms), alert)


def owned_by(source: str) -> MasterData:
    bolt = {**TABLES, "items": [{"item": "BOLT", "base_unit": "each"}]}
    empty = {name: [] for name in ("item_units", "unit_codes", "item_codes", "lots", "location_codes")}
    listings = [{"channel": "web", "listing": "web-BOLT", "item": "BOLT"}]
    return company((), **{**bolt, **empty, "listings": listings, "ownership": [{**OWNED[0], "source": source}]})


class Job:
    """One key of the keyed stage, on a worker that can be lost."""

    def __init__(self) -> None:
        self.source = Published()
        self.state = KeyState.empty()
        self.now = 1.0
        self.start()

    def start(self) -> None:
        self.worker: Any = _FoldStateFn(MASTER, self.source.found.governed.policy, self._clock, source=self.source)
        self.worker.setup()

    def _clock(self) -> Any:
        return hour(self.now)

    def take(self, *events: StockEvent) -> list[Any]:
        return self._commit(self.worker.process((KEY, pack([pack(event) for event in events])), *self.state))

    def tick(self) -> list[Any]:
        return self._commit(self.worker.fire(KEY, *self.state))

    def _commit(self, outputs: Iterator[Any]) -> list[Any]:
        made = [getattr(one, "value", one) for one in outputs]
        self.state.commit()
        return made


def told(outputs: list[Any]) -> list[int]:
    return [one.quantity for one in outputs if isinstance(one, ChannelUpdate) and one.item == "BOLT"]


def on_hand(outputs: list[Any]) -> list[int]:
    return [int(one.on_hand_quantity) for one in outputs if isinstance(one, PositionRow)]


def ended(outputs: list[Any]) -> list[str]:
    return [one.outcome for one in outputs if isinstance(one, OutcomeCount)]


def test_a_new_policy_is_told_without_any_event() -> None:
    job = Job()
    assert told(job.take(receipt(10, at=1))) == [10]
    job.source.found = standing(buffer=4)
    assert told(job.tick()) == [6]
    assert told(job.tick()) == []


def test_the_timer_is_set_for_the_next_look_and_a_look_without_news_writes_nothing() -> None:
    job = Job()
    job.take(receipt(10, at=1))
    assert job.state.due.current.micros == (hour(1).timestamp() + 30) * 1_000_000
    before = (job.state.snapshot.current, job.state.journal.current, job.state.token.current)
    assert job.tick() == []
    assert (job.state.snapshot.current, job.state.journal.current, job.state.token.current) == before


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_entered_under_the_old_owner_stays_entered(*, is_lost: bool) -> None:
    """Whether the worker that entered it is still there or its journal is read by another one under the new table."""
    job = Job()
    job.source.found = standing(master=owned_by("wms"))
    job.start()
    assert ended(job.take(receipt(10, at=1))) == ["posted"]
    assert ended(job.take(receipt(7, at=1, key="other", source="erp"))) == ["compared"]
    job.source.found = standing(master=owned_by("erp"))
    if is_lost:
        job.start()
    assert on_hand(job.take(receipt(1, at=2, source="erp"))) == [11]
    assert ended(job.take(shipment(5, at=3))) == ["compared"]


def test_a_figure_is_told_again_where_nobody_knows_any_more_what_was_told() -> None:
    """Told 10, then 8 by the old policy; the worker is lost, and the new policy gives 10: not what was told last."""
    job = Job()
    job.take(receipt(10, at=1))
    job.source.found = standing(buffer=2)
    assert told(job.tick()) == [8]
    assert told(job.take(receipt(2, at=1, key="more"))) == [10]
    job.source.found = standing(buffer=4)
    job.start()
    assert told(job.tick()) == [8]


def test_a_journal_of_the_same_rules_tells_nothing_again() -> None:
    job = Job()
    job.take(receipt(10, at=1))
    job.start()
    assert told(job.tick()) == []


def test_a_refused_version_is_told_once() -> None:
    job = Job()
    job.take(receipt(10, at=1))
    alert = Alert("governed_data_refused", "", "", "items.csv:4: ...", Decimal(1), "", "", 5)
    job.source.found = standing(alert=alert)
    assert job.tick() == [alert]
    assert job.tick() == []
