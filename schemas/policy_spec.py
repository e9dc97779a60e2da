"""Policy: the file in which people say what may be sold where in, one checked and immutable `Policy` out.

It holds rules, not arithmetic: `transforms.offers` applies them. Channels stand in the order of the file, which is also
the order in which exclusive pools are cut out; the first definition is the default one. What is to hold from a day on
stands below, under `later`, as whole versions, so that it can be reviewed before and be traced after.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import Field

from schemas.master_data import MasterData
from schemas.policy_checks import policy_problems
from schemas.policy_parts import (
    ChannelPolicy,
    Definition,
    Feed,
    Limits,
    Moment,
    Pool,
    SafetyStock,
    Spec,
    Text,
)
from schemas.yaml_files import SpecError, line_of, load_yaml, parse

__all__ = ["ChannelPolicy", "Definition", "Limits", "Policy", "Pool", "SafetyStock", "load_policy", "policy_problems"]

_ZERO = Decimal(0)


class Policy(Spec):
    """The whole policy file. Check it against master data with `load_policy`; tests may `model_validate` a dict."""

    version: Text
    owner: Text  # a team
    definitions: dict[str, Definition] = Field(min_length=1)
    routing: tuple[str, ...] = ()  # the order in which unrouted claims are thought to be shipped
    safety_stock_rules: tuple[SafetyStock, ...] = Field(default=(), alias="safety_stock")
    limits: Limits = Limits()
    feeds: tuple[Feed, ...] = ()  # without them no source is missed when it is silent
    priority_classes: tuple[Text, ...] = ()  # the highest first; none: no hold ever gives way
    channels: dict[str, ChannelPolicy] = Field(min_length=1)
    effective_from: Moment | None = None  # of a later version; the first holds until then, from ever
    later: tuple["Policy", ...] = ()  # whole versions that take its place, each from its day on

    def at(self, moment: datetime) -> "Policy":
        """The version that holds at a moment."""
        if not self.later:
            return self
        return next((one for one in reversed(self.later) if one.starts_at <= moment), self)

    def next_start(self, moment: datetime) -> datetime | None:
        """When another version next takes its place."""
        return next((one.starts_at for one in self.later if one.starts_at > moment), None)

    @property
    def starts_at(self) -> datetime:
        """When it begins to hold."""
        return self.effective_from or datetime.min.replace(tzinfo=UTC)

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
    def inbound_days(self) -> dict[str, int]:
        """By channel, for how many days it may lean on supply; without those that may not."""
        days = {name: self.definitions[channel.definition].inbound_days for name, channel in self.channels.items()}
        return {name: number for name, number in days.items() if number}

    @cached_property
    def channels_hold_back(self) -> bool:
        """Whether any rule names a channel and no location."""
        return any(channel and not location for _, location, channel in self.held_back)

    @cached_property
    def held_back_known(self) -> dict[tuple[str, str, tuple[str, ...]], dict[str, Decimal]]:
        """Answers of `held_back_of`, which is asked for every channel of every figure."""
        return {}

    @cached_property
    def held_back_alike(self) -> dict[tuple[tuple[str, Decimal], ...], dict[str, Decimal]]:
        """The same answers once each, so that channels that hold back the same are told from others by `is`."""
        return {}

    @cached_property
    def feed_at(self) -> dict[tuple[str, str], Feed]:
        """By source and location what the file says of a feed; "" for the locations that it does not name."""
        return {(feed.source, location): feed for feed in self.feeds for location in feed.locations or ("",)}

    def feed_of(self, source: str, location: str) -> Feed:
        """What holds for a source at a location; where the file says nothing, it is not watched and falls to zero."""
        found = self.feed_at.get((source, location)) or self.feed_at.get((source, ""))
        return found or Feed(source=source)

    @property
    def default_definition(self) -> Definition:
        """The first one of the file: what counts as for sale where no channel is asked."""
        return next(iter(self.definitions.values()))

    @property
    def history(self) -> timedelta:
        """How far back events are accepted and duplicates known."""
        return timedelta(days=self.limits.history_days)

    @property
    def confirm(self) -> dict[str, timedelta]:
        """By location, how long a partner may take to confirm a shipment that it was told to make."""
        return {location: timedelta(hours=hours) for location, hours in self.limits.confirmation_hours.items()}

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

    def ever_eligible(self, channel: str, item: str) -> bool:
        """The same by any of its versions: what a channel may ask for, to be refused when it may not yet."""
        return any(version.eligible(channel, item) for version in (self, *self.later))

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
        everywhere = ((item, location, ""), (item, "", ""), ("", location, ""), ("", "", ""))
        if not channel:
            return self._first(*everywhere)
        return self._first((item, location, channel), everywhere[0], ("", location, channel), *everywhere[1:])

    def held_back_of(self, item: str, channel: str, locations: tuple[str, ...]) -> dict[str, Decimal]:
        """The same at each of some locations where it is not zero; the same object where it is the same."""
        key = (item if item in self.items_held_back else "", channel, locations)
        found = self.held_back_known.get(key)
        if found is None:
            held_back = {location: self.location_safety_stock(key[0], location, channel) for location in locations}
            found = {location: quantity for location, quantity in held_back.items() if quantity}
            found = self.held_back_known[key] = self.held_back_alike.setdefault(tuple(found.items()), found)
        return found

    def channel_safety_stock(self, item: str, channel: str, *, kit: bool = False) -> Decimal:
        """What one channel holds back wherever the item is: by rules that name the channel and no location.

        A rule for every item is about what is stocked: of a kit it comes off the components, and not again off the kit.
        """
        if not self.channels_hold_back:
            return _ZERO
        return self._first((item, "", channel)) if kit else self._first((item, "", channel), ("", "", channel))

    def _first(self, *keys: tuple[str, str, str]) -> Decimal:
        held_back = self.held_back
        return next((held_back[key] for key in keys if key in held_back), _ZERO)


def load_policy(path: Path, master: MasterData) -> Policy:
    """The policy of a file, checked against master data; SpecError with the line of everything that is wrong."""
    policy = parse(Policy, path)
    problems = list(policy_problems(policy, master))
    if problems:
        tree = load_yaml(path)
        raise SpecError("\n".join(f"{path}:{line_of(tree, *steps)}: {message}" for steps, message in problems))
    return policy
