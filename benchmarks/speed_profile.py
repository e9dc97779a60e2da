"""Speed profile: where the time of a run goes, by looking at all of its threads a few hundred times a second.

cProfile sees one thread, and Beam's workers are others; it also makes small functions look dear.
"""

import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import NamedTuple, Self

ROOT = str(Path(__file__).parent.parent)
LOOK_EVERY_SECONDS = 0.004
IDLE = frozenset(
    {
        "wait",
        "select",
        "poll",
        "get",
        "accept",
        "_wait",
        "_wait_once",
        "_worker",
        "_recv",
        "channel_spin",
        "run",
        "_wait_for_tstate_lock",
    }
)
PARTS = {
    "transforms/arrival/json_format.py": "JSON decode",
    "transforms/arrival": "reading",
    "transforms/canonical/check": "check",
    "transforms/canonical": "mapping",
    "transforms/kits": "kits",
    "transforms/offers": "offers",
    "transforms/ledger/offer_rows.py": "offers",
    "transforms/ledger/grouping.py": "grouping",
    "transforms/ledger/changed_rows.py": "rows that changed",
    "transforms/ledger": "ledger",
    "transforms/publication": "SQLite rows",
    "schemas/encoding.py": "packing",
    "schemas/policy": "offers",
    "schemas/": "records and master data",
    "benchmarks/": "benchmark itself",
}


class Profile(NamedTuple):
    """Shares of the time, the largest first."""

    parts: list[tuple[str, float]]
    functions: list[tuple[str, float]]


class Sampler:
    """Looks at what every thread does, until it is stopped."""

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def profile(self, functions_max: int = 8) -> Profile:
        total = max(1, sum(self.parts.values()))
        return Profile(
            [(name, seen / total) for name, seen in self.parts.most_common()],
            [(name, seen / total) for name, seen in self.functions.most_common(functions_max)],
        )

    def _look(self) -> None:
        mine = threading.get_ident()
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way to see them
                if thread != mine and frame.f_code.co_name not in IDLE:
                    self._note(frame)

    def _note(self, frame: FrameType) -> None:
        code = frame.f_code
        self.functions[f"{_short(code.co_filename)}:{code.co_name}"] += 1
        at: FrameType | None = frame
        while at is not None:
            name = at.f_code.co_filename
            if name.startswith(ROOT) and "/.venv" not in name:
                inner = name[len(ROOT) + 1 :]
                self.parts[next((part for start, part in PARTS.items() if inner.startswith(start)), inner)] += 1
                return
            at = at.f_back
        self.parts["Beam and Python"] += 1


def _short(path: str) -> str:
    return path[len(ROOT) + 1 :] if path.startswith(ROOT) else "/".join(Path(path).parts[-2:])
