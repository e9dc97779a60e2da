"""API: the views over HTTP, read only, and the control tower in the browser.

GET  /v1/<collection>                   rows of a view, by filters, page by page
GET  /v1/items/<item>/explanation       why each channel is told what it is told
GET  /v1/items/<item>/locations         what lies where, what each channel could draw from there
GET  /v1/traces/<correlation id>        everything that came of one message
GET  /v1/tower                          what the control tower shows
POST /v1/order-checks                   whether all lines of an order can be promised together
GET  /openapi.json, /healthz, /         the description of all this; whether it is up; the control tower
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pipelines.item_report import UnknownItemError
from services.api_document import api_document
from services.api_guard import Guard, answer, refusal
from services.api_source import ApiSource
from services.item_answers import by_location, explanation
from services.order_checks import check
from services.request_bodies import BodyError, read_body
from services.tower_report import tower
from services.traces import trace
from services.view_pages import COLLECTIONS, VALUE_CHARS_MAX, QueryError, read_page, view_of_collection
from transforms.publication.view_database import ViewsError

ORDER_BYTES_MAX = 1 << 20
ORDER_SECONDS_MAX = 10
PAGE_FILES = Path(__file__).parent / "tower"


def api(source: ApiSource, token: str = "") -> Starlette:
    """The ASGI application; a token that is not empty must be sent by every caller."""
    desk = _Desk(source)
    routes = [
        Route("/v1/tower", desk.tower),
        Route("/v1/order-checks", desk.check_order, methods=["POST"]),
        Route("/v1/items/{item:path}/explanation", desk.explain),
        Route("/v1/items/{item:path}/locations", desk.locate),
        Route("/v1/traces/{correlation_id:path}", desk.trace),
        Route("/v1/{collection}", desk.list_rows),
        Route("/openapi.json", _document),
        Route("/healthz", _healthy),
        Route("/", _file("tower.html")),
        Route("/tower.js", _file("tower.js")),
        Route("/tower.css", _file("tower.css")),
    ]
    handlers: dict[Any, Any] = {
        HTTPException: lambda _, error: refusal(error.status_code, error.detail),
        QueryError: _says(400),
        UnknownItemError: _says(404),
        BodyError: lambda _, error: refusal(error.status, str(error)),
        ViewsError: _says(503),
    }
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(Guard, token=token)])


class _Desk:
    """Who answers: one for the life of the application. Databases are read outside the event loop."""

    def __init__(self, source: ApiSource) -> None:
        self.source = source

    async def list_rows(self, request: Request) -> Response:
        view = view_of_collection(request.path_params["collection"])
        if view is None:
            return refusal(404, f"no such collection, expected one of {', '.join(COLLECTIONS)}")
        names = [name for name, _ in request.query_params.multi_items()]
        if len(set(names)) != len(names):
            raise QueryError("a parameter is given twice, expected each once")

        def read() -> dict[str, Any]:
            with self.source.reading() as connection:
                return read_page(connection, view, dict(request.query_params))._asdict()

        return answer(request, await run_in_threadpool(read))

    async def explain(self, request: Request) -> Response:
        channel = request.query_params.get("channel")
        found = await run_in_threadpool(explanation, self.source, _short(request, "item"), channel)
        return answer(request, found)

    async def locate(self, request: Request) -> Response:
        return answer(request, await run_in_threadpool(by_location, self.source, _short(request, "item")))

    async def trace(self, request: Request) -> Response:
        correlation_id = _short(request, "correlation_id")

        def read() -> dict[str, Any]:
            with self.source.reading() as connection:
                return trace(connection, correlation_id)

        return answer(request, await run_in_threadpool(read))

    async def tower(self, request: Request) -> Response:
        return answer(request, await run_in_threadpool(tower, self.source))

    async def check_order(self, request: Request) -> Response:
        body = await read_body(request, ORDER_BYTES_MAX, ORDER_SECONDS_MAX)
        return answer(request, await run_in_threadpool(check, self.source, body))


def _short(request: Request, name: str) -> str:
    value: str = request.path_params[name]
    if len(value) > VALUE_CHARS_MAX:
        raise QueryError(f"{name} has {len(value)} characters, expected at most {VALUE_CHARS_MAX}")
    return value


def _says(status: int) -> Callable[[Request, Any], Response]:
    return lambda _, error: refusal(status, str(error))


async def _document(request: Request) -> Response:
    return answer(request, api_document())


async def _healthy(request: Request) -> Response:
    return answer(request, {"status": "up"})


def _file(name: str) -> Callable[[Request], Any]:
    async def send(_: Request) -> Response:
        return FileResponse(PAGE_FILES / name)

    return send
