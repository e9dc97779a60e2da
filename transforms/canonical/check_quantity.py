"""Check quantity: the quantity and unit that a source said in, exact base units of the item out, or why not."""

from decimal import Decimal

from schemas.master_data import Item, MasterData
from schemas.master_files import plain
from schemas.records import ReportedEvent
from transforms.canonical.check_kinds import KindRule, Problem, unlisted

QUANTITY_MAX = Decimal(10_000_000)  # base units in one event; more is a barcode read into the quantity field
DECIMALS_MAX = 6  # of a divisible quantity in base units, as in the Avro contract
SELL_UNIT = "sell_unit"  # the unit code by which a mapping says: whatever this channel sells the item in

_ZERO = Decimal(0)
_ONE = Decimal(1)
_SMALLEST = _ONE.scaleb(-DECIMALS_MAX)


def base_quantity(event: ReportedEvent, rule: KindRule, item: Item, master: MasterData) -> Decimal | Problem:
    """The quantity in base units, plausible for its kind; no unit code means that it is in base units already."""
    quantity = event.quantity
    if event.unit_code:
        factor = _factor(event, item, master)
        if isinstance(factor, Problem):
            return factor
        if factor != _ONE:
            quantity = plain(quantity * factor)
    if quantity < _ZERO and not rule.negative:
        return _bad_quantity("negative_quantity", event, "0 or more; only adjustments may take away")
    if not quantity and not rule.zero:
        return _bad_quantity("absurd_quantity", event, "a quantity other than 0; only counts may say 0")
    if abs(quantity) > QUANTITY_MAX:
        return _bad_quantity("absurd_quantity", event, f"at most {QUANTITY_MAX} {item.base_unit}, got {quantity}")
    if quantity % (_SMALLEST if item.divisible else _ONE):
        unit = f"at most {DECIMALS_MAX} decimals of" if item.divisible else "whole"
        return _bad_quantity("fractional_quantity", event, f"{unit} {item.base_unit} of {item.item}, got {quantity}")
    return quantity


def _factor(event: ReportedEvent, item: Item, master: MasterData) -> Decimal | Problem:
    code = event.unit_code
    unit = master.unit_of(code)
    if unit is None:
        if code == SELL_UNIT:
            listing = master.listings.get((event.channel, item.item))
            return listing.sell_factor if listing else unlisted(event, item.item)
        message = f"unknown unit {code!r} from {event.source}, expected one of {len(master.unit_codes)} known codes"
        return Problem("unknown_unit", "unit_code", message, f"unit:{code}", "parked")
    factor = item.factors.get(unit)
    if factor is None:
        units = ", ".join(sorted(item.factors))
        message = f"unknown unit {unit!r} of {item.item} (code {code!r} from {event.source}), expected one of {units}"
        return Problem("unknown_unit", "unit_code", message, f"item_unit:{item.item}:{unit}", "parked")
    return factor


def _bad_quantity(reason: str, event: ReportedEvent, expected: str) -> Problem:
    said = f"{event.quantity} {event.unit_code}".rstrip()
    return Problem(reason, "quantity", f"quantity {said!r} in {event.kind} from {event.source}, expected {expected}")
