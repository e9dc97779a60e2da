"""Outbound rules: a mapping and a call in, the requests to make out; an answer in, what it means for each out."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from schemas.encoding import to_json_value
from schemas.outbound_spec import ExchangeSpec, FiguresSpec, OutboundSpec, StepSpec
from transforms.canonical.expressions import compile_read, compile_test, is_false
from transforms.canonical.quantities import QuantityError, to_quantity
from transforms.sending.outbox_state import Answer, Call, Result
from transforms.sending.payload_formats import encode, plain_number

Context = dict[str, Any]
Fill = Callable[[Context], Any]

CONTENT_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml",
    "x12": "application/edi-x12",
}
MULTI_STATUS = 207  # each line of the call has a status of its own
WORDS_CHARS_MAX = 500  # of what a partner says about a message


class Request(NamedTuple):
    """One HTTP request, without the partner's address unless an earlier step was given one."""

    method: str
    path: str
    url: str  # "" for the partner's own, with `path`
    headers: dict[str, str]
    body: bytes | None


def context_of(call: Call, values: Mapping[str, str], at: float) -> Context:
    """What the expressions of a mapping read of a call."""
    moment = datetime.fromtimestamp(at, UTC)
    messages = [
        {
            **{name: part if isinstance(part, Decimal) else to_json_value(part) for name, part in one.body.items()},
            "key": one.key,
            "kind": one.kind,
            "number": number,
            "known": known,
        }
        for number, (one, known) in enumerate(zip(call.messages, call.known, strict=True), start=1)
    ]
    about = {
        "key": call.idempotency_key,
        "number": call.number,
        "receipt": call.receipt,
        "count": len(messages),
        "at": moment.isoformat(timespec="seconds"),
        "date": f"{moment:%Y%m%d}",
        "time": f"{moment:%H%M}",
    }
    first = messages[0] if messages else None
    return {"messages": messages, "message": first, "call": about, "partner": dict(values), "kept": {}}


class Exchange:
    """One phase of one mapping, ready to run."""

    def __init__(self, spec: ExchangeSpec, mapping: OutboundSpec) -> None:
        self.steps = [_Step(step, mapping) for step in spec.steps]
        self.answer = spec.answer
        self._read = {name: compile_read(text) for name, text in spec.answer if isinstance(text, str)}
        self._figures = _Figures(spec.figures) if spec.figures else None

    def understood(self, context: Context) -> Answer:
        """What an answer with a status of success means; `context` has `status` and `body`."""
        for name, outcome in (("throttled", "throttled"), ("failed", "failed")):
            if self._holds(name, context):
                return Answer(outcome, self._words(context))
        if self._figures is not None:
            return Answer("done", figures=self._figures.of(context))
        if context["status"] == MULTI_STATUS and not isinstance(self._value("each", context), list):
            return Answer("failed", f"status {MULTI_STATUS} without the list that says what came of each line")
        receipt = str(self._value("receipt", context) or "")
        otherwise: Result = "accepted" if receipt or not self.answer.settles else "applied"
        results = self._results(context)
        if results and self.answer.together:
            others = (one["key"] for one in context["messages"] if one["key"] not in results)
            results |= dict.fromkeys(others, ("retry", "another message of the same call was refused"))
        return Answer("done", results=results, otherwise=otherwise, receipt=receipt)

    def _results(self, context: Context) -> dict[str, tuple[Result, str]]:
        """What came of the messages that the answer has problems with; of several problems of one the worst."""
        keys = [one["key"] for one in context["messages"]]
        found: dict[str, tuple[Result, str]] = {}
        named, unclear = set(), ""
        for one in self._value("each", context) or ():
            inside = {**context, "one": one}
            key = self._key(inside, keys)
            named.add(key)
            if "problem" in self._read and not self._holds("problem", inside):
                continue
            result: Result = "retry" if self._holds("retry", inside) else "refused"
            words = self._problem_words(inside)
            if key is None:  # a problem that names no message may be that of any: none of them counts as told
                unclear = unclear or words
            else:
                before, said = found.get(key, (result, ""))
                worst: Result = "refused" if "refused" in (before, result) else "retry"
                found[key] = (worst, f"{said}; {words}"[:WORDS_CHARS_MAX] if said else words)
        doubtful: dict[str, tuple[Result, str]] = dict.fromkeys(keys, ("retry", unclear)) if unclear else {}
        if self.answer.lists_all:
            doubtful |= {key: ("retry", "the answer has no line of it") for key in keys if key not in named}
        return doubtful | found

    def _key(self, context: Context, keys: list[str]) -> str | None:
        if "key" in self._read:
            found = self._value("key", context)
            return str(found) if str(found) in keys else None
        number = self._value("number", context)
        if not str(number).isdigit():
            return None
        index = int(str(number)) - self.answer.number_from
        return keys[index] if 0 <= index < len(keys) else None

    def _problem_words(self, inside: Context) -> str:
        said = self._value("message", inside) or "refused without a reason"
        code = self._value("code", inside)
        return (str(said) if code in (None, "") else f"{code}: {said}")[:WORDS_CHARS_MAX]

    def _words(self, context: Context) -> str:
        return str(self._value("message", {**context, "one": None}) or f"status {context['status']}")[:WORDS_CHARS_MAX]

    def _value(self, name: str, context: Context) -> Any:
        read = self._read.get(name)
        return read(context) if read else None

    def _holds(self, name: str, context: Context) -> bool:
        return name in self._read and not is_false(self._read[name](context))


class _Step:
    def __init__(self, spec: StepSpec, mapping: OutboundSpec) -> None:
        self.spec = spec
        self.form = mapping.format
        self._options = compile_template(mapping.format_options)
        self._path, self._body = compile_template(spec.path, quoted=True), compile_template(spec.body)
        self._query, self._headers = compile_template(spec.query), compile_template(spec.headers)
        self._url = compile_read(spec.url) if spec.url else None
        self._pending = compile_test(spec.pending)
        self._keep = {name: compile_read(text) for name, text in spec.keep.items()}

    def request(self, context: Context, secrets: Mapping[str, str]) -> Request:
        """The request; `PayloadError` where the format cannot carry a value."""
        query = {name: str(plain_number(part)) for name, part in self._query(context).items() if part is not None}
        path = str(self._path(context)) + (f"?{urlencode(query)}" if query else "")
        filled = self._headers({**context, "secret": dict(secrets)})
        headers = {name: _one_line(part) for name, part in filled.items() if part is not None}
        body = None
        if self.spec.body is not None:
            options = {"number": context["call"]["number"], "date": context["call"]["date"]}
            options |= {"time": context["call"]["time"], **self._options(context)}
            body = encode(self.form, self._body(context), options)
            headers = {"Content-Type": CONTENT_TYPES[self.form], **headers}
        return Request(self.spec.method, path, str(self._url(context) or "") if self._url else "", headers, body)

    def is_pending(self, context: Context) -> bool:
        """Whether the answer says that there is no result yet."""
        return self._pending is not None and bool(self._pending(context))

    def kept(self, context: Context) -> dict[str, Any]:
        """What later steps may read of this one's answer."""
        return {name: read(context) for name, read in self._keep.items()}


class _Figures:
    def __init__(self, spec: FiguresSpec) -> None:
        self._each, self._key, self._quantity = map(compile_read, (spec.each, spec.key, spec.quantity))

    def of(self, context: Context) -> dict[str, Decimal | None]:
        found: dict[str, Decimal | None] = {}
        for one in self._each(context) or ():
            if one is None:  # what it does not know
                continue
            inside = {**context, "one": one}
            try:
                found[str(self._key(inside))] = to_quantity(self._quantity(inside))
            except QuantityError:
                found[str(self._key(inside))] = None  # unknown is not zero
        return found


class Outbound:
    """A mapping, ready to run."""

    def __init__(self, spec: OutboundSpec) -> None:
        self.spec = spec
        phases = {"send": spec.send, "poll": spec.poll, "read": spec.read}
        self.exchanges = {phase: Exchange(one, spec) for phase, one in phases.items() if one is not None}


def compile_template(node: Any, *, quoted: bool = False) -> Fill:
    """A function that fills a template in; `quoted`: what is read into a text stays one piece of a path."""
    if isinstance(node, dict):
        if "from" in node:
            return compile_read(node["from"])
        if "each" in node:
            return _each(compile_read(node["each"]), compile_template(node["as"]))
        if "text" in node:
            pieces = [(compile_template(part), isinstance(part, dict) and quoted) for part in node["text"]]
            return lambda context: "".join(_piece(fill(context), quoted=escaped) for fill, escaped in pieces)
        parts = {key: compile_template(part) for key, part in node.items()}
        return lambda context: {key: fill(context) for key, fill in parts.items()}
    if isinstance(node, list):
        fills = [compile_template(part) for part in node]
        return lambda context: [fill(context) for fill in fills]
    return lambda _context: node


def _each(listed: Fill, fill: Fill) -> Fill:
    def filled(context: Context) -> list[Any]:
        outer = context.get("one")
        ones = listed(context) or ()
        return [fill({**context, "outer": outer, "one": one, "number": at}) for at, one in enumerate(ones, start=1)]

    return filled


def _piece(value: Any, *, quoted: bool) -> str:
    text = "" if value is None else str(plain_number(value))
    return quote(text, safe="") if quoted else text


def _one_line(value: Any) -> str:
    """A header's value: whatever would end its line, or is no ASCII, is escaped."""
    return quote(str(plain_number(value)).strip(), safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~%")
