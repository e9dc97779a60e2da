"""Exchanges: a call in, made over HTTP, into a file or to a topic, and what came of it out; never an exception."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from google.api_core.exceptions import GoogleAPICallError

from schemas.outbound_spec import OutboundSpec
from schemas.partner_spec import PartnerSpec
from transforms.canonical.expressions import ExpressionError
from transforms.sending.outbound_rules import Context, Outbound, Request, context_of
from transforms.sending.outbox_state import Answer, Call
from transforms.sending.payload_formats import PayloadError
from transforms.sending.retry_rules import retry_after_seconds

ANSWER_BYTES_MAX = 8 << 20
WORDS_CHARS_MAX = 300
SUFFIXES = {"x12": ".edi", "csv": ".csv", "xml": ".xml", "json": ".json", "jsonl": ".jsonl"}

_DOWN = frozenset({401, 403, 407, 502, 503, 504})  # of the partner or our account with it, not of the message
_BROKEN = frozenset({409, 425, 500})


class Partner:
    """A way to one partner, used by one thread."""

    def __init__(
        self, name: str, terms: PartnerSpec, mapping: OutboundSpec, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.name = name
        self.terms = terms
        self.outbound = Outbound(mapping)
        self.secrets = {secret: environment.get(variable, "") for secret, variable in terms.secrets.items()}
        self._client: Any = None

    def make(self, call: Call, at: float) -> Answer:
        """Make a call; `at` is the time as the outbox sees it."""
        exchange = self.outbound.exchanges.get(call.phase)
        if exchange is None:
            return Answer("done", otherwise="applied", figures={one.key: one.quantity for one in call.messages})
        context = context_of(call, self.terms.values, at)
        answer = Answer("done")
        for step in exchange.steps:
            try:
                request = step.request(context, self.secrets)
            except (PayloadError, ExpressionError) as error:
                return Answer("refused", f"not sent: {error}")
            answer = self._exchange(request, context, at)
            if answer.outcome != "done":
                return answer
            try:
                if step.is_pending(context):
                    return Answer("pending")
                context["kept"] |= step.kept(context)
                answer = exchange.understood(context) if step is exchange.steps[-1] else answer
            except ExpressionError as error:
                return Answer("failed", f"an answer that the mapping cannot read: {error}")
        return answer

    def close(self) -> None:
        """Give up what is open."""
        if isinstance(self._client, httpx.Client):
            self._client.close()

    def _exchange(self, request: Request, context: Context, at: float) -> Answer:
        """Make one request and put status and body of its answer into the context."""
        scheme, _, rest = self.terms.url.partition(":")
        if scheme == "file":
            context |= {"status": 200, "body": {"file": _write_file(Path(rest), self.outbound.spec, request, context)}}
            return Answer("done")
        if scheme == "pubsub":
            return self._publish(rest, request, context)
        return self._http(request, context, at)

    def _http(self, request: Request, context: Context, at: float) -> Answer:
        if self._client is None:
            self._client = httpx.Client(timeout=self.terms.timeout_seconds, follow_redirects=False, trust_env=False)
        url = request.url or f"{self.terms.url}{request.path}"
        if request.url and not self._is_ours(request.url):
            return Answer("failed", f"was sent on to {urlsplit(request.url).hostname}, expected one of hosts")
        try:
            with self._client.stream(request.method, url, headers=request.headers, content=request.body) as response:
                data = _bounded(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return Answer("down", f"no connection: {error}"[:WORDS_CHARS_MAX])
        except httpx.LocalProtocolError as error:
            return Answer("refused", f"not sent: {error}"[:WORDS_CHARS_MAX])
        except httpx.HTTPError as error:
            return Answer("unknown", f"no answer: {error or type(error).__name__}"[:WORDS_CHARS_MAX])
        if data is None:
            return Answer("failed", f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        context |= {"status": response.status_code, "body": _body(data)}
        return _of_status(response, data, at)

    def _is_ours(self, url: str) -> bool:
        own, other = urlsplit(self.terms.url), urlsplit(url)
        same_scheme = other.scheme in ("https", own.scheme)
        return same_scheme and (other.netloc == own.netloc or other.hostname in self.terms.hosts)

    def _publish(self, topic: str, request: Request, context: Context) -> Answer:
        if self._client is None:
            from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # noqa: PLC0415 - a second, for few

            self._client = pubsub_v1.PublisherClient()
        attributes = {"ce-specversion": "1.0", "ce-id": context["call"]["key"], "ce-source": "sellable"}
        attributes |= {"ce-type": f"sellable.{context['message']['kind']}", "content-type": "application/json"}
        try:
            future = self._client.publish(topic, request.body or b"", **attributes)
            message_id = future.result(timeout=self.terms.timeout_seconds)
        except GoogleAPICallError as error:
            return Answer("down", f"not published: {error.message}"[:WORDS_CHARS_MAX])
        except TimeoutError:
            return Answer("unknown", "not published in time")
        context |= {"status": 200, "body": {"message_id": message_id}}
        return Answer("done")


def _bounded(response: httpx.Response) -> bytes | None:
    data = b""
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > ANSWER_BYTES_MAX:
            return None
    return data


def _body(data: bytes) -> Any:
    """An answer as data: JSON exactly, anything else as text."""
    text = data.decode("utf-8", errors="replace")
    try:
        return json.loads(text, parse_float=Decimal) if text.strip() else None
    except (ValueError, RecursionError):
        return text


def _of_status(response: httpx.Response, data: bytes, at: float) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer("done")
    words = f"status {status}: {data[:WORDS_CHARS_MAX].decode('utf-8', errors='replace')}"
    wait = retry_after_seconds(response.headers.get("Retry-After"), at)
    if status == 429:
        return Answer("throttled", words, wait)
    if status == 408:
        return Answer("unknown", words, wait)
    if status in _BROKEN:
        return Answer("failed", words, wait)
    if status in _DOWN or status >= 500 or status < 400:
        return Answer("down", words, wait)
    return Answer("refused", words)


def _write_file(folder: Path, mapping: OutboundSpec, request: Request, context: Context) -> str:
    """Write a payload under the number of its call, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{context['call']['number']:09}{SUFFIXES[mapping.format]}"
    part = path.with_suffix(".part")
    part.write_bytes(request.body or b"")
    part.replace(path)
    return str(path)
