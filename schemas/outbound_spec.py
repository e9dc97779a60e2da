"""Outbound spec: the mapping of a partner in, which calls tell it something, and what its answers mean, out.

It is `schemas/outbound/PARTNER/mapping.yaml`. A template is the payload itself, as YAML, in which
three things are not taken literally:

    {from: message.listing}                       what an expression reads, JMESPath as in inbound mappings
    {each: messages, as: {sku: {from: one.item}}} a list: the template once for each element
    {text: [/feeds/, {from: call.receipt}]}       pieces put together as text

Expressions read `messages` (the figures or facts of the call, by the names of their fields, each with `number` and
`known`, the figure that the partner has), `message` (the first), `call`, `partner` (its `values`), `kept` (from earlier
steps); inside an `each` `one`, `number` from 1, and `outer`; in headers also `secret`; of answers `status`, `body`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from schemas.expression_syntax import names_read, parse_expression
from schemas.mapping_spec import Name
from schemas.mapping_values import Expression, Spec, Text
from schemas.partner_spec import Partners, PostingType, load_partners
from schemas.yaml_files import Finding, SpecError, Steps, load_yaml, parse, refusal

OUTBOUND_FILE = "mapping.yaml"
STEPS_MAX = 5
DEPTH_MAX = 20
FORMATS = ("json", "jsonl", "csv", "xml", "x12")

OF_CALL = frozenset({"messages", "message", "call", "partner", "kept"})
OF_EACH = frozenset({"one", "number", "outer"})
OF_ANSWER = frozenset({"status", "body"})


def _template(node: Any, depth: int = 0) -> Any:
    """Plain data with its expressions parsed; ValueError for one that is none."""
    if depth > DEPTH_MAX:
        raise ValueError(f"nested more than {DEPTH_MAX} deep")
    if isinstance(node, Mapping):
        keys = set(node)
        for marker, alone in (("from", {"from"}), ("each", {"each", "as"}), ("text", {"text"})):
            if marker in keys and keys != alone:
                raise ValueError(f"{marker} given with {sorted(keys - alone) or 'no as'}, expected {sorted(alone)}")
        for marker in ("from", "each"):
            if marker in keys:
                parse_expression(str(node[marker]))
        return {str(key): _template(part, depth + 1) for key, part in node.items()}
    if isinstance(node, list | tuple):
        return [_template(part, depth + 1) for part in node]
    if not isinstance(node, str | int | bool | None):
        raise ValueError(f"{node!r}, expected text, whole numbers, true, false or null")  # noqa: TRY004 - for pydantic
    return node


Template = Annotated[Any, AfterValidator(_template)]


class StepSpec(Spec):
    """One request. What it keeps of its answer, later steps read as `kept`."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: Template = ""  # below the partner's url; what is read into it is escaped
    url: Expression | None = None  # instead: an address that an earlier step was given, on a host of the partner
    query: dict[str, Template] = Field(default_factory=dict)
    headers: dict[str, Template] = Field(default_factory=dict)
    body: Template = None
    pending: Expression | None = None  # where it holds of the answer, there is no result yet
    keep: dict[Name, Expression] = Field(default_factory=dict)


class AnswerSpec(Spec):
    """What the answer of the last step means. Status codes are understood without it."""

    throttled: Expression | None = None  # where it holds, the partner wants us to slow down
    failed: Expression | None = None  # where it holds, the call did nothing: all of it is sent again
    receipt: Expression | None = None  # results are asked for by it, with `poll`
    each: Expression | None = None  # the list of what concerns single messages
    problem: Expression | None = None  # of `one`: whether it is a problem; each of them where nothing is said
    key: Expression | None = None  # of `one`: its message by key
    number: Expression | None = None  # of `one`: or by its number in the call
    number_from: Literal[0, 1] = 1
    code: Expression | None = None  # of `one`: the partner's code for what is wrong
    message: Expression | None = None  # of `one`, in words
    retry: Expression | None = None  # of `one`: whether it is worth sending again
    lists_all: bool = False  # each message has a `one`, also those that are done; what has none is sent again
    together: bool = False  # one problem and nothing of the call was done
    settles: bool = True  # success means applied; false: accepted, and read back


class FiguresSpec(Spec):
    """What a partner says it has."""

    each: Expression
    key: Expression
    quantity: Expression


class ExchangeSpec(Spec):
    """A phase: its steps and what the last answer means."""

    steps: tuple[StepSpec, ...] = Field(min_length=1, max_length=STEPS_MAX)
    answer: AnswerSpec = AnswerSpec()
    figures: FiguresSpec | None = None


class OutboundSpec(Spec):
    """One outbound mapping."""

    partner: Name
    owner: Text  # a team
    version: Annotated[int, Field(ge=1)]
    takes: Literal["figures", "postings"]
    format: Literal["json", "jsonl", "csv", "xml", "x12"] = "json"
    format_options: Template = Field(default_factory=dict)
    postings: tuple[PostingType, ...] = ()
    send: ExchangeSpec
    poll: ExchangeSpec | None = None
    read: ExchangeSpec | None = None


def load_outbound(folder: Path) -> OutboundSpec:
    """The mapping of a folder; `SpecError` with file and line."""
    path = folder / OUTBOUND_FILE
    spec = parse(OutboundSpec, path)
    found = list(_problems(spec))
    if spec.partner != folder.name:
        found.append((("partner",), f"partner {spec.partner}, expected {folder.name}, the name of the folder"))
    if found:
        raise refusal(path, load_yaml(path), found)
    return spec


def load_outbounds(folder: Path) -> dict[str, OutboundSpec]:
    """The mappings of a folder of folders, by partner; every problem of all of them in one `SpecError`."""
    found, problems = {}, []
    for path in sorted(folder.glob(f"*/{OUTBOUND_FILE}")):
        try:
            found[path.parent.name] = load_outbound(path.parent)
        except SpecError as error:
            problems += str(error).splitlines()
    if not found and not problems:
        problems = [f"{folder}: no outbound mapping, expected PARTNER/{OUTBOUND_FILE} in it"]
    if problems:
        raise SpecError("\n".join(problems))
    return found


def load_sending(partners: Path, folder: Path) -> tuple[Partners, dict[str, OutboundSpec]]:
    """Partners and mappings that fit each other; `SpecError` with file and line."""
    known, told = load_outbounds(folder), load_partners(partners)
    found: list[Finding] = []
    for name, terms in told.items():
        mapping = known.get(terms.mapping)
        takes = "figures" if terms.channel else "postings"
        if mapping is None:
            expected = f"expected one of {', '.join(known)}"
            found.append((("partners", name, "mapping"), f"no mapping {terms.mapping} in {folder}, {expected}"))
        elif mapping.takes != takes or not set(terms.postings) <= set(mapping.postings or terms.postings):
            takes_what = " ".join([mapping.takes, *mapping.postings])
            found.append((("partners", name, "mapping"), f"mapping {terms.mapping} takes {takes_what} only"))
    if found:
        raise refusal(partners, load_yaml(partners), found)
    return told, known


def _problems(spec: OutboundSpec) -> Iterator[Finding]:
    for phase in ("send", "poll", "read"):
        exchange: ExchangeSpec | None = getattr(spec, phase)
        if exchange is None:
            continue
        for index, step in enumerate(exchange.steps):
            yield from _step_problems((phase, "steps", index), step)
        for name, text in exchange.answer:
            if isinstance(text, str):
                known = OF_ANSWER | OF_CALL | (OF_EACH if name in _OF_ONE else frozenset())
                yield from _unknown((phase, "answer", name), text, known)
        if exchange.answer.receipt and phase == "send" and spec.poll is None:
            yield (phase, "answer", "receipt"), "a receipt, expected poll to ask for results by it"
    if spec.read is None and (not spec.send.answer.settles or (spec.poll and not spec.poll.answer.settles)):
        yield ("send",), "settles is false, expected read to see whether a figure took"
    if spec.read is not None and spec.read.figures is None:
        yield ("read",), "no figures, expected where in the answer they are"


_OF_ONE = frozenset({"problem", "key", "number", "code", "message", "retry"})


def _step_problems(steps: Steps, step: StepSpec) -> Iterator[Finding]:
    if step.url is not None:
        yield from _unknown((*steps, "url"), step.url, OF_CALL)
    if step.pending is not None:
        yield from _unknown((*steps, "pending"), step.pending, OF_CALL | OF_ANSWER)
    for name, text in step.keep.items():
        yield from _unknown((*steps, "keep", name), text, OF_CALL | OF_ANSWER)
    for name in ("path", "query", "body"):
        yield from _template_problems((*steps, name), getattr(step, name), OF_CALL)
    yield from _template_problems((*steps, "headers"), step.headers, OF_CALL | {"secret"})


def _template_problems(steps: Steps, node: Any, known: frozenset[str]) -> Iterator[Finding]:
    if isinstance(node, dict):
        for marker in ("from", "each"):
            if marker in node:
                yield from _unknown((*steps, marker), str(node[marker]), known)
        inside = known | OF_EACH if "each" in node else known
        for key, part in node.items():
            if key not in ("from", "each"):
                yield from _template_problems((*steps, key), part, inside)
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from _template_problems((*steps, index), part, known)


def _unknown(steps: Steps, text: str, known: frozenset[str]) -> Iterator[Finding]:
    for name in sorted(names_read(parse_expression(text)) - known - {"@"}):
        yield steps, f"{text!r} reads {name!r}, expected one of {', '.join(sorted(known))}"
