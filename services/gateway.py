"""Gateway: webhooks over HTTP in, envelopes in the landing folder or on a topic out.

    POST /hooks/<source>   202 kept   400, 408, 413 not a body we take   401 not signed by it   404 no such source
                           429 too often, with Retry-After   503 not kept: send again
    GET  /healthz          200

A sender is answered when its message is safe and before anything reads it. What is logged is who, how much and what was
answered, never a payload, a header or a secret.
"""

import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.deliveries import Delivery, DeliveryError, LandingFolder, Topic
from services.envelope_requests import envelope_of
from services.gateway_config import GatewayConfig
from services.rate_rules import Buckets
from services.request_bodies import BodyError, read_body
from services.signature_rules import why_not

LOGGER = logging.getLogger("sellable.gateway")
RETRY_SECONDS = 5  # after which a sender may try again what could not be kept

Clock = Callable[[], datetime]


def now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def delivery_of(config: GatewayConfig) -> Delivery:
    """Where the config says that envelopes go."""
    if config.spec.landing_folder is not None:
        return LandingFolder(config.spec.landing_folder)
    return Topic(config.spec.topic or "", config.spec.limits.write_seconds_max)


def gateway(config: GatewayConfig, delivery: Delivery, clock: Clock = now) -> Starlette:
    """The ASGI application."""
    desk = _Desk(config, delivery, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        delivery.close()

    routes = [
        Route("/hooks/{source}", desk.receive, methods=["POST"]),
        Route("/healthz", _healthy, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _healthy(_: Request) -> Response:
    return JSONResponse({"status": "up"})


class _Desk:
    """Who receives: one for the life of the application."""

    def __init__(self, config: GatewayConfig, delivery: Delivery, clock: Clock) -> None:
        limits = config.spec.limits
        self.config = config
        self.delivery = delivery
        self.clock = clock
        self.buckets = Buckets(limits.requests_per_second_max, limits.burst_requests_max)

    async def receive(self, request: Request) -> Response:
        source = request.path_params["source"]
        sender = self.config.senders.get(source)
        if sender is None:  # the name is not logged: anybody can send any
            return _answer(404, "unknown", "no such source")
        wait = self.buckets.seconds_to_wait(request.client.host if request.client else "", time.monotonic())
        if wait:
            return _answer(429, source, "too many requests", retry_seconds=math.ceil(wait))
        limits = self.config.spec.limits
        try:
            body = await read_body(request, limits.body_bytes_max, limits.body_seconds_max)
        except BodyError as error:
            return _answer(error.status, source, str(error))
        at = self.clock()
        problem = why_not(sender.scheme, sender.secrets, request.headers, body, at)
        if problem is not None:
            return _answer(401, source, problem)
        envelope = envelope_of(source, sender, request.headers, body, at)
        try:
            await run_in_threadpool(self.delivery.put, envelope)
        except DeliveryError as error:
            LOGGER.warning("%s", error)
            return _answer(503, source, "not kept, send it again", retry_seconds=RETRY_SECONDS)
        LOGGER.info("202 %s %d bytes correlation_id=%s", source, len(body), envelope.correlation_id)
        return JSONResponse({"correlation_id": envelope.correlation_id}, status_code=202)


def _answer(status: int, source: str, message: str, retry_seconds: int = 0) -> Response:
    LOGGER.warning("%d %s %s", status, source, message)
    headers = {"retry-after": str(retry_seconds)} if retry_seconds else {}
    if status in {408, 413}:
        headers["connection"] = "close"  # the rest of the body is not read
    return JSONResponse({"error": message}, status_code=status, headers=headers)
