"""JSON format: a JSON text in, its tree out, with nothing rounded, guessed or silently dropped.

Fractions become `Decimal` and integers stay whole, so that 0.1 is 0.1 and an id above 2**53 is itself. `null` stays
`None`: unknown is not zero. A key that comes twice has two values and no rule says which one holds, so the message is
refused; the same for NaN and Infinity, which are not JSON.

Options: `lines: true` where a message holds a JSON text on each line, each a document; `answer: graphql` where it is
the answer to a query: one that has errors told us only part of what we asked, and is refused (`partner_error`).

Most messages are short, without fractions and backslashes. orjson reads those in two thirds of the time, and what it
would hide is ruled out afterwards: it keeps the last of two equal keys, and rounds fractions and large integers. Where
there is no backslash, each key and each text has two quotes: if the tree has as many as the payload, no key was
dropped. All others are read by the standard library with one hook for each object. The walk over the whole tree is left
to payloads that are long, have many brackets, or escape characters that cannot be stored.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import orjson

from transforms.arrival.limits import (
    DEPTH_MAX,
    FIELD_CHARS_MAX,
    NUMBER_CHARS_MAX,
    NUMBER_EXPONENT_MAX,
    ROWS_MAX,
    DecodeError,
    Document,
    excerpt,
    field_too_large,
    text_of,
    too_deep,
)

PLAIN_BYTES_MAX = 4_096  # of what orjson is tried on: a longer text is more likely to hold what it must not read

_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # NUL, and halves of surrogate pairs


def decode_json(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The one document of a JSON text, an object or a list; with `lines` all of them. Raises `DecodeError`."""
    if options.get("lines"):
        texts = [line for line in payload.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
        if len(texts) > ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} lines")
        trees = [_container(parse_json(text)) for text in texts or [b""]]
    else:
        trees = [_container(parse_json(payload))]
    if options.get("answer") == "graphql":
        for tree in trees:
            _check_answer(tree)
    return trees


def _container(tree: Any) -> Document:
    if type(tree) is not dict and type(tree) is not list:
        raise DecodeError("malformed_json", f"the payload is {_kind(tree)}, expected an object or a list")
    return tree


def _check_answer(tree: Document) -> None:
    errors = tree.get("errors") if type(tree) is dict else None
    if errors:
        first = errors[0] if type(errors) is list else errors
        said = first.get("message") if type(first) is dict else first
        count = len(errors) if type(errors) is list else 1
        raise DecodeError("partner_error", f"the partner answered with {count} errors, the first: {excerpt(str(said))}")


def parse_json(payload: bytes) -> Any:
    """The tree of a JSON text, which may be a bare value. Raises `DecodeError`."""
    if len(payload) <= PLAIN_BYTES_MAX and b"\\" not in payload:
        plain = _plain(payload)
        if plain is not None:
            return plain
    return _exactly(payload)


def _exactly(payload: bytes) -> Any:
    text = text_of(payload)
    try:
        tree = _scanned(text)
    except json.JSONDecodeError as error:
        raise DecodeError("malformed_json", _why_malformed(error, text)) from None
    except RecursionError:
        raise too_deep("objects and lists") from None
    except ValueError:  # the interpreter's limit on the digits of an integer
        raise DecodeError("not_a_number", "a number has thousands of digits") from None
    if (
        len(payload) > FIELD_CHARS_MAX
        or payload.count(b"{") + payload.count(b"[") > DEPTH_MAX
        or (b"\\" in payload and _UNSTORABLE_ESCAPE.search(text))
    ):
        _check_tree(tree)
    return tree


def _plain(payload: bytes) -> dict[str, Any] | None:
    """The object of a text in which nothing is rounded or dropped; None where only the exact reading can tell."""
    try:
        tree = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if tree.__class__ is not dict:
        return None
    levels = [tree.values()]
    quotes = 2 * len(tree)
    for level in levels:
        for value in level:
            kind = value.__class__
            if kind is str:
                quotes += 2
            elif kind is dict:
                quotes += 2 * len(value)
                levels.append(value.values())
            elif kind is list:
                levels.append(value)
            elif kind is float:
                return None
        if len(levels) > DEPTH_MAX:
            return None
    return tree if quotes == payload.count(b'"') else None  # type: ignore[no-any-return]


def _scanned(text: str) -> Any:
    """The tree of a text; the decoder, which looks for blanks around it and says what is wrong, only if it must."""
    try:
        tree, end = _scan(text, 0)
    except StopIteration:
        return _DECODER.decode(text)
    return tree if end == len(text) else _DECODER.decode(text)


def _why_malformed(error: json.JSONDecodeError, text: str) -> str:
    if not text.strip():
        return "the payload is empty"
    at = f"line {error.lineno} column {error.colno}"
    if error.pos >= len(text.rstrip()):
        return f"the payload ends too early, at {at}: {error.msg}"
    if error.msg == "Extra data":
        return f"more data after the end of the JSON text, at {at}: {excerpt(text, error.pos)}"
    return f"{error.msg} at {at}: {excerpt(text, error.pos)}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _duplicate_key(pairs)
    return fields


def _duplicate_key(pairs: list[tuple[str, Any]]) -> DecodeError:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            values = f"{excerpt(str(seen[key]))} and {excerpt(str(value))}"
            return DecodeError("duplicate_json_key", f"key {excerpt(key)} comes twice in one object, with {values}")
        seen[key] = value
    raise AssertionError("called without a duplicate")


def _exact(text: str) -> Decimal:
    if len(text) > NUMBER_CHARS_MAX:
        raise DecodeError("not_a_number", f"{excerpt(text)} has {len(text)} characters, at most {NUMBER_CHARS_MAX}")
    try:
        number = Decimal(text)
    except InvalidOperation:  # its exponent does not fit into 64 bits
        raise DecodeError("not_a_number", f"{text} is beyond any quantity") from None
    if not -NUMBER_EXPONENT_MAX <= number.adjusted() <= NUMBER_EXPONENT_MAX:
        raise DecodeError("not_a_number", f"{text} is beyond 10 to the power of {NUMBER_EXPONENT_MAX}")
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise DecodeError("not_a_number", f"{text} is neither JSON nor a quantity, expected a number or null")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_exact, parse_constant=_refuse_constant)
_scan: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]


def _check_tree(tree: Any) -> None:
    """Level by level, so that no depth of nesting can exhaust the stack."""
    level = [tree] if isinstance(tree, dict | list) else []
    for _ in range(DEPTH_MAX):
        below: list[Any] = []
        for container in level:
            named = container.items() if type(container) is dict else [("a value", value) for value in container]
            for name, value in named:
                _check_text(name, name)
                if type(value) is str:
                    _check_text(name, value)
                elif isinstance(value, dict | list):
                    below.append(value)
        if not below:
            return
        level = below
    raise too_deep("objects and lists")


def _check_text(name: str, text: str) -> None:
    if len(text) > FIELD_CHARS_MAX:
        raise field_too_large(name, len(text))
    if "\0" in text:
        raise DecodeError("not_text", f"{excerpt(name)} holds an escaped NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DecodeError("not_text", f"{excerpt(name)} holds half of an escaped surrogate pair") from None


def _kind(tree: Any) -> str:
    return "null" if tree is None else f"the bare value {excerpt(str(tree))}"
