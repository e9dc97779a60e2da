"""EPCIS shapes: the bytes of a document in, its events as JSON would write them out, from JSON-LD and XML alike.

XML wraps what JSON lists: <epcList><epc>..</epc></epcList>, <quantityElement>, attributes for types. A document with
another schema version is read the same way; what an event has that is not read here does not matter.
"""

from datetime import UTC, datetime
from typing import Any

from transforms.arrival.json_format import parse_json
from transforms.arrival.limits import DecodeError, excerpt
from transforms.arrival.xml_format import decode_xml

EVENTS_MAX = 100_000

_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_PAIR_LISTS = {
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
_XML_WRAPPERS = ("extension", "baseExtension")  # of versions 1.x

Event = dict[str, Any]


def read_events(payload: bytes) -> list[Event]:
    """The events of a document. Raises `DecodeError`."""
    start = payload.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    events = _of_xml(payload) if start == b"<" else _of_json(parse_json(payload))
    if len(events) > EVENTS_MAX:
        raise DecodeError("too_large", f"the document has {len(events)} events, expected at most {EVENTS_MAX}")
    return events


def words(value: Any) -> str:
    """The bare word of a vocabulary: receiving, urn:epcglobal:cbv:bizstep:receiving, cbv:BizStep-receiving."""
    text = value if isinstance(value, str) else ""
    if text.startswith("urn:epcglobal:cbv:"):
        return text.rpartition(":")[2]
    for prefix in ("https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/", "https://gs1.org/voc/", "cbv:"):
        if text.startswith(prefix):
            return text.rpartition("-")[2]
    return text


def utc_text(text: str) -> str:
    """2005-04-04T20:33:31.116-06:00 as 2005-04-05T02:33:31.116000Z. Raises `DecodeError` malformed_epcis."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            raise DecodeError("malformed_epcis", f"the time {excerpt(text)} has no offset, expected one")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError):
        raise DecodeError("malformed_epcis", f"{excerpt(text)} is no time, expected ISO 8601 with an offset") from None


def _of_json(tree: Any) -> list[Event]:
    if isinstance(tree, dict) and "epcisBody" in tree:
        body = tree["epcisBody"]
        found = body.get("eventList", body.get("event")) if isinstance(body, dict) else None
    elif isinstance(tree, dict) and "eventList" in tree:
        found = tree["eventList"]
    else:
        found = tree
    events = [found] if isinstance(found, dict) else found
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise _malformed(f"found {excerpt(str(found))} where the events should be")
    return events


def _of_xml(payload: bytes) -> list[Event]:
    (tree,) = decode_xml(payload, {})
    root = next(iter(tree.values()))
    body = _below(_below(root, "EPCISBody"), "EventList")
    if body is None:
        raise _malformed(f"no EventList in {excerpt(next(iter(tree)))}")
    if not isinstance(body, dict):
        return []
    return [_event(kind, node) for kind, node in _children(body)]


def _children(node: Event) -> list[tuple[str, Event]]:
    """The elements of a list by their names; extensions of old versions hold events too."""
    found: list[tuple[str, Event]] = []
    for name, value in node.items():
        for one in value if isinstance(value, list) else [value]:
            if name in _XML_WRAPPERS and isinstance(one, dict):
                found += [(inner, each) for inner, each in _flat(one)]
            elif isinstance(one, dict):
                found.append((name, one))
    return found


def _flat(node: Event) -> list[tuple[str, Event]]:
    return [
        (name, one)
        for name, value in node.items()
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, dict)
    ]


def _event(kind: str, node: Event) -> Event:
    fields = dict(node)
    for wrapper in _XML_WRAPPERS:
        inner = fields.pop(wrapper, None)
        fields = {**inner, **fields} if isinstance(inner, dict) else fields
    event: Event = {"type": kind}
    for name, value in fields.items():
        if name in _EPC_LISTS:
            event[name] = _each(value, "epc")
        elif name in _QUANTITY_LISTS:
            event[name] = _each(value, "quantityElement")
        elif name in _PAIR_LISTS:
            event[name] = [_pair(one, _PAIR_LISTS[name]) for one in _each(value, _PAIR_LISTS[name])]
        elif name == "errorDeclaration":
            event[name] = _declaration(value)
        elif name not in event:
            event[name] = value
    event.setdefault("eventID", _below(fields.get("baseExtension"), "eventID"))
    return event


def _each(value: Any, name: str) -> list[Any]:
    inner = _below(value, name)
    return [] if inner is None else inner if isinstance(inner, list) else [inner]


def _pair(node: Any, name: str) -> Event:
    """<bizTransaction type="po">uri</bizTransaction> as {"type": "po", "bizTransaction": uri}."""
    if isinstance(node, dict):
        return {"type": node.get("@type"), name: node.get("#text")}
    return {"type": None, name: node}


def _declaration(value: Any) -> Event:
    fields = dict(value) if isinstance(value, dict) else {}
    return {**fields, "correctiveEventIDs": _each(fields.get("correctiveEventIDs"), "correctiveEventID")}


def _below(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_epcis", message)
