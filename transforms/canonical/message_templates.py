"""Message templates: one message of a mapping in, its lines and the templates that each line goes through out."""

from collections.abc import Iterator
from typing import Any

from schemas.mapping_spec import MappingSpec, MessageSpec
from transforms.canonical.complete_templates import CompleteTemplate
from transforms.canonical.event_templates import EventTemplate, Problem
from transforms.canonical.expressions import Context, ExpressionError, Read, compile_read, compile_test
from transforms.canonical.failed_lines import FailedLines


class MessageTemplate:
    """One message of a mapping, compiled."""

    def __init__(self, spec: MessageSpec, mapping: MappingSpec) -> None:
        self.spec = spec
        self.version = f"{mapping.source}/{spec.name}@{mapping.version}"
        self.applies = compile_test(spec.when)
        self.let = [(name, compile_read(text)) for name, text in spec.let.items()]
        self.each = [(compile_read(text), text) for text in spec.each]
        prefix = f"{mapping.key_space or mapping.source}:{spec.key_name or spec.name}:"
        self.complete = CompleteTemplate(spec, mapping) if spec.complete else None
        self.templates = [EventTemplate(event, prefix, mapping.timezone) for event in spec.events]
        self.failed = FailedLines(spec.failed) if spec.failed else None
        given = spec.each or spec.let or spec.complete or spec.failed
        is_plain = len(self.templates) == 1 and not (given or spec.events[0].when)
        self.only = self.templates[0] if is_plain else None  # where a message is always exactly one event

    def lines(self, context: Context) -> Iterator[Problem | None]:
        """Put each line into the context in turn; a problem stands for lines that are not there, or failed."""
        if self.failed is None:
            yield from self._all_lines(context)
            return
        for problem in self._all_lines(context):
            yield problem or self.failed.problem(context)

    def _all_lines(self, context: Context) -> Iterator[Problem | None]:
        if not self.each:
            yield None
            return
        elements = _elements(self.each[0], context)
        if isinstance(elements, Problem):
            yield elements
        elif len(self.each) == 1:
            for context["index"], context["line"] in enumerate(elements):
                yield None
        else:
            yield from self._nested(elements, context)

    def _nested(self, outers: list[Any], context: Context) -> Iterator[Problem | None]:
        index = 0
        for outer in outers:
            context["outer"] = context["line"] = outer
            elements = _elements(self.each[1], context)
            if isinstance(elements, Problem):
                yield elements
                continue
            for context["line"] in elements:
                context["index"] = index
                index += 1
                yield None


def _elements(each: tuple[Read, str], context: Context) -> list[Any] | Problem:
    """A list as it is, and one element where a format writes one without a list; nothing is not an empty list."""
    read, text = each
    try:
        value = read(context)
    except ExpressionError as error:
        return Problem("bad_value", f"each: {error}", "")
    if value is None:
        return Problem("missing_field", f"each ({text}): got nothing, expected a list", "")
    return value if isinstance(value, list) else [value]
