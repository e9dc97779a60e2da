"""An answer may be told when a checkpoint is proved to hold it, and not a moment before."""

import pytest

from transforms.ledger.telling_rules import PROBE_SECONDS_MAX, PROBES_MAX, Telling

A, B = b"a", b"b"

Step = tuple[str, object]


def told(*steps: Step) -> list[bytes]:
    """What goes out on the way: `look` shows what waits in state, `final` says that a probe is finalized."""
    telling, waiting, now, out = Telling(), set[bytes](), 0.0, list[bytes]()
    for what, which in steps:
        if what == "add":
            waiting |= set(which)  # type: ignore[call-overload]
        elif what == "final":
            telling.finalize(which)  # type: ignore[arg-type]
        elif what == "worker lost":
            telling = Telling()
        else:
            now += 0.25
            found = telling.look(waiting, now)
            out += sorted(found.told)
            if what == "look":  # else the bundle fails, and state is as it was
                waiting -= found.told
    return out


LOOK: Step = ("look", None)
FAILS: Step = ("look of a bundle that fails", None)
LOST: Step = ("worker lost", None)


@pytest.mark.parametrize(
    ("story", "steps", "expected"),
    [
        ("nothing is heard", [("add", [A]), LOOK, LOOK], []),
        ("one probe is finalized, maybe by a checkpoint from before", [("add", [A]), LOOK, ("final", 0), LOOK], []),
        ("a later one proves it", [("add", [A]), LOOK, ("final", 0), LOOK, ("final", 1), LOOK], [A]),
        ("told once", [("add", [A]), LOOK, ("final", 0), LOOK, ("final", 1), LOOK, LOOK], [A]),
        ("said twice of one probe", [("add", [A]), LOOK, ("final", 0), ("final", 0), LOOK], []),
        ("of a probe nobody began", [("add", [A]), LOOK, ("final", 7), ("final", 8), LOOK], []),
        (
            "one that came in between needs another",
            [("add", [A]), LOOK, ("final", 0), LOOK, ("add", [B]), LOOK, ("final", 1), LOOK, ("final", 2), LOOK],
            [A, B],
        ),
        (
            "one that was not seen before the word",
            [("add", [A]), LOOK, ("add", [B]), ("final", 0), LOOK, ("final", 1), LOOK],
            [A],
        ),
        (
            "the bundle that tells fails and is tried again",
            [("add", [A]), LOOK, ("final", 0), LOOK, ("final", 1), FAILS, LOOK],
            [A, A],
        ),
        (
            "the worker is lost: all of it anew",
            [("add", [A]), LOOK, ("final", 0), LOOK, LOST, ("final", 1), LOOK, ("final", 0), LOOK, ("final", 1), LOOK],
            [A],
        ),
    ],
)
def test_what_is_told(story: str, steps: list[Step], expected: list[bytes]) -> None:
    assert told(*steps) == expected, story


def test_a_probe_that_is_lost_is_followed_by_another() -> None:
    telling = Telling()
    assert telling.look({A}, 0).probe == 0
    assert telling.look({A}, PROBE_SECONDS_MAX / 2).probe is None
    assert telling.look({A}, PROBE_SECONDS_MAX).probe == 1


def test_two_probes_that_began_before_any_word_prove_nothing() -> None:
    telling = Telling()
    telling.look({A}, 0)
    telling.look({A}, PROBE_SECONDS_MAX)
    telling.finalize(0)
    telling.finalize(1)
    assert telling.look({A}, 2 * PROBE_SECONDS_MAX).told == frozenset()


def test_nothing_is_asked_where_nothing_waits() -> None:
    assert Telling().look(set(), 0) == (frozenset(), None)


def test_probes_that_nobody_speaks_of_stay_bounded() -> None:
    telling = Telling()
    for number in range(2 * PROBES_MAX):
        assert telling.look({A}, number * PROBE_SECONDS_MAX).probe == number
    assert len(telling._open) == PROBES_MAX
