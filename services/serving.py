"""Serving: an application and an address in, a server on it until it is told to stop."""

import logging
import socket
import sys
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

LOGGER = logging.getLogger("sellable")

HEADER_BYTES_MAX = 16_384
KEEP_ALIVE_SECONDS = 15
STOP_SECONDS_MAX = 20  # for requests in hand when the server is told to end
BACKLOG_MAX = 128  # connections that wait to be accepted


def server_of(app: Starlette, host: str, port: int, connections_max: int) -> uvicorn.Server:
    """A server that is not started yet. Above `connections_max` connections it answers 503."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,  # it would log addresses with what callers put into them
        server_header=False,
        limit_concurrency=connections_max + 1,  # it counts the one that it turns away
        backlog=BACKLOG_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
    )
    return uvicorn.Server(config)


def serve(app: Starlette, host: str, port: int, connections_max: int, words: str) -> None:
    """Serve until SIGTERM or SIGINT; the log, on stderr, says where: port 0 is any that is free."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=BACKLOG_MAX) as listening:
        LOGGER.info("%s on http://%s:%d; Ctrl-C ends it", words, host, listening.getsockname()[1])
        with suppress(KeyboardInterrupt):  # which uvicorn raises again once it has ended in order
            server_of(app, host, port, connections_max).run(sockets=[listening])
