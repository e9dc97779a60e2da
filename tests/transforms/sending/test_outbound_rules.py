"""A mapping and a call become requests; an answer becomes a result for each message."""

import json
from decimal import Decimal
from typing import Any

import pytest

from schemas.outbound_spec import OutboundSpec
from tests.partners import MAPPINGS, START, figure
from transforms.sending.outbound_rules import Outbound, compile_template, context_of
from transforms.sending.outbox_state import Answer, Call

CALL = Call(42, "send", "key-1", (figure("A", 5, 1), figure("B", 0, 2)), (None, Decimal(3)))
VALUES = {"location": "gid://Location/1"}


def mapping(answer: dict[str, Any], **step: Any) -> Outbound:
    send = {"steps": [{"path": "/x", "body": {}, **step}], "answer": answer}
    spec = {"partner": "test", "owner": "us", "version": 1, "takes": "figures", "send": send}
    return Outbound(OutboundSpec.model_validate(spec))


def answered(body: Any, answer: dict[str, Any], status: int = 200) -> Answer:
    context = context_of(CALL, VALUES, START) | {"status": status, "body": body}
    return mapping(answer).exchanges["send"].understood(context)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("text stays text", "text stays text"),
        ({"a": [1, True, None]}, {"a": [1, True, None]}),
        ({"from": "message.listing"}, "A"),
        ({"each": "messages", "as": [{"from": "number"}, {"from": "one.quantity"}]}, [[1, 5], [2, 0]]),
        ({"text": ["n-", {"from": "call.number"}, "/", {"from": "messages[1].known"}]}, "n-42/3"),
        ({"from": "messages[].known"}, [Decimal(3)]),
        ({"each": "messages", "as": {"each": "[`1`]", "as": {"from": "outer.listing"}}}, [["A"], ["B"]]),
    ],
)
def test_a_template_is_filled_in(template: Any, expected: Any) -> None:
    assert compile_template(template)(context_of(CALL, VALUES, START)) == expected


def test_what_is_read_into_a_path_stays_one_piece_of_it_and_of_a_header_one_line() -> None:
    hostile = figure("../admin?x=1", 5, 1)
    step = mapping(
        {},
        path={"text": ["/items/", {"from": "message.listing"}]},
        query={"q": {"from": "message.listing"}},
        headers={"X-Item": {"from": "partner.name"}},
    ).exchanges["send"]
    context = context_of(CALL._replace(messages=(hostile,), known=(None,)), {"name": "a\r\nX-Evil: 1"}, START)
    request = step.steps[0].request(context, {})
    assert request.path == "/items/..%2Fadmin%3Fx%3D1?q=..%2Fadmin%3Fx%3D1"
    assert request.headers["X-Item"] == "a%0D%0AX-Evil: 1"


def test_secrets_stand_in_headers_only() -> None:
    step = Outbound(MAPPINGS["shop"]).exchanges["send"].steps[0]
    request = step.request(context_of(CALL, VALUES, START), {"token": "t0p"})
    assert request.headers["X-Shopify-Access-Token"] == "t0p"
    assert b"t0p" not in (request.body or b"")
    quantities = json.loads(request.body or b"")["variables"]["input"]["quantities"]
    assert [(one["quantity"], one["compareQuantity"]) for one in quantities] == [(5, None), (0, 3)]


BY_KEY = {"each": "body.errors", "key": "one.sku", "message": "one.title"}
BY_NUMBER = {"each": "body.issues", "number": "one.messageId", "problem": "one.severity == 'ERROR'"}
LISTED = {
    "each": "body.lines", "key": "one.sku", "problem": "one.status >= `300`", "code": "one.status",
    "message": "one.title", "lists_all": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("story", "body", "answer", "expected"),
    [
        ("no problems", {}, BY_KEY, Answer("done")),
        ("one", {"errors": [{"sku": "B", "title": "no"}]}, BY_KEY, Answer("done", results={"B": ("refused", "no")})),
        (
            "by number",
            {"issues": [{"messageId": 2, "severity": "ERROR"}, {"messageId": 1, "severity": "WARNING"}]},
            BY_NUMBER,
            Answer("done", results={"B": ("refused", "refused without a reason")}),
        ),
        (
            "by number as text from 0",
            {"issues": [{"messageId": "1", "severity": "ERROR"}]},
            BY_NUMBER | {"number_from": 0},
            Answer("done", results={"B": ("refused", "refused without a reason")}),
        ),
        (
            "of nobody knows which",
            {"errors": [{"sku": "X", "title": "no"}]},
            BY_KEY,
            Answer("done", results={"A": ("retry", "no"), "B": ("retry", "no")}),
        ),
        (
            "all or nothing",
            {"errors": [{"sku": "B", "title": "no"}]},
            BY_KEY | {"together": True},
            Answer(
                "done",
                results={"B": ("refused", "no"), "A": ("retry", "another message of the same call was refused")},
            ),
        ),
        (
            "worth trying again",
            {"errors": [{"sku": "B", "title": "busy", "status": 500}]},
            BY_KEY | {"retry": "one.status >= `500`"},
            Answer("done", results={"B": ("retry", "busy")}),
        ),
        (
            "with its code",
            {"errors": [{"sku": "B", "title": "no", "status": 422}]},
            BY_KEY | {"code": "one.status"},
            Answer("done", results={"B": ("refused", "422: no")}),
        ),
        (
            "two of one message, of which the worse counts",
            {"errors": [{"sku": "B", "title": "no"}, {"sku": "B", "title": "busy", "status": 500}]},
            BY_KEY | {"retry": "one.status >= `500`"},
            Answer("done", results={"B": ("refused", "no; busy")}),
        ),
        (
            "of one, and of nobody knows which",
            {"errors": [{"sku": "B", "title": "no"}, {"sku": "X", "title": "what"}]},
            BY_KEY,
            Answer("done", results={"A": ("retry", "what"), "B": ("refused", "no")}),
        ),
        (
            "every line is listed, done or not",
            {"lines": [{"sku": "A", "status": 200}, {"sku": "B", "status": 409, "title": "no"}]},
            LISTED,
            Answer("done", results={"B": ("refused", "409: no")}),
        ),
        (
            "one line is not listed",
            {"lines": [{"sku": "B", "status": 200}]},
            LISTED,
            Answer("done", results={"A": ("retry", "the answer has no line of it")}),
        ),
        ("accepted only", {}, {"settles": False}, Answer("done", otherwise="accepted")),
        ("a receipt", {"id": 7}, {"receipt": "body.id"}, Answer("done", otherwise="accepted", receipt="7")),
        (
            "throttled in an answer of 200",
            {"slow": True},
            {"throttled": "body.slow"},
            Answer("throttled", "status 200"),
        ),
        ("failed in an answer of 200", {"errors": ["x"]}, {"failed": "body.errors"}, Answer("failed", "status 200")),
        ("not what was expected", "<html>", BY_KEY, Answer("done")),
    ],
)
def test_an_answer_means(story: str, body: Any, answer: dict[str, Any], expected: Answer) -> None:
    assert answered(body, answer) == expected


def test_a_figure_that_is_no_number_is_unknown_and_not_zero() -> None:
    exchange = Outbound(MAPPINGS["storefront"]).exchanges["read"]
    data = [
        {"identity": {"sku": "A"}, "locations": [{"available_to_sell": None}]},
        {"identity": {"sku": "B"}, "locations": [{"available_to_sell": 4}]},
    ]
    context = context_of(CALL, VALUES, START) | {"status": 200, "body": {"data": data}}
    assert exchange.understood(context).figures == {"A": None, "B": Decimal(4)}


@pytest.mark.parametrize("body", ["<html>", None, {}, {"errors": None}, {"errors": {"sku": "B"}}])
def test_a_207_that_does_not_say_which_lines_failed_counts_for_none_of_them(body: Any) -> None:
    assert answered(body, BY_KEY, status=207) == Answer(
        "failed", "status 207 without the list that says what came of each line"
    )


def test_a_207_without_a_failure_is_a_success() -> None:
    assert answered({"errors": []}, BY_KEY, status=207) == Answer("done")
