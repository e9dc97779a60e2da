"""Failed lines: an answer with a status for each line in, what the partner says of a line that failed out.

An answer such as HTTP 207 tells line by line what came of a request. A line that failed moved nothing, and is no reason
to refuse the others; but somebody has to know of it. It becomes a dead letter with the partner's own words:

    line 2 failed at the partner, 409 already_closed (S-70, 00614141000012): shipment S-70 is closed
"""

from schemas.mapping_spec import FailedSpec
from transforms.canonical.event_templates import Problem
from transforms.canonical.expressions import Context, ExpressionError, Read, compile_read, compile_test
from transforms.canonical.quantities import shown

REASON = "failed_line"
WORDS_CHARS_MAX = 300  # of each thing that a partner says about a line


class FailedLines:
    """How a message tells that a line failed, compiled."""

    def __init__(self, spec: FailedSpec) -> None:
        self._failed = compile_test(spec.when)
        self._code = [compile_read(text) for text in spec.code]
        self._about = [compile_read(text) for text in spec.about]
        self._message = compile_read(spec.message) if spec.message else None

    def problem(self, context: Context) -> Problem | None:
        """Why the line in the context failed; None where it did not."""
        try:
            if self._failed is None or not self._failed(context):
                return None
            code, about = _said(self._code, context, " "), _said(self._about, context, ", ")
            words = _said([self._message], context, "") if self._message else ""
        except ExpressionError as error:
            return Problem("bad_value", f"failed: {error}", "")
        line = f"line {context['index'] + 1}" if "index" in context else "it"
        named = f" ({about})" if about else ""
        return Problem(REASON, f"{line} failed at the partner, {code or 'no code'}{named}: {words or 'no reason'}", "")


def _said(reads: list[Read], context: Context, between: str) -> str:
    """What is there of some values, on one line and cut: a partner may say anything."""
    found = [value for value in (read(context) for read in reads) if value not in (None, "")]
    texts = [" ".join(value.split()) if isinstance(value, str) else shown(value) for value in found]
    text = between.join("".join(char if char.isprintable() else "?" for char in one) for one in texts)
    return text if len(text) <= WORDS_CHARS_MAX else f"{text[:WORDS_CHARS_MAX]}…"
