"""EPCIS shapes: the events of a document, as JSON would write them, from either encoding and any version."""

import pytest

from transforms.arrival import epcis_shapes
from transforms.arrival.epcis_shapes import read_events, utc_text, words
from transforms.arrival.limits import DecodeError

EVENT = b'{"type": "ObjectEvent", "eventTime": "2026-03-02T15:00:00Z"}'


@pytest.mark.parametrize(
    ("story", "payload"),
    [
        ("a document", b'{"epcisBody": {"eventList": [%s]}}' % EVENT),
        ("one event in a document", b'{"epcisBody": {"event": %s}}' % EVENT),
        ("a query's answer", b'{"eventList": [%s]}' % EVENT),
        ("a list", b"[%s]" % EVENT),
        ("one event", b"\xef\xbb\xbf" + EVENT),
    ],
)
def test_events_are_found_in(story: str, payload: bytes) -> None:
    assert read_events(payload) == [{"type": "ObjectEvent", "eventTime": "2026-03-02T15:00:00Z"}]


def test_xml_becomes_what_json_would_say() -> None:
    payload = b"""<e:EPCISDocument><EPCISBody><EventList><extension><ObjectEvent>
    <eventTime>T</eventTime><baseExtension><eventID>urn:uuid:7</eventID></baseExtension>
    <epcList><epc>a</epc></epcList><action>ADD</action><readPoint><id>r</id></readPoint>
    <extension><quantityList><quantityElement><epcClass>c</epcClass><quantity>2</quantity></quantityElement>
    </quantityList></extension>
    <bizTransactionList><bizTransaction type="po">t</bizTransaction><bizTransaction>u</bizTransaction>
    </bizTransactionList><errorDeclaration><declarationTime>D</declarationTime>
    <correctiveEventIDs><correctiveEventID>urn:uuid:8</correctiveEventID></correctiveEventIDs></errorDeclaration>
    </ObjectEvent></extension></EventList></EPCISBody></e:EPCISDocument>"""
    assert read_events(payload) == [
        {
            "type": "ObjectEvent",
            "eventTime": "T",
            "eventID": "urn:uuid:7",
            "epcList": ["a"],
            "action": "ADD",
            "readPoint": {"id": "r"},
            "quantityList": [{"epcClass": "c", "quantity": "2"}],
            "bizTransactionList": [{"type": "po", "bizTransaction": "t"}, {"type": None, "bizTransaction": "u"}],
            "errorDeclaration": {"declarationTime": "D", "correctiveEventIDs": ["urn:uuid:8"]},
        }
    ]


@pytest.mark.parametrize(
    "text",
    [
        "receiving",
        "urn:epcglobal:cbv:bizstep:receiving",
        "https://ref.gs1.org/cbv/BizStep-receiving",
        "cbv:BizStep-receiving",
    ],
)
def test_a_word_is_bare(text: str) -> None:
    assert words(text) == "receiving"


def test_a_word_of_ones_own_stays_and_none_is_empty() -> None:
    assert words("http://example.com/steps/x-y") == "http://example.com/steps/x-y"
    assert words(None) == ""


def test_a_time_is_that_of_utc() -> None:
    assert utc_text("2005-04-04T20:33:31.116-06:00") == "2005-04-05T02:33:31.116000Z"


@pytest.mark.parametrize(
    "text", ["2005-04-04T20:33:31", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59-14"]
)
def test_no_time(text: str) -> None:
    with pytest.raises(DecodeError) as refused:
        utc_text(text)
    assert refused.value.reason == "malformed_epcis"


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"epcisBody": 5}', "found 'None' where the events should be"),
        (b"[1]", "found '[1]' where the events should be"),
        (b"<a/>", "no EventList in 'a'"),
    ],
)
def test_refused(payload: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read_events(payload)
    assert (refused.value.reason, refused.value.message) == ("malformed_epcis", message)


def test_events_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epcis_shapes, "EVENTS_MAX", 1)
    with pytest.raises(DecodeError, match="the document has 2 events, expected at most 1"):
        read_events(b"[%s, %s]" % (EVENT, EVENT))
