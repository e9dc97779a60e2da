"""Mutations: rules made wrong one by one in a copy of the tree, and whether the tests notice.

    python -m benchmarks.mutations                 all of them, some minutes
    python -m benchmarks.mutations kit lot         those whose name or file contains one of these words
    python -m benchmarks.mutations --markdown      the list as docs/mutations.md, nothing is run

Exit code 1 where a mutation is not caught: then a test is missing. Each of the tests that a mutation names has to fail
on it by itself, and to pass without it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.mutation_table import MUTATIONS, Mutation

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "out")
PASSED, FAILED = 0, 1  # of pytest; anything else means that it could not run the tests
SECONDS_MAX = 600  # a mutation that makes a test run for ever is caught too, but should not be in the list


class MutationError(ValueError):
    """The code does not have what a mutation wants to change, or its tests cannot be run."""


def mutated(text: str, mutation: Mutation) -> str:
    """The module with its rule made wrong."""
    found = text.count(mutation.old)
    if found != 1:
        raise MutationError(f"{mutation.file}: {mutation.old!r} found {found} times, expected once")
    return text.replace(mutation.old, mutation.new)


def markdown(mutations: Iterable[Mutation] = MUTATIONS) -> str:
    """The page docs/mutations.md."""
    lines = [
        "# Mutations: what the tests are known to notice",
        "",
        "Each line is a rule made wrong by one small change. `python -m benchmarks.mutations` makes each change in",
        "a copy of the tree and runs the tests named beside it, every file by itself; all of them have to fail.",
        "This page is written by `python -m benchmarks.mutations --markdown > docs/mutations.md` from",
        "`benchmarks/mutation_table.py`.",
        "",
        "| what goes wrong | in | instead of | it says | noticed by |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(one) for one in mutations)]) + "\n"


def _row(mutation: Mutation) -> str:
    tests = ", ".join(f"`{test}`" for test in mutation.tests)
    return f"| {mutation.name} | `{mutation.file}` | {_code(mutation.old)} | {_code(mutation.new)} | {tests} |"


def _code(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return f"`{flat}`" if flat else "nothing"


def run(mutations: Sequence[Mutation]) -> Iterator[tuple[Mutation, list[str]]]:
    """Each mutation with those of its tests that let it pass."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        for test in sorted({test for mutation in mutations for test in mutation.tests}):
            if _tested(tree, test) != PASSED:
                raise MutationError(f"{test} does not pass as it is: what it notices says nothing")
        for mutation in mutations:
            path = tree / mutation.file
            right = path.read_text(encoding="utf-8")
            path.write_text(mutated(right, mutation), encoding="utf-8")
            yield mutation, [test for test in mutation.tests if _passes(tree, test, mutation)]
            path.write_text(right, encoding="utf-8")


def _passes(tree: Path, test: str, mutation: Mutation) -> bool:
    code = _tested(tree, test)
    if code not in {PASSED, FAILED}:
        raise MutationError(f"{test} cannot be run with {mutation.name!r}: pytest ended with {code}")
    return code == PASSED


def _tested(tree: Path, test: str) -> int:
    """Without bytecode: a change within a second that keeps the size of a file would go unnoticed."""
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    command = [sys.executable, "-B", "-m", "pytest", *options, test]
    try:
        return subprocess.run(command, cwd=tree, capture_output=True, check=False, timeout=SECONDS_MAX).returncode
    except subprocess.TimeoutExpired:
        return FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every mutation is caught by every test that it names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only mutations whose name or file contains one of them")
    parser.add_argument("--markdown", action="store_true", help="print the list as a page, run nothing")
    given = parser.parse_args(arguments)
    if given.markdown:
        print(markdown(), end="")
        return 0
    chosen = [one for one in MUTATIONS if not given.words or any(word in one.name + one.file for word in given.words)]
    survived = 0
    for mutation, passed in run(chosen):
        survived += bool(passed)
        verdict = f"NOT CAUGHT by {', '.join(passed)}" if passed else "caught"
        print(f"{mutation.name:<72}{verdict}", flush=True)
    print(f"\n{len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
