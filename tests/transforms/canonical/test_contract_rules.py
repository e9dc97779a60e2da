import json
from pathlib import Path
from typing import Any

import pytest

from transforms.canonical.contract_rules import check_contract, rewrite_expected
from transforms.canonical.mapping_rules import SourceMapping, load_mappings

MAPPING = """\
source: shop
owner: web shop team
version: 2
format: json
messages:
  - name: order
    when: "envelope.attributes.topic == 'orders/create' || message.topic == 'orders/create'"
    each: message.lines
    events:
      - kind: order_recorded
        transaction_key: [message.id, line.no]
        item: line.sku
        quantity: line.qty
        channel: {value: web}
        order_reference: message.id
        occurred_at: message.at
  - name: ping
    when: "message.topic == 'ping'"
    ignore: pings carry no stock
"""
ORDER = {
    "topic": "orders/create",
    "id": "W-1",
    "at": "2026-03-02T09:00:00-05:00",
    "lines": [{"no": 1, "sku": "MUG", "qty": 2}],
}
PROMISED = {
    "transaction_key": "shop:order:W-1:1",
    "kind": "order_recorded",
    "item_code": "MUG",
    "quantity": "2",
    "unit_code": "",
    "occurred_at": "2026-03-02T14:00:00+00:00",
    "source": "shop",
    "mapping_version": "shop/order@2",
    "channel": "web",
    "order_reference": "W-1",
}


class Shop:
    """The folder of one mapping with its samples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shop"
        (self.folder / "samples").mkdir(parents=True)
        (self.folder / "mapping.yaml").write_text(MAPPING)
        self.write("order.json", ORDER)
        self.write("order.expected.json", [PROMISED])
        self.write("ping.json", {"topic": "ping"})
        self.write("ping.expected.json", [])

    def write(self, name: str, content: Any) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / "samples" / name).write_text(text)

    def remove(self, name: str) -> None:
        (self.folder / "samples" / name).unlink()

    @property
    def mapping(self) -> SourceMapping:
        return load_mappings(self.folder.parent)["shop"]

    def problems(self) -> list[str]:
        return [one.replace(f"{self.folder}", "shop") for one in check_contract(self.folder, self.mapping)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_samples_that_become_what_was_promised_are_in_order(shop: Shop) -> None:
    assert shop.problems() == []


@pytest.mark.parametrize(
    ("story", "name", "content", "problem"),
    [
        (
            "another quantity",
            "order.expected.json",
            [{**PROMISED, "quantity": "3"}],
            "order.json: event 0: quantity is '2', expected '3'",
        ),
        (
            "a field that was promised",
            "order.expected.json",
            [{**PROMISED, "lot": "L1"}],
            "order.json: event 0: lot is None, expected 'L1'",
        ),
        (
            "a field that was not promised",
            "order.expected.json",
            [{name: value for name, value in PROMISED.items() if name != "channel"}],
            "order.json: event 0: channel is 'web', expected None",
        ),
        (
            "an event less",
            "order.expected.json",
            [PROMISED] * 2,
            "order.json: becomes 1 events, expected 2",
        ),
        ("an event more", "order.expected.json", [], "order.json: becomes 1 events, expected 0"),
        (
            "a refused line",
            "order.json",
            {**ORDER, "lines": [{"no": 1, "sku": "MUG", "qty": None}]},
            (
                "order.json: is refused (missing_quantity): shop/order: field quantity (line.qty): got nothing,"
                " expected a quantity: unknown is not zero"
            ),
        ),
        (
            "a message that nobody mapped",
            "ping.json",
            {"topic": "pong"},
            (
                "ping.json: is refused (no_mapping_matches): shop: no message matches"
                " (envelope.attributes.topic is None, message.topic is 'pong'), expected one of order, ping"
            ),
        ),
        (
            "a payload that is cut off",
            "order.json",
            '{"topic": ',
            (
                "order.json: cannot be decoded (malformed_json): the payload ends too early,"
                " at line 1 column 11: Expecting value"
            ),
        ),
        (
            "a promise that is no JSON",
            "order.expected.json",
            "[{",
            (
                "order.json: order.expected.json beside it is not JSON:"
                " Expecting property name enclosed in double quotes: line 1 column 3 (char 2)"
            ),
        ),
        (
            "a promise that is no list",
            "order.expected.json",
            PROMISED,
            "order.json: order.expected.json beside it holds the wrong thing, expected a list of events",
        ),
        (
            "a promise of nothing",
            "refund.expected.json",
            [],
            "refund.expected.json: has no sample, expected a payload beside it",
        ),
    ],
)
def test_a_broken_promise_is_named(shop: Shop, story: str, name: str, content: Any, problem: str) -> None:
    shop.write(name, content)
    assert f"shop/samples/{problem}" in shop.problems()


def test_a_sample_needs_a_promise(shop: Shop) -> None:
    shop.remove("order.expected.json")
    assert shop.problems() == ["shop/samples/order.json: has no order.expected.json beside it"]


def test_each_message_of_a_mapping_needs_a_sample(shop: Shop) -> None:
    shop.remove("ping.json")
    shop.remove("ping.expected.json")
    assert shop.problems() == ["shop: message ping has no sample, expected one in samples"]


def test_a_sample_may_have_attributes_beside_it(shop: Shop) -> None:
    shop.write("order.json", {**ORDER, "topic": "in the header"})
    assert shop.problems() != []
    shop.write("order.attributes.json", {"topic": "orders/create"})
    assert shop.problems() == []


def test_promises_are_rewritten_from_what_the_mapping_makes_now(shop: Shop) -> None:
    shop.write("order.expected.json", [])
    rewrite_expected(shop.folder, shop.mapping)
    assert shop.problems() == []
    text = (shop.folder / "samples" / "order.expected.json").read_text()
    assert json.loads(text) == [PROMISED]
    assert text.startswith('[\n  {\n    "transaction_key": "shop:order:W-1:1",\n')
