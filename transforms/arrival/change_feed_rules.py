"""Change feed rules: the file of a feed and changes that came by a queue in, the file as it is to be out.

The file is one of those in `changes/` beside the tables of master data, so who watches the tables takes over what came
by a queue as well. What is wrong is refused by itself, before it is in the file. Of each row the file keeps the change
in effect and those of a higher version that wait for their time: what they outdo can never hold again.

    WH-9 is EAST, version 7;  version 9 says WEST, then version 8 says MOON  ->  WH-9 is WEST, version 9
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.master_changes import (
    CHANGE_CHARS_MAX,
    Change,
    RefusedChange,
    RowKey,
    only_versions,
    parse_change,
    refuse_change,
)
from transforms.arrival.envelope_rules import stable_id

FEED_CHANGES_MAX = 100_000  # in the file of one feed; a row of master data has one, seldom two


class Kept(NamedTuple):
    """The file of a feed, and what did not get into it."""

    text: str
    refused: list[RefusedChange]


def keep_changes(feed: str, text: str, arrived: Iterable[bytes], governors: Mapping[str, str], now: datetime) -> Kept:
    """The feed's file with what arrived; the same whatever the order, and however often a change comes.

    A change is named after its content, so that one that comes twice is refused under one name.
    `governors` says by table who alone may change it; a table that is not there may be changed by anybody.
    """
    refused: list[RefusedChange] = []
    by_row: dict[RowKey, list[Change]] = defaultdict(list)
    for change in _right(feed, [*text.splitlines(), *map(_one_line, arrived)], governors, refused):
        by_row[change.table, change.key].append(change)
    kept: list[Change] = []
    for _, its in sorted(by_row.items()):
        standing = _standing(only_versions(its, refused), now)
        if len(kept) + len(standing) > FEED_CHANGES_MAX:
            message = f"the feed has {FEED_CHANGES_MAX} changes, expected them in the tables by now"
            refused += [refuse_change("feed_full", message, one) for one in standing]
        else:
            kept += standing
    return Kept("".join(f"{one.text}\n" for one in kept), refused)


def refuse_all(feed: str, arrived: Iterable[bytes], why: str) -> list[RefusedChange]:
    """What came while nobody can say who may change what."""
    lines = [_one_line(payload) for payload in arrived]
    places = [_place(feed, line) for line in lines]
    return [
        RefusedChange("not_governor", f"{place}: {why}", place, line) for place, line in zip(places, lines, strict=True)
    ]


def _right(
    feed: str, lines: Iterable[str], governors: Mapping[str, str], refused: list[RefusedChange]
) -> Iterator[Change]:
    for line in lines:
        change = parse_change(line, _place(feed, line))
        if isinstance(change, RefusedChange):
            refused.append(change)
        elif change.owner != (governor := governors.get(change.table, change.owner)):
            message = f"{change.owner[:80]!r} changes {change.table}, expected its owner {governor!r}"
            refused.append(refuse_change("not_governor", message, change))
        else:
            yield change


def _place(feed: str, line: str) -> str:
    return f"{feed}/{stable_id(feed, line.encode(errors='replace'))}"


def _one_line(payload: bytes) -> str:
    """A change as one line of ASCII, however it was written; what is no JSON as it is, for `parse_change` to refuse."""
    text = payload[: 4 * CHANGE_CHARS_MAX + 1].decode("utf-8", errors="replace")
    try:
        return json.dumps(json.loads(text)) if len(text) <= CHANGE_CHARS_MAX else text
    except (ValueError, RecursionError):
        return text


def _standing(changes: list[Change], now: datetime) -> list[Change]:
    """The highest version in effect, and those above it that wait for their time."""
    in_effect = [one.version for one in changes if one.effective_from is None or one.effective_from <= now]
    return [one for one in changes if one.version >= max(in_effect, default=0)]
