"""Fake state: what a runner does for a keyed DoFn, small enough to fail on purpose.

A bundle reads what earlier bundles committed and its own writes. If it fails, its writes are gone; what the DoFn kept
in memory is not, which is exactly what makes failures worth testing.
"""

from typing import Any, NamedTuple


class Value:
    """A value state."""

    def __init__(self) -> None:
        self.committed: Any = None
        self.current: Any = None

    def read(self) -> Any:
        return self.current

    def write(self, value: Any) -> None:
        self.current = value

    def clear(self) -> None:
        self.current = None


class Bag:
    """A bag state; it hands its elements back in another order than they came in."""

    def __init__(self) -> None:
        self.committed: tuple[Any, ...] = ()
        self.current: tuple[Any, ...] = ()

    def read(self) -> list[Any]:
        return list(reversed(self.current))

    def add(self, element: Any) -> None:
        self.current = (*self.current, element)

    def clear(self) -> None:
        self.current = ()


class Timer:
    """A timer, with when it would fire."""

    def __init__(self) -> None:
        self.committed: Any = None
        self.current: Any = None

    def set(self, at: Any) -> None:
        self.current = at

    def clear(self) -> None:
        self.current = None


class KeyState(NamedTuple):
    """The states and the timer of one key of the ledger."""

    snapshot: Value
    journal: Bag
    token: Value
    due: Timer

    @classmethod
    def empty(cls) -> "KeyState":
        return cls(Value(), Bag(), Value(), Timer())

    def commit(self) -> None:
        for state in self:
            state.committed = state.current

    def roll_back(self) -> None:
        for state in self:
            state.current = state.committed
