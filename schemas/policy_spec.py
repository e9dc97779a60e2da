"""Policy: the file in which people say what may be sold where in, one checked and immutable `Policy` out.

It holds rules, not arithmetic: `transforms.offers` applies them. Channels stand in the order of the file, which is also
the order in which exclusive pools are cut out; the first definition is the default one.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import Field

from schemas.master_data import MasterData
from schemas.policy_parts import ChannelPolicy, Definition, Limits, Pool, SafetyStock, Spec, Text
from schemas.yaml_files import SpecError, line_of, load_yaml, parse

__all__ = ["ChannelPolicy", "Definition", "Limits", "Policy", "Pool", "SafetyStock", "load_policy", "policy_problems"]

Steps = tuple[str | int, ...]  # the way to one value of the file
Finding = tuple[Steps, str]

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


class Policy(Spec):
    """The whole policy file. Check it against master data with `load_policy`; tests may `model_validate` a dict."""

    version: Text
    owner: Text  # a team
    definitions: dict[str, Definition] = Field(min_length=1)
    routing: tuple[str, ...] = ()  # the order in which unrouted claims are thought to be shipped
    safety_stock_rules: tuple[SafetyStock, ...] = Field(default=(), alias="safety_stock")
    limits: Limits = Limits()
    priority_classes: tuple[Text, ...] = ()  # the highest first; none: no hold ever gives way
    channels: dict[str, ChannelPolicy] = Field(min_length=1)

    # Cached, and not private attributes of the model, whose every use costs microseconds in the innermost loops.
    @cached_property
    def for_decisions(self) -> "Policy":
        """The same with claims off in every definition: what is promised twice is sold twice, whatever is published."""
        if all(definition.subtract_claims for definition in self.definitions.values()):
            return self
        definitions = {
            name: definition.model_copy(update={"subtract_claims": True})
            for name, definition in self.definitions.items()
        }
        return self.model_copy(update={"definitions": definitions})

    @cached_property
    def only(self) -> dict[str, frozenset[str] | None]:
        """By channel, the items that it may sell; None: all but those it may not."""
        chosen = {name: channel.items.only for name, channel in self.channels.items()}
        return {name: None if items is None else frozenset(items) for name, items in chosen.items()}

    @cached_property
    def excluded(self) -> dict[str, frozenset[str]]:
        """By channel, the items that it may not sell."""
        return {name: frozenset(channel.items.excluded or ()) for name, channel in self.channels.items()}

    @cached_property
    def held_back(self) -> dict[tuple[str, str, str], Decimal]:
        """Safety stock by item, location and channel, "" for any."""
        return {(rule.item, rule.location, rule.channel): rule.quantity for rule in self.safety_stock_rules}

    @cached_property
    def rank_of(self) -> dict[str, int]:
        """By channel, where its priority class stands: 0 is the highest, channels without one come last."""
        last = len(self.priority_classes)
        ranks = {name: rank for rank, name in enumerate(self.priority_classes)}
        return {name: ranks.get(channel.priority_class or "", last) for name, channel in self.channels.items()}

    @cached_property
    def items_held_back(self) -> frozenset[str]:
        """The items that safety stock is named for; all others are alike."""
        return frozenset(rule.item for rule in self.safety_stock_rules)

    @cached_property
    def held_back_at(self) -> dict[tuple[str, str, str], Decimal]:
        """Answers of `location_safety_stock`, which is asked for every location and channel of every figure."""
        return {}

    @property
    def default_definition(self) -> Definition:
        """The first one of the file: what counts as for sale where no channel is asked."""
        return next(iter(self.definitions.values()))

    @property
    def history(self) -> timedelta:
        """How far back events are accepted and duplicates known."""
        return timedelta(days=self.limits.history_days)

    @property
    def settle(self) -> timedelta:
        """How long two sources may take to tell of one movement before they are said to disagree."""
        return timedelta(minutes=self.limits.settle_minutes)

    def eligible(self, channel: str, item: str) -> bool:
        """Whether a channel may sell an item; a channel without a policy sells nothing."""
        if channel not in self.channels:
            return False
        only = self.only[channel]
        return item in only if only is not None else item not in self.excluded[channel]

    def in_blackout(self, channel: str, at: datetime) -> bool:
        """Whether a channel is told zero at that time."""
        return any(window.starts_at <= at < window.ends_at for window in self.channels[channel].blackouts)

    def safety_stock(self, item: str, location: str, channel: str) -> Decimal:
        """What the one most specific rule holds back: most names win, then an item, then a location."""
        return self._first(
            (item, location, channel),
            (item, location, ""),
            (item, "", channel),
            ("", location, channel),
            (item, "", ""),
            ("", location, ""),
            ("", "", channel),
            ("", "", ""),
        )

    def location_safety_stock(self, item: str, location: str, channel: str = "") -> Decimal:
        """What is held back at one location; a rule for a location and a channel counts if the channel is named."""
        if item not in self.items_held_back:
            item = ""
        key = (item, location, channel)
        found = self.held_back_at.get(key)
        if found is None:
            found = self.held_back_at[key] = self._location_safety_stock(*key)
        return found

    def _location_safety_stock(self, item: str, location: str, channel: str) -> Decimal:
        everywhere = ((item, location, ""), (item, "", ""), ("", location, ""), ("", "", ""))
        if not channel:
            return self._first(*everywhere)
        return self._first((item, location, channel), everywhere[0], ("", location, channel), *everywhere[1:])

    def channel_safety_stock(self, item: str, channel: str, *, kit: bool = False) -> Decimal:
        """What one channel holds back wherever the item is: by rules that name the channel and no location.

        A rule for every item is about what is stocked: of a kit it comes off the components, and not again off the kit.
        """
        return self._first((item, "", channel)) if kit else self._first((item, "", channel), ("", "", channel))

    def _first(self, *keys: tuple[str, str, str]) -> Decimal:
        held_back = self.held_back
        for key in keys:
            found = held_back.get(key)
            if found is not None:
                return found
        return _ZERO


def load_policy(path: Path, master: MasterData) -> Policy:
    """The policy of a file, checked against master data; SpecError with the line of everything that is wrong."""
    policy = parse(Policy, path)
    problems = list(policy_problems(policy, master))
    if problems:
        tree = load_yaml(path)
        raise SpecError("\n".join(f"{path}:{line_of(tree, *steps)}: {message}" for steps, message in problems))
    return policy


def policy_problems(policy: Policy, master: MasterData) -> Iterator[Finding]:
    """What a policy says that master data does not know or that cannot hold, with the way to where it says it."""
    for name, definition in policy.definitions.items():
        steps = ("definitions", name, "dispositions")
        yield from _each_known(steps, "disposition", definition.dispositions, master.dispositions)
    yield from _each_known(("routing",), "location", policy.routing, master.locations)
    yield from _each_known(("priority_classes",), "priority class", policy.priority_classes, policy.priority_classes)
    yield from _safety_stock_problems(policy, master)
    for name, channel in policy.channels.items():
        yield from _channel_problems(name, channel, policy, master)
    yield from _pool_problems(policy)


def _known(steps: Steps, what: str, name: str, names: Iterable[str]) -> Iterator[Finding]:
    if name not in names:
        known = sorted(names)
        shown = ", ".join(known or ["none"]) if len(known) <= 10 else f"one of the {len(known)} of master data"
        yield steps, f"unknown {what} {name!r}, expected {shown}"


def _each_known(steps: Steps, what: str, given: Iterable[str], names: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, name in enumerate(given):
        yield from _known((*steps, index), what, name, names)
        if name in seen:
            yield (*steps, index), f"{what} {name!r} twice, expected it once"
        seen.add(name)


def _safety_stock_problems(policy: Policy, master: MasterData) -> Iterator[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for index, rule in enumerate(policy.safety_stock_rules):
        steps: Steps = ("safety_stock", index)
        names = (("item", rule.item, master.items), ("location", rule.location, master.locations))
        for what, name, known in (*names, ("channel", rule.channel, policy.channels)):
            if name:
                yield from _known((*steps, what), what, name, known)
        key = (rule.item, rule.location, rule.channel)
        if key in seen:
            yield steps, "a second rule for the same item, location and channel, expected one"
        seen.add(key)


def _channel_problems(name: str, channel: ChannelPolicy, policy: Policy, master: MasterData) -> Iterator[Finding]:
    steps: Steps = ("channels", name)
    yield from _known(steps, "channel", name, master.channels)
    yield from _known((*steps, "definition"), "definition", channel.definition, policy.definitions)
    yield from _each_known((*steps, "locations"), "location", channel.locations, master.locations)
    if channel.priority_class is not None:
        yield from _known((*steps, "priority_class"), "priority class", channel.priority_class, policy.priority_classes)
    yield from _each_known((*steps, "items", "only"), "item", channel.items.only or (), master.items)
    yield from _each_known((*steps, "items", "except"), "item", channel.items.excluded or (), master.items)


def _pool_problems(policy: Policy) -> Iterator[Finding]:
    """Percents of one location beyond all of it; two channels that would both be served first."""
    percents: dict[str, Decimal] = {}
    ranks: dict[int, str] = {}
    for name, channel in policy.channels.items():
        steps: Steps = ("channels", name, "pool")
        for location in channel.locations:
            percents[location] = percents.get(location, _ZERO) + (channel.pool.percent or _ZERO)
            if channel.pool.percent and percents[location] > _HUNDRED:
                yield steps, f"pools take {percents[location]} percent of {location}, expected at most 100 in sum"
        rank = channel.pool.rank
        if rank is None:
            continue
        if rank in ranks:
            yield steps, f"rank {rank} is that of channel {ranks[rank]} too, expected a rank of its own"
        ranks.setdefault(rank, name)
