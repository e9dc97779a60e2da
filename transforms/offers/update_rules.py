"""Update rules: an offer in, a row that explains itself and, where it differs from the last, an update out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from schemas.records import AvailabilityRow, ChannelUpdate
from transforms.offers.offer_rules import Offer

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Trace(Protocol):
    """The event a figure is traced back to."""

    @property
    def received_at(self) -> datetime: ...
    @property
    def transaction_key(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...


class State(Protocol):
    """How far the books of an item have come: its version and its newest received event."""

    @property
    def version(self) -> int: ...
    @property
    def last(self) -> Trace | None: ...


class _Nothing(NamedTuple):
    received_at: datetime = LONG_AGO
    transaction_key: str = ""
    source: str = ""
    message_id: str = ""
    correlation_id: str = ""


def availability_row(item: str, offer: Offer, states: Sequence[State], policy_version: str) -> AvailabilityRow:
    """The row of one offer; `states` are those of the item, or of a kit and its components."""
    traces = [state.last for state in states if state.last is not None]
    last: Trace = max(traces, key=lambda trace: (trace.received_at, trace.transaction_key), default=_Nothing())
    chain = [{"step": one.step, "quantity": str(one.quantity), "rule": one.rule} for one in offer.figure.steps]
    return AvailabilityRow(
        item=item,
        channel=offer.channel,
        listing=offer.listing,
        available_quantity=offer.figure.quantity,
        chain=json.dumps(chain, ensure_ascii=False),
        policy_version=policy_version,
        changed_by=last.transaction_key,
        changed_source=last.source,
        changed_message_id=last.message_id,
        changed_correlation_id=last.correlation_id,
        changed_at=last.received_at,
        version=sum(state.version for state in states),
    )


def update_for(published: int | None, row: AvailabilityRow) -> ChannelUpdate | None:
    """What to tell the channel, if its figure is not the one it was told last."""
    if published == row.available_quantity:
        return None
    return ChannelUpdate(
        channel=row.channel,
        listing=row.listing,
        item=row.item,
        quantity=row.available_quantity,
        previous_quantity=published,
        changed_by=row.changed_by,
        correlation_id=row.changed_correlation_id,
        version=row.version,
    )
