"""Fuzz: damaged payloads into every decoder; each must come out as documents or as a refusal, in time and in memory.

    python -m benchmarks.fuzz --minutes 10                    every format, coverage guided where atheris is installed
    python -m benchmarks.fuzz --minutes 1 --formats x12,xml   some of them
    python -m benchmarks.fuzz --minutes 1 --blind             our own mutations, without atheris

Anything but `DecodeError`, an input that takes more than `SECONDS_MAX`, and memory above `MEMORY_MB_MAX` end the run
with exit code 1 and the input, in base64, so that it can become a test.
"""

import argparse
import base64
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NamedTuple

from benchmarks.fuzz_seeds import OPTIONS, TOKENS, seeds
from transforms.arrival import format_table
from transforms.arrival.limits import DecodeError
from transforms.reasons import REASONS

SECONDS_MAX = 10  # for one input; the slowest honest one takes well under one
MEMORY_MB_MAX = 2_000
INPUT_BYTES_MAX = 20_000
MESSAGE_BYTES_MAX = 500
CHANGES_MAX = 6  # of one blind input

_STAT = re.compile(r"stat::(number_of_executed_units|slowest_unit_time_sec|peak_rss_mb):\s+(\d+)")


class Result(NamedTuple):
    """What came of one format."""

    name: str
    inputs: int
    slowest_seconds: float
    peak_mb: int
    failure: str  # empty if nothing failed


def probe(name: str, payload: bytes) -> str:
    """The reason for which a payload is refused, empty if it is decoded; raises where a promise is broken."""
    try:
        documents = format_table.decode(name, payload, OPTIONS.get(name, format_table.NO_OPTIONS))
    except DecodeError as refused:
        reason, message = refused.reason, refused.message
    else:
        assert documents, "neither a document nor a reason"
        return ""
    assert reason in REASONS, reason
    assert 0 < len(message.encode()) < MESSAGE_BYTES_MAX, message
    return reason


def mutated(rng: Random, pool: Sequence[bytes]) -> bytes:
    """A seed with pieces of itself, of others and of what its format is made of in the wrong places."""
    payload = bytearray(rng.choice(pool))
    for _ in range(rng.randint(1, CHANGES_MAX)):
        start = rng.randint(0, len(payload))
        end = min(len(payload), start + rng.choice((0, 0, 1, 2, 8, 100)))
        payload[start:end] = _piece(rng, payload, pool)
    return bytes(payload[:INPUT_BYTES_MAX])


def _piece(rng: Random, payload: bytearray, pool: Sequence[bytes]) -> bytes:
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randbytes(rng.randint(1, 4))
    if kind == 1:
        return rng.choice(TOKENS)
    if kind == 2:
        return rng.choice(TOKENS) * rng.choice((3, 70, 2_000))
    source = bytes(payload) if kind == 3 else rng.choice(pool)
    start = rng.randint(0, len(source))
    return source[start : start + rng.choice((1, 10, 200))]


def blind(name: str, seconds: float, seed: int) -> Result:
    """Mutations in this process, without looking at coverage."""
    rng, pool = Random(f"{seed} {name}"), seeds(name)
    inputs, slowest, ends = 0, 0.0, time.monotonic() + seconds
    reasons: Counter[str] = Counter()
    for payload in _unending(rng, pool):
        if time.monotonic() >= ends:
            break
        started = time.monotonic()
        try:
            with _alarm(SECONDS_MAX):
                reasons[probe(name, payload)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            return Result(name, inputs, slowest, _memory_mb(), _described(error, payload))
        inputs += 1
        slowest = max(slowest, time.monotonic() - started)
    failure = f"more than {MEMORY_MB_MAX} MB" if _memory_mb() > MEMORY_MB_MAX else ""
    return Result(name, inputs, slowest, _memory_mb(), failure)


def _unending(rng: Random, pool: Sequence[bytes]) -> Iterator[bytes]:
    yield from pool
    while True:
        yield mutated(rng, pool)


class _alarm:  # noqa: N801 - reads like a keyword
    """Stops what takes too long; needs the main thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {SECONDS_MAX} s for one input")


def _described(error: Exception, payload: bytes) -> str:
    return f"{type(error).__name__}: {str(error)[:200]} by {base64.b64encode(payload).decode()}"


def _memory_mb() -> int:
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.is_file() else None
    return int(found[1]) // 1024 if found else 0


def guided(name: str, seconds: float, seed: int) -> Result:
    """The same promise under libFuzzer, in a process of its own, which keeps inputs that reach new code."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, payload in enumerate(seeds(name)):
            (corpus / str(number)).write_bytes(payload)
        words = Path(folder, "words")
        words.write_text("\n".join(map(_quoted, TOKENS)) + "\n")
        limits = [f"-timeout={SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}", f"-max_len={INPUT_BYTES_MAX}"]
        ends = [f"-max_total_time={max(1, int(seconds))}", "-print_final_stats=1", f"-seed={seed}", f"-dict={words}"]
        command = [sys.executable, "-m", "benchmarks.fuzz_target", name, str(corpus), *limits, *ends]
        command.append(f"-artifact_prefix={folder}/found-")
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=os.environ)
        stats = {key: int(value) for key, value in _STAT.findall(done.stderr)}
        found = next(iter(Path(folder).glob("found-*")), None)
        failure = ""
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if "Error" in line or "ERROR" in line), "")
            failure = f"{said[:200]} by {base64.b64encode(found.read_bytes()).decode() if found else 'no input kept'}"
    units = stats.get("number_of_executed_units", 0)
    return Result(name, units, stats.get("slowest_unit_time_sec", 0), stats.get("peak_rss_mb", 0), failure)


def _quoted(token: bytes) -> str:
    """As libFuzzer's dictionaries write it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"'


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--formats", default=",".join(format_table.FORMATS))
    parser.add_argument("--seed", type=int, default=20260302)
    parser.add_argument("--blind", action="store_true", help="without atheris")
    given = parser.parse_args(arguments)
    names = [name for name in given.formats.split(",") if name]
    is_guided = not given.blind and importlib.util.find_spec("atheris") is not None
    run: Callable[[str, float, int], Result] = guided if is_guided else blind
    print(f"{'coverage guided' if is_guided else 'blind'}, seed {given.seed}, {given.minutes:g} minutes", flush=True)
    print(f"{'format':10}{'inputs':>12}{'slowest':>10}{'memory':>10}", flush=True)
    failed: list[Any] = []
    for name in names:
        result = run(name, given.minutes * 60 / len(names), given.seed)
        print(f"{name:10}{result.inputs:>12,}{result.slowest_seconds:>8.2f} s{result.peak_mb:>7} MB", flush=True)
        failed += [result] if result.failure else []
    for result in failed:
        print(f"{result.name} failed: {result.failure}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
