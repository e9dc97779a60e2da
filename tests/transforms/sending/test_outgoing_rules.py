"""Who is told what."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import PartnerPosting
from tests.partners import terms, update
from transforms.sending.outgoing_rules import is_told, outgoing


def posting(**changes: Any) -> PartnerPosting:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    plain: dict[str, Any] = dict.fromkeys(PartnerPosting._fields, "")
    plain |= {"posting_type": "receipt", "transaction_key": "wms:GR-1", "item": "MUG", "quantity": Decimal(5)}
    plain |= {"location": "EAST", "source": "wms-east", "occurred_at": at, "expected_at": None}
    return PartnerPosting(**(plain | changes))


ERP: dict[str, Any] = {"channel": None, "postings": ("receipt",), "mapping": "erp-rest"}


@pytest.mark.parametrize(
    ("story", "record", "its", "expected"),
    [
        ("its channel", update("A", 3, 1), {}, True),
        ("another channel", update("A", 3, 1, "b2b"), {}, False),
        ("a figure for who takes postings", update("A", 3, 1), ERP, False),
        ("a type it takes", posting(), ERP, True),
        ("a type it does not take", posting(posting_type="adjustment"), ERP, False),
        ("its location", posting(), ERP | {"locations": ("EAST",)}, True),
        ("another location", posting(), ERP | {"locations": ("WEST",)}, False),
        ("what came from it", posting(source="erp-db"), ERP | {"sources_left_out": ("erp-db",)}, False),
        ("its channel's orders", posting(channel="web"), ERP | {"channels": ("web",)}, True),
        ("another channel's orders", posting(channel="b2b"), ERP | {"channels": ("web",)}, False),
        ("anything else", "a record of another kind", ERP, False),
    ],
)
def test_a_partner_is_told(story: str, record: Any, its: dict[str, Any], expected: bool) -> None:
    assert is_told(record, terms(**its)) is expected


def test_a_fact_is_known_by_its_transaction_key_and_type() -> None:
    ((name, message),) = outgoing(posting(), {"erp": terms(**ERP), "web": terms()})
    assert (name, message.key, message.version, message.kind) == ("erp", "wms:GR-1#receipt", 1, "receipt")
