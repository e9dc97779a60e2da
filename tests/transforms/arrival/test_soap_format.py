"""SOAP format: the body of an envelope of either version; a fault is a refusal that says why."""

import pytest

from transforms.arrival.limits import DecodeError
from transforms.arrival.soap_format import decode_soap


def envelope(body: str, header: str = "", version: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    return f'<s:Envelope xmlns:s="{version}">{header}<s:Body>{body}</s:Body></s:Envelope>'.encode()


def test_an_envelope_is_its_operation_header_and_body() -> None:
    header = '<s:Header xmlns:wsa="urn:wsa"><wsa:MessageID>uuid:7</wsa:MessageID></s:Header>'
    body = '<m:Stock xmlns:m="urn:m"><Line><Qty unit="EA">5</Qty></Line></m:Stock>'
    assert decode_soap(envelope(body, header), {"force_list": ["Line"]}) == [
        {
            "operation": "Stock",
            "header": {"MessageID": "uuid:7"},
            "body": {"Line": [{"Qty": {"@unit": "EA", "#text": "5"}}]},
        }
    ]


def test_the_newer_version_is_read_alike() -> None:
    payload = envelope("<Ping/>", version="http://www.w3.org/2003/05/soap-envelope")
    assert decode_soap(payload, {}) == [{"operation": "Ping", "header": None, "body": None}]


FAULT_OLD = "<s:Fault><faultcode>s:Server</faultcode><faultstring>stock is locked</faultstring></s:Fault>"
FAULT_NEW = (
    "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>"
    '<s:Reason><s:Text xml:lang="en">stock is locked</s:Text></s:Reason></s:Fault>'
)


@pytest.mark.parametrize(
    ("story", "payload", "reason", "message"),
    [
        (
            "a fault of version 1.1",
            envelope(FAULT_OLD),
            "partner_error",
            "the partner answered with a fault: code 's:Server', 'stock is locked'",
        ),
        (
            "a fault of version 1.2",
            envelope(FAULT_NEW),
            "partner_error",
            "the partner answered with a fault: code 's:Receiver', 'stock is locked'",
        ),
        (
            "a fault of text",
            envelope("<s:Fault>no</s:Fault>"),
            "partner_error",
            "the partner answered with a fault: 'no'",
        ),
        ("plain XML", b"<a/>", "malformed_xml", "no SOAP envelope: the root is 'a', expected Envelope"),
        ("no body", b"<Envelope/>", "malformed_xml", "no SOAP envelope: the envelope has no Body"),
        (
            "an empty body",
            envelope(""),
            "malformed_xml",
            "no SOAP envelope: Body holds 'nothing', expected one element",
        ),
        ("two operations", envelope("<a/><b/>"), "malformed_xml", "no SOAP envelope: Body holds 'a, b', expected one"),
        ("a bomb", b"<!DOCTYPE a [<!ENTITY x 'y'>]><Envelope/>", "forbidden_xml", "the document type 'a' has"),
    ],
)
def test_refused(story: str, payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_soap(payload, {})
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)
