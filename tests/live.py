"""Live servers: an ASGI application in, its address on loopback out, for as long as a test wants it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from services.serving import server_of

STOP_SECONDS_MAX = 30


@contextmanager
def live(app: Starlette, connections_max: int = 100) -> Iterator[str]:
    """The base URL of a real server in a thread of this process."""
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects before it is started waits
        server = server_of(app, "127.0.0.1", 0, connections_max)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS_MAX)
            assert not thread.is_alive(), "the server did not end"
