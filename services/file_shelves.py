"""File shelves: a folder here or on an SFTP server in, its files listed, read and archived out.

Nothing outside the folder is ever touched: a name is one part of a path, links are not followed, only regular files
count. What is read is bounded, and a file that changed while it was read is not taken.
"""

import asyncio
import os
import stat
from pathlib import Path
from typing import Any, Protocol

from services.pickup_config import SftpSpec
from services.pickup_rules import Listed

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
CHUNK_BYTES = 1 << 20


class ShelfError(RuntimeError):
    """A folder or file that cannot be used: which, and why."""


class Shelf(Protocol):
    """A folder of files that somebody else writes."""

    def files(self, files_max: int) -> list[Listed]:
        """Regular files, by name."""

    def read(self, file: Listed) -> bytes:
        """All of a file; `ShelfError` where it is not what was listed."""

    def put_away(self, name: str, archived: str) -> None:
        """Move a file into the archive, and what marks it as whole with it."""

    def close(self) -> None:
        """Let go of what is held."""


class LocalShelf:
    """A folder on this machine."""

    def __init__(self, folder: Path, archive: str) -> None:
        self.archive = folder / archive
        try:
            self.archive.mkdir(exist_ok=True)
            self.handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW)
            self.archive_handle = os.open(archive, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW, dir_fd=self.handle)
        except OSError as error:
            raise ShelfError(f"{folder}: {error.strerror}, expected a folder that can be read and written") from error

    def files(self, files_max: int) -> list[Listed]:
        """Regular files, by name; links are not even looked at."""
        found = []
        with os.scandir(self.handle) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode):
                    found.append(Listed(entry.name, facts.st_size, int(facts.st_mtime)))
        return sorted(found)[:files_max]

    def read(self, file: Listed) -> bytes:
        """All of it, by the folder's own handle, so that no link can stand in between."""
        try:
            handle = os.open(file.name, os.O_RDONLY | os.O_NONBLOCK | NO_FOLLOW, dir_fd=self.handle)
        except OSError as error:
            raise ShelfError(f"{file.name}: {error.strerror}") from error
        with os.fdopen(handle, "rb") as opened:
            data = opened.read(file.size_bytes + 1)
            facts = os.fstat(opened.fileno())
        now = Listed(file.name, facts.st_size, int(facts.st_mtime))
        if not stat.S_ISREG(facts.st_mode) or now != file or len(data) != file.size_bytes:
            raise ShelfError(f"{file.name}: changed while it was read")
        return data

    def put_away(self, name: str, archived: str) -> None:
        """One rename within the folder."""
        try:
            os.rename(name, archived, src_dir_fd=self.handle, dst_dir_fd=self.archive_handle)
        except OSError as error:
            raise ShelfError(f"{name}: cannot be archived: {error.strerror}") from error

    def close(self) -> None:
        """Close the folders."""
        os.close(self.archive_handle)
        os.close(self.handle)


class SftpShelf:
    """A folder on an SFTP server whose key is known."""

    def __init__(self, spec: SftpSpec, archive: str, password: str | None, seconds_max: float) -> None:
        import asyncssh  # noqa: PLC0415 - the extra `sftp`; a folder here does without it

        self.spec = spec
        self.archive = f"{spec.folder.rstrip('/')}/{archive}"
        self.seconds_max = seconds_max
        self.errors: tuple[type[Exception], ...] = (asyncssh.Error, OSError, TimeoutError)
        self.loop = asyncio.new_event_loop()
        try:
            self.connection = self._wait(self._connect(asyncssh, password))
            self.client: Any = self._wait(self.connection.start_sftp_client())
            self._wait(self.client.makedirs(self.archive, exist_ok=True))
        except ShelfError:
            self.loop.close()
            raise

    async def _connect(self, asyncssh: Any, password: str | None) -> Any:
        return await asyncssh.connect(
            self.spec.host,
            self.spec.port,
            username=self.spec.user,
            password=password,
            client_keys=[str(self.spec.key_file)] if self.spec.key_file else None,
            known_hosts=str(self.spec.known_hosts),
            agent_path=None,
            config=None,
        )

    def _wait(self, work: Any) -> Any:
        try:
            return self.loop.run_until_complete(asyncio.wait_for(work, self.seconds_max))
        except self.errors as error:
            raise ShelfError(f"{self.spec.host}: {type(error).__name__}: {error}") from error

    def _path(self, name: str) -> str:
        return f"{self.spec.folder.rstrip('/')}/{name}"

    def files(self, files_max: int) -> list[Listed]:
        """Regular files, by name, by what the server says of them without following links."""
        found = []
        for entry in self._wait(self.client.readdir(self.spec.folder)):
            facts = entry.attrs
            is_file = stat.S_ISREG(facts.permissions) if facts.permissions is not None else facts.type == 1
            if is_file and facts.size is not None:
                found.append(Listed(str(entry.filename), facts.size, int(facts.mtime or 0)))
        return sorted(found)[:files_max]

    def read(self, file: Listed) -> bytes:
        """All of it, and not one byte more than was listed."""
        data, now = self._wait(self._read(file))
        if now != file or len(data) != file.size_bytes:
            raise ShelfError(f"{file.name}: changed while it was read")
        return bytes(data)

    async def _read(self, file: Listed) -> tuple[bytes, Listed]:
        async with self.client.open(self._path(file.name), "rb") as opened:
            data = await opened.read(file.size_bytes + 1)
        facts = await self.client.lstat(self._path(file.name))
        is_file = stat.S_ISREG(facts.permissions) if facts.permissions is not None else facts.type == 1
        return data, Listed(file.name, facts.size if is_file else -1, int(facts.mtime or 0))

    def put_away(self, name: str, archived: str) -> None:
        """One rename on the server."""
        self._wait(self.client.posix_rename(self._path(name), f"{self.archive}/{archived}"))

    def close(self) -> None:
        """End the connection."""
        self.client.exit()
        self.connection.close()
        self._wait(self.connection.wait_closed())
        self.loop.close()
