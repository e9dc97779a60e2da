"""XML format: an XML or SOAP text in, a tree of dicts out, in the shape that xmltodict made common.

    <po:Line no="1"><Quantity unit="EA">5</Quantity><Lot/></po:Line>
    {"Line": {"@no": "1", "Quantity": {"@unit": "EA", "#text": "5"}, "Lot": None}}

Elements of one name become a list as soon as there are two, or from the first on if the option `force_list` names them.
Namespace prefixes and declarations are dropped, since partners change them at will; of two attributes that differ only
in their prefix the last is kept. An empty element and one with xsi:nil are `None`: unknown, not zero.

Expat parses. The tree is built here, not by xmltodict, because depth must be refused on the way down: eight million
open tags fit into one payload and would take gigabytes before the first of them closes. A document type that declares
anything (entities that grow, files to be fetched) is refused; a bare `<!DOCTYPE name>` is harmless.
"""

from collections.abc import Collection, Mapping
from typing import Any
from xml.parsers import expat

from transforms.arrival.limits import (
    DEPTH_MAX,
    FIELD_CHARS_MAX,
    DecodeError,
    Document,
    excerpt,
    field_too_large,
    too_deep,
)

Element = dict[str, Any]
NIL: Element = {"@nil": "true"}


def decode_xml(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The one document of an XML text. Option `force_list`: names of elements. Raises `DecodeError`."""
    payload = payload.lstrip(b" \t\r\n")  # before the declaration it is an error that many a gateway makes
    if not payload:
        raise DecodeError("malformed_xml", "the payload is empty")
    tree = _Tree(frozenset(options.get("force_list", ())))
    try:
        _parser(tree).Parse(payload, True)  # noqa: FBT003  C has no names for its arguments
    except expat.ExpatError as error:
        raise _why_malformed(payload, error) from None
    except (LookupError, ValueError) as error:  # the declared encoding is unknown, or has several bytes a character
        raise DecodeError("not_text", f"the declared encoding cannot be read: {excerpt(str(error))}") from None
    return [tree.root]


def _parser(tree: "_Tree") -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_entity
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    return parser


def _refuse_doctype(name: str, system_id: str | None, public_id: str | None, has_internal_subset: int) -> None:
    if has_internal_subset or system_id or public_id:
        raise DecodeError("forbidden_xml", f"the document type {name[:40]!r} has declarations, expected none")


def _refuse_entity(name: str, *_: object) -> None:
    raise DecodeError("forbidden_xml", f"an entity {name[:40]!r} is declared, expected none")


def _why_malformed(payload: bytes, error: expat.ExpatError) -> DecodeError:
    message = f"{expat.ErrorString(error.code)} at line {error.lineno} column {error.offset + 1}"
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN] and b"encoding" not in payload[:100]:
        try:
            payload.decode()
        except UnicodeDecodeError as wrong:
            return DecodeError("not_text", f"byte 0x{payload[wrong.start]:02x} at line {error.lineno} is not utf-8")
    return DecodeError("malformed_xml", message)


class _Tree:
    """Grows with the parser's calls: one open element on the stack for each level."""

    def __init__(self, force_list: Collection[str]) -> None:
        self.root: Element = {}
        self._force_list = force_list
        self._open: list[tuple[Element, list[str]]] = [(self.root, [])]

    def start(self, _name: str, attributes: list[str]) -> None:
        if len(self._open) > DEPTH_MAX:
            raise too_deep("elements")
        fields: Element = {}
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if name != "xmlns" and not name.startswith("xmlns:"):
                _check_length(name, value)
                fields["@" + _local(name)] = value
        self._open.append((fields, []))

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)

    def end(self, full_name: str) -> None:
        name = _local(full_name)
        fields, texts = self._open.pop()
        text = "".join(texts).strip()
        _check_length(name, text)
        value: Element | str | None = text or None
        if fields:
            if text:
                fields["#text"] = text
            value = None if fields == NIL else fields
        self._add(self._open[-1][0], name, value)

    def _add(self, parent: Element, name: str, value: Element | str | None) -> None:
        if name not in parent:
            parent[name] = [value] if name in self._force_list else value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _check_length(name: str, text: str) -> None:
    if len(text) > FIELD_CHARS_MAX:
        raise field_too_large(name, len(text))
