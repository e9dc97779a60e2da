from pathlib import Path

import pytest

from schemas.mapping_spec import MappingSpec
from schemas.yaml_files import SpecError, parse
from tests.schemas.mapping_texts import SMALL, changed, saved


def test_a_mapping_file_is_read(tmp_path: Path) -> None:
    spec = parse(MappingSpec, saved(tmp_path, SMALL))
    assert (spec.source, spec.owner, spec.version, spec.format) == ("wms", "warehouse team", 3, "json")
    assert [(message.name, message.each, message.ignore) for message in spec.messages] == [
        ("ship", ("message.lines",), None),
        ("ping", (), "pings carry no stock"),
    ]
    assert spec.messages[0].let == {"site": "message.site"}


def test_format_options_are_plain_data(tmp_path: Path) -> None:
    text = changed(("format: json\n", 'format: xml\nformat_options: {force_list: [Line], loops: {"944": {}}}\n'))
    options = parse(MappingSpec, saved(tmp_path, text)).format_options
    assert options == {"force_list": ["Line"], "loops": {"944": {}}}
    assert (type(options["force_list"]), type(options["loops"])) == (list, dict)  # nothing of the YAML reader


KINDS = (
    "adjustment, count, disposition_changed, inbound_announced, inbound_cancelled, order_recorded, receipt, "
    "reservation_allocated, reservation_cancelled, reservation_expired, reservation_released, reservation_requested, "
    "return_received, shipment, snapshot, transfer_received, transfer_shipped, unknown_count"
)
QUANTITY = "messages.0.events.0.quantity"


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("owner: warehouse team\n", "", ["1: owner: is missing"]),
        ("owner:", "onwer:", ["1: owner: is missing", "2: onwer: is not known here"]),
        (
            "source: wms",
            "source: WMS East",
            ["1: source: name 'WMS East', expected small letters, digits and _ . - after the first"],
        ),
        ("version: 3", "version: 0", ["3: version: Input should be greater than or equal to 1"]),
        (
            "version: 3",
            "version: 3\nversion: 4",
            ['4: found duplicate key "version" with value "4" (original value: "3")'],
        ),
        (
            "America/New_York",
            "America/Newyork",
            ["5: timezone: unknown time zone 'America/Newyork', expected a name such as America/New_York or UTC"],
        ),
        ("    each: message.lines\n", "    each: []\n    eech: x\n", ["11: messages.0.eech: is not known here"]),
        (
            "each: message.lines",
            "each: [message.a, line.b, line.c]",
            ["10: messages.0.each: Value should have at most 2 items after validation, not 3"],
        ),
        (
            "{site: message.site}",
            "{line: message.site}",
            [
                (
                    "11: messages.0.let.line.[key]: 'line' is taken, "
                    "expected another name than message, line, outer, index, envelope"
                )
            ],
        ),
        (
            "kind: shipment",
            "kind: shipmnet",
            [f"13: messages.0.events.0.kind.value: unknown kind 'shipmnet', expected one of {KINDS}"],
        ),
        (
            "kind: shipment",
            "kind: {from: line.code, values: {S: shipmnet}}",
            [f"13: messages.0.events.0.kind.values.S: unknown kind 'shipmnet', expected one of {KINDS}"],
        ),
        ("        item: line.sku\n", "", ["13: messages.0.events.0.item: is missing"]),
        (
            "quantity: line.qty",
            "quantity: line..qty",
            [
                (
                    f"16: {QUANTITY}.from: 'line..qty' is not JMESPath: Expecting: ['quoted_identifier', "
                    "'unquoted_identifier', 'lbracket', 'lbrace'], got: dot: Parse error at column 5, token \".\" (DOT)"
                )
            ],
        ),
        (
            "quantity: line.qty",
            "quantity:\n          from: line.qty\n          negative: yes",
            [f"18: {QUANTITY}.negative: is not known here"],
        ),
        (
            "quantity: line.qty",
            "quantity: [line.qty]",
            [f"16: {QUANTITY}: is not keys and values, expected keys and values"],
        ),
        (
            "transaction_key: [message.id, line.no]",
            "transaction_key: message.id",
            ["14: messages.0.events.0.transaction_key: is not a list, expected a list"],
        ),
        (
            "    ignore: pings carry no stock\n",
            "",
            ["19: messages.1: message ping has neither events nor ignore nor heartbeat, expected one of them"],
        ),
        (
            "    events:\n",
            "    ignore: nothing\n    events:\n",
            ["8: messages.0: message ship has events and ignore, expected one of them"],
        ),
    ],
)
def test_a_broken_mapping_is_refused_with_its_lines(tmp_path: Path, old: str, new: str, problems: list[str]) -> None:
    path = saved(tmp_path, changed((old, new)))
    with pytest.raises(SpecError) as caught:
        parse(MappingSpec, path)
    assert str(caught.value).splitlines() == [f"{path}:{problem}" for problem in problems]
