"""Policy parts: what each section of the policy file may say, one model for each.

Quantities are in base units of the item. Times without a zone are UTC; a window holds its start and not its end.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.boms import in_utc
from schemas.master_files import plain

INBOUND_DAYS_MAX = 365  # a promise that leans on supply further out than this is a guess
CONFIRMATION_HOURS_MAX = 24 * 30  # a confirmation that may take longer is not waited for
SILENT_MINUTES_MAX = 60 * 24 * 30  # a feed that may be silent for longer is not watched
FLOOR_AFTER_MINUTES = 240  # where the policy names no time: half a shift to reach whoever runs the feed
HISTORY_DAYS_MAX = 400  # all of it is kept in state

Quantity = Annotated[Decimal, Field(ge=0, le=10_000_000, decimal_places=6), AfterValidator(plain)]
Days = Annotated[int, Field(ge=0)]
Units = Annotated[int, Field(ge=0, le=10_000_000)]  # sell units
Moment = Annotated[datetime, AfterValidator(in_utc)]
Share = Annotated[Decimal, Field(ge=0, le=1_000_000)]  # 0.5 is half; 1000000 never binds
Text = Annotated[str, Field(min_length=1)]

# Which fields each kind of pool needs, and which it may have; any other would be without effect.
POOL_FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "shared": (frozenset(), frozenset()),
    "percent": (frozenset({"percent"}), frozenset()),
    "fixed": (frozenset({"quantity"}), frozenset()),
    "priority": (frozenset({"rank"}), frozenset({"protect"})),
}


Steps = tuple[str | int, ...]  # the way to one value of the file
Finding = tuple[Steps, str]


class Spec(BaseModel):
    """What every part of the file shares: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Definition(Spec):
    """One meaning of "available", by name."""

    means: Text  # shown to people
    dispositions: tuple[str, ...] = Field(min_length=1)
    subtract_claims: bool = True
    inbound_days: Annotated[int, Field(ge=0, le=INBOUND_DAYS_MAX)] = 0


class SafetyStock(Spec):
    """A quantity held back; "" stands for every item, location or channel."""

    quantity: Quantity
    item: str = ""
    location: str = ""
    channel: str = ""


class Limits(Spec):
    """How much disagreement and how much past the ledger lives with."""

    count_tolerance: Quantity = Decimal(0)
    parked_hours: Annotated[int, Field(ge=1, le=24 * HISTORY_DAYS_MAX)] = 72
    settle_minutes: Annotated[int, Field(ge=0)] = 60
    confirmation_hours: dict[str, Annotated[int, Field(ge=1, le=CONFIRMATION_HOURS_MAX)]] = {}  # by location
    history_days: Annotated[int, Field(ge=1, le=HISTORY_DAYS_MAX)] = 30
    snapshot_zero_share_max: Share = Decimal("0.5")  # of the positions of a location that a complete snapshot may empty
    snapshot_move_share_max: Share = Decimal("0.5")  # of all that lies at a location that it may add and take away
    snapshot_wait_minutes: Annotated[int, Field(ge=1)] = 120  # until one whose rest does not come is held for a person


class Pool(Spec):
    """How a channel shares what is free with the others; which fields it has depends on its kind."""

    kind: Literal["shared", "percent", "fixed", "priority"] = "shared"
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    quantity: Quantity | None = None  # of each item
    rank: Annotated[int, Field(ge=1)] | None = None  # 1 is served first
    protect: Quantity | None = None  # of each item, kept from those ranked after it

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed, allowed = POOL_FIELDS[self.kind]
        given = {name for name in ("percent", "quantity", "rank", "protect") if getattr(self, name) is not None}
        if not needed <= given <= needed | allowed:
            expected = ", ".join(sorted(needed | allowed)) or "nothing else"
            raise ValueError(
                f"a {self.kind} pool with {', '.join(sorted(given)) or 'nothing else'}, expected {expected}"
            )
        return self


class Blackout(Spec):
    """A stretch of time in which a channel is told zero."""

    starts_at: Moment = Field(alias="from")
    ends_at: Moment = Field(alias="to")
    why: Text

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError(f"a blackout from {self.starts_at} to {self.ends_at}, expected an end after its start")
        return self


class Thresholds(Spec):
    """The figures, in sell units, up to which a listing is told to be low or out."""

    low: Units
    out: Units = 0
    hysteresis: Units = 0  # how far above a threshold a figure must rise before it counts as above

    @model_validator(mode="after")
    def _low_comes_before_out(self) -> Self:
        if self.low <= self.out:
            raise ValueError(f"low at {self.low} and out at {self.out}, expected low above out")
        return self


class Items(Spec):
    """Which items a channel may sell: `all`, `{only: [...]}` or `{except: [...]}`."""

    only: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = Field(default=None, alias="except")


def _items(value: Any) -> Any:
    if value == "all":
        return {}
    if isinstance(value, Items) or (isinstance(value, dict) and len(value) == 1):
        return value
    raise ValueError(f"items are {value!r}, expected all, {{only: [...]}} or {{except: [...]}}")


class Floor(Spec):
    """What still counts of each position that nobody vouches for: at most a quantity, or a share of the last known."""

    quantity: Quantity | None = None  # in base units
    share: Annotated[Decimal, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.quantity is None) == (self.share is None):
            raise ValueError(f"a floor of {self.quantity} and a share of {self.share}, expected one of them")
        return self

    def of(self, last_known: Decimal) -> Decimal:
        """What counts of a quantity: never more than it."""
        return min(last_known, last_known * self.share if self.share is not None else self.quantity or Decimal(0))

    def __str__(self) -> str:
        return f"{self.share:%} of it" if self.share is not None else f"{self.quantity:f} of it"


class Feed(Spec):
    """How long one source may say nothing, and what becomes of the figures that hang on it."""

    source: Text
    silent_after_minutes: Annotated[int, Field(ge=1, le=SILENT_MINUTES_MAX)] | None = None  # none: not watched
    floor_after_minutes: Annotated[int, Field(ge=0, le=SILENT_MINUTES_MAX)] = FLOOR_AFTER_MINUTES
    floor: Floor = Floor(quantity=Decimal(0))
    locations: tuple[Text, ...] | None = None  # none: those whose on hand it owns
    items: Annotated[Items, BeforeValidator(_items)] = Items()

    @property
    def silent_after(self) -> timedelta | None:
        """After how long without a message it is silent."""
        return None if self.silent_after_minutes is None else timedelta(minutes=self.silent_after_minutes)

    @property
    def floor_after(self) -> timedelta:
        """For how long figures are held before they fall."""
        return timedelta(minutes=self.floor_after_minutes)

    def concerns(self, item: str) -> bool:
        """Whether its silence says something about an item."""
        if self.items.only is not None:
            return item in self.items.only
        return item not in (self.items.excluded or ())


class ChannelPolicy(Spec):
    """What one channel may sell, from where, and how much of it is told."""

    definition: str
    locations: tuple[str, ...] = Field(min_length=1)
    items: Annotated[Items, BeforeValidator(_items)] = Items()
    pool: Pool = Pool()
    buffer: Quantity = Decimal(0)
    publish_threshold: Quantity = Decimal(0)
    cap: Quantity | None = None
    minimum_shelf_life_days: Days = 0
    blackouts: tuple[Blackout, ...] = ()
    thresholds: Thresholds | None = None  # none: no stock signals
    priority_class: str | None = None  # one of the policy's; none comes after all of them
    partial_requests: bool = False  # grant a reservation request what there is of it; otherwise all of it or nothing

    @cached_property
    def limits(self) -> tuple[str, ...]:
        """The names of what may come off its pool before it is told, in the order in which it does."""
        given = {
            "buffer": self.buffer > 0,
            "publish_threshold": self.publish_threshold > 0,
            "cap": self.cap is not None,
            "blackout": bool(self.blackouts),
        }
        return tuple(name for name, is_given in given.items() if is_given)

    def in_blackout(self, at: datetime) -> bool:
        """Whether it is told zero at that time."""
        return any(window.starts_at <= at < window.ends_at for window in self.blackouts)


def known(steps: Steps, what: str, name: str, names: Iterable[str]) -> Iterator[Finding]:
    """A finding where a name is none of these."""
    if name not in names:
        known = sorted(names)
        shown = ", ".join(known or ["none"]) if len(known) <= 10 else f"one of the {len(known)} of master data"
        yield steps, f"unknown {what} {name!r}, expected {shown}"


def each_known(steps: Steps, what: str, given: Iterable[str], names: Iterable[str]) -> Iterator[Finding]:
    """A finding for each name that is none of these, and for each that is there twice."""
    seen: set[str] = set()
    for index, name in enumerate(given):
        yield from known((*steps, index), what, name, names)
        if name in seen:
            yield (*steps, index), f"{what} {name!r} twice, expected it once"
        seen.add(name)
