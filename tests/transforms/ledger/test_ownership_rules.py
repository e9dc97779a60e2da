"""Whose reports are posted is said by the ownership table."""

from tests.builders import hour, receipt
from tests.ledgers import a_shard, enter
from tests.schemas.small_company import company
from transforms.ledger.ownership_rules import owners_from
from transforms.ledger.shard_rules import Shard


def test_owners_are_those_of_master_data_and_whoever_corrects_them() -> None:
    owners_of = owners_from(company())
    assert owners_of("EAST", "on_hand", hour(9)) == {"wms-east", "reconcile"}
    assert owners_of("WEST", "on_hand", hour(9)) == {"erp-db", "reconcile"}
    assert owners_of("EAST", "claims", hour(9)) == frozenset()


def test_an_event_is_posted_by_who_owned_its_facts_when_it_occurred() -> None:
    """An ERP migration is two rows of one table; `None` asks whether anybody ever owns them."""
    nine = "2026-03-02T09:00:00Z"
    master = company(
        ownership=[
            {"location": "*", "facts": "on_hand", "source": "old-erp", "effective_to": nine},
            {"location": "*", "facts": "on_hand", "source": "new-erp", "effective_from": nine},
        ]
    )
    owners_of = owners_from(master)
    assert owners_of("EAST", "on_hand", hour(8.9)) == {"old-erp", "reconcile"}
    assert owners_of("EAST", "on_hand", hour(9)) == {"new-erp", "reconcile"}
    assert owners_of("EAST", "on_hand", None) == {"old-erp", "new-erp", "reconcile"}
    shard = Shard(master, a_shard().policy)
    old, new = {"source": "old-erp"}, {"source": "new-erp"}
    late = [receipt(5, at=8, **old, received_at=20), receipt(7, at=8, key="b", **new), receipt(2, at=10, **new)]
    assert [one.outcome for one in enter(shard.books, *late, by=shard.rules)] == ["posted", "compared", "posted"]
