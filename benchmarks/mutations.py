"""Mutations: rules made wrong one by one in a copy of the tree, and whether the tests notice.

    python -m benchmarks.mutations                 all of them, some minutes
    python -m benchmarks.mutations kit lot         those whose name or file contains one of these words
    python -m benchmarks.mutations --again         also those whose verdict in out/mutations.json still stands
    python -m benchmarks.mutations --markdown      the list as docs/mutations.md, nothing is run

Exit code 1 where a mutation is not caught: then a test is missing. Each of the tests that a mutation names has to fail
on it by itself, and to pass without it. How long that may take is measured: each test file is run as it is first. A run
that was stopped goes on where it was; a verdict stands until the module, the change or a test of it is another.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.mutation_table import MUTATIONS, Mutation

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "out")
PASSED, FAILED = 0, 1  # of pytest; anything else means that it could not run the tests
BASELINE_SECONDS_MAX = 3_600  # of one test file as it is
SECONDS_MIN = 120  # a mutation that makes a test run for ever is caught too, but should not be in the list
TIMES_BASELINE = 10  # how much longer than it took as it is a test may take; the machine may be busier by then
DAYS = "300"  # made days of a test that makes them: as many as it takes, and not the 2,000 of the quick suite
NICENESS = 10  # others work on this machine
VERDICTS = ROOT / "out" / "mutations.json"


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


def digest_of(mutation: Mutation) -> str:
    """What a verdict depends on: the change, the module and the tests."""
    files = (ROOT / name for name in (mutation.file, *mutation.tests))
    parts = [repr(tuple(mutation)).encode(), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


class Verdicts:
    """What is known of mutations already, kept in a file after each of them: those tests that let it pass."""

    def __init__(self, path: Path = VERDICTS) -> None:
        self.path = path
        self.by_digest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def of(self, digest: str) -> list[str] | None:
        """The tests that let it pass; None where nobody has tried."""
        found = self.by_digest.get(digest)
        return None if found is None else list(found["passed"])

    def keep(self, digest: str, name: str, passed: list[str]) -> None:
        """Write a verdict down at once: a run may be stopped at any time."""
        self.by_digest[digest] = {"name": name, "passed": passed}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.by_digest, indent=1), encoding="utf-8")


def run(mutations: Sequence[Mutation]) -> Iterator[tuple[Mutation, list[str]]]:
    """Each mutation with those of its tests that let it pass."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        limits: dict[str, float] = {}
        for mutation in mutations:
            for test in mutation.tests:
                if test not in limits:
                    limits[test] = _limit_of(tree, test)
            path = tree / mutation.file
            right = path.read_text(encoding="utf-8")
            path.write_text(mutated(right, mutation), encoding="utf-8")
            yield mutation, [test for test in mutation.tests if _passes(tree, test, mutation, limits[test])]
            path.write_text(right, encoding="utf-8")


def _limit_of(tree: Path, test: str) -> float:
    """How long a test file may take with a mutation: by how long it takes without one."""
    began = time.monotonic()
    if _tested(tree, test, BASELINE_SECONDS_MAX) != PASSED:
        raise MutationError(f"{test} does not pass as it is: what it notices says nothing")
    return max(SECONDS_MIN, TIMES_BASELINE * (time.monotonic() - began))


def _passes(tree: Path, test: str, mutation: Mutation, seconds_max: float) -> bool:
    code = _tested(tree, test, seconds_max)
    if code not in {PASSED, FAILED}:
        raise MutationError(f"{test} cannot be run with {mutation.name!r}: pytest ended with {code}")
    return code == PASSED


def _tested(tree: Path, test: str, seconds_max: float) -> int:
    """Without bytecode: a change within a second that keeps the size of a file would go unnoticed."""
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    command = ["nice", "-n", str(NICENESS), sys.executable, "-B", "-m", "pytest", *options, test]
    environment = os.environ | {"PYTHONPATH": str(tree), "SELLABLE_QUICK_DAYS": DAYS}
    try:
        ended = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, check=False, timeout=seconds_max
        )
    except subprocess.TimeoutExpired:
        return FAILED
    return ended.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every mutation is caught by every test that it names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only mutations whose name or file contains one of them")
    parser.add_argument("--markdown", action="store_true", help="print the list as a page, run nothing")
    parser.add_argument("--again", action="store_true", help="also where the verdict of an earlier run still stands")
    given = parser.parse_args(arguments)
    if given.markdown:
        print(markdown(), end="")
        return 0
    chosen = [one for one in MUTATIONS if not given.words or any(word in one.name + one.file for word in given.words)]
    verdicts = Verdicts()
    digests = {one: digest_of(one) for one in chosen}  # now: somebody may work on the tree meanwhile
    known = {} if given.again else {one: passed for one in chosen if (passed := verdicts.of(digests[one])) is not None}
    for mutation, passed in known.items():
        _tell(mutation, passed, "before")
    began = time.monotonic()
    for number, (mutation, passed) in enumerate(run([one for one in chosen if one not in known]), len(known) + 1):
        verdicts.keep(digests[mutation], mutation.name, passed)
        known[mutation] = passed
        _tell(mutation, passed, f"{number} of {len(chosen)}, {time.monotonic() - began:,.0f} s")
    survived = sum(map(bool, known.values()))
    print(f"\n{len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


def _tell(mutation: Mutation, passed: Sequence[str], when: str) -> None:
    verdict = f"NOT CAUGHT by {', '.join(passed)}" if passed else "caught"
    print(f"{mutation.name:<72}{verdict:<12}{when}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
