"""Outbox state: what is known of every message to one partner, as plain values, as bytes and back."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from schemas.encoding import pack, unpack

LAYOUT = 1

FIGURE = "figure"

Phase = Literal["send", "poll", "read"]
PHASES: tuple[Phase, ...] = ("send", "poll", "read")
Status = Literal["waiting", "sent", "accepted", "applied", "failed"]


class Outgoing(NamedTuple):
    """One thing to tell a partner: a figure, of which only the newest matters, or a fact, which is told once."""

    key: str  # the listing of a figure, the transaction key of a fact
    version: int
    kind: str  # "figure", or the type of a posting
    item: str
    quantity: Decimal
    correlation_id: str
    body: dict[str, Any]  # the record by the names of its fields, as mappings read it

    @property
    def is_urgent(self) -> bool:
        """Whether it goes before the others: a channel that sells what is not there is worse than one that waits."""
        return self.kind == FIGURE and not self.quantity

    @classmethod
    def from_row(cls, row: Iterable[Any]) -> "Outgoing":
        return cls(*row)


Result = Literal["applied", "accepted", "retry", "refused"]


class Answer(NamedTuple):
    """What came of one call, however the partner words it."""

    # done | pending (no result yet) | throttled | failed (it broke on this) | down | refused | unknown (it timed out)
    outcome: str
    message: str = ""
    retry_after_seconds: float | None = None
    results: dict[str, tuple[Result, str]] = {}  # noqa: RUF012 - by key, of those that differ from `otherwise`
    otherwise: Result = "applied"
    receipt: str = ""  # by which results can be asked for later
    figures: dict[str, Decimal | None] = {}  # noqa: RUF012 - by key, what the partner says it has

    @classmethod
    def from_row(cls, row: Iterable[Any]) -> "Answer":
        return cls(*row)


class Call(NamedTuple):
    """One call to make: what of, and what it is called by."""

    number: int  # grows with every call, also from one run to the next
    phase: Phase
    idempotency_key: str
    messages: tuple[Outgoing, ...]
    known: tuple[Decimal | None, ...]  # for each message, the figure that the partner is known to have
    receipt: str = ""


class Entry:
    """Everything known of one key at one partner."""

    __slots__ = (
        "alone",
        "applied_at",
        "applied_version",
        "attempts",
        "due_at",
        "held_since",
        "known",
        "message",
        "newer",
        "newer_at",
        "offered_at",
        "receipt",
        "row_version",
        "sent_at",
        "status",
        "tries",
        "unsure",
        "wanted",
    )

    def __init__(self, wanted: Outgoing, now: float) -> None:
        self.wanted = wanted
        self.newer: Outgoing | None = None  # came while `wanted` was under way
        self.status: Status = "waiting"
        self.attempts = 0  # that failed because of this message, of the wanted version
        self.tries = 0  # calls that carried it, of any version
        self.due_at = now
        self.offered_at = now
        self.held_since = now  # when the first of the changes came that are told together
        self.newer_at = now
        self.sent_at: float | None = None
        self.applied_at: float | None = None
        self.applied_version = -1
        self.known: Decimal | None = None
        self.alone = False  # it may be what broke a batch, so it goes by itself
        self.unsure = False  # a call timed out, so an older figure may still come through
        self.receipt = ""
        self.message = ""
        self.row_version = 0


_PLAIN = tuple(name for name in Entry.__slots__ if name not in ("wanted", "newer"))


def dump_entries(entries: Iterable[Entry]) -> list[Any]:
    """Entries as plain values."""
    return [(entry.wanted, entry.newer, [getattr(entry, name) for name in _PLAIN]) for entry in entries]


def load_entries(rows: Iterable[Any]) -> Iterable[Entry]:
    """The reverse of `dump_entries`."""
    for wanted, newer, plain in rows:
        entry = Entry(Outgoing.from_row(wanted), 0.0)
        entry.newer = Outgoing.from_row(newer) if newer else None
        for name, value in zip(_PLAIN, plain, strict=True):
            setattr(entry, name, value)
        yield entry


def packed(parts: list[Any]) -> bytes:
    """State as bytes, with its layout."""
    return pack([LAYOUT, *parts])


def unpacked(data: bytes) -> list[Any]:
    """The reverse of `packed`; ValueError for state of another layout."""
    parts: list[Any]
    layout, *parts = unpack(data)
    if layout != LAYOUT:
        raise ValueError(f"outbox state has layout {layout}, expected {LAYOUT}: drain with the version that wrote it")
    return parts
