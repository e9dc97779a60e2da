"""Rate rules: who asks and when in, whether to answer now out; a token bucket for each caller, bounded in number."""

from collections import OrderedDict

CALLERS_MAX = 10_000  # remembered at once; who was not seen for longest is forgotten, with a full bucket


class Buckets:
    """Buckets that fill by `per_second` and hold `burst`; each request takes one token."""

    def __init__(self, per_second: float, burst: int, callers_max: int = CALLERS_MAX) -> None:
        self.per_second = per_second
        self.burst = burst
        self.callers_max = callers_max
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> tokens, as of which second

    def seconds_to_wait(self, caller: str, at_seconds: float) -> float:
        """0 if the request may pass, and takes its token; else how long until one would."""
        tokens, since = self._left.pop(caller, (float(self.burst), at_seconds))
        tokens = min(float(self.burst), tokens + max(0.0, at_seconds - since) * self.per_second)
        passes = tokens >= 1
        self._left[caller] = (tokens - 1 if passes else tokens, at_seconds)
        if len(self._left) > self.callers_max:
            self._left.popitem(last=False)
        return 0.0 if passes else (1 - tokens) / self.per_second
