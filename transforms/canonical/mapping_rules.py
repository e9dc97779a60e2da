"""Mapping rules: a decoded document and its mapping in, what the source reported out, line by line.

A mapping is compiled once into plain functions. Each line of a message becomes its own events; a line that cannot be
mapped is rejected alone, with its place in the message, and the others go on.

    SHIP_CONFIRMED of two lines, the second without a quantity, by wms-east/shipment@1
      ->  shipment of line 1, event 0
      ->  rejection of event 1, missing_quantity
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.mapping_checks import mapping_problems
from schemas.mapping_spec import MappingSpec
from schemas.records import Envelope, Ignored, Rejection, ReportedEvent
from schemas.yaml_files import Finding, SpecError, load_yaml, parse, refusal
from transforms.arrival.format_table import FORMATS, option_problems
from transforms.canonical.check_kinds import kind_problems
from transforms.canonical.complete_templates import Announced
from transforms.canonical.event_templates import EventTemplate, Origins, Problem
from transforms.canonical.expressions import Context, ExpressionError, compile_read
from transforms.canonical.fields import FieldError, to_text
from transforms.canonical.message_choice import MessageChoice
from transforms.canonical.message_templates import MessageTemplate
from transforms.canonical.quantities import shown
from transforms.rejections import Why, of_message

MAPPING_FILE = "mapping.yaml"
STAGE = "map"
EVENTS_PER_MESSAGE_MAX = 1_000_000  # as many as a table may have rows
COMPARED_SHOWN_MAX = 3  # values shown when no message matches

_COMPARED = re.compile(r"([A-Za-z_][\w.]*)\s*[=!]=\s*'")


class Mapped(NamedTuple):
    """What became of one document; never nothing at all."""

    events: list[ReportedEvent]
    rejections: list[Rejection]
    ignored: list[Ignored]
    announced: Announced | None = None  # of a part of a complete snapshot, whose lines the events are


class SourceMapping:
    """The compiled mapping of one source. Pickles as its spec and compiles again where it arrives."""

    def __init__(self, spec: MappingSpec) -> None:
        self.spec = spec
        self.source = spec.source
        self.format = spec.format
        self.format_options = spec.format_options
        self.version = spec.version
        self._name = f"{spec.source}@{spec.version}"
        self._correlation_id = compile_read(spec.correlation_id) if spec.correlation_id else None
        self._messages = [MessageTemplate(message, spec) for message in spec.messages]
        self._choose = MessageChoice(self._messages)
        self._shows_envelope = "envelope" in str(spec)  # no expression reads it without naming it
        tests = " ".join(message.when or "" for message in spec.messages)
        compared = list(dict.fromkeys(_COMPARED.findall(tests)))[:COMPARED_SHOWN_MAX]
        self._compared = [(path, compile_read(path)) for path in compared]

    def __reduce__(self) -> tuple[Any, ...]:
        return (SourceMapping, (self.spec,))

    def run(self, document: Any, envelope: Envelope, first_index: int = 0) -> Mapped:
        """What a document reports; `first_index` is the number of events its message has made before."""
        context = {"message": document, "envelope": _described(envelope) if self._shows_envelope else None}
        correlation_id = self._correlated(context, envelope)
        run = _Run(envelope, self._name, correlation_id, first_index)
        try:
            message = self._choose(context)
            if message is not None and message.only is not None:  # nearly all messages of most systems
                origins = _origins(envelope, correlation_id, message.version)
                made = message.only.event_of_message(context, origins, first_index)
                if made is not None:
                    return Mapped([made], [], [])
            if message is None:
                run.reject(Problem("no_mapping_matches", self._mismatch(context), ""), -1)
            elif message.spec.moves_nothing:
                run.ignore(message.spec.moves_nothing)
            else:
                run.mapping_version = message.version
                for name, read in message.let:
                    context[name] = read(context)
                if message.complete is not None:
                    run.announced = message.complete.announced(context)
                run.map_lines(message, context)
        except (ExpressionError, FieldError) as error:
            run.reject(Problem(getattr(error, "reason", "bad_value"), str(error), ""), -1)
        return Mapped(run.events, run.rejections, run.ignored, run.announced)

    def _correlated(self, context: Context, envelope: Envelope) -> str:
        """The source's own correlation id where it sent a usable one: a bad one is no reason to lose the message."""
        if self._correlation_id is None:
            return envelope.correlation_id
        try:
            return to_text(self._correlation_id(context)) or envelope.correlation_id
        except (FieldError, ExpressionError):
            return envelope.correlation_id

    def _mismatch(self, context: Context) -> str:
        seen = ", ".join(f"{path} is {shown(read(context))}" for path, read in self._compared)
        names = ", ".join(message.spec.name for message in self._messages)
        return f"no message matches{f' ({seen})' if seen else ''}, expected one of {names}"


class _Run:
    """What one document has become so far."""

    __slots__ = (
        "announced",
        "correlation_id",
        "envelope",
        "events",
        "ignored",
        "index",
        "mapping_version",
        "rejections",
    )

    def __init__(self, envelope: Envelope, mapping_version: str, correlation_id: str, first_index: int) -> None:
        self.envelope = envelope
        self.mapping_version = mapping_version
        self.correlation_id = correlation_id
        self.index = first_index
        self.announced: Announced | None = None
        self.events: list[ReportedEvent] = []
        self.rejections: list[Rejection] = []
        self.ignored: list[Ignored] = []

    def map_lines(self, message: MessageTemplate, context: Context) -> None:
        """Every event of every line, each or why there is none."""
        origins = _origins(self.envelope, self.correlation_id, self.mapping_version)
        prepared: list[tuple[EventTemplate, Any]] = []
        for problem in message.lines(context):
            if problem is not None:
                self._add(problem)
                continue
            prepared = prepared or [(template, template.row(context, origins)) for template in message.templates]
            for template, row in prepared:
                if template.applies is None or self._applies(template, context):
                    self._add(template.event(context, row, self.index))
            if self.index > EVENTS_PER_MESSAGE_MAX:
                self.events, self.rejections = [], []
                expected = f"expected at most {EVENTS_PER_MESSAGE_MAX:,}"
                self.reject(Problem("too_many_events", f"more events than one message may make, {expected}", ""), -1)
                return
        if not (self.events or self.rejections):
            self.ignore("no line of it is used by its mapping")

    def _applies(self, template: EventTemplate, context: Context) -> bool:
        try:
            return bool(template.applies(context))  # type: ignore[misc]
        except ExpressionError as error:
            self._add(Problem("bad_value", f"when: {error}", ""))
            return False

    def _add(self, made: ReportedEvent | Problem) -> None:
        if isinstance(made, Problem):
            self.reject(made, self.index)
        else:
            self.events.append(made)
        self.index += 1

    def ignore(self, reason: str) -> None:
        """Count the document as one that was understood and moves nothing."""
        self.ignored.append(Ignored(self.envelope.source, self.envelope.message_id, reason))

    def reject(self, problem: Problem, event_index: int) -> None:
        """Refuse one event, or the whole document at -1. Only the first carries the payload: it can be large."""
        envelope = self.envelope
        self.rejections.append(
            Rejection(
                outcome="dead_letter",
                stage=STAGE,
                reason=problem.reason,
                message=f"{self.mapping_version.partition('@')[0]}: {problem.message}",
                source=envelope.source,
                message_id=envelope.message_id,
                event_index=event_index,
                correlation_id=self.correlation_id,
                received_at=envelope.received_at,
                mapping_version=self.mapping_version,
                transaction_key=problem.transaction_key,
                missing_key="",
                format=envelope.format,
                payload=b"" if self.rejections else envelope.payload,
            )
        )


def _origins(envelope: Envelope, correlation_id: str, mapping_version: str) -> Origins:
    """What all events of a document have in common, whatever it says."""
    return (envelope.source, envelope.message_id, correlation_id, envelope.received_at, mapping_version)


def _described(envelope: Envelope) -> dict[str, Any]:
    """An envelope as expressions see it."""
    return {
        "source": envelope.source,
        "message_id": envelope.message_id,
        "received_at": envelope.received_at.isoformat(),
        "attributes": envelope.attributes,
    }


def unmapped(envelope: Envelope, mappings: Mapping[str, SourceMapping]) -> Rejection:
    """The rejection of a message from a source that no mapping knows."""
    expected = f"expected one of {', '.join(sorted(mappings))}"
    return of_message(envelope, Why(STAGE, "unknown_source", f"no mapping for {envelope.source!r}, {expected}"))


def load_mappings(folder: Path) -> dict[str, SourceMapping]:
    """Every mapping of a folder by source; SpecError with the file and line of everything that is wrong with any."""
    found: dict[str, SourceMapping] = {}
    files: dict[str, Path] = {}
    problems: list[str] = []
    for path in sorted(folder.glob(f"*/{MAPPING_FILE}")):
        try:
            spec = parse(MappingSpec, path)
        except SpecError as error:
            problems.append(str(error))
            continue
        findings = [*mapping_problems(spec), *_format_problems(spec), *kind_problems(spec)]
        if spec.source in files:
            findings.append((("source",), f"{spec.source!r} is the source of {files[spec.source]} too"))
        files.setdefault(spec.source, path)
        if findings:
            problems.append(str(refusal(path, load_yaml(path), dict.fromkeys(findings))))
        else:
            found[spec.source] = SourceMapping(spec)
    if not files and not problems:
        problems.append(f"{folder}: no {MAPPING_FILE} in any folder of it, expected one for each source")
    if problems:
        raise SpecError("\n".join(problems))
    return found


def _format_problems(spec: MappingSpec) -> list[Finding]:
    findings: list[Finding] = [(("format_options",), problem) for problem in option_problems(spec.format_options)]
    if spec.format not in FORMATS:
        findings.append((("format",), f"unknown format {spec.format!r}, expected one of {', '.join(FORMATS)}"))
    return findings
