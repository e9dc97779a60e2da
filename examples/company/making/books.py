"""Books: what truly happened in, positions and open claims at any time out, added up in the plainest way there is.

They know nothing of messages, duplicates or delays, and share no code with the ledger: they are what the ledger's
result is compared with, and what the ERP's nightly stock list is written from.
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Place(NamedTuple):
    """Where a quantity of an item is."""

    item: str
    location: str
    lot: str = ""
    disposition: str = "sellable"


class Step(NamedTuple):
    """One movement (`quantity` is added) or, if `counted`, one count (`quantity` is what was there)."""

    at: datetime
    quantity: Decimal
    counted: bool = False


class Want(NamedTuple):
    """What one order wants of one item: sums that never depend on order."""

    recorded: Decimal = ZERO
    cancelled: Decimal = ZERO
    shipped: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        """What is still to be shipped."""
        return max(ZERO, self.recorded - self.cancelled - self.shipped)


class Books:
    """Every step of every place, every want of every order."""

    def __init__(self) -> None:
        self._steps: dict[Place, list[Step]] = defaultdict(list)
        self._wants: dict[tuple[str, str], Want] = defaultdict(Want)
        self.channels: dict[str, str] = {}  # order -> channel

    def move(self, at: datetime, place: Place, quantity: Decimal) -> None:
        """Add a quantity to a place, or take it away."""
        self._steps[place].append(Step(at, quantity))

    def count(self, at: datetime, place: Place, quantity: Decimal) -> None:
        """Say how much was there."""
        self._steps[place].append(Step(at, quantity, counted=True))

    def on_hand(self, place: Place, at: datetime) -> Decimal:
        """How much is there, with everything that happened up to `at`."""
        total = ZERO
        for step in sorted(self._steps.get(place, ()), key=lambda step: step.at):
            if step.at <= at:
                total = step.quantity if step.counted else total + step.quantity
        return total

    def positions(self, at: datetime) -> dict[Place, Decimal]:
        """Every place that ever had a step."""
        return {place: self.on_hand(place, at) for place in sorted(self._steps)}

    def lowest(self, place: Place) -> Decimal:
        """The least that was ever there."""
        return min(self.on_hand(place, step.at) for step in self._steps[place])

    def want(
        self, order: str, item: str, *, recorded: Decimal = ZERO, cancelled: Decimal = ZERO, shipped: Decimal = ZERO
    ) -> None:
        """Add to what an order wants, no longer wants or has got."""
        want = self._wants[order, item]
        self._wants[order, item] = Want(want.recorded + recorded, want.cancelled + cancelled, want.shipped + shipped)

    def claims(self) -> dict[tuple[str, str], Want]:
        """By order and item, what is open in the end."""
        return {key: want for key, want in sorted(self._wants.items()) if want.open}

    def claimed(self, item: str) -> Decimal:
        """What all orders together still want of an item."""
        return sum((want.open for (_, its), want in self._wants.items() if its == item), ZERO)
