"""Master data: a folder of tables that people govern in, one immutable and checked `MasterData` out.

Sources spell things their own way. A code of an item is looked up as (source, code), then as a code of every source,
then as our own name; a location likewise; a unit by its code or its own name. An answer of None means that master data
does not know it *yet*: the event is parked until it does.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, Self

from schemas import master_tables as tabled
from schemas.boms import BOM_DEPTH_MAX, BomFile, KitSpec, Place, build_boms
from schemas.carried import Carried
from schemas.effective_dates import stretches_of
from schemas.master_change_files import FITTINGS_MAX, read_changes, unfit_changes
from schemas.master_changes import CHANGES_FOLDER, RefusedChange, apply_changes
from schemas.master_files import BOMS_FILE, FILE, LINE, TABLES, CsvRow, Row, open_table, read_tables
from schemas.master_plain import plain_tables, records_of
from schemas.master_records import Bom, BomLine, Channel, Item, Listing, Location, Lot
from schemas.master_tables import ANY
from schemas.varying_tables import varying_tables
from schemas.yaml_files import PROBLEMS_SHOWN_MAX, SpecError, line_of, load_yaml, parse

__all__ = [
    "BOM_DEPTH_MAX",
    "Bom",
    "BomLine",
    "Channel",
    "Item",
    "Listing",
    "Location",
    "Lot",
    "MasterData",
    "build_master_data",
    "load_master_data",
]


@dataclass(frozen=True, slots=True)
class MasterData(Carried):
    """What a company knows of its items, places and partners; plain dicts inside, never changed once it is made."""

    version: str  # made from the contents: equal tables have equal versions
    items: dict[str, Item]
    locations: dict[str, Location]
    channels: dict[str, Channel]
    dispositions: dict[str, str]
    listings: dict[tuple[str, str], Listing]  # (channel, item)
    listings_of: dict[str, tuple[Listing, ...]]  # item -> its listings, by channel
    lots: dict[tuple[str, str], Lot]  # (item, lot)
    boms: dict[str, tuple[Bom, ...]]  # kit -> its bills, by date
    item_codes: dict[tuple[str, str], str]  # (source or "*", code)
    location_codes: dict[tuple[str, str], str]
    unit_codes: dict[str, str]  # every unit under its own name too
    listing_items: dict[tuple[str, str], str]  # (channel, listing) -> item
    ownership: dict[tuple[str, str], str]  # (location or "*", facts) -> source
    epochs: dict[str, tuple[tuple[datetime, str], ...]]  # source -> from when, which epoch; in order of time
    approvals: dict[tuple[str, str], str]  # (source, complete snapshot that was held) -> by whom and when
    code_counts: dict[tuple[str, str], int]  # ("item" or "location", source or "*") -> how many codes, for messages
    until: datetime | None = None  # when rows with dates make another of it; None: never, as far as is known
    starts: tuple[datetime, ...] = ()  # of all but the first of `versions`
    versions: tuple["MasterData", ...] = ()  # what held by and by, where rows have dates; this one is as the last

    def plain(self) -> dict[str, Any]:
        """Every field as `encoding.pack` takes it; of versions what differs."""
        plain = plain_tables({field.name: getattr(self, field.name) for field in fields(self)})
        return {**plain, "versions": [_changes(self, one) for one in self.versions]}

    @classmethod
    def made_of(cls, plain: dict[str, Any]) -> Self:
        """The reverse of `plain`."""
        made = cls(**records_of({**plain, "versions": ()}))
        versions = (replace(made, starts=(), **records_of(changes)) for changes in plain["versions"])
        return replace(made, versions=tuple(versions))

    def at(self, moment: datetime) -> "MasterData":
        """What held at a moment: itself where no row has dates."""
        return self.versions[bisect_right(self.starts, moment)] if self.starts else self

    def changed(self, change: Callable[["MasterData"], "MasterData"]) -> "MasterData":
        """The same with a change made to it, and to what held by and by."""
        return replace(change(self), versions=tuple(map(change, self.versions)))

    def item_of(self, source: str, code: str) -> str | None:
        """The item that `source` calls `code`."""
        found = self.item_codes.get((source, code)) or self.item_codes.get((ANY, code))
        if found is not None:
            return found
        return code if code in self.items else None

    def location_of(self, source: str, code: str) -> str | None:
        """The location that `source` calls `code`."""
        found = self.location_codes.get((source, code)) or self.location_codes.get((ANY, code))
        if found is not None:
            return found
        return code if code in self.locations else None

    def unit_of(self, code: str) -> str | None:
        """The unit that a code means; our own names mean themselves."""
        return self.unit_codes.get(code)

    def factor(self, item: str, unit: str) -> Decimal | None:
        """Base units in one `unit` of an item; None where the item has no such unit."""
        known = self.items.get(item)
        return known.factors.get(unit) if known else None

    def item_of_listing(self, channel: str, listing: str) -> str | None:
        """The item that a channel sells under its own id `listing`."""
        return self.listing_items.get((channel, listing))

    def owner(self, location: str, facts: str) -> str | None:
        """The one source whose `facts` about a location are posted; None: every source's are."""
        return self.ownership.get((location, facts)) or self.ownership.get((ANY, facts))

    def key_in_epoch(self, source: str, key: str, occurred_at: datetime) -> str:
        """A key of a source as it counts: with the epoch that it belongs to, where the source has begun a new one."""
        begun = [epoch for begins_at, epoch in self.epochs.get(source, ()) if begins_at <= occurred_at]
        return f"{key}@{begun[-1]}" if begun else key

    def codes_known(self, what: str, source: str) -> int:
        """How many codes of an "item" or "location" are mapped for a source."""
        return self.code_counts.get((what, source), 0) + self.code_counts.get((what, ANY), 0)


class Loaded(NamedTuple):
    """Master data of a folder as it is at one moment."""

    master: MasterData
    refused: list[RefusedChange]  # of the change feed
    next_at: datetime | None  # when the next change that is known comes into effect


def load_master_data(folder: Path) -> MasterData:
    """The checked master data of a folder; SpecError with the file and line of everything that is wrong with it."""
    loaded = load_master(folder, datetime.now(UTC))
    _refuse([one.message for one in loaded.refused])
    return loaded.master


def load_master(folder: Path, now: datetime) -> Loaded:
    """The same as of a moment; changes of the feed that cannot be applied are left out instead of being raised."""
    changes, refused = read_changes(folder / CHANGES_FOLDER)
    tables = read_tables(folder)
    for left in reversed(range(FITTINGS_MAX)):
        applied = apply_changes(tables, changes, now)
        try:
            return Loaded(_load(folder, applied.tables), refused + applied.refused, applied.next_at)
        except SpecError as error:
            unfit = unfit_changes(str(error), changes)
            if not (unfit and left):
                raise
            refused += unfit
            places = {one.place for one in unfit}
            changes = [one for one in changes if one.place not in places]
    raise AssertionError("the last time is raised")


def _load(folder: Path, tables: Mapping[str, Sequence[CsvRow]]) -> MasterData:
    path = folder / BOMS_FILE
    if not path.exists():
        return build_master_data(tables, folder=folder)
    kits = parse(BomFile, path).kits
    tree = load_yaml(path)

    def place(*steps: str | int) -> str:
        return f"{path}:{line_of(tree, *steps)}"

    return build_master_data(tables, kits, folder=folder, bom_place=place)


def build_master_data(
    tables: Mapping[str, Sequence[CsvRow]],
    boms: Iterable[KitSpec | Mapping[str, Any]] = (),
    *,
    folder: Path | None = None,  # it and `bom_place` only make messages name real files; a row has its line in `LINE`
    bom_place: Place | None = None,
) -> MasterData:
    """Master data from rows of text by table and column, as `TABLES` names them; SpecError listing every problem."""
    problems: list[str] = []
    rows = _opened(tables, folder, problems)
    kits = [KitSpec.model_validate(kit) for kit in boms]
    locations, channels = tabled.locations_of(rows["locations"]), tabled.channels_of(rows["channels"])
    stretches = stretches_of(rows, problems)
    versions = [varying_tables(one.rows, rows["item_units"], channels, locations) for one in stretches]
    problems[:] = dict.fromkeys(problems)  # what is wrong with a row without dates is wrong in every stretch
    last = versions[-1]
    master = MasterData(
        version=_version(tables, kits),
        locations=locations,
        channels=channels,
        dispositions=tabled.dispositions_of(rows["dispositions"]),
        lots=tabled.lots_of(rows["lots"], last["items"]),
        boms=build_boms(kits, last["items"], bom_place or _place_without_file, problems),
        epochs=tabled.epochs_of(rows["epochs"]),
        approvals=tabled.approvals_of(rows["approvals"]),
        **last,
    )
    _refuse(problems)
    starts = tuple(one.starts_at for one in stretches[1:])
    if not starts:
        return master
    ends = (*starts, None)
    by_and_by = (replace(master, until=until, **its) for its, until in zip(versions, ends, strict=True))
    return replace(master, starts=starts, versions=tuple(by_and_by))


def _changes(of: MasterData, version: MasterData) -> dict[str, Any]:
    """What a version has that is another's, as plain values."""
    names = (field.name for field in fields(of) if field.name not in ("starts", "versions"))
    found = {name: getattr(version, name) for name in names}
    return {name: value for name, value in found.items() if value != getattr(of, name)}


def _opened(tables: Mapping[str, Sequence[CsvRow]], folder: Path | None, problems: list[str]) -> dict[str, list[Row]]:
    if unknown := tables.keys() - TABLES.keys():
        raise SpecError(f"unknown table {min(unknown)!r}, expected one of {', '.join(TABLES)}")
    return {name: open_table(name, tables.get(name, ()), folder, problems) for name in TABLES}


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = [f"and {len(problems) - PROBLEMS_SHOWN_MAX} more"] if len(problems) > PROBLEMS_SHOWN_MAX else []
        raise SpecError("\n".join([*problems[:PROBLEMS_SHOWN_MAX], *more]))


def _place_without_file(*steps: str | int) -> str:
    return f"{BOMS_FILE}: {'.'.join(map(str, steps))}"


def _version(tables: Mapping[str, Sequence[CsvRow]], kits: Iterable[KitSpec]) -> str:
    """The same for the same rows, in whatever order and on whatever line they stand."""
    where = (LINE, FILE)
    contents = {
        name: sorted(sorted((column, cell) for column, cell in row.items() if column not in where) for row in rows)
        for name, rows in tables.items()
        if rows
    }
    text = json.dumps([contents, sorted(kit.model_dump_json() for kit in kits)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
