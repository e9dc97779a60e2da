"""SOAP format: an envelope of version 1.1 or 1.2 in, its header and what its body says out; a fault is a refusal.

    {"operation": "GoodsMovementNotification", "header": {"MessageID": ...}, "body": {...}}

`body` is what stands in the one element of Body, which `operation` names, as `xml_format` makes trees. A partner whose
service answers with a Fault has told us nothing about stock: it becomes a dead letter `partner_error` with the fault's
code and text, not an empty message. Option `force_list`, as for XML.
"""

from collections.abc import Mapping
from typing import Any

from transforms.arrival.limits import DecodeError, Document, excerpt
from transforms.arrival.xml_format import decode_xml


def decode_soap(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The one document of an envelope. Raises `DecodeError`."""
    (tree,) = decode_xml(payload, options)
    if "Envelope" not in tree:
        raise _malformed(f"the root is {excerpt(next(iter(tree)))}, expected Envelope")
    envelope = tree["Envelope"]
    if not isinstance(envelope, dict) or "Body" not in envelope:
        raise _malformed("the envelope has no Body")
    body = _first(envelope["Body"])
    operations = [name for name in body if not name.startswith(("@", "#"))] if isinstance(body, dict) else []
    if "Fault" in operations:
        raise DecodeError("partner_error", _described(_first(body["Fault"])))
    if len(operations) != 1:
        found = ", ".join(operations) or "nothing"
        raise _malformed(f"Body holds {excerpt(found)}, expected one element")
    (operation,) = operations
    return [{"operation": operation, "header": _first(envelope.get("Header")), "body": _first(body[operation])}]


def _described(fault: Any) -> str:
    """Code and text of a fault, in the words of either version: faultcode and faultstring, Code and Reason."""
    if not isinstance(fault, dict):
        return f"the partner answered with a fault: {excerpt(_text(fault))}"
    code = fault.get("faultcode") or _below(fault.get("Code"), "Value")
    reason = fault.get("faultstring") or _below(fault.get("Reason"), "Text")
    return f"the partner answered with a fault: code {excerpt(_text(code))}, {excerpt(_text(reason))}"


def _below(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _text(node: Any) -> str:
    node = _first(node)
    if isinstance(node, dict):
        node = node.get("#text")
    return node if isinstance(node, str) else ""


def _first(node: Any) -> Any:
    return node[0] if isinstance(node, list) else node


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_xml", f"no SOAP envelope: {message}")
