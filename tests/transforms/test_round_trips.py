"""A bundle sends all that it wrote before it waits for an answer, and ends only when it has them all."""

from typing import Any

import pytest
from apache_beam.coders import BytesCoder
from apache_beam.runners.worker import bundle_processor

from transforms.round_trips import beams_commit, commit_together


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set here is put back afterwards, whatever the test sets in its place."""
    context = bundle_processor.FnApiUserStateContext
    monkeypatch.setattr(context, "commit", context.commit)


class _Handler:
    """The state of a runner that notes what it is asked, and when somebody waits for an answer."""

    def __init__(self) -> None:
        self.noted: list[tuple[Any, ...]] = []

    def clear(self, key: str) -> Any:
        return self._asked("clear", key)

    def extend(self, key: str, coder: Any, elements: list[bytes]) -> Any:  # noqa: ARG002
        return self._asked("add", key, *elements)

    def _asked(self, *request: Any) -> Any:
        self.noted.append(request)
        noted = self.noted

        class Answer:
            def get(self) -> None:
                noted.append(("waited", *request[:2]))

        return Answer()


def _bundle(handler: _Handler) -> Any:
    """The state that a bundle touched: a cell written, a bag added to, a bag cleared, a bag only read."""
    bags = {
        key: bundle_processor.SynchronousBagRuntimeState(handler, key, BytesCoder())
        for key in ("token", "journal", "waiting", "read")
    }
    cell = bundle_processor.ReadModifyWriteRuntimeState(bags["token"])
    cell.write(b"new")
    bags["journal"].add(b"entry")
    bags["waiting"].clear()
    context = object.__new__(bundle_processor.FnApiUserStateContext)
    context._all_states = {"token": cell, **{key: bags[key] for key in ("journal", "waiting", "read")}}
    return context


def test_everything_is_sent_in_order_before_anybody_waits_and_every_answer_is_waited_for() -> None:
    commit_together()
    handler = _Handler()
    _bundle(handler).commit()
    sent = [("clear", "token"), ("add", "token", b"new"), ("add", "journal", b"entry"), ("clear", "waiting")]
    assert handler.noted[:4] == sent
    assert handler.noted[4:] == [("waited", *request[:2]) for request in sent]


def test_beam_itself_sends_the_same_and_waits_in_between() -> None:
    handler = _Handler()
    beams_commit(_bundle(handler))
    sent = [request for request in handler.noted if request[0] != "waited"]
    assert sent == [("clear", "token"), ("add", "token", b"new"), ("add", "journal", b"entry"), ("clear", "waiting")]
    assert handler.noted.index(("waited", "add", "token")) < handler.noted.index(("add", "journal", b"entry"))


def test_state_of_another_kind_commits_as_beam_does_it() -> None:
    commit_together()
    committed: list[str] = []

    class Other:
        def commit(self) -> None:
            committed.append("other")

    context = object.__new__(bundle_processor.FnApiUserStateContext)
    context._all_states = {"other": Other()}
    context.commit()
    assert committed == ["other"]
