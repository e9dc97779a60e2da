"""Pickup: files that others lay down in, the same files in the landing folder or on a topic out, each once.

First a file is safe where it goes, then it is noted, then it is archived. A crash in between repeats the step that was
not noted under the same name, so that nothing is lost and nothing is there twice.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.records import Envelope
from services.deliveries import Delivery, DeliveryError, Topic, write_whole
from services.file_shelves import LocalShelf, SftpShelf, Shelf, ShelfError
from services.pickup_config import PickupSpec, ShelfSpec
from services.pickup_ledger import PickupLedger
from services.pickup_rules import Listed, content_hash, is_unfinished, is_whole, landed_name, name_problem
from transforms.arrival.arrived_files import LINES_SUFFIX
from transforms.arrival.envelope_rules import stable_id
from transforms.arrival.format_table import format_of_name

LOGGER = logging.getLogger("sellable.pickup")


class Picked(NamedTuple):
    """What one pass over all sources came to."""

    taken: int = 0
    repeated: int = 0  # content that was taken before
    waiting: int = 0  # not whole yet
    refused: int = 0  # name or size
    failed: int = 0  # folder, server or file that could not be used: the next pass tries again

    def plus(self, other: "Picked") -> "Picked":
        """Both together."""
        return Picked(*(one + more for one, more in zip(self, other, strict=True)))


def pick_up(spec: PickupSpec, ledger: PickupLedger, environment: Mapping[str, str], at: datetime) -> Picked:
    """One pass. A source that fails is said and holds up no other."""
    topic = Topic(spec.topic, spec.limits.connect_seconds_max) if spec.topic else None
    total = Picked()
    try:
        for source, shelf_spec in spec.sources.items():
            try:
                shelf = _shelf(shelf_spec, environment, spec.limits.connect_seconds_max)
                try:
                    total = total.plus(_Round(spec, source, shelf, ledger, topic).run(at))
                finally:
                    shelf.close()
            except ShelfError as error:
                LOGGER.warning("%s: %s", source, error)
                total = total.plus(Picked(failed=1))
    finally:
        if topic is not None:
            topic.close()
    return total


def _shelf(spec: ShelfSpec, environment: Mapping[str, str], seconds_max: float) -> Shelf:
    if spec.folder is not None:
        return LocalShelf(spec.folder, spec.archive)
    if spec.sftp is None:
        raise ShelfError("names neither folder nor sftp")
    password = environment.get(spec.sftp.password_env) if spec.sftp.password_env else None
    return SftpShelf(spec.sftp, spec.archive, password, seconds_max)


class _Round:
    """One source in one pass."""

    def __init__(
        self, spec: PickupSpec, source: str, shelf: Shelf, ledger: PickupLedger, topic: Delivery | None
    ) -> None:
        self.spec = spec
        self.own = spec.sources[source]
        self.source = source
        self.shelf = shelf
        self.ledger = ledger
        self.topic = topic

    def run(self, at: datetime) -> Picked:
        listed = self.shelf.files(self.spec.limits.files_max)
        names = {file.name for file in listed}
        suffix = self.own.done_suffix
        files = [one for one in listed if not is_unfinished(one.name) and not (suffix and one.name.endswith(suffix))]
        seen = self.ledger.watch(self.source, files, at)
        total = Picked()
        for file in files:
            problem = self._problem(file)
            whole = file.name + suffix in names if suffix else False
            if problem:
                LOGGER.warning("%s: left where it is: %s", self.source, problem)
                total = total.plus(Picked(refused=1))
            elif whole or (not suffix and is_whole(file, seen.get(file.name), at, self.spec.limits.stable_seconds)):
                total = total.plus(self._take(file, at))
            else:
                total = total.plus(Picked(waiting=1))
        return total

    def _problem(self, file: Listed) -> str | None:
        if file.size_bytes > self.spec.limits.file_bytes_max:
            return f"{file.name[:60]!a} has {file.size_bytes} bytes, expected at most {self.spec.limits.file_bytes_max}"
        return name_problem(file.name)

    def _take(self, file: Listed, at: datetime) -> Picked:
        try:
            data = self.shelf.read(file)
            digest = content_hash(data)
            before = self.ledger.taken_as(self.source, digest)
            if before is None:
                self._deliver(file, digest, data, at)
            self.ledger.note(self.source, digest, file, at)
            self._put_away(file, digest, at)
        except (ShelfError, DeliveryError, OSError) as error:
            LOGGER.warning("%s: %s: %s", self.source, file.name, error)
            return Picked(failed=1)
        if before is not None:
            LOGGER.warning("%s: %s holds what %s held: not taken again", self.source, file.name, before)
            return Picked(repeated=1)
        LOGGER.info("%s: %s taken, %d bytes", self.source, file.name, file.size_bytes)
        return Picked(taken=1)

    def _deliver(self, file: Listed, digest: str, data: bytes, at: datetime) -> None:
        if self.spec.landing_folder is not None:
            write_whole(self.spec.landing_folder / self.source, landed_name(file, digest), data)
        elif self.topic is not None:
            for number, payload in enumerate(_messages(file, data), start=1):
                self.topic.put(self._envelope(file, f"{digest[:16]}#{number}", payload, at))

    def _envelope(self, file: Listed, message_id: str, payload: bytes, at: datetime) -> Envelope:
        own = format_of_name(file.name, self.own.format)
        correlation_id = stable_id(self.source, payload)
        attributes = {
            "ce-specversion": "1.0",
            "ce-id": message_id,
            "ce-type": self.source,
            "ce-source": self.source,
            "ce-time": at.isoformat(),
            "source": self.source,
            "format": own,
            "file-name": file.name,
            "correlation_id": correlation_id,
        }
        return Envelope(self.source, own, at, f"{self.source}/{message_id}", correlation_id, attributes, payload)

    def _put_away(self, file: Listed, digest: str, at: datetime) -> None:
        self.shelf.put_away(file.name, f"{at:%Y%m%dT%H%M%S}_{digest[:8]}_{file.name}")
        if self.own.done_suffix:
            marker = file.name + self.own.done_suffix
            self.shelf.put_away(marker, f"{at:%Y%m%dT%H%M%S}_{digest[:8]}_{marker}")


def _messages(file: Listed, data: bytes) -> list[bytes]:
    """Each line of a .jsonl file; any other file whole."""
    if not file.name.lower().endswith(LINES_SUFFIX):
        return [data]
    return [line.strip() for line in data.split(b"\n") if line.strip()]
