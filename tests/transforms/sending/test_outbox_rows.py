"""What changed in an outbox becomes rows, dead letters and alerts, each once."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from schemas.records import Alert, DeliveryRow, Rejection
from tests.partners import START, figure, terms
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Answer

AT = datetime.fromtimestamp(START, UTC)
MICROS = int(START * 1_000_000)


def test_a_row_says_how_far_a_figure_has_come() -> None:
    box = Outbox("shop", terms())
    box.offer([figure("MUG", 5, 3)], START)
    waiting = DeliveryRow(
        "shop", "MUG", "figure", "item MUG", Decimal(5), "waiting", 0, AT, None, None, None, "", 3, -1, "c-1", MICROS
    )
    assert list(take_rows(box, START)) == [waiting]
    box.next_call(START)
    box.answered(Answer("done"), START)
    done = waiting._replace(status="applied", attempts=1, sent_at=AT, applied_at=AT, applied_quantity=Decimal(5))
    assert list(take_rows(box, START)) == [done._replace(applied_version=3, version=MICROS + 1)]
    assert list(take_rows(box, START)) == []


def test_what_is_given_up_is_a_dead_letter_with_all_that_a_replay_needs() -> None:
    box = Outbox("shop", terms())
    box.offer([figure("MUG", 5, 3)], START)
    box.next_call(START)
    box.answered(Answer("refused", "no such sku"), START)
    row, letter = take_rows(box, START)
    assert (row.status, row.message) == ("failed", "no such sku")
    assert isinstance(letter, Rejection)
    assert (letter.stage, letter.reason, letter.message_id, letter.source) == (
        "send",
        "refused_by_partner",
        "shop/MUG@3",
        "shop",
    )
    assert letter.message == "figure MUG to shop: no such sku"
    assert json.loads(letter.payload) | {"kind": "figure", "listing": "MUG", "quantity": 5} == json.loads(
        letter.payload
    )


def test_a_partner_that_does_not_answer_is_alerted_once_and_cured_once() -> None:
    box = Outbox("shop", terms(failures_max=2, pause_seconds_max=10))
    box.offer([figure("MUG", 5, 3)], START)
    alerts = []
    now = START
    for outcome in ("down", "down", "down", "done"):
        box.next_call(now)
        box.answered(Answer(outcome, "status 503"), now)
        alerts += [row for row in take_rows(box, now) if isinstance(row, Alert)]
        now = box.due_at() or now
    assert [(alert.kind, alert.location, alert.message, alert.quantity) for alert in alerts] == [
        ("partner_silent", "shop", "shop failed 2 calls in a row: status 503", Decimal(2)),
        ("partner_silent", "shop", "shop takes calls again", Decimal(0)),
    ]
