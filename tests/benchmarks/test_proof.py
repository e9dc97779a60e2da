"""The proof holds on a short stream, and says so plainly where something does not."""

from decimal import Decimal

import pytest

from benchmarks import proof
from benchmarks.proof_traffic import POLICY, make_master, make_traffic
from schemas.records import StockEvent
from transforms.kits.kit_rules import exploded
from transforms.ledger import effects
from transforms.ledger.ledger_rules import content

HOW = ("posted", "compared", "duplicate", "dead letter")


def test_nothing_is_lost_doubled_or_oversold_while_bundles_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """20,000 deliveries through failing workers end where the oracle does."""
    code = proof.main(["--events", "20000", "--bundle", "60", "--failures", "0.2"])
    lines = capsys.readouterr().out.splitlines()
    figures = {line[:28].strip(): line[28:].split()[0].replace(",", "") for line in lines if len(line) > 28}
    assert code == 0, lines[-1]
    nothing = ("lost", "double effects", "oversold by a decision", "without just one answer")
    assert {figures[name] for name in nothing} == {"0"}
    assert figures["events in"] == "20000"
    assert sum(int(figures[f"{sign} {name}"]) for sign, name in zip("=+++", HOW, strict=True)) == 20_000
    assert all(int(figures[name]) > 0 for name in ("failures injected", "restarts", "requests"))


def test_a_ledger_that_moves_too_much_is_found_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = effects.EFFECTS["return_received"]

    def twice(ledger: effects.ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
        right(ledger, event, 2 * quantity, sign)

    monkeypatch.setitem(effects.EFFECTS, "return_received", twice)
    assert proof.main(["--events", "1000", "--failures", "0"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "problems; the first:" in said[-2]
    assert "the ledger says" in said[-1]


def test_a_policy_that_grants_what_is_not_there_is_found_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.ledger.decision_rules.granted", lambda event, *_: event.quantity)
    assert proof.main(["--events", "1000", "--failures", "0"]) == 1
    assert "oversold: shop:" in capsys.readouterr().out


def test_the_traffic_has_what_it_promises() -> None:
    events = list(make_traffic(3, 20_000, 40))
    keys = {(event.item, event.transaction_key) for event in events}
    assert 0.19 < 1 - len(keys) / len(events) < 0.22
    known, late, newest = set(), 0, events[0].occurred_at
    for event in events:
        if (event.item, event.transaction_key) not in known:
            known.add((event.item, event.transaction_key))
            late += event.occurred_at < newest
            newest = max(newest, event.occurred_at)
    assert 0.17 < late / len(known) < 0.22
    assert len({event.kind for event in events}) == 17
    boms = make_master(40).boms
    assert all(event == exploded(event, boms) for event in events)
    assert len({content(event) for event in events}) > len(keys)  # some contradict
    assert set(POLICY.channels) == {event.channel for event in events if event.channel}
