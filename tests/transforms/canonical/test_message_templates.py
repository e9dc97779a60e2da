from typing import Any

import pytest

from schemas.mapping_spec import MappingSpec
from transforms.canonical.event_templates import Problem
from transforms.canonical.message_templates import MessageTemplate

EVENT = {
    "kind": "shipment",
    "transaction_key": ["message.id", "index"],
    "item": "line.sku",
    "quantity": "line.qty",
    "occurred_at": "message.at",
}


def message(**fields: Any) -> MessageTemplate:
    said = {"name": "ship", "events": [EVENT], **fields}
    mapping = {"source": "wms", "owner": "team", "version": 3, "format": "json", "messages": [said]}
    space = {"key_space": fields.pop("key_space")} if "key_space" in fields else {}
    said.pop("key_space", None)
    spec = MappingSpec.model_validate({**mapping, **space})
    return MessageTemplate(spec.messages[0], spec)


def lines_of(template: MessageTemplate, document: Any) -> list[Any]:
    """(outer, line, index) of each line, or the problem in its place."""
    context: dict[str, Any] = {"message": document}
    return [
        problem or (context.get("outer"), context.get("line"), context.get("index"))
        for problem in template.lines(context)
    ]


GOT_NOTHING = "got nothing, expected a list"


@pytest.mark.parametrize(
    ("story", "each", "document", "lines"),
    [
        ("the message itself, once", [], {"id": 1}, [(None, None, None)]),
        ("each element of a list", "message.l", {"l": ["a", "b"]}, [(None, "a", 0), (None, "b", 1)]),
        ("a list of nothing", "message.l", {"l": []}, []),
        ("one element without its list", "message.l", {"l": {"sku": "A"}}, [(None, {"sku": "A"}, 0)]),
        ("no list", "message.l", {}, [Problem("missing_field", f"each (message.l): {GOT_NOTHING}", "")]),
        (
            "lists in lists, counted through",
            ["message.o", "line.l"],
            {"o": [{"l": ["a", "b"]}, {"l": []}, {"l": ["c"]}]},
            [({"l": ["a", "b"]}, "a", 0), ({"l": ["a", "b"]}, "b", 1), ({"l": ["c"]}, "c", 2)],
        ),
        (
            "one of several lists that is not there",
            ["message.o", "line.l"],
            {"o": [{"l": ["a"]}, {}, {"l": ["c"]}]},
            [
                ({"l": ["a"]}, "a", 0),
                Problem("missing_field", f"each (line.l): {GOT_NOTHING}", ""),
                ({"l": ["c"]}, "c", 1),
            ],
        ),
        (
            "no list of lists",
            ["message.o", "line.l"],
            {"l": ["a"]},
            [Problem("missing_field", f"each (message.o): {GOT_NOTHING}", "")],
        ),
    ],
)
def test_the_lines_of_a_message(story: str, each: Any, document: Any, lines: list[Any]) -> None:
    assert lines_of(message(each=each), document) == lines


def test_a_list_that_cannot_be_computed_is_told() -> None:
    (found,) = lines_of(message(each="keys(message.l)"), {"l": []})
    assert isinstance(found, Problem)
    assert found.reason == "bad_value"
    assert found.message.startswith("each: keys(message.l) cannot be computed: ")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, "wms:ship:S1:0"),
        ({"key_name": "shipment"}, "wms:shipment:S1:0"),
        ({"key_space": "warehouses"}, "warehouses:ship:S1:0"),  # another source that tells the same facts shares it
    ],
)
def test_keys_begin_with_their_space_and_the_message(fields: dict[str, Any], key: str) -> None:
    (template,) = message(each="message.l", **fields).templates
    context = {"message": {"id": "S1"}, "line": {}, "index": 0}
    assert template.problem(context).transaction_key == key  # the line has no item


def test_a_message_has_its_version_and_its_names() -> None:
    named = message(let={"site": "message.site", "dock": "message.dock"})
    assert named.version == "wms/ship@3"
    assert [(name, read({"message": {"site": "E", "dock": 2}})) for name, read in named.let] == [
        ("site", "E"),
        ("dock", 2),
    ]
