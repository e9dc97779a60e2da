"""Told postings are known for `told_days`, and no more than `told_max` of them, so an outbox does not grow for ever."""

import pytest

from tests.partners import START, figure, terms
from transforms.sending.forgetting_rules import DAY_SECONDS, forgettable
from transforms.sending.live_outboxes import JOURNAL_BYTES_MIN, LiveOutbox, restore
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_state import Answer, Entry, Outgoing, Status

POSTINGS_PER_DAY = 200


def posting(key: str) -> Outgoing:
    return figure(key, 1, 1)._replace(kind="receipt")


def entry(message: Outgoing, status: Status, days_old: float) -> Entry:
    made = Entry(message, START - days_old * DAY_SECONDS)
    made.status = status
    return made


OLD, OLDER = entry(posting("old"), "applied", 3.5), entry(posting("older"), "applied", 4)
NEW, NEWER = entry(posting("new"), "applied", 2), entry(posting("newer"), "applied", 1)


@pytest.mark.parametrize(
    ("story", "entries", "busy", "told_max", "expected"),
    [
        ("nothing is known", [], (), 9, []),
        ("within the horizon it is kept", [NEW, NEWER], (), 9, []),
        ("on the horizon it is kept", [entry(posting("at"), "applied", 3)], (), 9, []),
        ("past the horizon it goes, oldest first", [NEW, OLD, OLDER], (), 9, ["older", "old"]),
        ("what was given up goes too", [entry(posting("A"), "failed", 4)], (), 9, ["A"]),
        ("what waits stays", [entry(posting("A"), "waiting", 4)], (), 9, []),
        ("what is under way stays", [entry(posting("A"), "sent", 4)], (), 9, []),
        ("what was only accepted stays", [entry(posting("A"), "accepted", 4)], (), 9, []),
        ("a figure stays", [entry(figure("A", 1, 1), "applied", 4)], (), 9, []),
        ("what a call or result names stays", [OLD, OLDER], ("old",), 9, ["older"]),
        ("of too many the oldest goes", [NEWER, NEW], (), 1, ["new"]),
        ("what waits does not count", [NEW, entry(posting("A"), "waiting", 9)], (), 1, []),
    ],
)
def test_forgotten_is(
    story: str, entries: list[Entry], busy: tuple[str, ...], told_max: int, expected: list[str]
) -> None:
    assert forgettable(entries, busy, terms(told_days=3, told_max=told_max), START) == expected, story


class Stream:
    """An outbox whose state is a snapshot and a journal, and which is read again from them now and then."""

    def __init__(self, **limits: int) -> None:
        self.terms = terms(batch_size_max=100, **limits)
        self.snapshot: bytes | None = None
        self.journal: list[bytes] = []
        self.live = LiveOutbox("erp", self.terms)
        self.folds = 0

    def tell(self, keys: list[str], now: float) -> list[str]:
        """Offer postings, take every call; the keys that the partner was told."""
        told: list[str] = []
        self.live.offer([posting(key) for key in keys], now)
        while (call := self.live.next_call(now)) is not None:
            told += [one.key for one in call.messages]
            self.live.answered(Answer("done"), now)
        list(take_rows(self.live.outbox, now))
        self._close(now)
        return told

    def _close(self, now: float) -> None:
        if self.live.wants_folding():
            self.snapshot, self.journal, self.folds = self.live.folded(now), [], self.folds + 1
        elif (happened := self.live.entry()) is not None:
            self.journal.append(happened)

    def restart(self) -> None:
        self.live = restore("erp", self.terms, self.snapshot, self.journal)

    @property
    def size(self) -> int:
        return len(self.snapshot or b"") + sum(map(len, self.journal))


def days_told(stream: Stream, days: int) -> list[int]:
    """The size of state at the end of each day."""
    sizes = []
    for day in range(days):
        keys = [f"day {day:03} posting {number:03}" for number in range(POSTINGS_PER_DAY)]
        assert sorted(stream.tell(keys, START + day * DAY_SECONDS)) == keys
        if day % 10 == 0:
            stream.restart()
        sizes.append(stream.size)
    return sizes


@pytest.mark.parametrize("limits", [{"told_days": 5}, {"told_max": 1_000}])
def test_state_stays_bounded_over_many_days(limits: dict[str, int]) -> None:
    stream = Stream(**limits)
    sizes = days_told(stream, 100)
    assert stream.folds >= 10
    assert max(sizes[50:]) <= max(sizes[:50])
    assert max(sizes) < 4 * JOURNAL_BYTES_MIN


def test_without_reaching_the_horizon_the_same_days_would_not_stay_within_that_bound() -> None:
    assert max(days_told(Stream(told_days=400), 100)) > 8 * JOURNAL_BYTES_MIN


def test_a_posting_that_comes_again_is_recognised_within_the_horizon_and_told_again_after_it() -> None:
    stream = Stream(told_days=30)
    days_told(stream, 100)
    assert stream.folds > 0
    now = START + 99 * DAY_SECONDS
    assert stream.tell([f"day {day:03} posting 000" for day in range(69, 100)], now) == []
    assert stream.tell(["day 000 posting 000"], now) == ["day 000 posting 000"]


def test_what_a_result_is_awaited_of_is_not_forgotten() -> None:
    stream = Stream(told_days=1)
    stream.live.offer([posting("A")], START)
    assert stream.live.next_call(START) is not None
    stream.live.answered(Answer("done", otherwise="applied", receipt="feed"), START)
    list(take_rows(stream.live.outbox, START))
    later = START + 9 * DAY_SECONDS
    stream.snapshot = stream.live.folded(later)
    stream.restart()
    poll = stream.live.next_call(later)
    assert poll is not None
    assert [one.key for one in poll.messages] == ["A"]
