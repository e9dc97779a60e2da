"""Master change files: the folder `changes/` in; its changes, what is none, what the tables do not fit with out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.master_changes import CHANGES_MAX, Change, RefusedChange, parse_change, refuse_change
from schemas.yaml_files import SpecError

FITTINGS_MAX = 10  # how often what does not fit is left out, before the version as a whole is refused


def read_changes(folder: Path) -> tuple[list[Change], list[RefusedChange]]:
    """The changes of all files of a folder, and its lines that are none."""
    read = [parse_change(text, place) for text, place in _lines(folder)]
    return [one for one in read if isinstance(one, Change)], [one for one in read if isinstance(one, RefusedChange)]


def unfit_changes(problems: str, changes: Iterable[Change]) -> list[RefusedChange]:
    """The changes that problems of tables name by file and line: left out now, tried again with the next version."""
    by_place = {one.place: one for one in changes}
    found: dict[str, RefusedChange] = {}
    for problem in problems.splitlines():
        place, _, message = problem.partition(": ")
        if place in by_place:
            found.setdefault(place, refuse_change("unfit_change", message, by_place[place]))
    return list(found.values())


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    number = 0
    for path in sorted(folder.glob("*.jsonl")):
        for line, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            number += 1
            if number > CHANGES_MAX:
                raise SpecError(f"{path}:{line}: more than {CHANGES_MAX} changes, expected them in the tables by now")
            if text.strip():
                yield text, f"{path}:{line}"
