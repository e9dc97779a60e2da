"""Message choice: the messages of a mapping in, the one that a document is out.

A mapping is read from its top, and the first message that applies counts. Most mappings tell their messages apart by
the value of one field; those messages are found in one step, however many of them there are.
"""

import re
from collections.abc import Sequence

from transforms.canonical.expressions import Context, Read, compile_read
from transforms.canonical.message_templates import MessageTemplate

_EQUALS = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*) == '([^'\\]*)'")


class MessageChoice:
    """Finds the message of a document among those of one mapping."""

    def __init__(self, messages: Sequence[MessageTemplate]) -> None:
        self._by_value: dict[str, MessageTemplate] = {}
        paths: list[str] = []
        for message in messages:
            compared = _EQUALS.fullmatch(message.spec.when or "")
            if compared is None or (paths and compared[1] != paths[0]):
                break
            paths.append(compared[1])
            self._by_value.setdefault(compared[2], message)
        self._read: Read | None = compile_read(paths[0]) if paths else None
        self._others = messages[len(paths) :]

    def __call__(self, context: Context) -> MessageTemplate | None:
        """The message that applies; None: none does. Raises `ExpressionError`."""
        if self._read is not None:
            value = self._read(context)
            found = self._by_value.get(value) if value.__class__ is str else None
            if found is not None:
                return found
        for message in self._others:
            if message.applies is None or message.applies(context):
                return message
        return None
