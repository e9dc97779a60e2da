"""Bills of materials: the kits of `boms.yaml` in, checked and dated `Bom` records out.

A kit may hold kits. What would make an explosion endless, enormous or ambiguous is refused here, so that no later stage
has to look: cycles (whatever the dates: a kit that ever contained its container is a mistake of naming), more than
`BOM_DEPTH_MAX` levels, two bills of one kit that hold at the same time, half a bottle.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.master_files import plain
from schemas.master_records import Assembly, Bom, BomLine, Item

BOM_DEPTH_MAX = 8  # real assortments need 2 or 3; more is a loop in the making
COMPONENTS_MAX = 200  # of one kit; every order of it claims them all

Place = Callable[..., str]  # path in the file -> "boms.yaml:12"
Boms = dict[str, tuple[Bom, ...]]
_Quantity = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=6), AfterValidator(plain)]
_Scrap = Annotated[Decimal, Field(ge=0, lt=1, decimal_places=6), AfterValidator(plain)]


def in_utc(moment: datetime | None) -> datetime | None:
    """A date without a time means its first moment in UTC, as does a time without a zone."""
    if moment is None:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return datetime.combine(aware.date(), aware.time(), tzinfo=UTC)  # plain, whatever subclass the YAML reader made


class ComponentSpec(BaseModel):
    """One component of a kit, as the file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str
    quantity: _Quantity
    scrap_factor: _Scrap = Decimal(0)


class KitSpec(BaseModel):
    """One bill of materials, as the file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kit: str
    assembly: Assembly
    effective_from: Annotated[datetime | None, AfterValidator(in_utc)] = None
    effective_to: Annotated[datetime | None, AfterValidator(in_utc)] = None
    components: tuple[ComponentSpec, ...] = Field(min_length=1, max_length=COMPONENTS_MAX)


class BomFile(BaseModel):
    """The whole of `boms.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kits: tuple[KitSpec, ...] = ()


def build_boms(kits: Sequence[KitSpec], items: Mapping[str, Item], place: Place, problems: list[str]) -> Boms:
    """The bills of each kit in the order of their dates; what is wrong with them is added to `problems`."""
    lines: dict[str, list[int]] = {}
    for index, kit in enumerate(kits):
        lines.setdefault(kit.kit, []).append(index)
        problems.extend(_kit_problems(kit, index, items, place))
    for indexes in lines.values():
        indexes.sort(key=lambda index: _start(kits[index]))
        problems.extend(_overlaps(kits, indexes, place))
    problems.extend(_nesting_problems(kits, lines, place))
    return {kit: tuple(_bom(kits[index]) for index in indexes) for kit, indexes in lines.items()}


def _bom(kit: KitSpec) -> Bom:
    components = tuple(BomLine(part.item, part.quantity, part.scrap_factor) for part in kit.components)
    return Bom(kit.kit, kit.assembly, kit.effective_from, kit.effective_to, components)


def _kit_problems(kit: KitSpec, index: int, items: Mapping[str, Item], place: Place) -> list[str]:
    problems = []
    here = place("kits", index)
    if kit.kit not in items:
        problems.append(f"{here}: unknown kit {kit.kit!r}, expected an item that items.csv defines")
    if kit.effective_to and _start(kit) >= kit.effective_to:
        problems.append(f"{here}: kit {kit.kit!r} ends at {kit.effective_to}, expected a time after its start")
    seen: set[str] = set()
    for number, part in enumerate(kit.components):
        here = place("kits", index, "components", number)
        item = items.get(part.item)
        if item is None:
            problems.append(f"{here}: unknown component {part.item!r} of {kit.kit!r}, expected an item of items.csv")
        elif not item.divisible and part.quantity % 1:
            what = f"{part.quantity} {item.base_unit} of {part.item!r} in {kit.kit!r}"
            problems.append(f"{here}: {what}, expected a whole number since the item is not divisible")
        if part.item in seen:
            problems.append(f"{here}: {part.item!r} twice in {kit.kit!r}, expected one line with the sum")
        seen.add(part.item)
    return problems


def _start(kit: KitSpec) -> datetime:
    return kit.effective_from or datetime.min.replace(tzinfo=UTC)


def _overlaps(kits: Sequence[KitSpec], indexes: Sequence[int], place: Place) -> list[str]:
    problems = []
    for first, second in pairwise(indexes):
        ends, kit = kits[first].effective_to, kits[second]
        if ends is None or ends > _start(kit):
            what = f"kit {kit.kit!r} from {kit.effective_from or 'ever'} overlaps the bill that ends {ends or 'never'}"
            problems.append(f"{place('kits', second)}: {what}, expected one bill at a time")
    return problems


def _nesting_problems(kits: Sequence[KitSpec], lines: Mapping[str, list[int]], place: Place) -> list[str]:
    parts = {kit: [part.item for index in indexes for part in kits[index].components] for kit, indexes in lines.items()}
    try:
        order = list(TopologicalSorter(parts).static_order())
    except CycleError as error:
        cycle = _from_least(error.args[1][:0:-1])
        path = " > ".join([*cycle, cycle[0]])
        return [f"{place('kits', lines[cycle[0]][0])}: {path} is a cycle, expected kits that end in plain items"]
    chains: dict[str, tuple[str, ...]] = {}
    for item in order:  # components before the kits that hold them
        longest = max((chains[part] for part in parts.get(item, ())), key=len, default=())
        chains[item] = (item, *longest)
    return [
        f"{place('kits', lines[kit][0])}: {' > '.join(chains[kit])} has {len(chains[kit]) - 1} levels,"
        f" expected at most {BOM_DEPTH_MAX}"
        for kit in parts
        if len(chains[kit]) - 1 > BOM_DEPTH_MAX
    ]


def _from_least(cycle: Sequence[str]) -> list[str]:
    """The same cycle begun at its least member, so that the message does not depend on the order of the file."""
    start = cycle.index(min(cycle))
    return [*cycle[start:], *cycle[:start]]
