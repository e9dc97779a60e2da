"""Mailbag: messages in, files named by when they arrived out, and a table of how every message must end.

A file holds one message, or one on each line (`.jsonl`: what was spooled since the last file). What a message must
become is said where it is made, by hand, before any code reads it.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

# Reasons for which a message is refused before it has events.
WHOLE = frozenset(
    {
        "duplicate_json_key",
        "envelope_mismatch",
        "forbidden_xml",
        "malformed_change",
        "malformed_csv",
        "malformed_json",
        "malformed_x12",
        "malformed_xml",
        "no_mapping_matches",
        "not_a_number",
        "not_text",
        "unknown_source",
        "unsupported_set",
    }
)
OUTCOMES = ("posted", "compared", "duplicate", "parked", "dead_letter", "ignored")


class Ending(NamedTuple):
    """How one event of a message ends, or the whole message (`ignored`, or rejected before it had events)."""

    outcome: str
    reason: str = ""


class Message(NamedTuple):
    """One message with its place in the day, how its events must end, and if it is a trap, which one."""

    source: str
    file: str
    at: datetime  # orders the lines of a spool
    payload: bytes
    endings: tuple[Ending, ...]
    trap: str


Endings = Iterable[Ending]


def posted(events: int = 1) -> list[Ending]:
    return [Ending("posted")] * events


def compared(events: int = 1) -> list[Ending]:
    return [Ending("compared")] * events


def duplicate(events: int = 1) -> list[Ending]:
    return [Ending("duplicate")] * events


def parked(reason: str) -> list[Ending]:
    return [Ending("parked", reason)]


def dead(reason: str) -> list[Ending]:
    return [Ending("dead_letter", reason)]


IGNORED = (Ending("ignored"),)


def stamp(at: datetime) -> str:
    """The name by which a file says when it arrived."""
    return at.strftime("%Y%m%dT%H%M%SZ")


def compact(message: Any) -> bytes:
    """JSON on one line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def pretty(message: Any) -> bytes:
    """JSON for a file of its own."""
    return (json.dumps(message, ensure_ascii=False, indent=2) + "\n").encode()


class Mailbag:
    """All messages of the day."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    def line(
        self,
        source: str,
        name: str,
        received_at: datetime,
        at: datetime,
        payload: Any,
        endings: Endings,
        trap: str = "",
    ) -> None:
        """One more line of the spool that arrives at `received_at`; `at` only orders its lines."""
        data = payload if isinstance(payload, bytes) else compact(payload)
        file = f"{source}/{stamp(received_at)}_{name}.jsonl"
        self._messages.append(Message(source, file, at, data, tuple(endings), trap))

    def file(
        self, source: str, name: str, received_at: datetime, payload: Any, endings: Endings, trap: str = ""
    ) -> bytes:
        """A file of its own, `name` with its extension; gives back its bytes, so that they can be sent again."""
        data = payload if isinstance(payload, bytes) else pretty(payload)
        file = f"{source}/{stamp(received_at)}_{name}"
        self._messages.append(Message(source, file, received_at, data, tuple(endings), trap))
        return data

    def files(self) -> dict[str, list[Message]]:
        """Every file with its messages in order."""
        found: dict[str, list[Message]] = {}
        for message in sorted(self._messages, key=lambda message: (message.file, message.at)):
            found.setdefault(message.file, []).append(message)
        return found

    def write(self, folder: Path) -> None:
        """Every file, under its source's folder."""
        for name, messages in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith(".jsonl"):
                path.write_bytes(b"".join(message.payload + b"\n" for message in messages))
            else:
                (only,) = messages
                path.write_bytes(only.payload)

    def trap_rows(self) -> list[list[str]]:
        """Every event that ends otherwise than posted, compared or ignored, and everything else that is a trap."""
        rows = [["file", "line", "event", "outcome", "reason", "what"]]
        for name, messages in self.files().items():
            for number, message in enumerate(messages, start=1):
                line = str(number) if name.endswith(".jsonl") else ""
                usual = all(ending.outcome in ("posted", "compared", "ignored") for ending in message.endings)
                if usual and not message.trap:
                    continue
                rows += [[name, line, *row, message.trap] for row in _by_event(message.endings)]
        return rows

    def total_rows(self) -> list[list[str]]:
        """For each source how many files and messages there are, and how many events (or messages) end which way."""
        rows = [["source", "files", "messages", *OUTCOMES]]
        for source in sorted({message.source for message in self._messages}):
            its = [message for message in self._messages if message.source == source]
            endings = Counter(ending.outcome for message in its for ending in message.endings)
            files = {message.file for message in its}
            rows.append([source, str(len(files)), str(len(its)), *(str(endings[outcome]) for outcome in OUTCOMES)])
        return rows


def _by_event(endings: tuple[Ending, ...]) -> list[list[str]]:
    """One row for each event, one for all of them if they end alike, or one for a message that never had any."""
    if len(endings) == 1 and (endings[0].outcome == "ignored" or endings[0].reason in WHOLE):
        return [["", *endings[0]]]
    if len(set(endings)) == 1 and len(endings) > 1:
        return [[f"all {len(endings)}", *endings[0]]]
    return [[str(index), *ending] for index, ending in enumerate(endings)]
