"""A line that failed at a partner is a dead letter in the partner's own words, whatever those are."""

from typing import Any

import pytest

from schemas.mapping_spec import FailedSpec
from transforms.canonical.event_templates import Problem
from transforms.canonical.failed_lines import FailedLines

SAID = {
    "when": "line.status >= `300`",
    "code": ["line.status", "line.error.code"],
    "about": ["line.id", "line.sku"],
    "message": "line.error.message",
}


def problem(line: Any, said: dict[str, Any] = SAID, **context: Any) -> Problem | None:
    return FailedLines(FailedSpec.model_validate(said)).problem({"index": 4, "line": line, **context})


@pytest.mark.parametrize(
    ("story", "line", "words"),
    [
        ("all is said", {"status": 409, "id": "S-1", "sku": "A", "error": {"code": "closed", "message": "no more"}},
         "line 5 failed at the partner, 409 closed (S-1, A): no more"),
        ("only the status", {"status": 500}, "line 5 failed at the partner, 500: no reason"),
        ("something else than text", {"status": 500, "error": {"message": {"a": 1}}},
         "line 5 failed at the partner, 500: an object"),
        ("lines and a bell", {"status": 500, "error": {"message": "a\n  b\x07"}},
         "line 5 failed at the partner, 500: a b?"),
        ("more than anybody reads", {"status": 500, "error": {"message": "x" * 999}},
         f"line 5 failed at the partner, 500: {'x' * 300}…"),
    ],
)  # fmt: skip
def test_what_a_line_failed_with(story: str, line: Any, words: str) -> None:
    assert problem(line) == Problem("failed_line", words, "")


def test_a_line_that_succeeded_has_no_problem() -> None:
    assert problem({"status": 200}) is None


def test_an_answer_without_lines_may_fail_as_a_whole() -> None:
    said = FailedLines(FailedSpec.model_validate({"when": "message.error", "message": "message.error"}))
    assert said.problem({"message": {"error": "busy"}}) == Problem(
        "failed_line", "it failed at the partner, no code: busy", ""
    )


def test_a_condition_that_cannot_be_computed_is_told() -> None:
    found = problem({"status": 200}, SAID | {"when": "keys(line.status)"})
    assert found is not None
    assert (found.reason, found.message[:40]) == ("bad_value", "failed: keys(line.status) cannot be comp")
