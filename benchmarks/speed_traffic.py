"""Speed traffic: a size in, the raw messages of a busy day out, as files of JSON lines of two systems.

The mix is that of the trial in which a loop over dicts did 150,000 messages/s: 5 % of the messages come twice, 6 %
are of kits; movements lie at eight locations. One in ten is overtaken by what happened later.
"""

import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.speed_company import CHANNELS, GROUP, LOCATIONS, item_name
from schemas.encoding import pack
from schemas.records import Envelope
from transforms.arrival.arrived_files import list_files, parts_of
from transforms.arrival.file_envelopes import envelopes_of
from transforms.canonical.canonical_rules import Front, canonicalise

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = timedelta(hours=12)
NOW = START + DAY + timedelta(hours=2)
DUPLICATES = 0.05
OVERTAKEN = 0.10
OF_KITS = 0.06 / 0.62  # of orders and shipments, which are 62 % of all
HOT = 0.2  # share of the events on one item, where traffic is hot
HELD_MAX = 2_000  # what is overtaken waits among so many
RECENT_MAX = 5_000
OPEN_MAX = 5_000
CHUNK_EVENTS = 1_000  # of canonical events, which are stored packed
KINDS = {
    "ORDER": 32,
    "SHIP": 30,
    "RECEIVE": 20,
    "CANCEL": 5,
    "ADJUST": 5,
    "SEND": 2.5,
    "ARRIVE": 2.5,
    "HOLD": 2,
    "COUNT": 1,
}
OF_SHOP = frozenset({"ORDER", "CANCEL", "HOLD"})


class Scale(NamedTuple):
    """How much traffic, over how many items."""

    events: int
    items: int
    hot: bool = False

    @property
    def name(self) -> str:
        return f"{self.events}x{self.items}{'hot' if self.hot else ''}"


def write_traffic(folder: Path, scale: Scale, seed: int = 1) -> None:
    """The raw messages as `<folder>/<source>/day.jsonl`."""
    for source in ("wms", "shop"):
        (folder / source).mkdir(parents=True)
    with (folder / "wms/day.jsonl").open("w") as wms, (folder / "shop/day.jsonl").open("w") as shop:
        for kind, line in lines(seed, scale):
            (shop if kind in OF_SHOP else wms).write(line + "\n")


def lines(seed: int, scale: Scale, start: datetime = START) -> Iterator[tuple[str, str]]:
    """Kind and JSON of each message of the day that begins then, in the order of arrival."""
    return _lines(Random(seed), scale, start)


def write_events(folder: Path, front: Front, path: Path) -> None:
    """The canonical events of raw messages, packed, so many in each line of hexadecimal digits."""
    with path.open("w") as file:
        chunk: list[Any] = []
        for envelope in read_envelopes(folder):
            chunk += canonicalise(envelope, front).events
            if len(chunk) >= CHUNK_EVENTS:
                file.write(pack(chunk).hex() + "\n")
                chunk = []
        file.write(pack(chunk).hex() + "\n")


def read_envelopes(folder: Path) -> Iterator[Envelope]:
    """The raw messages in their envelopes, as the flow reads them."""
    for file in list_files(str(folder)):
        for part in parts_of(file):
            for envelope in envelopes_of(part, {}):
                assert isinstance(envelope, Envelope)
                yield envelope


def _lines(random: Random, scale: Scale, start: datetime) -> Iterator[tuple[str, str]]:
    facts = _facts(random, scale, start)
    held: list[tuple[str, str] | None] = [None] * min(HELD_MAX, scale.events // 50 + 1)
    recent: deque[tuple[str, str]] = deque(maxlen=RECENT_MAX)
    for _ in range(scale.events):
        chance = random.random()
        if recent and chance < DUPLICATES:
            yield recent[random.randrange(len(recent))]
            continue
        fact = next(facts)
        if chance > 1 - OVERTAKEN:
            slot = random.randrange(len(held))
            held[slot], fact = fact, held[slot] or next(facts)
        recent.append(fact)
        yield fact


def _facts(random: Random, scale: Scale, start: datetime) -> Iterator[tuple[str, str]]:
    """What happens, in order, without end."""
    opened: deque[dict[str, Any]] = deque(maxlen=OPEN_MAX)
    number = 0
    while True:
        for kind in random.choices(list(KINDS), list(KINDS.values()), k=1_000):
            number += 1
            at = start + DAY * min(1.0, number / scale.events)
            follows = kind in {"SHIP", "CANCEL"} and opened
            about = opened.popleft() if follows else _about(random, scale, kind, number)
            if kind in {"ORDER", "HOLD"}:
                opened.append(about)
            fields = {"type": kind, "key": f"{kind[0]}{number}", "at": at.isoformat(), **about}
            if kind not in OF_SHOP:
                fields["site"] = random.choice(LOCATIONS)
                fields.pop("channel", None)
            if kind in {"RECEIVE", "ADJUST", "COUNT"}:
                del fields["order"]
            if kind == "HOLD":
                fields["until"] = (at + timedelta(minutes=random.choice((20, 40, 600)))).isoformat()
            if kind == "SEND":
                fields["to"] = random.choice(LOCATIONS)
            yield kind, json.dumps(fields, separators=(",", ":"))


def _about(random: Random, scale: Scale, kind: str, number: int) -> dict[str, Any]:
    at = 7 if scale.hot and random.random() < HOT else random.randrange(scale.items)
    sku = item_name(at)
    if kind in {"ORDER", "SHIP"} and random.random() < OF_KITS:
        sku = f"KIT-{at - at % GROUP:06}"
    quantity = random.randrange(10, 60) if kind in {"RECEIVE", "COUNT"} else random.randrange(1, 4)
    return {"sku": sku, "qty": quantity, "order": f"SO{number}", "channel": random.choice(CHANNELS)}
