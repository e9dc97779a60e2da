"""Change feed: changes of master data from a queue in, a file beside the tables out, from which they are in force.

Every process of a stream looks at the tables and at `changes/` beside them. So a change that came by a queue is in
force within one refresh in all of them, and still is when the job is started again.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import pack, unpack
from schemas.master_changes import CHANGES_FOLDER, RefusedChange
from schemas.records import Rejection
from schemas.yaml_files import SpecError
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.arrival.change_feed_rules import keep_changes, refuse_all
from transforms.clocks import Clock, utc_now
from transforms.governed_files import read_governors
from transforms.governed_rules import refused_change

GROUP_CHANGES_MAX = 1_000

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class KeepChanges(beam.PTransform[Any, Any]):
    """Keep the changes of master data that come by a queue in a file of `changes/` beside its tables.

    In:       `PubsubMessage`, each one change as a line of a file in `changes/` is, in any order, with duplicates.
    Out:      nothing but rejections; who watches the tables finds the file.
    State:    the file, whole at any time; a cell that lets a runner write the file of a feed in one place at a time.
    Rejects:  `unreadable_change`, `unknown_table`, `not_governor`, `conflicting_change`, `feed_full`: `Rejection`.
    """

    def __init__(self, master_data: str, feed: str, clock: Clock = utc_now) -> None:
        """`feed` names the file: two feeds have two."""
        super().__init__()
        self.master_data = master_data
        self.feed = _UNSAFE.sub("_", feed.rpartition("/")[2])
        self.clock = clock

    def expand(self, messages: Any) -> Any:
        return (
            messages
            | "Group" >> beam.ParDo(_GroupFn(self.feed)).with_output_types(tuple[str, bytes])
            | "Keep" >> beam.ParDo(_KeepFn(self.master_data, self.clock)).with_output_types(Rejection)
        )


def prepare_feed(master_data: str) -> None:
    """Make the folder of feeds; `SpecError` where that cannot be."""
    folder = FileSystems.join(master_data, CHANGES_FOLDER)
    try:
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)
    except (BeamIOError, OSError) as error:
        raise SpecError(f"{folder}: cannot be made, expected a place that changes can be written to: {error}") from None


class _GroupFn(beam.DoFn):
    """The changes of a bundle in one element, so that the file is written once for all of them."""

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.start_bundle()

    def start_bundle(self) -> None:
        self.found: list[bytes] = []
        self.at = MIN_TIMESTAMP

    def process(self, message: PubsubMessage, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[tuple[str, bytes]]:
        self.at = timestamp
        self.found.append(message.data)
        if len(self.found) >= GROUP_CHANGES_MAX:
            yield self.feed, pack(self.found)
            self.found = []

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self.found:
            yield WindowedValue((self.feed, pack(self.found)), self.at, (GlobalWindow(),))


class _KeepFn(beam.DoFn):
    """One file for each feed. A bundle that fails after it wrote is repeated, and finds its changes in the file."""

    WRITTEN = ReadModifyWriteStateSpec("written", BytesCoder())  # when; a key with state is worked on in one place

    def __init__(self, master_data: str, clock: Clock) -> None:
        self.master_data = master_data
        self.clock = clock

    def process(self, element: tuple[str, bytes], written: Any = beam.DoFn.StateParam(WRITTEN)) -> Iterator[Rejection]:
        feed, packed = element
        arrived, now = unpack(packed), self.clock()
        try:
            governors = read_governors(self.master_data)
        except SpecError as error:
            yield from (_rejection(one, now) for one in refuse_all(feed, arrived, str(error)))
            return
        path = FileSystems.join(self.master_data, CHANGES_FOLDER, f"{feed}.jsonl")
        before = _read(path)
        kept = keep_changes(feed, before, arrived, governors, now)
        if kept.text != before:
            _write(path, kept.text)
            written.write(pack(now))
        yield from (_rejection(one, now) for one in kept.refused)


def _rejection(one: RefusedChange, now: datetime) -> Rejection:
    return refused_change(one)._replace(received_at=now)


def _read(path: str) -> str:
    if not FileSystems.exists(path):
        return ""
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return bytes(file.read()).decode("utf-8", errors="replace")


def _write(path: str, text: str) -> None:
    folder, _, name = path.replace("\\", "/").rpartition("/")
    if not FileSystems.exists(folder):
        FileSystems.mkdirs(folder)
    part = FileSystems.join(folder, f".{name}.{uuid.uuid4().hex}")
    with FileSystems.create(part, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(text.encode())
    FileSystems.rename([part], [path])
