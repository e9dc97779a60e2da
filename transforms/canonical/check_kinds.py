"""Check kinds: what an event of each kind must say and may say, and the answer when one does not."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas.mapping_spec import MappingSpec
from schemas.master_tables import RETURNS_HOLD, SELLABLE
from schemas.records import CLAIM_KINDS, INBOUND_KINDS, Outcome, ReportedEvent
from schemas.yaml_files import Finding, Steps


class Problem(NamedTuple):
    """Why one event cannot be posted; what the caller knows of the message is added in its `Rejection`."""

    reason: str
    field: str
    message: str
    missing_key: str = ""  # names what master data lacks, so that its arrival can release the event
    outcome: Outcome = "dead_letter"


class KindRule(NamedTuple):
    """What an event of one kind must say and may say."""

    location: bool = True  # must say where
    lot: bool = True  # must name the lot of a lot-controlled item
    reference: bool = False  # must name its order
    zero: bool = False  # a quantity of 0 says something
    negative: bool = False  # a quantity below 0 says something
    kit: bool = False  # may name a kit that is only assembled when it ships
    disposition: str = SELLABLE  # where it says none
    facts: str = "on_hand"  # what a source must own for its word to be posted


_MOVEMENT = KindRule()
_COUNT = KindRule(zero=True)
_TRANSFER = KindRule(reference=True)
_INBOUND = KindRule(location=False, lot=False, reference=True, disposition="", facts="inbound")
_CLAIM = KindRule(location=False, lot=False, reference=True, kit=True, disposition="", facts="claims")

RULES: Mapping[str, KindRule] = {
    "receipt": _MOVEMENT,
    "shipment": KindRule(kit=True),
    "adjustment": KindRule(negative=True),
    "count": _COUNT,
    "snapshot": _COUNT,
    "unknown_count": _COUNT,
    "transfer_shipped": _TRANSFER,
    "transfer_received": _TRANSFER,
    "disposition_changed": KindRule(disposition="", facts="dispositions"),
    "return_received": KindRule(disposition=RETURNS_HOLD, facts="dispositions"),
    **dict.fromkeys(INBOUND_KINDS, _INBOUND),
    **dict.fromkeys(CLAIM_KINDS, _CLAIM),
    "reservation_allocated": _CLAIM._replace(location=True),  # it says from where
}


def needed_fields(kind: str) -> list[str]:
    """What a mapping must fill in for events of a kind, since without it every one is refused."""
    rule = RULES[kind]
    needed = {"location": rule.location, "order_reference": rule.reference}
    changes = dict.fromkeys(("disposition", "to_disposition"), kind == "disposition_changed")
    return [field for field, is_needed in {**needed, **changes}.items() if is_needed]


def kind_problems(spec: MappingSpec) -> Iterator[Finding]:
    """Fields that no template fills in and without which every one of its events would be refused."""
    for number, message in enumerate(spec.messages):
        for index, event in enumerate(message.events):
            steps: Steps = ("messages", number, "events", index, "kind")
            for kind in event.kind.kinds():
                missing = [field for field in needed_fields(kind) if getattr(event, field) is None]
                if missing:
                    yield steps, f"every {kind} would be refused, expected {' and '.join(missing)} beside it"


def missing(reason: str, field: str, event: ReportedEvent, expected: str) -> Problem:
    """The problem of an event that leaves out what its kind must say."""
    return Problem(reason, field, f"{event.kind} from {event.source} has no {field}, expected {expected}")


def unlisted(event: ReportedEvent, item: str) -> Problem:
    """The problem of an order for what its channel does not list: parked until the listing is there."""
    message = f"no listing of {item} on channel {event.channel!r}, ordered as {event.item_code!r} by {event.source}"
    missing_key = f"listing:{event.channel}:{item}"
    return Problem("unknown_listing", "item_code", f"{message}, expected one in listings.csv", missing_key, "parked")
