"""Governed files: where master data and policy are published in, what is right of them out, or what is wrong and where.

Both are read through Beam's file systems, so they may be in a bucket or on a shared disk.
"""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from schemas.master_changes import CHANGES_FOLDER, RefusedChange
from schemas.master_data import load_master
from schemas.master_files import TABLES, read_table
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError
from transforms.governed_rules import Governed, governed

FILE_BYTES_MAX = 256 << 20  # of one table; the largest assortments need a tenth of it
FILES_MAX = 1_000
GOVERNANCE = "governance"

Stamp = tuple[tuple[str, int, float], ...]  # path, size and time of every file: the same as long as nothing changed


class Published(NamedTuple):
    """What was read: what is right of it, what was left out, and when to read it again though no file has changed."""

    governed: Governed
    refused: list[RefusedChange]
    next_at: datetime | None


def read_governed(master_data: str, policy: str) -> Governed:
    """Master data and policy of two places on any of Beam's file systems; `SpecError` names the file and line there."""
    read = read_published(master_data, policy, datetime.now(UTC))
    if read.refused:
        raise SpecError("\n".join(one.message for one in read.refused))
    return read.governed


def read_published(master_data: str, policy: str, now: datetime) -> Published:
    """The same as of now; changes of the feed that cannot be applied are left out and told."""
    with TemporaryDirectory(prefix="sellable-") as scratch:
        names = {master_data.rstrip("/"): Path(scratch, "master"), policy: Path(scratch, "policy.yaml")}
        folder = Path(scratch, "master")
        try:
            _copy_tables(master_data, folder)
            _copy(policy, names[policy])
            loaded = load_master(folder, now)
            found = governed(loaded.master, load_policy(names[policy], loaded.master))
        except SpecError as error:
            message = str(error)
            for name, copy in names.items():
                message = message.replace(str(copy), name)
            raise SpecError(message) from None
        except (BeamIOError, OSError) as error:
            raise SpecError(f"{master_data} or {policy}: cannot be read: {error}") from error
    refused = [_named(one, str(folder), master_data.rstrip("/")) for one in loaded.refused]
    return Published(found, refused, loaded.next_at)


def read_governors(master_data: str) -> dict[str, str]:
    """Who alone may change which table, as `governance.csv` says; `SpecError` where it is there and cannot be read."""
    path = FileSystems.join(master_data, f"{GOVERNANCE}.csv")
    with TemporaryDirectory(prefix="sellable-") as scratch:
        copy = Path(scratch, f"{GOVERNANCE}.csv")
        try:
            if not FileSystems.exists(path):
                return {}
            _copy(path, copy)
            return {row["table"]: row["owner"] for row in read_table(copy, TABLES[GOVERNANCE])}
        except (BeamIOError, OSError, SpecError) as error:
            raise SpecError(str(error).replace(str(copy), path)) from None


def _named(one: RefusedChange, copy: str, original: str) -> RefusedChange:
    return one._replace(place=one.place.replace(copy, original), message=one.message.replace(copy, original))


def _copy_tables(master_data: str, folder: Path) -> None:
    tables = _files(FileSystems.join(master_data, "*"))
    if not tables:
        raise SpecError(f"{master_data}: no such folder, expected one with the tables of master data")
    (folder / CHANGES_FOLDER).mkdir(parents=True)
    for to, files in ((folder, tables), (folder / CHANGES_FOLDER, _files(_changes(master_data)))):
        for path, _, _ in files:
            _copy(path, to / path.replace("\\", "/").rpartition("/")[2])


def _copy(path: str, to: Path) -> None:
    with FileSystems.open(path) as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise SpecError(f"{path}:1: larger than {FILE_BYTES_MAX} bytes, expected a table that people maintain")
    to.write_bytes(data)


def stamp_of(master_data: str, policy: str) -> Stamp:
    """What changes when any of the files does."""
    patterns = (FileSystems.join(master_data, "*"), _changes(master_data), policy)
    return tuple(sorted(file for pattern in patterns for file in _files(pattern)))


def _changes(master_data: str) -> str:
    return FileSystems.join(master_data, CHANGES_FOLDER, "*.jsonl")


def _files(pattern: str) -> list[tuple[str, int, float]]:
    (found,) = FileSystems.match([pattern])
    if len(found.metadata_list) > FILES_MAX:
        raise SpecError(f"{pattern}: {len(found.metadata_list)} files, expected at most {FILES_MAX} tables")
    return [(one.path, one.size_in_bytes, one.last_updated_in_seconds) for one in found.metadata_list]
