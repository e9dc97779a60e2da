"""Behaviour: how a fake partner treats calls: its quotas, kept by its own clock, and its faults, drawn from a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Clock = Callable[[], float]


@dataclass
class Behaviour:
    """What can be commanded; rates are shares of calls."""

    shape: str = "bigcommerce"  # shopify | bigcommerce | amazon | erp
    quotas: dict[str, tuple[int, float, int]] = field(default_factory=dict)  # phase -> calls, seconds, burst
    throttle_rate: float = 0.0  # 429 although the quota is kept
    fail_rate: float = 0.0  # 500, and nothing done
    vanish_rate: float = 0.0  # the work is done, and the connection dropped without an answer
    forget_rate: float = 0.0  # of messages: accepted, and not applied
    line_fail_rate: float = 0.0  # of messages: refused for now, one by one, in an answer that takes the others
    is_dead: bool = False  # drops every connection
    delay_seconds: float = 0.0  # before each answer, in real time
    processing_seconds: float = 0.0  # until the result of a feed is there
    retry_after: bool = True  # whether a 429 says when to come back
    unknown_listings: list[str] = field(default_factory=list)  # refused one by one
    seed: int = 1


@dataclass
class Seen:
    """One call as the partner saw it."""

    at: float
    phase: str
    status: int  # 0: dropped


class Gate:
    """What happens to a call before its content is looked at."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self.behaviour = behaviour
        self.clock = clock
        self.random = random.Random(behaviour.seed)
        self.tokens: dict[str, tuple[float, float]] = {}  # phase -> tokens, at
        self.exceeded = 0  # calls over the quota

    def refusal(self, phase: str) -> tuple[int, dict[str, str]] | None:
        """A status and headers instead of an answer; None where the call may go on."""
        wait = self._wait(phase)
        if wait > 0:
            self.exceeded += 1
            return 429, {"Retry-After": str(int(wait) + 1)} if self.behaviour.retry_after else {}
        if self.behaviour.is_dead:
            return 0, {}
        drawn = self.random.random()
        if drawn < self.behaviour.throttle_rate:
            return 429, {"Retry-After": "1"} if self.behaviour.retry_after else {}
        if drawn < self.behaviour.throttle_rate + self.behaviour.fail_rate:
            return 500, {}
        return None

    def vanishes(self) -> bool:
        """Whether the answer gets lost."""
        return self.random.random() < self.behaviour.vanish_rate

    def forgets(self) -> bool:
        """Whether a message is accepted and not applied."""
        return self.random.random() < self.behaviour.forget_rate

    def fails_line(self) -> bool:
        """Whether a message is refused for now."""
        rate = self.behaviour.line_fail_rate
        return rate > 0 and self.random.random() < rate

    def _wait(self, phase: str) -> float:
        quota = self.behaviour.quotas.get(phase)
        if quota is None:
            return 0.0
        calls, seconds, burst = quota
        now = self.clock()
        tokens, at = self.tokens.get(phase, (float(burst), now))
        tokens = min(float(burst), tokens + (now - at) * calls / seconds)
        if tokens < 1 - 1e-6:
            self.tokens[phase] = (tokens, now)
            return (1 - tokens) * seconds / calls
        self.tokens[phase] = (tokens - 1, now)
        return 0.0


def changed(behaviour: Behaviour, changes: dict[str, Any]) -> None:
    """Command some of it anew; AttributeError for what is not known."""
    for name, value in changes.items():
        getattr(behaviour, name)
        known = {phase: tuple(quota) for phase, quota in value.items()} if name == "quotas" else value
        setattr(behaviour, name, known)
