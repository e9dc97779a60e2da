"""Whose reports are posted is said by the ownership table."""

from tests.schemas.small_company import company
from transforms.ledger.ownership_rules import owners_from


def test_owners_are_those_of_master_data_and_whoever_corrects_them() -> None:
    owners_of = owners_from(company())
    assert owners_of("EAST", "on_hand") == {"wms-east", "reconcile"}
    assert owners_of("WEST", "on_hand") == {"erp-db", "reconcile"}
    assert owners_of("EAST", "claims") == frozenset()
