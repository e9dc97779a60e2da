"""An SFTP server on loopback, in this process: what a partner's server does, over a real connection."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "sellable", "a-password-for-tests"
START_SECONDS_MAX = 30


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextmanager
def sftp_server(root: Path, known_hosts: Path) -> Iterator[int]:
    """Serve a folder as the root of the server; its port, and its key in `known_hosts`."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    started = threading.Event()
    found: dict[str, Any] = {}

    async def start() -> None:
        found["server"] = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=_Server,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
        )
        started.set()

    def serve() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(START_SECONDS_MAX)
    port: int = found["server"].get_port()
    known_hosts.write_bytes(f"[127.0.0.1]:{port} ".encode() + key.export_public_key())
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(found["server"].close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_SECONDS_MAX)
