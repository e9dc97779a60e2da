"""Every mutation still finds the rule that it makes wrong, and docs/mutations.md lists them all."""

import os
from pathlib import Path

import pytest

from benchmarks import mutations
from benchmarks.mutation_table import MUTATIONS, Mutation
from benchmarks.mutations import MutationError, Verdicts, digest_of, markdown, mutated

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_the_rule_is_where_the_mutation_looks_for_it(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    wrong = mutated(text, mutation)
    assert wrong != text
    compile(wrong, mutation.file, "exec")
    assert all((ROOT / test).is_file() for test in mutation.tests)


def test_the_page_is_the_table() -> None:
    assert (ROOT / "docs/mutations.md").read_text(encoding="utf-8") == markdown()


def test_a_text_that_is_not_there_just_once_is_an_error() -> None:
    with pytest.raises(MutationError, match=r"a.py: 'x' found 2 times, expected once"):
        mutated("x = x", Mutation("", "a.py", "x", "y", ()))


def test_a_verdict_is_kept_until_the_change_is_another(tmp_path: Path) -> None:
    """A run that was stopped goes on where it was."""
    first, other = (digest_of(one) for one in (MUTATIONS[0], MUTATIONS[0]._replace(new="pass")))
    Verdicts(tmp_path / "out" / "verdicts.json").keep(first, "too lax", ["tests/test_lax.py"])
    kept = Verdicts(tmp_path / "out" / "verdicts.json")
    assert kept.of(first) == ["tests/test_lax.py"]
    assert kept.of(other) is None


@pytest.mark.slow
@pytest.mark.skipif("SELLABLE_MUTATIONS" not in os.environ, reason="many minutes; SELLABLE_MUTATIONS=1 runs it")
def test_every_mutation_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    code = mutations.main([])
    assert code == 0, capsys.readouterr().out
