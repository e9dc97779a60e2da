"""Kit rules: what an order of a kit really takes, which items must be decided together, how many kits there are.

A kit is sold as one thing and stocked as its components. An order of 2 GIFT (1 MUG and 0.5 kg BEANS each) claims 2 MUG
and 1 kg BEANS. A kit inside a kit is exploded until only stocked items are left. Where two branches meet in the same
component, its quantities are added, so that a component is checked in sum.

    explode("GIFT", 2)  ->  (BEANS 1.0, MUG 2)
    GIFT from BEANS 7.5 kg and MUG 9:  min(floor(7.5 / 0.5), floor(9 / 1)) = 9

Items that are connected by bills of materials form a *family*. A family is kept in one shard, so that a kit is granted
whole or not at all by one decision in one place, without a message going round in a circle.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal, localcontext
from functools import lru_cache

from schemas.master_data import Bom
from schemas.records import Component, StockEvent

Boms = Mapping[str, tuple[Bom, ...]]

ONE = Decimal(1)

PLACES_MAX = 6  # decimal places of a quantity in the books
MICRO = Decimal(10) ** -PLACES_MAX
EXPLODED_REMEMBERED = 32_768  # kits with a quantity: few quantities make most orders
EVER = datetime(2000, 1, 1, tzinfo=UTC)  # any time will do where no bill has a date
SHARE_DIGITS = 60  # a product of two quantities has at most 56, so nothing is rounded before the division


def bom_at(boms: Boms, item: str, at: datetime) -> Bom | None:
    """The bill of materials by which `item` is assembled on demand at that time; none for stocked items."""
    for bom in boms.get(item, ()):
        started = bom.effective_from is None or bom.effective_from <= at
        ended = bom.effective_to is not None and bom.effective_to <= at
        if started and not ended and bom.assembly == "on_demand":
            return bom
    return None


def explode(boms: Boms, item: str, quantity: Decimal, at: datetime) -> tuple[Component, ...]:
    """The stocked components that `quantity` of a kit takes, by item; () for an item that is no kit at that time."""
    if item not in boms:
        return ()
    always = _always(_Same(boms), item, quantity)
    return _explode(boms, item, quantity, at) if always is None else always


def _explode(boms: Boms, item: str, quantity: Decimal, at: datetime) -> tuple[Component, ...]:
    if bom_at(boms, item, at) is None:
        return ()
    totals: dict[str, Decimal] = {}
    _add_components(boms, item, quantity, at, totals)
    return tuple(Component(name, plain(_whole_places(total))) for name, total in sorted(totals.items()))


def _whole_places(quantity: Decimal) -> Decimal:
    """What the books can hold of it exactly: rounded up, so that a kit never takes less than its bill says."""
    return quantity if int(quantity.as_tuple().exponent) >= -PLACES_MAX else quantity.quantize(MICRO, ROUND_CEILING)


def _add_components(boms: Boms, item: str, quantity: Decimal, at: datetime, totals: dict[str, Decimal]) -> None:
    bom = bom_at(boms, item, at)
    if bom is None:
        totals[item] = totals.get(item, Decimal(0)) + quantity
        return
    for line in bom.components:
        _add_components(boms, line.item, quantity * line.quantity * (ONE + line.scrap_factor), at, totals)


def parts_ever(boms: Boms, item: str) -> tuple[str, ...]:
    """The item and all that it is assembled from by bills of any date: what its figure was or will be made of."""
    if item not in boms:
        return (item,)
    found = {item}
    pending = [item]
    while pending:
        for bom in boms.get(pending.pop(), ()):
            if bom.assembly != "on_demand":
                continue
            new = {line.item for line in bom.components} - found
            found |= new
            pending += new
    return (item, *sorted(found - {item}))


def plain(quantity: Decimal) -> Decimal:
    """The same number written without trailing zeros or exponent, so that equal quantities look equal."""
    normal = quantity.normalize()
    return normal.quantize(ONE) if normal == normal.to_integral_value() else normal


def share_of(quantity: Decimal, granted: Decimal, requested: Decimal) -> Decimal:
    """What `granted` of `requested` kits take of a component of which all of them take `quantity`; exact."""
    if granted == requested:
        return quantity
    with localcontext(prec=SHARE_DIGITS):
        share = quantity * granted / requested
    return plain(share)


def exploded(event: StockEvent, boms: Boms) -> StockEvent:
    """The event with the components it moves, if its item is a kit when it occurred."""
    if event.item not in boms:
        return event
    components = explode(boms, event.item, event.quantity, event.occurred_at)
    return event._replace(components=components) if components else event


def kits_from(per_location: Mapping[str, Mapping[str, Decimal]], needs: Iterable[Component]) -> dict[str, Decimal]:
    """How many whole kits each location can ship: the least of floor(component / quantity) over all components.

    `per_location` gives for each component what each location has of it; `needs` what one kit takes.
    """
    kits: dict[str, Decimal] | None = None
    for component, quantity in needs:
        here = {place: units // quantity for place, units in per_location.get(component, {}).items()}
        kits = here if kits is None else {place: min(n, here[place]) for place, n in kits.items() if place in here}
    return kits or {}


def families(boms: Boms) -> dict[str, str]:
    """The family of each item that any bill of materials, of any date, connects to another: its least item id."""
    parent: dict[str, str] = {}

    def root(item: str) -> str:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for kit, versions in boms.items():
        for bom in versions:
            for line in bom.components:
                least, other = sorted((root(kit), root(line.item)))
                parent[other] = least
    return {item: root(item) for item in parent}


class _Same:
    """A table by what it is, not by what it says: two looks at the same one are equal, and cost nothing."""

    def __init__(self, boms: Boms) -> None:
        self.boms = boms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.boms is other.boms

    def __hash__(self) -> int:
        return id(self.boms)


@lru_cache(maxsize=EXPLODED_REMEMBERED)
def _always(same: _Same, item: str, quantity: Decimal) -> tuple[Component, ...] | None:
    """What a kit takes whatever the time; None where any bill that leads there holds from or to a date."""
    bills = (bom for part in parts_ever(same.boms, item) for bom in same.boms.get(part, ()))
    if any(bom.effective_from is not None or bom.effective_to is not None for bom in bills):
        return None
    return _explode(same.boms, item, quantity, EVER)


def kits_above(boms: Boms) -> Mapping[str, tuple[str, ...]]:
    """For each component the kits, at any level, whose availability it can change; every shard asks for the same."""
    return _kits_above(_Same(boms))


@lru_cache(maxsize=4)
def _kits_above(same: _Same) -> Mapping[str, tuple[str, ...]]:
    boms = same.boms
    direct: dict[str, set[str]] = {}
    for kit, versions in boms.items():
        for bom in versions:
            for line in bom.components:
                direct.setdefault(line.item, set()).add(kit)
    return {item: tuple(sorted(_closure(item, direct))) for item in direct}


def _closure(item: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [item]
    while pending:
        for kit in direct.get(pending.pop(), ()):
            if kit not in found:
                found.add(kit)
                pending.append(kit)
    return found
