"""A call comes back as an answer, whatever the partner does; files are whole and secrets stay out of words."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from tests.partners import MAPPINGS, START, VirtualClock, figure, terms, way
from tests.queues import NewQueue
from transforms.sending import exchanges
from transforms.sending.exchanges import Partner
from transforms.sending.outbox_state import Answer, Call, Outgoing

TWO = (figure("A", 5, 1), figure("B", 0, 2))


def call(messages: tuple[Outgoing, ...] = TWO, **changes: Any) -> Call:
    return Call(42, "send", "key-1", messages, tuple(None for _ in messages))._replace(**changes)


def behaving(**behaviour: Any) -> FakePartners:
    return FakePartners({"web": Behaviour(**behaviour)}, VirtualClock())


@pytest.mark.parametrize(
    ("story", "behaviour", "expected"),
    [
        ("all is well", {}, ("done", None)),
        ("throttled", {"throttle_rate": 1.0}, ("throttled", 1.0)),
        (
            "throttled without a word when to come back",
            {"throttle_rate": 1.0, "retry_after": False},
            ("throttled", None),
        ),
        ("broken", {"fail_rate": 1.0}, ("failed", None)),
        ("no answer", {"is_dead": True}, ("unknown", None)),
        ("done and not told", {"vanish_rate": 1.0}, ("unknown", None)),
    ],
)
def test_what_comes_of_a_call(story: str, behaviour: dict[str, Any], expected: tuple[str, float | None]) -> None:
    with behaving(**behaviour) as served:
        answer = way("web", terms(url=f"{served.url}/web")).make(call(), START)
    assert (answer.outcome, answer.retry_after_seconds) == expected


def test_a_207_with_one_failure_inside_is_one_failure() -> None:
    with behaving(unknown_listings=["B"]) as served:
        answer = way("web", terms(url=f"{served.url}/web")).make(call(), START)
        assert served["web"].shop.figures == {"A": 5}
    assert answer == Answer("done", results={"B": ("refused", "422: The sku does not exist.")})


def test_a_partner_that_answers_too_late_is_unknown() -> None:
    with behaving(delay_seconds=0.5) as served:
        answer = way("web", terms(url=f"{served.url}/web", timeout_seconds=0.05)).make(call(), START)
    assert (answer.outcome, answer.message) == ("unknown", "no answer: timed out")


def test_a_partner_that_is_not_there_is_down() -> None:
    assert way("web", terms(url="http://127.0.0.1:9")).make(call(), START).outcome == "down"


def test_shopify_sets_all_or_nothing_and_compares() -> None:
    with behaving(shape="shopify") as served:
        shop = way("web", terms(mapping="shop", url=f"{served.url}/web"))
        assert shop.make(call(), START) == Answer("done")
        compared = call(known=(Decimal(5), Decimal(9)))
        assert shop.make(compared, START).results == {
            "A": ("retry", "another message of the same call was refused"),
            "B": ("retry", "COMPARE_QUANTITY_STALE: The compareQuantity value does not match the persisted value."),
        }
        assert shop.make(call(phase="read"), START).figures == {"A": Decimal(5), "B": Decimal(0)}


def test_an_amazon_feed_is_uploaded_processed_and_reported_on() -> None:
    clock = VirtualClock()
    behaviour = Behaviour(shape="amazon", processing_seconds=60, unknown_listings=["B"])
    with FakePartners({"web": behaviour}, clock) as served:
        amazon = way("web", terms(mapping="marketplace", url=f"{served.url}/web"))
        sent = amazon.make(call(), START)
        assert sent == Answer("done", otherwise="accepted", receipt="50001")
        assert amazon.make(call(phase="poll", receipt="50001"), START) == Answer("pending")
        clock.at += 61
        assert amazon.make(call(phase="poll", receipt="50001"), START) == Answer(
            "done", results={"B": ("refused", "8541: The SKU does not match any listing.")}, otherwise="accepted"
        )
        assert amazon.make(call(phase="read"), START).figures == {"A": Decimal(5)}


def test_the_erp_books_a_repeated_posting_once() -> None:
    fact = Outgoing("wms:GR-1#receipt", 1, "receipt", "MUG", Decimal(5), "c", {"item": "MUG", "quantity": Decimal(5)})
    with behaving(shape="erp") as served:
        erp = way("erp", terms(mapping="erp-rest", channel=None, postings=("receipt",), url=f"{served.url}/web"))
        for _ in range(2):
            assert erp.make(call((fact,), idempotency_key=fact.key), START) == Answer("done")
        (document,) = served["web"].shop.documents.values()
    assert (document["path"], document["material"], document["quantity"]) == ("/api/goods-receipts", "MUG", 5)


def test_a_file_is_written_whole_under_the_number_of_its_call(tmp_path: Path) -> None:
    its = terms(mapping="b2b-portal", url=f"file:{tmp_path}/b2b")
    assert way("b2b", its).make(call(), START) == Answer("done")
    (path,) = (tmp_path / "b2b").iterdir()
    assert path.name == "000000042.csv"
    assert path.read_bytes() == (
        b"article,available,as_of\r\nA,5,2026-03-01T21:20:00+00:00\r\nB,0,2026-03-01T21:20:00+00:00\r\n"
    )


def test_a_value_that_the_format_cannot_carry_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    values = {"sender": "US", "receiver": "THEM", "name": "Us", "unit": "CA"}
    its = terms(mapping="edi-retailer", url=f"file:{tmp_path}/edi", values=values)
    answer = way("edi", its).make(call((figure("A~ISA*", 5, 1),)), START)
    assert (answer.outcome, list(tmp_path.iterdir())) == ("refused", [])
    assert answer.message == "not sent: 'A~ISA*' has '~' in it, which X12 has no way to carry"


def test_an_address_on_another_host_is_not_followed() -> None:
    clock = VirtualClock()
    with FakePartners({"web": Behaviour(shape="amazon")}, clock) as served:
        amazon = way("web", terms(mapping="marketplace", url=f"{served.url}/web"))
        amazon.terms = terms(mapping="marketplace", url=f"{served.url}/web".replace("127.0.0.1", "localhost"))
        answer = amazon.make(call(), START)
    assert (answer.outcome, answer.message) == ("failed", "was sent on to 127.0.0.1, expected one of hosts")


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "ANSWER_BYTES_MAX", 10)
    with behaving() as served:
        answer = way("web", terms(url=f"{served.url}/web")).make(call(), START)
    assert (answer.outcome, answer.message) == ("failed", "an answer of more than 10 bytes")


def test_no_secret_gets_into_what_is_said_about_a_failure() -> None:
    its = terms(url="http://127.0.0.1:9", secrets={"token": "WEB_TOKEN"})
    answer = Partner("web", its, MAPPINGS["storefront"], {"WEB_TOKEN": "t0p"}).make(call(), START)
    assert "t0p" not in json.dumps(answer._asdict(), default=str)


@pytest.mark.pubsub
def test_a_figure_is_published_under_the_key_of_its_call(new_queue: NewQueue) -> None:
    queue = new_queue("figures")
    topic = way("topic", terms(mapping="availability-topic", url=f"pubsub:{queue.topic}"))
    assert topic.make(call((figure("A", 5, 3),)), START) == Answer("done")
    (message,) = queue.pull()
    assert json.loads(message.data) == {"channel": "web", "listing": "A", "quantity": 5, "version": 3}
    assert (message.attributes["ce-id"], message.attributes["ce-type"]) == ("key-1", "sellable.figure")


@pytest.mark.pubsub
def test_a_topic_that_is_not_there_is_down(new_queue: NewQueue) -> None:
    queue = new_queue("none")
    topic = way("topic", terms(mapping="availability-topic", url=f"pubsub:{queue.topic}-gone", timeout_seconds=20))
    assert topic.make(call((figure("A", 5, 3),)), START).outcome in ("down", "unknown")
