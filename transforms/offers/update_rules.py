"""Update rules: an offer in, a row that explains itself and, where it differs from the last, an update out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from schemas.records import AvailabilityRow, ChannelUpdate
from transforms.offers.offer_rules import Offer

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class LastEvent(NamedTuple):
    """The newest received event on an item: what a published figure is traced back to."""

    received_at: datetime
    transaction_key: str
    source: str
    message_id: str
    correlation_id: str


class StockState(NamedTuple):
    """How far the stock of an item has come: its version and its newest received event."""

    version: int
    last: LastEvent | None


_STEP = '{"step": %s, "quantity": "%s", "rule": %s}'
RULES_REMEMBERED = 4_096  # texts of rules as JSON: most figures come about by a few of them


@lru_cache(RULES_REMEMBERED)
def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


NO_EVENT = LastEvent(LONG_AGO, "", "", "", "")


def availability_row(item: str, offer: Offer, states: Sequence[StockState], policy_version: str) -> AvailabilityRow:
    """The row of one offer; `states` are those of the item, or of a kit and its components."""
    traces = [state.last for state in states if state.last is not None]
    last = traces[0] if len(traces) == 1 else max(traces, key=lambda trace: trace[:2], default=NO_EVENT)
    steps = [_STEP % (_text(one.step), one.quantity, _text(one.rule)) for one in offer.figure.steps]
    return AvailabilityRow(
        item=item,
        channel=offer.channel,
        listing=offer.listing,
        available_quantity=offer.figure.quantity,
        chain=f"[{', '.join(steps)}]",
        policy_version=policy_version,
        changed_by=last.transaction_key,
        changed_source=last.source,
        changed_message_id=last.message_id,
        changed_correlation_id=last.correlation_id,
        changed_at=last.received_at,
        version=sum(state.version for state in states),
        state=offer.state,
        state_reason=offer.reason,
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
