"""EPCIS format: one event has one key and one document, in whatever encoding it comes."""

import json
from pathlib import Path
from typing import Any

import pytest

from transforms.arrival.epcis_format import decode_epcis
from transforms.arrival.limits import DecodeError

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "epcis"

EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T09:00:00-06:00",
    "eventTimeZoneOffset": "-06:00",
    "action": "OBSERVE",
    "bizStep": "receiving",
    "disposition": "in_progress",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"},
    "bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.0"},
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2016", "urn:epc:id:sgtin:0614141.107346.2017"],
    "quantityList": [
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200, "uom": "KGM"},
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.998876", "quantity": 300, "uom": "KGM"},
    ],
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.00001.1618034"}],
}


def encoded(**changes: Any) -> bytes:
    return json.dumps({"epcisBody": {"eventList": [{**EVENT, **changes}]}}).encode()


XML = b"""<?xml version="1.0"?><epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2"><EPCISBody><EventList>
<ObjectEvent><eventTime>2026-03-02T15:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>
<epcList><epc>https://id.gs1.org/01/10614141073464/21/2017</epc>
<epc>urn:epc:id:sgtin:0614141.107346.2016</epc></epcList>
<action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:receiving</bizStep>
<disposition>https://ref.gs1.org/cbv/Disp-in_progress</disposition>
<readPoint><id>https://id.gs1.org/414/0614141007776</id></readPoint>
<bizLocation><id>urn:epc:id:sgln:0614141.00888.0</id></bizLocation>
<bizTransactionList>
<bizTransaction type="urn:epcglobal:cbv:btt:po">urn:epc:id:gdti:0614141.00001.1618034</bizTransaction>
</bizTransactionList>
<quantityList><quantityElement><epcClass>urn:epc:class:lgtin:4012345.012345.998876</epcClass><quantity>300</quantity>
<uom>KGM</uom></quantityElement><quantityElement><epcClass>https://id.gs1.org/01/04012345123456/10/998877</epcClass>
<quantity>200.0</quantity><uom>KGM</uom></quantityElement></quantityList></ObjectEvent>
</EventList></EPCISBody></epcis:EPCISDocument>"""

LINKS = {
    "epcList": ["https://id.gs1.org/01/10614141073464/21/2016", "https://example.com/01/10614141073464/21/2017"],
    "readPoint": {"id": "https://id.gs1.org/414/0614141007776"},
}
SEVEN = {
    "JSON": encoded(),
    "JSON in UTC": encoded(eventTime="2026-03-02T15:00:00.000Z"),
    "JSON with lists in another order": encoded(
        epcList=EVENT["epcList"][::-1], quantityList=EVENT["quantityList"][::-1]
    ),
    "JSON with Digital Links": encoded(**LINKS),
    "JSON with the vocabulary's own names": encoded(
        bizStep="cbv:BizStep-receiving", disposition="cbv:Disp-in_progress"
    ),
    "JSON with an extension and a hash for an id": encoded(
        **{"example:x": 1, "eventID": "ni:///sha-256;a98f?ver=CBV2.0"}
    ),
    "XML": XML,
}


@pytest.mark.parametrize("story", SEVEN)
def test_one_event_in_seven_encodings_has_one_key(story: str) -> None:
    (document,) = decode_epcis(SEVEN[story], {})
    assert document["key"] == decode_epcis(encoded(), {})[0]["key"]
    assert document["key"].startswith("hash:")
    assert document["items"] == [
        {"gtin": "04012345123456", "level": "0", "lot": "998876", "unit": "KGM", "quantity": "300"},
        {"gtin": "04012345123456", "level": "0", "lot": "998877", "unit": "KGM", "quantity": "200"},
        {"gtin": "10614141073464", "level": "1", "lot": "", "unit": "", "quantity": "2"},
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-03-02T15:00:00.001Z"},
        {"epcList": EVENT["epcList"][:1]},
        {"quantityList": [{**EVENT["quantityList"][0], "quantity": 201}]},
        {"bizStep": "shipping"},
        {"action": "ADD"},
        {"bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.7"}},
        {"bizTransactionList": []},
    ],
)
def test_another_event_has_another_key(changes: dict[str, Any]) -> None:
    assert decode_epcis(encoded(**changes), {})[0]["key"] != decode_epcis(encoded(), {})[0]["key"]


def test_a_whole_document() -> None:
    (document,) = decode_epcis(encoded(eventID="urn:uuid:7", epcList=["urn:epc:id:sscc:0614141.1234567890"]), {})
    assert document == {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "time": "2026-03-02T15:00:00.000000Z",
        "step": "receiving",
        "disposition": "in_progress",
        "read_point": {
            "gln": "0614141007776",
            "extension": "",
            "uri": "urn:epc:id:sgln:0614141.00777.0",
            "id": "gln:0614141007776",
        },
        "location": {
            "gln": "0614141008889",
            "extension": "",
            "uri": "urn:epc:id:sgln:0614141.00888.0",
            "id": "gln:0614141008889",
        },
        "parent": None,
        "transactions": [{"type": "po", "id": "gdti:0614141000012;serial:1618034"}],
        "sources": [],
        "destinations": [],
        "instances": ["sscc:106141412345678908"],
        "items": [
            {"gtin": "04012345123456", "level": "0", "lot": "998876", "unit": "KGM", "quantity": "300"},
            {"gtin": "04012345123456", "level": "0", "lot": "998877", "unit": "KGM", "quantity": "200"},
        ],
        "inputs": [],
        "outputs": [],
        "event_id": "urn:uuid:7",
        "key": "urn:uuid:7",
        "declared_wrong": None,
    }


def test_an_event_declared_wrong_has_the_key_of_the_event_that_it_takes_back() -> None:
    declaration = {
        "declarationTime": "2026-03-02T18:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:8"],
    }
    for changes in ({}, {"eventID": "urn:uuid:7"}):
        (first,) = decode_epcis(encoded(**changes), {})
        (wrong,) = decode_epcis(encoded(**changes, errorDeclaration=declaration), {})
        assert wrong["key"] == first["key"]
        assert wrong["declared_wrong"] == {
            "time": "2026-03-02T18:00:00.000000Z",
            "reason": "incorrect_data",
            "corrected_by": ["urn:uuid:8"],
        }


def test_an_unknown_quantity_is_not_zero() -> None:
    (document,) = decode_epcis(encoded(epcList=[], quantityList=[{"epcClass": "urn:x", "quantity": None}]), {})
    assert document["items"] == [{"gtin": "urn:x", "level": "u", "lot": "", "unit": "", "quantity": None}]


def test_a_transformation_has_what_goes_in_and_what_comes_out() -> None:
    (document,) = decode_epcis(
        encoded(
            type="TransformationEvent",
            inputQuantityList=[{"epcClass": "urn:a", "quantity": 0.1}],
            outputEPCList=["urn:epc:id:sgtin:0614141.107346.1"],
        ),
        {},
    )
    assert document["inputs"] == [{"gtin": "urn:a", "level": "u", "lot": "", "unit": "", "quantity": "0.1"}]
    assert document["outputs"] == [{"gtin": "10614141073464", "level": "1", "lot": "", "unit": "", "quantity": "1"}]


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (b"[]", "malformed_epcis", "the document holds no event"),
        (encoded(type="Party"), "malformed_epcis", "an event is a 'Party', expected one of ObjectEvent,"),
        (encoded(eventTime=None), "malformed_epcis", "a ObjectEvent has no eventTime"),
        (encoded(epcList="x"), "malformed_epcis", "epcList is 'x', expected a list"),
        (encoded(quantityList=["x"]), "malformed_epcis", "a quantity is 'x', expected an object with epcClass"),
        (encoded(sourceList="x"), "malformed_epcis", "source entries are 'x', expected objects"),
        (
            encoded(quantityList=[{"epcClass": "urn:x", "quantity": "many"}]),
            "not_a_number",
            "a quantity is 'many', expected a number",
        ),
    ],
)
def test_refused(payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_epcis(payload, {})
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample payloads is not beside this project")
def test_the_standards_own_pair_of_one_event_has_one_key() -> None:
    keys = {decode_epcis((SAMPLES / f"same_event_{n}.xml").read_bytes(), {})[0]["key"] for n in (1, 2)}
    assert len(keys) == 1
