"""Mapping rules: a decoded document and its mapping in, what the source reported out, line by line.

A mapping is compiled once into plain functions. Each line of a message becomes its own events; a line that cannot be
mapped is rejected alone, with its place in the message, and the others go on.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from schemas.mapping_spec import EventSpec, MappingSpec, MessageSpec
from schemas.records import Envelope, Ignored, Outcome, Rejection, ReportedEvent
from schemas.yaml_files import SpecError, parse
from transforms.canonical import fields
from transforms.canonical.expressions import ExpressionError, Read, compile_read, compile_test
from transforms.canonical.fields import FieldError, to_text

MAPPING_FILE = "mapping.yaml"
EVENTS_PER_MESSAGE_MAX = 1_000_000

_TEXTS = (
    "location",
    "lot",
    "disposition",
    "to_location",
    "to_disposition",
    "channel",
    "document_type",
    "document",
    "document_line",
    "order_reference",
)
_COLUMN = {"location": "location_code", "to_location": "to_location_code"}


class Mapped(NamedTuple):
    """What became of one document."""

    events: list[ReportedEvent]
    rejections: list[Rejection]
    ignored: list[Ignored]


class _Template:
    """One event template, compiled."""

    def __init__(self, spec: EventSpec, message: MessageSpec, mapping: MappingSpec) -> None:
        self.spec = spec
        self.applies = compile_test(spec.when)
        self.kind = fields.kind_field(spec.kind)
        space = mapping.key_space or mapping.source
        self.key_prefix = f"{space}:{message.key_name or message.name}:"
        self.key_parts = [compile_read(text) for text in spec.transaction_key]
        self.item = fields.text_field(spec.item)
        self.quantity = fields.quantity_field(spec.quantity)
        self.unit = fields.text_field(spec.unit)
        self.occurred_at = fields.time_field(spec.occurred_at, mapping.timezone)
        self.texts = [
            (_COLUMN.get(name, name), name, read)
            for name in _TEXTS
            if (read := fields.text_field(getattr(spec, name))) is not None
        ]
        self.sequence = fields.sequence_field(spec.sequence)
        self.times = [
            (name, fields.time_field(value, mapping.timezone))
            for name in ("expected_at", "expires_at")
            if (value := getattr(spec, name)) is not None
        ]

    def make(self, context: dict[str, Any], origin: tuple[Any, ...], event_index: int) -> ReportedEvent:
        """The event of one line; FieldError names its field in `context["field"]`."""
        mapping_version, source, message_id, correlation_id, received_at = origin
        context["field"] = "transaction_key"
        key = self._key(context)
        context["key"] = key
        context["field"] = "kind"
        kind = self.kind(context)
        context["field"] = "item"
        item = self.item(context)  # type: ignore[misc]
        if not item:
            raise FieldError("missing_field", "got nothing, expected an item")
        context["field"] = "quantity"
        quantity = self.quantity(context)
        context["field"] = "unit"
        unit = self.unit(context) if self.unit is not None else ""
        context["field"] = "occurred_at"
        occurred_at = self.occurred_at(context)
        if occurred_at is None:
            raise FieldError("missing_field", "got nothing, expected a time")
        more: dict[str, Any] = {}
        for column, name, read in self.texts:
            context["field"] = name
            more[column] = read(context)
        if self.sequence is not None:
            context["field"] = "sequence"
            more["sequence"] = self.sequence(context)
        for name, read_time in self.times:
            context["field"] = name
            more[name] = read_time(context)
        return ReportedEvent(  # type: ignore[misc]
            key,
            kind,  # type: ignore[arg-type]
            item,
            quantity,
            unit,
            occurred_at,
            source,
            message_id,
            correlation_id,
            received_at,
            mapping_version,
            event_index,
            **more,
        )

    def _key(self, context: dict[str, Any]) -> str:
        parts = [to_text(read(context)) for read in self.key_parts]
        if not all(parts):
            missing = self.spec.transaction_key[parts.index("")]
            raise FieldError("missing_key", f"got nothing at {missing}, expected what identifies the event")
        return self.key_prefix + ":".join(parts)


class _Message:
    """One message type, compiled."""

    def __init__(self, spec: MessageSpec, mapping: MappingSpec) -> None:
        self.spec = spec
        self.applies = compile_test(spec.when)
        self.each = [compile_read(text) for text in spec.each]
        self.let = [(name, compile_read(text)) for name, text in spec.let.items()]
        self.templates = [_Template(one, spec, mapping) for one in spec.events]
        self.version = f"{mapping.source}/{spec.name}@{mapping.version}"

    def lines(self, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The context of every line: of every element of `each`, or of the message itself."""
        if not self.each:
            yield context
            return
        for index, (outer, line) in enumerate(_elements(self.each, context)):
            yield {**context, "outer": outer, "line": line, "index": index}


def _elements(each: list[Read], context: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for element in _listed(each[0](context)):
        if len(each) == 1:
            yield None, element
        else:
            yield from ((element, inner) for inner in _listed(each[1]({**context, "line": element})))


def _listed(value: Any) -> list[Any]:
    """A list as it is, nothing as no elements, and one element where a format writes one without a list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


class SourceMapping:
    """The compiled mapping of one source. Pickles as its spec and compiles again where it arrives."""

    def __init__(self, spec: MappingSpec) -> None:
        self.spec = spec
        self.source = spec.source
        self.format = spec.format
        self.format_options = spec.format_options
        self.version = spec.version
        self.messages = [_Message(message, spec) for message in spec.messages]
        self.correlation_id = compile_read(spec.correlation_id) if spec.correlation_id else None

    def __reduce__(self) -> tuple[Any, ...]:
        return (SourceMapping, (self.spec,))

    def run(self, document: Any, envelope: Envelope, first_index: int = 0) -> Mapped:
        """What a document reports; `first_index` is the number of events its message has made before."""
        run = _Run(envelope, first_index)
        context = {"message": document, "envelope": _described(envelope)}
        try:
            run.correlate(self.correlation_id, context)
            message = next((one for one in self.messages if one.applies is None or one.applies(context)), None)
            if message is None:
                names = ", ".join(one.spec.name for one in self.messages)
                run.reject_document("no_mapping_matches", f"no condition holds, expected one of {names}", self.source)
            elif message.spec.ignore is not None:
                run.ignore(message.spec.ignore)
            else:
                run.version = message.version
                for name, read in message.let:
                    context[name] = read(context)
                self._map_lines(message, context, run)
        except (ExpressionError, FieldError) as error:
            run.reject_document(getattr(error, "reason", "bad_value"), str(error), self.source)
        if not (run.events or run.rejections or run.ignored):
            run.ignore("the message has no lines that its mapping uses")
        return Mapped(run.events, run.rejections, run.ignored)

    @staticmethod
    def _map_lines(message: _Message, context: dict[str, Any], run: "_Run") -> None:
        for line in message.lines(context):
            for template in message.templates:
                if run.index - run.first_index >= EVENTS_PER_MESSAGE_MAX:
                    run.reject_document("too_many_events", f"expected at most {EVENTS_PER_MESSAGE_MAX}", run.version)
                    return
                run.make(template, line)


class _Run:
    """What one document has become so far."""

    def __init__(self, envelope: Envelope, first_index: int) -> None:
        self.envelope = envelope
        self.first_index = self.index = first_index
        self.version = ""
        self.correlation_id = envelope.correlation_id
        self.events: list[ReportedEvent] = []
        self.rejections: list[Rejection] = []
        self.ignored: list[Ignored] = []

    def correlate(self, read: Read | None, context: dict[str, Any]) -> None:
        """Use the source's own correlation id where it sent one."""
        if read is not None:
            self.correlation_id = to_text(read(context)) or self.correlation_id

    def ignore(self, reason: str) -> None:
        self.ignored.append(Ignored(self.envelope.source, self.envelope.message_id, reason))

    def make(self, template: _Template, context: dict[str, Any]) -> None:
        """One event of one line, or its rejection."""
        envelope = self.envelope
        origin = (self.version, envelope.source, envelope.message_id, self.correlation_id, envelope.received_at)
        context["field"], context["key"] = "when", ""
        try:
            if template.applies is not None and not template.applies(context):
                return
            self.events.append(template.make(context, origin, self.index))
        except (ExpressionError, FieldError) as error:
            where = f"field {context['field']}{_expression_of(template.spec, context['field'])}"
            message = f"{self.version}: {where}: {error}"
            self._reject(getattr(error, "reason", "bad_value"), message, self.index, context["key"])
        self.index += 1

    def reject_document(self, reason: str, found: str, where: str) -> None:
        self._reject(reason, f"{where}: {found}", -1, "")

    def _reject(self, reason: str, message: str, event_index: int, key: str) -> None:
        outcome: Outcome = "dead_letter"
        envelope = self.envelope
        self.rejections.append(
            Rejection(
                outcome=outcome,
                stage="map",
                reason=reason,
                message=message,
                source=envelope.source,
                message_id=envelope.message_id,
                event_index=event_index,
                correlation_id=self.correlation_id,
                received_at=envelope.received_at,
                mapping_version=self.version,
                transaction_key=key,
                missing_key="",
                format=envelope.format,
                payload=b"" if self.rejections else envelope.payload,  # once for each message: it can be large
            )
        )


def _expression_of(spec: EventSpec, field: str) -> str:
    value = getattr(spec, field, None)
    text = getattr(value, "from_", None)
    return f" ({text})" if text else ""


def _described(envelope: Envelope) -> dict[str, Any]:
    received_at: datetime = envelope.received_at
    return {
        "source": envelope.source,
        "message_id": envelope.message_id,
        "received_at": received_at.isoformat(),
        "attributes": envelope.attributes,
    }


def load_mappings(folder: Path) -> dict[str, SourceMapping]:
    """Every mapping of a folder by source; SpecError with file and line for what is wrong with any."""
    found: dict[str, SourceMapping] = {}
    problems = []
    for path in sorted(folder.glob(f"*/{MAPPING_FILE}")):
        try:
            spec = parse(MappingSpec, path)
        except SpecError as error:
            problems.append(str(error))
            continue
        if spec.source in found:
            problems.append(f"{path}:1: source {spec.source} has a mapping already, expected one for each source")
        found[spec.source] = SourceMapping(spec)
    if not problems and not found:
        problems.append(f"{folder}: no */{MAPPING_FILE}, expected a folder for each source")
    if problems:
        raise SpecError("\n".join(problems))
    return found
