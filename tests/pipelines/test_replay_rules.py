"""Only what would be used now is sent again, and not for ever; what would move is said beforehand."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.replay_rules import Refused, plan, stock_after
from schemas.records import Envelope
from tests.agreement import POLICY
from tests.builders import count, hour, ordered, receipt
from tests.ledgers import MASTER
from tests.pipelines.replay_company import Company
from tests.pipelines.replay_company import receipt as said
from transforms.canonical.canonical_rules import Front
from transforms.canonical.mapping_rules import load_mappings
from transforms.canonical.replay_rules import ATTEMPTS_MAX
from transforms.governed_files import read_governed
from transforms.offers.availability_rules import ItemStock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def front(tmp_path: Path) -> Front:
    company = Company(tmp_path)
    master, policy, _ = read_governed(str(company.files.master), str(company.files.policy))
    return Front(load_mappings(company.mappings), master, policy)


def refused(number: int, attempts: int = 0, state: str = "OK", sku: str = "MUG") -> Refused:
    import json

    payload = json.dumps(said(number, sku, state)).encode()
    message = Envelope("wms", "json", NOON, f"wms/m{number}", f"c{number}", {}, payload)
    return Refused(message, ((0, "unmapped_value"),), attempts)


def test_what_passes_now_is_sent_and_what_does_not_stays_with_its_reason(front: Front) -> None:
    made = plan([refused(1), refused(2, state="BAD"), refused(3, sku="LAMP")], front)
    assert [one.envelope.message_id for one in made.messages] == ["wms/m1"]
    assert [(event.item, event.quantity) for event in made.events] == [("MUG", Decimal(5))]
    assert made.still == {"unmapped_value": 1, "unknown_item": 1}


def test_what_was_sent_often_enough_stays(front: Front) -> None:
    made = plan([refused(1, ATTEMPTS_MAX), refused(2, ATTEMPTS_MAX - 1)], front)
    assert [one.envelope.message_id for one in made.messages] == ["wms/m2"]
    assert [one.envelope.message_id for one in made.worn_out] == ["wms/m1"]


def test_an_item_keeps_the_messages_that_name_it(front: Front) -> None:
    made = plan([refused(1), refused(2, sku="BEANS")], front, item="BEANS")
    assert [one.envelope.message_id for one in made.messages] == ["wms/m2"]


def test_events_that_were_not_refused_are_not_counted_again(front: Front) -> None:
    other = refused(1)._replace(keys=((1, "bad_value"),))
    assert plan([other], front).events == []


def test_movements_add_counts_replace_and_orders_claim() -> None:
    here = ("EAST", "", "sellable")
    before = {"BOLT": ItemStock("BOLT", {here: Decimal(10)}, {"web": Decimal(1)}, {})}
    rules = (MASTER, POLICY)
    after = stock_after(before, [receipt(5, at=1)], rules, hour(2))
    assert after["BOLT"].on_hand == {here: 15}
    assert stock_after(before, [count(3, at=1)], rules, hour(2))["BOLT"].on_hand == {here: 3}
    claimed = stock_after(before, [ordered(4, at=1, channel="web")], rules, hour(2))
    assert claimed["BOLT"].soft_claims == {"web": 5}
    assert before["BOLT"].on_hand == {here: 10}
