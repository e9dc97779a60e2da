"""Home rules: the families a job started with and the bills of a later version in, where every item's books stay out.

The books of an item never move while a job runs. So its *home*, the name that decides its shard, is settled when the
job starts, by the families of that day. Later bills may add a kit to one family; one that would connect two of them
needs a hand-over of state, and is refused together with the kits that hold it:

    at the start  GIFT > MUG, BEANS            home of all three: BEANS
    later         SET > MUG, BEANS             SET is at home in BEANS too
    later         DUO > MUG, LAMP              refused: MUG is at home in BEANS, LAMP in LAMP
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import NamedTuple

from schemas.master_data import Bom, MasterData
from transforms.kits.kit_rules import Boms, families


class Homes(NamedTuple):
    """Where the books of items are that bills connect, and the kits for which there is no one place."""

    home_of: dict[str, str]
    refused: dict[str, str]  # kit -> why


def homes(first: MasterData, boms: Boms) -> Homes:
    """The home of each item that bills name; `first` is the master data that the job started with."""
    home_of = families(first.boms)
    refused: dict[str, str] = {}
    parts = {kit: sorted(_parts(bills)) for kit, bills in boms.items()}
    for kit in TopologicalSorter(parts).static_order():
        if kit not in parts:
            continue
        unhoused = [part for part in parts[kit] if part in refused]
        places = {item: home_of.get(item, item) for item in (*parts[kit], *((kit,) if kit in first.items else ()))}
        if unhoused:
            refused[kit] = f"kit {kit!r} holds {unhoused[0]!r}, which was refused"
        elif len(set(places.values())) > 1:
            refused[kit] = _apart(kit, places)
        else:
            home_of[kit] = next(iter(places.values()))
    return Homes(home_of, refused)


def keep_homes(first: MasterData, before: MasterData, new: MasterData) -> tuple[MasterData, list[str]]:
    """A new version without the kits that it cannot house, and why.

    A kit that was there before keeps its old bills; a new one is unknown, so that what names it is parked.
    """
    refused = homes(first, new.boms).refused
    if not refused:
        return new, []
    boms = {kit: bills for kit, bills in new.boms.items() if kit not in refused}
    kept = {kit: before.boms[kit] for kit in refused if kit in before.boms}
    unknown = refused.keys() - kept.keys() - first.items.keys()
    made = new.changed(lambda master: _without(replace(master, boms=boms | kept), unknown))
    return made, [refused[kit] for kit in sorted(refused)]


def _parts(bills: Iterable[Bom]) -> set[str]:
    return {line.item for bom in bills for line in bom.components}


def _apart(kit: str, places: Mapping[str, str]) -> str:
    shown = ", ".join(f"{item} in {home}" for item, home in sorted(places.items()))
    return f"kit {kit!r} connects books that are kept apart ({shown}), expected one home: it needs a hand-over"


def _without(master: MasterData, items: set[str]) -> MasterData:
    if not items:
        return master
    return replace(
        master,
        items={name: item for name, item in master.items.items() if name not in items},
        item_codes={key: item for key, item in master.item_codes.items() if item not in items},
        listings={key: one for key, one in master.listings.items() if one.item not in items},
        listings_of={item: ones for item, ones in master.listings_of.items() if item not in items},
        listing_items={key: item for key, item in master.listing_items.items() if item not in items},
    )
