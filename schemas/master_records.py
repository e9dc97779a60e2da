"""Master records: the governed facts of a company, one immutable record for each row that people maintain.

Nothing here is computed from events. Times are aware and in UTC, quantities and factors exact.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Assembly = Literal["on_demand", "prebuilt"]
LotStatus = Literal["released", "held", "recalled"]
Facts = Literal["on_hand", "inbound", "claims", "dispositions"]


class Item(NamedTuple):
    """Something stocked or sold, and how it is counted."""

    item: str
    description: str
    base_unit: str
    lot_controlled: bool  # its stock is kept by lot, so every movement of it must name one
    divisible: bool  # its base unit may be split: kilograms, metres; never bottles
    factors: dict[str, Decimal]  # base units in one of each unit, the base unit itself included


class Location(NamedTuple):
    """A place that holds stock."""

    location: str
    name: str
    kind: str
    timezone: str


class Channel(NamedTuple):
    """Somewhere items are sold."""

    channel: str
    name: str
    kind: str


class Listing(NamedTuple):
    """One item as one channel lists it, in the unit in which that channel sells it."""

    channel: str
    listing: str  # the channel's own id of it
    item: str
    sell_unit: str
    sell_factor: Decimal  # base units in one sell unit


class Lot(NamedTuple):
    """One production lot of an item: when it expires, and whether it may be sold at all."""

    item: str
    lot: str
    expires_on: date | None
    status: LotStatus


class BomLine(NamedTuple):
    """How much of one component one kit takes, in the component's base unit."""

    item: str
    quantity: Decimal
    scrap_factor: Decimal  # the share that is lost on top: 0.05 takes 1.05 of each


class Bom(NamedTuple):
    """What a kit is made of in one stretch of time; `effective_to` is the first moment that it no longer holds."""

    kit: str
    assembly: Assembly  # on_demand: made when it ships, never stocked; prebuilt: stocked like any item
    effective_from: datetime | None
    effective_to: datetime | None
    components: tuple[BomLine, ...]
