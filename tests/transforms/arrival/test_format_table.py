"""Format table: whatever the bytes are, documents or a reason come out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.arrival import edifact, tables
from tests.transforms.arrival.edi import RECEIPT, SHIPMENT, interchange, transaction_set
from transforms.arrival import format_table
from transforms.arrival.format_table import (
    CARRIERS,
    FORMATS,
    SUFFIXES,
    DecodeError,
    decode,
    format_of_content_type,
    format_of_name,
    option_problems,
)

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
DECODE_REASONS = {
    "too_large", "too_deep", "not_text", "malformed_json", "duplicate_json_key", "not_a_number", "malformed_xml",
    "forbidden_xml", "malformed_csv", "malformed_x12", "malformed_edifact", "malformed_fixed", "malformed_archive",
    "partner_error", "malformed_avro", "malformed_parquet", "malformed_epcis", "envelope_mismatch",
    "unsupported_set", "malformed_change",
}  # fmt: skip

GOOD = {
    "json": [b'{"a": [1, 2.5, null, "x\\u00e9"], "b": {"c": true}}', b'[{"id": 9007199254740993}]'],
    "debezium": [b'{"op": "u", "before": {"a": 1}, "after": {"a": 2}, "source": {"table": "t"}, "ts_ms": 5}'],
    "xml": [
        b'<?xml version="1.0" encoding="UTF-8"?><n:a xmlns:n="urn:n"><b c="1">x&amp;y</b><b/></n:a>',
        b"<!DOCTYPE a><a><![CDATA[x]]></a>",
    ],
    "soap": [b"<s:Envelope><s:Body><Get><sku>1</sku></Get></s:Body></s:Envelope>"],
    "fixed": [b"00417     5\r\n00418     7\r\n"],
    "csv": [b'item,qty\r\n"A ""1""",5\r\n00417,\r\n'],
    "tsv": [b"item\tqty\nA\t5\n"],
    "x12": [
        interchange(transaction_set("945", SHIPMENT)),
        interchange(transaction_set("944", RECEIPT), terminator="\r\n"),
        interchange(transaction_set("856", ["BSN*00*1", "HL*1**S", "HL*2*1*I", "SN1**4*EA"]), terminator="~"),
    ],
    "avro": [tables.avro(), tables.avro(codec="deflate")],
    "parquet": [tables.parquet(), tables.parquet(compression="gzip")],
    "epcis": [
        (
            b'{"type": "EPCISDocument", "epcisBody": {"eventList": [{"type": "ObjectEvent", "action": "OBSERVE", '
            b'"eventTime": "2026-03-02T15:00:00Z", "epcList": ["urn:epc:id:sgtin:0614141.107346.2016"], '
            b'"quantityList": [{"epcClass": "https://id.gs1.org/01/04012345123456/10/L1", "quantity": 2.5}]}]}}'
        ),
        (
            b"<e:EPCISDocument><EPCISBody><EventList><ObjectEvent><eventTime>2026-03-02T15:00:00Z</eventTime>"
            b"<epcList><epc>urn:epc:id:sgtin:0614141.107346.2016</epc></epcList><action>ADD</action></ObjectEvent>"
            b"</EventList></EPCISBody></e:EPCISDocument>"
        ),
    ],
    "edifact": [
        edifact.interchange(edifact.message("DESADV", edifact.DESPATCH)),
        edifact.interchange(edifact.message("ORDERS", ["BGM+220+A?+B?'??+9", "LIN+1"]), end="'"),
    ],
}
OPTIONS: dict[str, dict[str, Any]] = {"fixed": {"columns": {"item": [1, 5], "qty": [6, 6]}}}
SPICE = [
    b"?",
    b"'",
    b"+",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"~",
    b"*",
    b"\n",
    b'"',
    b"<",
    b"[",
    b"{",
    b"&",
    b"1e999",
    b"\\ud800",
    b"NaN",
]


def decodes_or_refuses(name: str, payload: bytes) -> None:
    refused: DecodeError | None = None
    try:
        documents = decode(name, payload, OPTIONS.get(name, {}))
    except DecodeError as error:
        refused = error
    if refused is None:
        assert documents
    else:
        assert refused.reason in DECODE_REASONS
        assert 0 < len(refused.message.encode()) < 500


def test_every_format_has_good_payloads_here() -> None:
    assert GOOD.keys() == FORMATS.keys()
    for name, payloads in GOOD.items():
        assert all(decode(name, payload, OPTIONS.get(name, {})) for payload in payloads)


@pytest.mark.parametrize("name", FORMATS)
def test_random_bytes_are_decoded_or_refused(name: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(payload=st.binary(max_size=200))
    def holds(payload: bytes) -> None:
        decodes_or_refuses(name, payload)

    holds()


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_payloads_are_decoded_or_refused(name: str) -> None:
    @settings(max_examples=200, deadline=None)
    @given(data=st.data(), payload=st.sampled_from(GOOD[name]))
    def holds(data: st.DataObject, payload: bytes) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(payload)))
            end = start + data.draw(st.integers(0, 5))
            spice = data.draw(st.sampled_from(SPICE) | st.binary(max_size=3) | st.just(payload[start : start + 30]))
            payload = payload[:start] + spice + payload[end:]
        decodes_or_refuses(name, payload)

    holds()


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_at_all_is_decoded_or_refused(name: str) -> None:
    decodes_or_refuses(name, b"")


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DecodeError) as refused:
        decode("pdf", b"")
    assert refused.value.reason == "unknown_format"
    names = "json, debezium, xml, soap, csv, tsv, fixed, x12, edifact, epcis, avro, parquet"
    assert refused.value.message == f"format is 'pdf', expected one of {names}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_payload_above_the_limit_is_not_even_parsed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format_table, "PAYLOAD_BYTES_MAX", 3)
    with pytest.raises(DecodeError, match="the payload has 4 bytes, expected at most 3") as refused:
        decode(name, b"    ")
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(
    ("file", "mapped", "expected"),
    [
        ("a/x.json", "json", "json"),
        ("a/x.jsonl", "debezium", "debezium"),
        ("a/x.json", "debezium", "debezium"),
        ("a/x.csv", "debezium", "csv"),
        ("a/x.csv", "tsv", "tsv"),
        ("a/x.tsv", "csv", "tsv"),
        ("a/x.EDI", "json", "x12"),
        ("a/x.csv.gz", "json", "csv"),
        ("a/x.zip", "json", "json"),
        ("a/x.xml", "soap", "soap"),
        ("a/x.dat", "fixed", "fixed"),
        ("a/x.edi", "edifact", "edifact"),
        ("a/x.jsonld", "", "json"),
        ("a/x.txt", "csv", "csv"),
        ("a/x", "x12", "x12"),
        ("a/x.pdf", "", "pdf"),
        ("a/x", "", "unknown"),
    ],
)
def test_a_file_has_the_format(file: str, mapped: str, expected: str) -> None:
    assert format_of_name(file, mapped) == expected


@pytest.mark.parametrize(
    ("content_type", "mapped", "expected"),
    [
        ("application/json", "", "json"),
        ("Application/JSON; charset=utf-8", "debezium", "debezium"),
        ("application/cloudevents+json", "", "json"),
        ("application/soap+xml", "json", "xml"),
        ("application/vnd.gs1+xml", "", "xml"),
        ("application/EDI-X12", "", "x12"),
        ("application/octet-stream", "csv", "csv"),
        ("", "csv", "csv"),
        ("", "", ""),
    ],
)
def test_a_content_type_means_the_format(content_type: str, mapped: str, expected: str) -> None:
    assert format_of_content_type(content_type, mapped) == expected


def test_what_names_lead_to_is_a_format() -> None:
    assert {
        *SUFFIXES.values(),
        *CARRIERS,
        *(one for carried in CARRIERS.values() for one in carried),
        *format_table.CONTENT_TYPES.values(),
    } <= FORMATS.keys()


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({}, []),
        ({"delimiter": "\t", "encoding": "cp1252", "header": ["a", "b"], "skip_rows": 2, "quote": ""}, []),
        ({"force_list": ["Line"], "segment_count": "ignore", "decimal": "string"}, []),
        ({"loops": {"830": {"LIN": {"FST": None}}, "864": {}}}, []),
        ({"columns": {"a": [1, 8]}, "records": {"10": {"a": [3, 1]}}}, []),
        (
            {"columns": {"a": [0, 8]}},
            ["columns is {'a': [0, 8]}, expected first place and number of characters by field"],
        ),
        ({"lines": True, "answer": "graphql"}, []),
        (
            {"lines": 5, "answer": "soap"},
            ["lines is 5, expected true, or nothing", "answer is 'soap', expected 'graphql', or nothing"],
        ),
        ({"records": {"10": 5}}, ["records is {'10': 5}, expected columns by what a line starts with"]),
        ({"delimiter": ";;"}, ["delimiter is ';;', expected one character"]),
        ({"delimiter": 5}, ["delimiter is 5, expected one character"]),
        ({"quote": "''"}, ["quote is \"''\", expected one character, or '' for none"]),
        ({"encoding": "klingon"}, ["encoding is 'klingon', expected the name of a text encoding"]),
        ({"encoding": "zlib"}, ["encoding is 'zlib', expected the name of a text encoding"]),
        ({"header": ["a", "a"]}, ["header is ['a', 'a'], expected a list of different column names"]),
        ({"skip_rows": -1}, ["skip_rows is -1, expected a number of lines"]),
        ({"skip_rows": True}, ["skip_rows is True, expected a number of lines"]),
        ({"force_list": "Line"}, ["force_list is 'Line', expected a list of element names"]),
        (
            {"loops": {"830": ["LIN"]}},
            ["loops is {'830': ['LIN']}, expected opening segments by set, nested as loops are"],
        ),
        ({"segment_count": 5}, ["segment_count is 5, expected 'ignore', or nothing"]),
        (
            {"decimal": "precise"},
            ["decimal is 'precise', expected 'string', as the connector's decimal.handling.mode must be"],
        ),
    ],
)
def test_options_are_checked_when_a_mapping_is_loaded(options: Mapping[str, Any], problems: list[str]) -> None:
    assert option_problems(options) == problems


def test_an_unknown_option_is_named_with_the_known_ones() -> None:
    (problem,) = option_problems({"delimeter": ";"})
    assert problem.startswith(
        "unknown option 'delimeter', expected some of lines, answer, columns, records, delimiter,"
    )


def _samples() -> list[Path]:
    return sorted(path for path in SAMPLES.glob("*/*") if path.suffix in SUFFIXES)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample payloads is not beside this project")
def test_payloads_from_public_repositories_are_decoded_or_refused() -> None:
    found: dict[str, int | str] = {}
    for path in _samples():
        try:
            named = "edifact" if path.parent.name == "edifact" else format_of_name(path.name)
            found[f"{path.parent.name}/{path.name}"] = len(decode(named, path.read_bytes()))
        except DecodeError as refused:
            found[f"{path.parent.name}/{path.name}"] = str(refused)
    assert found == {
        "amazon/listings_feed_v2.json": 1,
        "amazon/mfn_quantity_change.json": 1,
        "amazon/order_change.json": 1,
        "csv/supplier_inventory_feed.csv": 1,
        "dynamics/atp_worked_example.csv": 1,
        "edifact/desadv_eancom_sscc.edi": 1,
        "edifact/orders_release_chars.edi": 'in segment 8 a release character before "\'" swallows QTY: '
        '"ecial ?+ chars ?\'\\nQTY+21:100"',
        "epcis/object_receiving_200kg_lot.jsonld": 1,
        "epcis/same_event_1.xml": 1,
        "epcis/same_event_2.xml": 1,
        "shopify/inventory_levels_rest.json": 1,
        "shopify/inventory_states.csv": 1,
        "walmart/inventory.xml": 1,
        "x12/846_dd_7_warehouses_pipe.edi": 1,
        "x12/850_purchase_order_bom.edi": 1,
        "x12/856_walmart_dc_two_orders.edi": 1,
        "x12/945_warehouse_shipping_advice_lots.edi": 1,
        "x12/dup_interchange.edi": 2,
    }


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample payloads is not beside this project")
def test_public_payloads_keep_what_matters() -> None:
    def only(name: str) -> Any:
        return decode(format_of_name(name), (SAMPLES / name).read_bytes())[0]

    stock = only("x12/846_dd_7_warehouses_pipe.edi")["LIN_loop"]
    assert [scheduled["SCH04"] for scheduled in stock[0]["QTY_loop"][0]["SCH"]] == [
        "DALLAS", "CHICAGO", "PORTLAND", "MEMPHIS", "BALTIMORE", "ORANGE", "KANSAS CITY",
    ]  # fmt: skip
    notice = only("x12/856_walmart_dc_two_orders.edi")["HL_loop"]
    items = [level for level in notice if level["HL"][0]["HL03"] == "I"]
    orders = [level["parents"]["O"]["PRF"][0]["PRF01"] for level in items]
    codes = [(level["LIN"][0]["LIN03"], level["SN1"][0]["SN102"]) for level in items]
    assert list(zip(orders, codes, strict=True)) == [
        ("9988776655", ("008815509183", "4")),
        ("9988776655", ("008815547321", "9")),
        ("2288115555", ("008815509183", "4")),
        ("2288115555", ("008815547321", "9")),
    ]
    lines = only("x12/945_warehouse_shipping_advice_lots.edi")["LX_loop"]
    assert [line["W12_loop"][0]["N9"][1] for line in lines] == [
        {"N901": "PC", "N902": "989JAN281301"},
        {"N901": "PC", "N902": "989JAN291301"},
    ]
    assert only("walmart/inventory.xml")["inventory"]["quantity"] == {"unit": "EACH", "amount": "23"}
    assert only("shopify/inventory_levels_rest.json")["inventory_levels"][0]["inventory_item_id"] == 808950810
