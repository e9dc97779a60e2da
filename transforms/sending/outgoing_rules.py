"""Outgoing rules: a record in, the partners that are to be told and the message for each out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from schemas.partner_spec import Partners, PartnerSpec
from schemas.records import ChannelUpdate, PartnerPosting
from transforms.sending.outbox_state import FIGURE, Outgoing


def outgoing(record: Any, partners: Partners) -> Iterator[tuple[str, Outgoing]]:
    """Each partner that is told a record, with the message; none for a record that concerns nobody."""
    for name, terms in partners.items():
        if is_told(record, terms):
            yield name, message_of(record)


def is_told(record: Any, terms: PartnerSpec) -> bool:
    """Whether a partner is told a record: its channel's figures, or the postings it asked for."""
    if isinstance(record, ChannelUpdate):
        return record.channel == terms.channel
    if not isinstance(record, PartnerPosting) or record.posting_type not in terms.postings:
        return False
    if terms.locations and record.location not in terms.locations:
        return False
    if terms.channels and record.channel not in terms.channels:
        return False
    return record.source not in terms.sources_left_out


def message_of(record: ChannelUpdate | PartnerPosting) -> Outgoing:
    """A record as what is told: a figure of a listing, or a fact under its transaction key."""
    body = record._asdict()
    if isinstance(record, ChannelUpdate):
        quantity, cause = Decimal(record.quantity), record.correlation_id
        return Outgoing(record.listing, record.version, FIGURE, record.item, quantity, cause, body)
    key = f"{record.transaction_key}#{record.posting_type}"
    return Outgoing(key, 1, record.posting_type, record.item, record.quantity, record.correlation_id, body)
