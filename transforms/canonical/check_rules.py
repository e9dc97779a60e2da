"""Check rules: what a source said in, the canonical event out, or the one reason why it cannot be one.

A check turns a source's codes into master data's names and its quantity into base units, and refuses what no later
stage could use. Behind it every `StockEvent` is valid: its names exist, its quantity is exact and plausible, and it
says all that its kind needs (`check_kinds.RULES`).

Two kinds of no. What names something that master data does not know is *parked*, with the missing key: it was probably
right, only early. Everything else is a dead letter: the same event would be refused again tomorrow.

    wms-east ships 2 CA of ABC-1 from DC1  ->  shipment of 24 each of ABC-1 at EAST, disposition sellable
    wms-east ships 2 CA of ABC-1 from WH-9 ->  parked: location:wms-east:WH-9
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from schemas.master_data import Item, MasterData
from schemas.master_tables import SELLABLE
from schemas.records import Rejection, ReportedEvent, StockEvent
from transforms.canonical.check_kinds import RULES, KindRule, Problem, missing, unlisted
from transforms.canonical.check_quantity import base_quantity
from transforms.kits.kit_rules import bom_at
from transforms.rejections import Why, of_event

FUTURE_TOLERANCE = timedelta(minutes=10)  # clocks that nobody set drift by minutes; a wrong time zone is half an hour

STAGE = "check"

SCHEMA_VERSION = StockEvent._field_defaults["schema_version"]

_FIELDS = ReportedEvent._fields
_ORIGIN = slice(_FIELDS.index("source"), _FIELDS.index("mapping_version") + 1)
_REST = slice(_FIELDS.index("to_disposition"), _FIELDS.index("expires_at") + 1)

Eligible = Callable[[str, str], bool]  # (channel, item)


def check_event(event: ReportedEvent, master: MasterData, eligible: Eligible | None = None) -> StockEvent | Problem:
    """The canonical event, or the first reason why there is none.

    `eligible` says whether a channel may sell an item. It decides about requests only: an order that the channel has
    already taken is recorded whatever the policy says now.
    """
    if master.starts:
        master = master.at(event.occurred_at)
    rule = RULES[event.kind]
    item = _item(event, master)
    if item is None:
        return _unknown_code("item", "item_code", event.item_code, event, master)
    location: str | None = event.location_code and master.location_of(event.source, event.location_code)
    if location is None:
        return _unknown_code("location", "location_code", event.location_code, event, master)
    to_location: str | None = event.to_location_code and master.location_of(event.source, event.to_location_code)
    if to_location is None:
        return _unknown_code("location", "to_location_code", event.to_location_code, event, master)
    lot = event.lot if item.lot_controlled else ""
    disposition = event.disposition or rule.disposition
    problem = (
        _what_is_missing(event, rule, item, location, master)
        or _disposition_problem(event, rule, disposition, master)
        or (_channel_problem(event, item.item, master, eligible) if event.channel else None)
        or (_kit_problem(event, rule, item.item, master) if item.item in master.boms else None)
    )
    if problem is not None:
        return problem
    quantity = base_quantity(event, rule, item, master)
    if isinstance(quantity, Problem):
        return quantity
    if event.source in master.epochs:
        key = master.key_in_epoch(event.source, event.transaction_key, event.occurred_at)
        event = event._replace(transaction_key=key)
    return _stock_event(event, item.item, quantity, (location, lot, disposition, to_location))


def _stock_event(event: ReportedEvent, item: str, quantity: Decimal, place: tuple[str, str, str, str]) -> StockEvent:
    """In the order of its fields: this is done for every event, and naming 26 of them takes three times as long."""
    return StockEvent._make(
        (
            event.transaction_key,
            event.kind,
            item,
            quantity,
            event.occurred_at,
            *event[_ORIGIN],  # type: ignore[misc]  # mypy knows no slices by name
            event.quantity,
            event.unit_code,
            event.event_index,
            *place,
            *event[_REST],
            (),
            SCHEMA_VERSION,
        )
    )


def _item(event: ReportedEvent, master: MasterData) -> Item | None:
    name = master.item_of(event.source, event.item_code)
    if name is None and event.channel:
        name = master.item_of_listing(event.channel, event.item_code)
    return None if name is None else master.items[name]


def _unknown_code(what: str, field: str, code: str, event: ReportedEvent, master: MasterData) -> Problem:
    mapped = master.codes_known(what, event.source)
    expected = f"one of its {mapped} mapped codes" if mapped else f"one of our own {what}s, as it has no mapped codes"
    message = f"unknown {what} {code!r} from {event.source}, expected {expected}"
    return Problem(f"unknown_{what}", field, message, f"{what}:{event.source}:{code}", "parked")


def _what_is_missing(
    event: ReportedEvent, rule: KindRule, item: Item, location: str, master: MasterData
) -> Problem | None:
    if rule.location and not location:
        return missing("missing_location", "location_code", event, "a location")
    if rule.reference and not event.order_reference:
        return missing("missing_order_reference", "order_reference", event, "the reference of its order")
    if rule.lot and item.lot_controlled and not event.lot:
        # Another's word is compared with the owner's over all lots, so only what is posted must name its lot.
        owner = master.owner(location, rule.facts)
        if owner is None or owner == event.source:
            return missing("missing_lot", "lot", event, f"a lot, since {item.item} is lot controlled")
    if event.occurred_at > event.received_at and event.occurred_at - event.received_at > FUTURE_TOLERANCE:
        message = f"{event.kind} from {event.source} has occurred_at {event.occurred_at.isoformat()}"
        expected = f"expected at most {FUTURE_TOLERANCE} after its receipt at {event.received_at.isoformat()}"
        return Problem("future_time", "occurred_at", f"{message}, {expected}")
    return None


def _disposition_problem(event: ReportedEvent, rule: KindRule, disposition: str, master: MasterData) -> Problem | None:
    changes = event.kind == "disposition_changed"
    required = (rule.location and rule.disposition != "") or changes  # whatever is at a place is there in a disposition
    if (disposition or required) and disposition not in master.dispositions:
        return _unknown_disposition("disposition", disposition, event, master)
    if (event.to_disposition or changes) and event.to_disposition not in master.dispositions:
        return _unknown_disposition("to_disposition", event.to_disposition, event, master)
    if event.kind == "return_received" and disposition == SELLABLE:
        message = f"return_received from {event.source} into disposition {SELLABLE!r}, expected a hold: returned goods"
        return Problem("unknown_disposition", "disposition", f"{message} are for sale after a disposition_changed")
    return None


def _unknown_disposition(field: str, value: str, event: ReportedEvent, master: MasterData) -> Problem:
    expected = ", ".join(sorted(master.dispositions))
    message = f"unknown {field} {value!r} in {event.kind} from {event.source}, expected one of {expected}"
    return Problem("unknown_disposition", field, message)


def _channel_problem(event: ReportedEvent, item: str, master: MasterData, eligible: Eligible | None) -> Problem | None:
    channel = event.channel
    if channel not in master.channels:
        message = (
            f"unknown channel {channel!r} from {event.source}, expected one of {', '.join(sorted(master.channels))}"
        )
        return Problem("unknown_channel", "channel", message, f"channel:{channel}", "parked")
    if event.kind not in ("order_recorded", "reservation_requested"):
        return None  # what follows an order is about goods that were listed when it was placed
    if (channel, item) not in master.listings:
        return unlisted(event, item)
    if event.kind == "reservation_requested" and eligible is not None and not eligible(channel, item):
        message = f"{item} requested on {channel} by {event.source}, expected an item that its policy lets it sell"
        return Problem("channel_ineligible", "channel", message)
    return None


def _kit_problem(event: ReportedEvent, rule: KindRule, item: str, master: MasterData) -> Problem | None:
    """A kit that is assembled when it ships can be ordered and shipped, and is nowhere in between."""
    assembled = bom_at(master.boms, item, event.occurred_at) is not None
    if not assembled and any(bom.assembly == "prebuilt" for bom in master.boms[item]):
        return None
    if not rule.kit:
        message = f"{event.kind} of {item} from {event.source}, expected its components: it is assembled on demand"
        return Problem("kit_has_no_stock", "item_code", message)
    if not assembled:
        message = f"{event.kind} of kit {item} from {event.source} occurred_at {event.occurred_at.isoformat()}"
        return Problem("no_components", "item_code", f"{message}, expected a bill of materials in effect then")
    return None


def refused(event: ReportedEvent, problem: Problem, payload_format: str, payload: bytes) -> Rejection:
    """A problem with all that a replay needs."""
    why = Why(STAGE, problem.reason, problem.message, problem.outcome, problem.missing_key)
    return of_event(event, why, payload_format, payload)
