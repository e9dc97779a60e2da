"""Mapping checks: one mapping in, what cannot work in it out, with the way to the line that says so.

A misspelt name in an expression is not an error to JMESPath: it reads as null, and every event would be refused on the
day it matters. So the names that each expression may use are checked when the mapping is loaded, as are time formats,
messages that can never be reached, and keys that could not tell two lines apart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.expression_syntax import names_read, parse_expression
from schemas.mapping_spec import CompleteSpec, EventSpec, FailedSpec, MappingSpec, MessageSpec
from schemas.mapping_values import Origin, QuantityValue, TimeValue, as_list
from schemas.yaml_files import Finding, Steps

OF_DOCUMENT = frozenset({"message", "envelope"})
OF_LINE = frozenset({"line", "outer", "index"})

_PROBE = datetime(2026, 11, 28, 23, 58, 57, tzinfo=UTC)  # every part has another number


def mapping_problems(spec: MappingSpec) -> Iterator[Finding]:
    """Everything in a mapping that is well formed and still cannot work."""
    if spec.correlation_id is not None:
        yield from _unknown_names(("correlation_id",), spec.correlation_id, OF_DOCUMENT)
    names: set[str] = set()
    catches_all = ""
    for index, message in enumerate(spec.messages):
        steps: Steps = ("messages", index)
        if catches_all:
            yield steps, f"message {message.name} is never reached, expected it before {catches_all}, which has no when"
        elif message.when is None:
            catches_all = message.name
        if message.name in names:
            yield (*steps, "name"), f"a second message {message.name}, expected each name once"
        names.add(message.name)
        yield from _message_problems(steps, message)


def _message_problems(steps: Steps, message: MessageSpec) -> Iterator[Finding]:
    if message.when is not None:
        yield from _unknown_names((*steps, "when"), message.when, OF_DOCUMENT)
    known = OF_DOCUMENT
    for name, text in message.let.items():
        yield from _unknown_names((*steps, "let", name), text, known)
        known |= {name}
    if message.ignore is not None and (message.each or message.let):
        yield steps, f"message {message.name} is ignored, expected no each and no let"
    for depth, text in enumerate(message.each):
        yield from _unknown_names((*steps, "each", depth), text, known | {"line"} if depth else known)
    if message.complete is not None:
        yield from _complete_problems((*steps, "complete"), message, known)
    if message.each:
        known |= OF_LINE if len(message.each) > 1 else {"line", "index"}
    for name in FailedSpec.model_fields if message.failed is not None else ():
        for text in as_list(getattr(message.failed, name)) or ():
            yield from _unknown_names((*steps, "failed", name), text, known)
    for index, event in enumerate(message.events):
        here = (*steps, "events", index)
        yield from _event_problems(here, event, known)
        yield from _key_problems(here, message, index)


def _complete_problems(steps: Steps, message: MessageSpec, known: frozenset[str]) -> Iterator[Finding]:
    """A complete snapshot is of one time and of named places, both known without any line."""
    complete = message.complete
    assert complete is not None
    for name in CompleteSpec.model_fields:
        for text in as_list(getattr(complete, name)) or ():
            yield from _unknown_names((*steps, name), text, known)
    if complete.parts is not None and complete.part is None:
        yield (*steps, "parts"), "parts without part, expected the number of this one too"
    for event in message.events:
        if _reads_line(event.occurred_at):
            expected = "expected one time for all, such as message.rows[0].AS_OF"
            yield steps, f"occurred_at reads the lines, {expected}"
        if complete.locations is None and (event.location is None or _reads_line(event.location)):
            yield steps, "location differs from line to line, expected locations with all of them"


def _reads_line(value: Origin) -> bool:
    return any(names_read(parse_expression(text)) & OF_LINE for text in value.expressions())


def _event_problems(steps: Steps, event: EventSpec, known: frozenset[str]) -> Iterator[Finding]:
    if event.when is not None:
        yield from _unknown_names((*steps, "when"), event.when, known)
    for index, text in enumerate(event.transaction_key):
        yield from _unknown_names((*steps, "transaction_key", index), text, known)
    for name in EventSpec.model_fields:
        value = getattr(event, name)
        if isinstance(value, Origin):
            yield from _value_problems((*steps, name), value, known)


def _value_problems(steps: Steps, value: Origin, known: frozenset[str]) -> Iterator[Finding]:
    for text in value.expressions():
        yield from _unknown_names(steps, text, known)
    if isinstance(value, QuantityValue) and value.negate_when is not None:
        yield from _unknown_names((*steps, "negate_when"), value.negate_when, known)
    if isinstance(value, TimeValue):
        for form in value.format:
            if "%Z" in form:
                yield (*steps, "format"), f"{form!r} has names of zones, which mean many things, expected offsets, %z"
            elif not _is_time_format(form):
                yield (*steps, "format"), f"{form!r} is no time format, expected one such as %Y-%m-%d %H:%M:%S"


def _unknown_names(steps: Steps, text: str, known: frozenset[str]) -> Iterator[Finding]:
    for name in sorted(names_read(parse_expression(text)) - known):
        yield steps, f"{text!r} reads {name!r}, expected one of {', '.join(sorted(known))}"


def _is_time_format(form: str) -> bool:
    """Whether a format reads back the day of what it writes."""
    try:
        return datetime.strptime(_PROBE.strftime(form), form).date() == _PROBE.date()  # noqa: DTZ007 - only the day
    except ValueError:
        return False


def _key_problems(steps: Steps, message: MessageSpec, index: int) -> Iterator[Finding]:
    """One key for several events means that all but the first are conflicting duplicates."""
    event = message.events[index]
    reads = {name for text in event.transaction_key for name in names_read(parse_expression(text))}
    if message.each and not reads & {"line", "index"}:  # outer names only what the lines are in
        expected = "expected a part that reads line or index"
        yield (*steps, "transaction_key"), f"every line of {message.name} would have the same key, {expected}"
    for before in message.events[:index]:
        if before.transaction_key == event.transaction_key and (before.when is None or event.when is None):
            expected = "expected a part that differs, such as \"'cancelled'\""
            yield (*steps, "transaction_key"), f"the key of another event of {message.name}, {expected}"
