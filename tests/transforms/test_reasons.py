import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from transforms.reasons import REASONS

TRANSFORMS = Path(__file__).parents[2] / "transforms"
STAGES = dict.fromkeys(("map", "check", "park"), "canonical") | {
    "decode": "arrival",
    "guard": "guard",
    "ledger": "ledger",
    "send": "sending",
    "change": "../schemas arrival",
}  # stage -> packages
RAISED_BY = {"DecodeError", "FieldError", "Problem"}  # whose first argument is a reason


@cache
def constants(packages: str) -> set[str]:
    paths = (path for package in packages.split() for path in (TRANSFORMS / package).glob("*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def raised() -> Iterator[tuple[str, str]]:
    """Where a reason is given, and which."""
    for path in TRANSFORMS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED_BY:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    yield f"{path.name}:{node.lineno}", first.value


def test_each_reason_that_is_given_is_documented() -> None:
    given = dict(raised())
    assert len(given) > 20
    assert {where: reason for where, reason in given.items() if reason not in REASONS} == {}


@pytest.mark.parametrize("reason", REASONS)
def test_each_documented_reason_is_given_by_its_stage(reason: str) -> None:
    words = constants(STAGES[REASONS[reason].stage])
    assert reason in words or ("unknown_" in words and reason.removeprefix("unknown_") in words)


def test_only_what_master_data_may_still_make_good_is_parked() -> None:
    assert {reason for reason, its in REASONS.items() if its.outcome == "parked"} == {
        "snapshot_held",
        "unknown_channel",
        "unknown_item",
        "unknown_listing",
        "unknown_location",
        "unknown_unit",
    }


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_says_what_it_means_and_what_to_do_next(reason: str) -> None:
    its = REASONS[reason]
    for text in (its.meaning, its.next_step):
        assert text.strip() == text
        assert len(text) > 10
        assert not text.endswith(".")
        assert "\n" not in text
