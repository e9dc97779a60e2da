"""Server: partners by name, each with its behaviour, behind one HTTP server on loopback; and an admin address.

GET  /admin/NAME          what it holds and what it saw
POST /admin/NAME          {"is_dead": true}: behave so from now on
*    /NAME/...            the partner itself

python -m examples.fake_partner.server --behaviours behaviours.json --address_file out/partners.url
"""

import json
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from examples.fake_partner.behaviour import Behaviour, Clock, Gate, Seen, changed
from examples.fake_partner.shapes import NAME, SHAPES, Request, Shop, phase_of

BODY_BYTES_MAX = 32 << 20


class FakePartner:
    """One partner: how it behaves, what it holds, what it saw."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self.behaviour = behaviour
        self.clock = clock
        self.gate = Gate(behaviour, clock)
        self.shop = Shop(self.gate)
        self.seen: list[Seen] = []
        self._lock = threading.Lock()

    def answer(self, request: Request) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body; status 0 drops the connection."""
        phase = phase_of(self.behaviour.shape, request)
        with self._lock:
            refused = self.gate.refusal(phase)
            if refused is not None:
                status, headers, body = *refused, {"error": "told so"}
            else:
                status, body = SHAPES[self.behaviour.shape](self.shop, request)
                headers = {}
                if self.gate.vanishes():
                    status = 0
            self.seen.append(Seen(self.clock(), phase, status))
        if self.behaviour.delay_seconds:
            time.sleep(self.behaviour.delay_seconds)
        return status, headers, body

    def state(self) -> Any:
        """What the admin is shown."""
        with self._lock:
            statuses = [one.status for one in self.seen]
            return {
                "behaviour": asdict(self.behaviour),
                "figures": self.shop.figures,
                "documents": self.shop.documents,
                "calls": len(self.seen),
                "statuses": {str(status): statuses.count(status) for status in sorted(set(statuses))},
                "exceeded": self.gate.exceeded,
            }


class FakePartners:
    """A server with some partners; a context manager that stops it."""

    def __init__(self, behaviours: Mapping[str, Behaviour], clock: Clock = time.time) -> None:
        self.partners = {name: FakePartner(behaviour, clock) for name, behaviour in behaviours.items()}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __getitem__(self, name: str) -> FakePartner:
        return self.partners[name]


def _handler(partners: FakePartners) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_any(self) -> None:
            found = NAME.fullmatch(self.path)
            length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
            body = self.rfile.read(length)
            name, path = (found[1], found[2] or "/") if found else ("", "/")
            if name == "admin":
                self._reply(*_administer(partners, path.strip("/"), body if self.command == "POST" else b""))
            elif name not in partners.partners:
                self._reply(404, {}, {"error": f"no partner {name!r}"})
            else:
                headers = {key.lower(): value for key, value in self.headers.items()}
                request = Request(self.command, path, headers, body, f"{partners.url}/{name}")
                self._reply(*partners[name].answer(request))

        do_GET = do_POST = do_PUT = do_PATCH = do_any  # noqa: N815 - the server looks for these names

        def _reply(self, status: int, headers: Mapping[str, str], body: Any) -> None:
            if status == 0:
                self.close_connection = True
                return
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers, "Content-Length": len(data)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Nothing: the admin address tells it better."""

    return Handler


def _administer(partners: FakePartners, name: str, body: bytes) -> tuple[int, dict[str, str], Any]:
    if name not in partners.partners:
        return 404, {}, {"error": f"no partner {name!r}, expected one of {', '.join(partners.partners)}"}
    if body:
        try:
            changed(partners[name].behaviour, json.loads(body))
        except (AttributeError, ValueError, TypeError) as error:
            return 400, {}, {"error": str(error)}
    return 200, {}, partners[name].state()


def main(arguments: list[str] | None = None) -> None:
    """Serve the partners of a file until somebody stops it."""
    parser = ArgumentParser(description="Partners that misbehave on command.")
    parser.add_argument("--behaviours", type=Path, required=True, help="JSON: name -> behaviour")
    parser.add_argument("--address_file", type=Path, required=True, help="where to write the address once it listens")
    given = parser.parse_args(arguments)
    behaviours = {name: Behaviour(**one) for name, one in json.loads(given.behaviours.read_text()).items()}
    with FakePartners(behaviours) as served:
        given.address_file.write_text(served.url, encoding="utf-8")
        print(f"fake partners {', '.join(behaviours)} at {served.url}", file=sys.stderr)
        threading.Event().wait()


if __name__ == "__main__":
    main()
