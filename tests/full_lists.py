"""Full lists: complete snapshots for a made day, scattered among its bundles as the guard would let them through."""

from collections.abc import Iterable, Sequence
from random import Random

from schemas.encoding import pack
from schemas.records import KeyTaken, SnapshotClosed, SourceHeard, StockEvent
from tests.days import KEEPERS, LOCATIONS, NOW, START, STEP, STEPS, Day
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.key_rules import KeyRegistry, first_of

Arrived = StockEvent | SnapshotClosed | KeyTaken | SourceHeard


def lists_of(day: Day, seed: int) -> list[SnapshotClosed]:
    """Some snapshots of the day that are complete, of owners and of others, and one whose lines are all lost."""
    random = Random(f"lists {seed}")
    places = [(one.source, one.location, one.occurred_at) for one in day.events if one.kind == "snapshot"]
    chosen = random.sample(places, min(len(places), random.randint(0, 3)))
    location = random.choice(LOCATIONS)
    source = random.choice((KEEPERS[location], "tms"))
    chosen.append((source, location, START + random.randrange(STEPS) * STEP))
    if random.random() < 0.2:
        chosen.append(chosen[0])  # under another name
    return [
        SnapshotClosed(
            transaction_key=f"{source}:list:{number}@{location}",
            source=source,
            location=location,
            occurred_at=occurred_at,
            received_at=min(NOW, occurred_at + STEP),
            message_id=f"{source}/list{number}",
            correlation_id=f"list {number}",
        )
        for number, (source, location, occurred_at) in enumerate(chosen)
    ]


def heard_of(seed: int) -> list[SourceHeard]:
    """When some sources were heard: often until the end of the day, and some not for hours, or never."""
    random = Random(f"heard {seed}")
    heard = []
    for source in (*KEEPERS.values(), "tms"):
        last = random.choice((0, 0, 5, 20, STEPS))  # steps before the end; all of them is never
        times = range(random.randint(1, 12), STEPS - last, random.randint(3, 15))
        heard += [SourceHeard(source, START + at * STEP) for at in times]
    return heard


def scattered(
    bundles: Sequence[Sequence[StockEvent]], lists: Sequence[SnapshotClosed | SourceHeard], seed: int
) -> list[list[Arrived]]:
    """The bundles with each list, and each time that a source was heard, somewhere in them, some twice."""
    random = Random(f"scattered {seed}")
    found: list[list[Arrived]] = [list(bundle) for bundle in bundles]
    for one in (*lists, *random.choices(lists, k=random.randint(0, 2))):
        bundle = random.choice(found)
        bundle.insert(random.randint(0, len(bundle)), one)
    return found


def noticed(bundles: Sequence[Sequence[Arrived]], seed: int) -> list[list[Arrived]]:
    """The bundles with what the registry of keys says of each, with it or with a later one, and in any order."""
    random, registry = Random(f"noticed {seed}"), KeyRegistry()
    found: list[list[Arrived]] = [list(bundle) for bundle in bundles]
    for number, bundle in enumerate(bundles):
        for one in registry.note([noted(one for one in bundle if isinstance(one, StockEvent))]):
            later = random.choice(found[number:])
            later.insert(random.randint(0, len(later)), one)
    return found


def noted(events: Iterable[StockEvent]) -> bytes:
    """Events as one group for a registry of all keys."""
    return pack([field for one in events for field in (one.transaction_key, *first_of(one))])


def packed(one: Arrived) -> bytes:
    return packed_entry(one)


def apart(arrived: Sequence[Arrived]) -> tuple[list[StockEvent], list[SnapshotClosed], list[SourceHeard]]:
    """The events, the complete snapshots, and when sources were heard, of what arrived."""
    events = [one for one in arrived if isinstance(one, StockEvent)]
    lists = [one for one in arrived if isinstance(one, SnapshotClosed)]
    return events, lists, [one for one in arrived if isinstance(one, SourceHeard)]
