"""Round trips: what a bundle wrote into many cells of state, sent at once and then waited for, in place of one by one.

Beam's Python worker ends a bundle by sending what each cell got and waiting for the answer before it turns to the next.
On Flink an answer takes milliseconds, since the runner is another process, and a bundle stood still once for each cell.
The requests travel on one stream in their order, and the bundle still ends only when all of them are answered: nothing
else changes.
"""

from typing import Any

from apache_beam.runners.worker import bundle_processor

beams_commit = bundle_processor.FnApiUserStateContext.commit  # of one at a time
_BAG, _CELL = bundle_processor.SynchronousBagRuntimeState, bundle_processor.ReadModifyWriteRuntimeState


def commit_together() -> None:
    """For this process; a worker says it when it starts."""
    setattr(bundle_processor.FnApiUserStateContext, "commit", _commit)  # noqa: B010 - to mypy a method is no variable


def _commit(context: Any) -> None:
    """In place of `beams_commit`."""
    answers: list[Any] = []
    for state in context._all_states.values():  # noqa: SLF001 - there is no other way to them
        bag = state._underlying_bag_state if type(state) is _CELL else state  # noqa: SLF001
        if type(bag) is _BAG:
            answers += _sent(bag)
        else:
            state.commit()
    for answer in filter(None, answers):
        answer.get()


def _sent(bag: Any) -> list[Any]:
    handler, key = bag._state_handler, bag._state_key  # noqa: SLF001
    answers = [handler.clear(key)] if bag._cleared else []  # noqa: SLF001
    if bag._added_elements:  # noqa: SLF001
        answers.append(handler.extend(key, bag._value_coder.get_impl(), bag._added_elements))  # noqa: SLF001
    return answers
