"""Delivery samples: the samples of an outbound mapping in, what it makes of them compared with what was promised out.

Beside an outbound mapping lie calls as they happen, and beside each what it must become:

    schemas/outbound/shop/samples/two_figures.json            messages and the partner's answers
    schemas/outbound/shop/samples/two_figures.expected.json   the requests, and what the last answer means

A sample has `messages` (the fields of each record that matter), may have `known`, `values`, `phase`, `receipt`, and has
`answers`, one for each request: `{"status": 207, "body": ...}`. Every phase of a mapping needs a sample.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

from schemas.encoding import to_json_value
from schemas.outbound_spec import OutboundSpec
from schemas.partner_spec import PartnerSpec
from schemas.records import ChannelUpdate, PartnerPosting
from transforms.sending.exchanges import Partner
from transforms.sending.outbound_rules import Context, Request
from transforms.sending.outbox_state import Answer, Call
from transforms.sending.outgoing_rules import message_of

SAMPLES, EXPECTED = "samples", ".expected.json"
AT = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
CALL_NUMBER = 272_517_600
CALL_KEY = "key-of-the-call"
SECRET = "not-a-secret"  # noqa: S105 - stands where a secret would

Told = dict[str, Any]


class _Scripted(Partner):
    """A way that answers from a sample and keeps what it was asked."""

    def __init__(self, terms: PartnerSpec, mapping: OutboundSpec, answers: list[Told]) -> None:
        super().__init__("sample", terms, mapping, {})
        self.secrets = {"token": SECRET}
        self.answers = list(answers)
        self.requests: list[Told] = []

    def _exchange(self, request: Request, context: Context, at: float) -> Answer:  # noqa: ARG002 - as of its base
        self.requests.append(_shown(request))
        answer = self.answers.pop(0) if self.answers else {}
        context |= {"status": answer.get("status", 200), "body": answer.get("body")}
        return Answer("done")


def samples_of(folder: Path) -> list[Path]:
    """The samples of an outbound mapping's folder."""
    return [path for path in sorted((folder / SAMPLES).glob("*.json")) if not path.name.endswith(EXPECTED)]


def become(path: Path, mapping: OutboundSpec) -> Told:
    """What a sample becomes: the requests, and what the last answer means."""
    sample = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    messages = tuple(message_of(_record(mapping, fields)) for fields in sample["messages"])
    known = tuple(None if one is None else Decimal(one) for one in sample.get("known", [None] * len(messages)))
    phase = sample.get("phase", "send")
    terms = PartnerSpec(mapping=mapping.partner, channel="any", url="http://sample", values=sample.get("values", {}))
    way = _Scripted(terms, mapping, sample.get("answers", []))
    answer = way.make(Call(CALL_NUMBER, phase, CALL_KEY, messages, known, sample.get("receipt", "")), AT.timestamp())
    return {"requests": way.requests, "answer": _meaning(answer)}


def check_outbound(folder: Path, mapping: OutboundSpec) -> list[str]:
    """What is wrong with the samples of an outbound mapping, one line for each problem."""
    problems: list[str] = []
    shown = set()
    for path in samples_of(folder):
        try:
            found = become(path, mapping)
            promised = json.loads(path.with_name(path.stem + EXPECTED).read_text(encoding="utf-8"))
            shown.add(json.loads(path.read_text(encoding="utf-8")).get("phase", "send"))
        except FileNotFoundError:
            problems.append(f"{path}: has no {path.stem}{EXPECTED} beside it")
            continue
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"{path}: cannot be read: {error}")
            continue
        problems += [
            f"{path}: {name} is {json.dumps(found[name], ensure_ascii=False)}, "
            f"expected {json.dumps(promised.get(name), ensure_ascii=False)}"
            for name in ("requests", "answer")
            if found[name] != promised.get(name)
        ]
    phases = [phase for phase in ("send", "poll", "read") if getattr(mapping, phase) is not None]
    problems += [
        f"{folder}: {phase} has no sample, expected one in {SAMPLES}" for phase in phases if phase not in shown
    ]
    return problems


def rewrite_outbound(folder: Path, mapping: OutboundSpec) -> None:
    """Write down what the mapping makes of each sample now. Read the difference before you commit it."""
    for path in samples_of(folder):
        text = json.dumps(become(path, mapping), indent=2, ensure_ascii=False)
        path.with_name(path.stem + EXPECTED).write_text(f"{text}\n", encoding="utf-8")


def _record(mapping: OutboundSpec, fields: Told) -> ChannelUpdate | PartnerPosting:
    """A record with the fields that a sample names; the others as they would be where nothing is known."""
    kind = ChannelUpdate if mapping.takes == "figures" else PartnerPosting
    made: dict[str, Any]
    empty: dict[Any, Any] = {str: "", int: 1, Decimal: Decimal(1), datetime: AT}
    made = {name: empty.get(hint) for name, hint in get_type_hints(kind).items()}
    read = {
        name: Decimal(str(value)) if name == "quantity" and kind is PartnerPosting else value
        for name, value in fields.items()
    }
    return kind(**(made | read))


def _shown(request: Request) -> Told:
    """A request as an expected file has it: its body as JSON where it is JSON, else as text."""
    text = (request.body or b"").decode("latin-1" if b"ISA*" in (request.body or b"")[:4] else "utf-8")
    body: Any = text
    if text and request.headers.get("Content-Type") == "application/json":
        body = json.loads(text)
    where = {"url": request.url} if request.url else {"path": request.path}
    return {"method": request.method, **where, "headers": request.headers, "body": body}


def _meaning(answer: Answer) -> Told:
    """What an answer means, without what is not there."""
    told = {name: part for name, part in answer._asdict().items() if part not in ("", None, {})}
    return {name: _plain(part) for name, part in told.items()}


def _plain(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _plain(one) for key, one in part.items()}
    return to_json_value(part)
