"""EPCIS format: a document of events as JSON-LD or XML in, one document for each event out, the same from either.

    {"type": "ObjectEvent", "action": "OBSERVE", "time": "2013-06-08T14:58:56.591000Z", "step": "receiving",
     "disposition": "in_progress", "key": "...", "event_id": "ni:///...", "declared_wrong": None,
     "read_point": {"gln": "0614141007778", "extension": "", "uri": "urn:epc:id:sgln:0614141.00777.0"},
     "location": {...}, "parent": {...} | None,
     "transactions": [{"type": "po", "id": "gdti:..."}], "sources": [{"type": "location", "id": "gln:..."}],
     "destinations": [...],
     "items": [{"gtin": "04012345123456", "level": "0", "lot": "998877", "quantity": "200", "unit": "KGM"}],
     "inputs": [...], "outputs": [...], "instances": ["gtin:10614141073464;serial:2016", "sscc:..."]}

`level` is the first digit of the GTIN, by which cases are told from pieces. Instances of one item are counted together,
quantities of one item, lot and unit added up. `key` names the event in transaction keys: its event id where the sender
gave one of its own, else (also for ids that are themselves a hash) `hash:` and a hash over what the event says, in one
spelling. So the same event in another encoding, time zone or order of lists has the same key, and an error declaration,
which repeats the event and its id, has the key of the event that it takes back. Sensors, instance data and extensions
are neither read nor hashed.

Source: GS1 EPCIS 2.0, CBV 2.0 (section 8.9, hash of an event; ours covers less and is not meant to equal it).
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from transforms.arrival.epcis_shapes import read_events, utc_text, words
from transforms.arrival.gs1_keys import read_key
from transforms.arrival.limits import DecodeError, Document, excerpt

TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
_ITEMS = (
    ("items", ("epcList", "childEPCs"), ("quantityList", "childQuantityList")),
    ("inputs", ("inputEPCList",), ("inputQuantityList",)),
    ("outputs", ("outputEPCList",), ("outputQuantityList",)),
)

HASH_DIGITS = 32  # 128 bits

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?(?:[eE][+-]?[0-9]{1,2})?")

Event = dict[str, Any]


def decode_epcis(payload: bytes, _options: Mapping[str, Any]) -> list[Document]:
    """A document for each event, in order. Raises `DecodeError`."""
    events = read_events(payload)
    if not events:
        raise _malformed("the document holds no event")
    return [_document(event) for event in events]


def _document(event: Event) -> Event:
    kind = event.get("type")
    if kind not in TYPES:
        raise _malformed(f"an event is a {excerpt(str(kind))}, expected one of {', '.join(TYPES)}")
    time = event.get("eventTime")
    if not isinstance(time, str):
        raise _malformed(f"a {kind} has no eventTime")
    document: Event = {
        "type": kind,
        "action": words(event.get("action")),
        "time": utc_text(time),
        "step": words(event.get("bizStep")),
        "disposition": words(event.get("disposition")),
        "read_point": _place(event.get("readPoint")),
        "location": _place(event.get("bizLocation")),
        "parent": _parent(event.get("parentID")),
        "transactions": _pairs(event.get("bizTransactionList"), "bizTransaction"),
        "sources": _pairs(event.get("sourceList"), "source"),
        "destinations": _pairs(event.get("destinationList"), "destination"),
        "instances": [],
    }
    for name, instances, classes in _ITEMS:
        document[name] = _items(event, instances, classes, document["instances"])
    digest = _hash(document)
    event_id = event.get("eventID")
    event_id = event_id if isinstance(event_id, str) else ""
    document["event_id"] = event_id
    document["key"] = event_id if event_id and not event_id.startswith("ni:") else digest
    document["declared_wrong"] = _declared(event.get("errorDeclaration"))
    return document


def _place(node: Any) -> Event | None:
    uri = node.get("id") if isinstance(node, dict) else node
    if not isinstance(uri, str):
        return None
    key = read_key(uri)
    number, extension = (key.number, key.serial) if key.kind == "gln" else ("", "")
    return {"gln": number, "extension": extension, "uri": uri, "id": str(key)}


def _parent(uri: Any) -> str | None:
    return str(read_key(uri)) if isinstance(uri, str) else None


def _pairs(nodes: Any, name: str) -> list[Event]:
    if nodes is None:
        return []
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise _malformed(f"{name} entries are {excerpt(str(nodes))}, expected objects")
    return [{"type": words(node.get("type")), "id": str(read_key(str(node.get(name) or "")))} for node in nodes]


def _items(event: Event, instances: tuple[str, ...], classes: tuple[str, ...], every: list[str]) -> list[Event]:
    """One for each item, lot and unit, in that order: instances counted, quantities of classes added up."""
    totals: dict[tuple[str, str, str], Decimal | None] = {}
    for uri in _listed(event, instances):
        key = read_key(str(uri))
        every.append(str(key))
        if key.kind == "gtin":
            _add(totals, (key.number, key.lot, ""), Decimal(1))
    for node in _listed(event, classes):
        if not isinstance(node, dict) or not isinstance(node.get("epcClass"), str):
            raise _malformed(f"a quantity is {excerpt(str(node))}, expected an object with epcClass")
        key = read_key(node["epcClass"])
        _add(totals, (key.number, key.lot, str(node.get("uom") or "")), _number(node.get("quantity")))
    return [
        {"gtin": gtin, "level": gtin[:1], "lot": lot, "unit": unit, "quantity": _text(total)}
        for (gtin, lot, unit), total in sorted(totals.items())
    ]


def _text(total: Decimal | None) -> str | None:
    return None if total is None else format(total, "f")


def _add(totals: dict[tuple[str, str, str], Decimal | None], key: tuple[str, str, str], more: Decimal | None) -> None:
    """What is unknown makes the sum unknown."""
    known = totals.get(key, Decimal(0))
    totals[key] = None if known is None or more is None else known + more


def _number(value: Any) -> Decimal | None:
    """200, 200.0 and 2E2 alike, None for an unknown quantity."""
    if value is None:
        return None
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise DecodeError("not_a_number", f"a quantity is {excerpt(text)}, expected a number")
    number = Decimal(text)
    return Decimal(0) if not number else number.normalize()


def _listed(event: Event, names: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    for name in names:
        nodes = event.get(name) or []
        if not isinstance(nodes, list):
            raise _malformed(f"{name} is {excerpt(str(nodes))}, expected a list")
        found += nodes
    return found


def _declared(node: Any) -> Event | None:
    if not isinstance(node, dict):
        return None
    time = node.get("declarationTime")
    corrected = node.get("correctiveEventIDs") or []
    return {
        "time": utc_text(time) if isinstance(time, str) else None,
        "reason": words(node.get("reason")),
        "corrected_by": [str(one) for one in corrected] if isinstance(corrected, list) else [],
    }


def _hash(document: Event) -> str:
    """Over what the event says, with its lists in one order."""
    said: Event = {name: _sorted(value) if isinstance(value, list) else value for name, value in document.items()}
    for name in ("read_point", "location"):
        said[name] = said[name] and said[name]["id"]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "hash:" + sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True, ensure_ascii=False) for value in values)


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_epcis", message)
