"""API guard: answers as JSON with an ETag, callers without the token refused, headers that keep a browser safe."""

import hmac
import json
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/healthz", "/", "/tower.js", "/tower.css")  # the page is no secret; what it shows it asks for
SAFE_HEADERS = [
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
]


def answer(request: Request, document: Any) -> Response:
    """A document as JSON; 304 where the caller has it already."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    if tag in (part.strip() for part in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers={"etag": tag})
    return Response(body, media_type="application/json", headers={"etag": tag})


def refusal(status: int, message: str) -> Response:
    """An error as JSON."""
    return JSONResponse({"error": message}, status_code=status)


class Guard:
    """Middleware: who does not know the token is answered 401, and every answer carries the safe headers."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *SAFE_HEADERS]}
            await send(message)

        given = dict(scope["headers"]).get(b"authorization", b"")
        if self.expected and scope["path"] not in OPEN_PATHS and not hmac.compare_digest(given, self.expected):
            refused = JSONResponse({"error": "expected the token"}, 401, {"www-authenticate": "Bearer"})
            await refused(scope, receive, safely)
            return
        await self.app(scope, receive, safely)
