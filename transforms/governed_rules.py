"""Governed rules: the version in force and one that people have just published in, the version in force from now out.

Master data and policy change while a stream runs. They are taken over together, whole, and only if they are right; what
is wrong is told and the old version stays. A version that has lost much of a table is taken for a file cut off on its
way (it parses all the same) and refused too: a job that starts with it believes it.

    in force v1, published v2 with an unknown unit on line 12  ->  v1, refused: items.csv:12: ...
    in force v1, published v3 with half of the items           ->  v1, refused: items has 40 rows, expected ...
    in force v1, published v4                                  ->  v4
"""

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from schemas.master_changes import RefusedChange
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import Envelope, Rejection
from transforms.arrival.envelope_rules import stable_id
from transforms.kits.home_rules import Homes, homes, keep_homes
from transforms.rejections import Why, of_message

LOST_SHARE_MAX = 0.2  # of the rows of a table, from one version to the next
LOST_ROWS_MIN = 5  # a table may lose so few whatever their share, or small ones could never change
FEED = "master_data"  # the source of what the change feed says
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # lines of the feed do not say when they came
TABLES_GUARDED = ("items", "locations", "channels", "listings", "lots", "item_codes", "location_codes", "ownership")


class Governed(NamedTuple):
    """Master data and policy of one version, which belong together."""

    master: MasterData
    policy: Policy
    version: str  # made from the contents of both


class Taken(NamedTuple):
    """What is in force after a look at what was published."""

    governed: Governed
    problems: tuple[str, ...]  # what was refused of it; () when all is well


def governed(master: MasterData, policy: Policy) -> Governed:
    """Both with the version that their contents have together."""
    digest = hashlib.sha256(policy.model_dump_json().encode()).hexdigest()[:8]
    return Governed(master, policy, f"{master.version}.{digest}")


def take_over(first: Governed, in_force: Governed, published: Governed) -> Taken:
    """The version in force from now on; `first` is the one that the job started with."""
    lost = lost_rows(in_force.master, published.master)
    if lost:
        return Taken(in_force, tuple(lost))
    master, refused = keep_homes(first.master, in_force.master, published.master)
    return Taken(published._replace(master=master), tuple(refused))


def lost_rows(before: MasterData, after: MasterData) -> list[str]:
    """The tables that lost more than a new version may, each with what was expected."""
    problems = []
    for table in TABLES_GUARDED:
        had, has = len(getattr(before, table)), len(getattr(after, table))
        if had - has > LOST_ROWS_MIN and had - has > had * LOST_SHARE_MAX:
            expected = f"expected to lose at most {LOST_SHARE_MAX:.0%}: if it is meant, start the job again"
            problems.append(f"{table} has {has} rows and had {had}, {expected}")
    return problems


def refused_change(one: RefusedChange) -> Rejection:
    """A change of the feed that has no effect, as the dead letter of its line."""
    line = one.text.encode()
    envelope = Envelope(FEED, "json", EPOCH, one.place, stable_id(FEED, line), {}, line)
    return of_message(envelope, Why("change", one.reason, one.message))


def homes_of(first: Governed, in_force: Governed) -> Homes:
    """Where the books of items are under the version in force."""
    return homes(first.master, in_force.master.boms)
