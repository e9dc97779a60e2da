"""DESIGN 4.9, 4.10 and 4.11 for every format of the format table: one effect, nothing emptied, unknown is no number."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.encoding import pack
from schemas.mapping_spec import MappingSpec
from schemas.records import Envelope, PositionRow, SnapshotPart, StockEvent
from tests.builders import hour
from tests.every_format import FORMS, Said, mapping_of
from tests.ledgers import MASTER, SHARED, a_shard
from tests.published import Published
from tests.transforms.offers.offered import rules as offer_rules
from transforms.arrival.format_table import FORMATS
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.mapping_rules import SourceMapping
from transforms.guard.guard_state import NOTHING, State
from transforms.guard.snapshot_rules import Guarded, guard
from transforms.guard.whole_rules import Rules
from transforms.ledger.entry_rules import packed_entry

FRONT = Front(
    {f"by-{name}": SourceMapping(MappingSpec.model_validate(mapping_of(name))) for name in FORMS},
    MASTER,
    offer_rules(MASTER, channels=SHARED).policy,
)
RULES = Rules(lambda *_: frozenset(), {}, Decimal("0.5"), Decimal("0.5"))
ALL = Said("L1", 3, [("BOLT", 5), ("NUT", 7), ("OIL", 0)])
every_format = pytest.mark.parametrize("name", FORMATS)


def parts_of(name: str, said: Said) -> list[SnapshotPart]:
    """What the front makes of a list in a format; nothing of it is refused."""
    parts = []
    for number, payload in enumerate(FORMS[name].payloads(said)):
        received = hour(12) + timedelta(minutes=1)
        envelope = Envelope(f"by-{name}", name, received, f"{name}/{said.name}#{number}", "c", {}, payload)
        canonical = canonicalise(envelope, FRONT)
        assert (canonical.rejections, canonical.events) == ([], [])
        parts += canonical.snapshots
    return parts


def through(name: str, said: Said, state: State = NOTHING) -> Guarded:
    return guard(state, parts_of(name, said), RULES, hour(13), is_all=True)


def folded(*guarded: Guarded) -> Published:
    shard, seen = a_shard(), Published()
    for one in guarded:
        arrived = [*one.events, *one.closed]
        seen.take(shard.fold([pack(x) if isinstance(x, StockEvent) else packed_entry(x) for x in arrived], hour(13)))
    return seen


def on_hand(seen: Published) -> dict[str, int]:
    return {row.item: int(row.on_hand_quantity) for row in seen.rows[PositionRow].values()}


def test_no_format_is_left_out() -> None:
    assert FORMS.keys() == FORMATS.keys()


@every_format
def test_one_list_in_two_encodings_has_one_effect(name: str) -> None:
    other = "json" if name != "json" else "xml"
    seen = folded(through(name, ALL), through(other, ALL))
    assert on_hand(seen) == {"BOLT": 5, "NUT": 7, "OIL": 0}
    assert seen.outcomes == {("posted", ""): 3, ("duplicate", ""): 3}


@every_format
def test_a_list_that_was_cut_off_is_held(name: str) -> None:
    """By what it announces, and where its format announces nothing, by what it would empty."""
    before = through(name, ALL)
    cut = through(name, Said("L2", 3, [("OIL", 0)]), before.state)
    assert [(one.outcome, one.reason, one.total) for one in cut.counts] == [("parked", "snapshot_held", 1)]
    assert (list(cut.events), cut.closed) == ([], [])


@every_format
def test_null_is_unknown_and_neither_zero_nor_the_last_number(name: str) -> None:
    seen = folded(through(name, Said("L1", 3, [("BOLT", None), ("NUT", 7), ("OIL", 0)])))
    rows = {row.item: (int(row.on_hand_quantity), row.unknown_since) for row in seen.rows[PositionRow].values()}
    assert rows == {"BOLT": (0, hour(12)), "NUT": (7, None), "OIL": (0, None)}
    assert seen.alerts("unknown_quantity") == {("BOLT", "EAST//sellable"): 1}
    assert seen.outcomes == {("posted", ""): 3}
    assert seen.told() == {}, "BOLT is held, and nobody lists the others"
