"""Waiting rules: keys with the time at which something is to be done with each in, the keys that are due out.

A key is put in again when its time changes; the old place stays in the heap and is passed over when it comes up, since
`is_current` says that it no longer holds.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

IsCurrent = Callable[[str, float], bool]
REBUILD_MIN = 1_000  # a heap below this is never rebuilt


class Waiting:
    """Keys in the order of their times."""

    def __init__(self, is_current: IsCurrent) -> None:
        self.is_current = is_current
        self._heap: list[tuple[float, str]] = []
        self._rebuilt_size = REBUILD_MIN

    def put(self, key: str, at: float) -> None:
        heappush(self._heap, (at, key))
        if len(self._heap) > 2 * self._rebuilt_size:  # mostly old places
            self._heap = sorted({place for place in self._heap if self.is_current(place[1], place[0])})
            heapify(self._heap)
            self._rebuilt_size = max(REBUILD_MIN, len(self._heap))

    def next_at(self) -> float | None:
        """When the first key is due."""
        while self._heap and not self.is_current(self._heap[0][1], self._heap[0][0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float, limit: int) -> list[str]:
        """Take out up to `limit` keys that are due, earliest first."""
        taken: dict[str, None] = {}
        while len(taken) < limit:
            at = self.next_at()
            if at is None or at > now:
                break
            taken[heappop(self._heap)[1]] = None
        return list(taken)
