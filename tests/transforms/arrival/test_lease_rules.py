"""Nothing is acknowledged before a checkpoint surely holds it, and event time waits for what is not settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.arrival.lease_rules import Delivery, Leases, Received, event_micros

PUBLISHED = 1_000_000


def delivery(name: str, at: int = 0, arrived: float = 0.0, size: int = 1) -> Delivery:
    messages = tuple(Received(b"x", {}, f"{name}{n}", at, "", at) for n in range(size))
    return Delivery(messages, tuple(f"{name}{n}" for n in range(size)), size, at, arrived)


def ids(deliveries: list[Delivery]) -> list[str]:
    return [one for delivered in deliveries for one in delivered.ack_ids]


def test_a_delivery_is_settled_when_a_mark_that_was_cut_after_its_finalization_is_finalized() -> None:
    leases = Leases()
    leases.deliver(delivery("a"))
    leases.take()
    first, second = leases.cut(), leases.cut()  # the second was cut before the first was finalized
    assert leases.finalize(first) == []
    assert leases.finalize(second) == []
    third = leases.cut()
    assert ids(leases.finalize(third)) == ["a0"]
    assert leases.messages_held == 0


def test_a_checkpoint_that_came_too_early_settles_nothing() -> None:
    """Flink finalizes bundles that ended after the checkpoint was taken; a crash before the next one loses them."""
    leases = Leases()
    marks = []
    for name in "ab":
        leases.deliver(delivery(name))
        leases.take()
        marks.append(leases.cut())
    assert [ids(leases.finalize(mark)) for mark in marks] == [[], []]
    assert leases.messages_held == 2


def test_a_mark_counts_once() -> None:
    leases = Leases()
    mark = leases.cut()
    leases.finalize(mark)
    assert (leases.finalize(mark), leases.finalize(99)) == ([], [])


def test_what_was_read_in_a_bundle_that_failed_is_never_acknowledged() -> None:
    leases = Leases()
    leases.deliver(delivery("lost"))
    leases.take()
    leases.cut()  # its bundle fails
    settled: list[Delivery] = []
    for _ in range(3):
        settled += leases.finalize(leases.cut())
    assert settled == []
    assert leases.messages_held == 1


def test_after_a_mark_is_resumed_what_was_lost_is_read_again_in_its_order() -> None:
    leases = Leases()
    for name in "abcd":
        leases.deliver(delivery(name))
    leases.take()
    kept = leases.cut()
    leases.take()
    leases.cut()  # its bundle is lost
    leases.take()
    leases.rewind(kept)
    again = [leases.take() for _ in range(4)]
    assert [ids([one]) if one else None for one in again] == [["b0"], ["c0"], ["d0"], None]
    leases.finalize(kept)
    assert ids(leases.finalize(leases.cut())) == ["a0"]


def test_a_lease_is_extended_before_it_ends_and_given_up_when_it_is_too_old() -> None:
    leases = Leases()
    leases.deliver(delivery("a", arrived=0))
    assert ids(leases.due(2)) == []
    assert ids(leases.due(4)) == ["a0"]
    assert ids(leases.due(20)) == []
    assert ids(leases.due(28)) == ["a0"]
    assert ids(leases.due(601)) == []
    assert leases.messages_held == 0


def test_what_nobody_took_is_handed_back() -> None:
    leases = Leases()
    leases.deliver(delivery("taken"))
    leases.deliver(delivery("waiting"))
    leases.take()
    assert ids(leases.hand_back()) == ["waiting0"]
    assert (leases.take(), leases.messages_held) == (None, 1)


@pytest.mark.parametrize(("messages_max", "bytes_max", "room"), [(10, 100, 7), (3, 100, 0), (10, 3, 0)])
def test_there_is_room_until_a_limit_is_reached(messages_max: int, bytes_max: int, room: int) -> None:
    leases = Leases(messages_max, bytes_max)
    leases.deliver(delivery("a", size=3))
    assert leases.room() == room


def test_event_time_waits_for_the_earliest_message_that_is_not_settled() -> None:
    leases = Leases()
    leases.deliver(delivery("late", at=50))
    leases.deliver(delivery("early", at=20))
    assert leases.watermark_micros(None) == 20
    for _ in range(2):
        leases.take()
    leases.finalize(leases.cut())
    assert leases.watermark_micros(1_000.0) == 20, "finalized once is not settled"
    leases.finalize(leases.cut())
    assert leases.watermark_micros(None) == 20, "nothing is held, and nothing says that nothing will come"


def test_event_time_follows_the_clock_while_the_queue_is_empty() -> None:
    leases = Leases()
    assert leases.watermark_micros(None) is None
    assert leases.watermark_micros(1_000.0) == 990_000_000
    assert leases.watermark_micros(1_001.0) == 991_000_000


def test_event_time_never_goes_back() -> None:
    leases = Leases()
    leases.watermark_micros(1_000.0)
    leases.deliver(delivery("late", at=5))
    assert leases.watermark_micros(None) == 990_000_000


@given(st.lists(st.sampled_from(["deliver", "take", "cut", "finalize"]), max_size=60), st.randoms())
def test_only_what_was_taken_before_a_finalized_mark_is_ever_settled(steps: list[str], random: object) -> None:
    leases, taken, cut, marks, settled = Leases(), [], {}, [], []  # type: ignore[var-annotated]
    for number, step in enumerate(steps):
        if step == "deliver":
            leases.deliver(delivery(str(number)))
        elif step == "take" and (one := leases.take()):
            taken.append(one)
        elif step == "cut":
            mark = leases.cut()
            marks.append(mark)
            cut[mark] = list(taken)
        elif step == "finalize" and marks:
            mark = marks.pop(random.randrange(len(marks)))  # type: ignore[attr-defined]
            found = leases.finalize(mark)
            assert set(ids(found)) <= set(ids(cut[mark]))
            settled += ids(found)
    assert len(settled) == len(set(settled))


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1772452800123", 1_772_452_800_123_000),
        ("2026-03-02T12:00:00Z", 1_772_452_800_000_000),
        ("2026-03-02T13:00:00.5+01:00", 1_772_452_800_500_000),
        ("2026-03-02T12:00:00", PUBLISHED),
        ("soon", PUBLISHED),
        ("9" * 40, PUBLISHED),
        ("", PUBLISHED),
    ],
)
def test_event_time_is_what_the_attribute_says_or_else_when_it_was_published(text: str, micros: int) -> None:
    assert event_micros({"at": text}, "at", PUBLISHED) == micros
    assert event_micros({"at": text}, "", PUBLISHED) == PUBLISHED
