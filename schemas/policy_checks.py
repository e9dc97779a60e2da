"""Policy checks: a policy and master data in, what one says that the other does not know or that cannot hold out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.master_data import MasterData
from schemas.policy_parts import ChannelPolicy, Finding, Steps, each_known, known

if TYPE_CHECKING:  # a policy is checked where it is made
    from schemas.policy_spec import Policy

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


def policy_problems(policy: "Policy", master: MasterData) -> Iterator[Finding]:
    """What a policy says that master data does not know or that cannot hold, with the way to where it says it."""
    for name, definition in policy.definitions.items():
        where: Steps = ("definitions", name, "dispositions")
        yield from each_known(where, "disposition", definition.dispositions, master.dispositions)
    for location in policy.limits.confirmation_hours:
        yield from known(("limits", "confirmation_hours", location), "location", location, master.locations)
    yield from each_known(("routing",), "location", policy.routing, master.locations)
    yield from each_known(("priority_classes",), "priority class", policy.priority_classes, policy.priority_classes)
    yield from _safety_stock_problems(policy, master)
    yield from _feed_problems(policy, master)
    for name, channel in policy.channels.items():
        yield from _channel_problems(name, channel, policy, master)
    yield from _pool_problems(policy)
    yield from _version_problems(policy)
    for index, version in enumerate(policy.later):
        yield from ((("later", index, *steps), message) for steps, message in policy_problems(version, master))


def _version_problems(policy: "Policy") -> Iterator[Finding]:
    """Versions without an order; and what can have but one value, since the books are kept by it, not the figures."""
    seen, before = {policy.version}, policy.starts_at
    for index, one in enumerate(policy.later):
        steps: Steps = ("later", index)
        if one.effective_from is None or one.starts_at <= before:
            yield (*steps, "effective_from"), f"from {one.effective_from}, expected a time after that of the one before"
        if one.version in seen:
            yield (*steps, "version"), f"version {one.version!r} twice, expected a name of its own"
        if one.limits != policy.limits:
            yield (*steps, "limits"), "other limits than those of the first version, expected the same"
        if set(one.default_definition.dispositions) != set(policy.default_definition.dispositions):
            yield (*steps, "definitions"), "the first definition counts other dispositions, expected those of before"
        if one.later:
            yield (*steps, "later"), "versions inside a version, expected them beside it"
        seen, before = {*seen, one.version}, one.starts_at


def _safety_stock_problems(policy: "Policy", master: MasterData) -> Iterator[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for index, rule in enumerate(policy.safety_stock_rules):
        steps: Steps = ("safety_stock", index)
        names = (("item", rule.item, master.items), ("location", rule.location, master.locations))
        for what, name, there in (*names, ("channel", rule.channel, policy.channels)):
            if name:
                yield from known((*steps, what), what, name, there)
        key = (rule.item, rule.location, rule.channel)
        if key in seen:
            yield steps, "a second rule for the same item, location and channel, expected one"
        seen.add(key)


def _feed_problems(policy: "Policy", master: MasterData) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for index, feed in enumerate(policy.feeds):
        steps: Steps = ("feeds", index)
        yield from each_known((*steps, "locations"), "location", feed.locations or (), master.locations)
        yield from each_known((*steps, "items", "only"), "item", feed.items.only or (), master.items)
        yield from each_known((*steps, "items", "except"), "item", feed.items.excluded or (), master.items)
        owns = any(owner == feed.source for (_, facts), owner in master.ownership.items() if facts == "on_hand")
        if feed.locations is None and not owns:
            yield (*steps, "source"), f"{feed.source!r} owns on hand nowhere, expected locations beside it"
        for location in feed.locations or ("",):
            if (feed.source, location) in seen:
                yield steps, f"a second rule for {feed.source} at {location or 'its locations'}, expected one"
            seen.add((feed.source, location))


def _channel_problems(name: str, channel: ChannelPolicy, policy: "Policy", master: MasterData) -> Iterator[Finding]:
    steps: Steps = ("channels", name)
    yield from known(steps, "channel", name, master.channels)
    yield from known((*steps, "definition"), "definition", channel.definition, policy.definitions)
    yield from each_known((*steps, "locations"), "location", channel.locations, master.locations)
    if channel.priority_class is not None:
        yield from known((*steps, "priority_class"), "priority class", channel.priority_class, policy.priority_classes)
    yield from each_known((*steps, "items", "only"), "item", channel.items.only or (), master.items)
    yield from each_known((*steps, "items", "except"), "item", channel.items.excluded or (), master.items)


def _pool_problems(policy: "Policy") -> Iterator[Finding]:
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
