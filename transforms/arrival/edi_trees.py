"""EDI trees: segments in, the tree of a document out; and whether a wrong count means that lines are lost.

What X12 and EDIFACT share: segments open loops inside each other as a table says, and the sender counts what it sent.
A wrong count of segments is forgiven where the totals of the document agree. Without totals it is forgiven if no more
than two are missing (some do not count the first and the last); more may be lines that were lost.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from transforms.arrival.limits import DecodeError, excerpt
from transforms.arrival.x12_sets import Loops

SEGMENTS_MISSING_MAX = 2  # the first and the last, if the sender does not count them

Node = dict[str, Any]


class Count(NamedTuple):
    """How many segments a document says it has and how many came, and which of its totals agree."""

    name: str  # "set 945 0001"
    counter: str  # "SE01"
    stated: str
    found: int
    totals: list[tuple[bool, str]]  # whether it agrees, with a line that says what it states and what is there


def grow(
    document: Node, body: Iterable[Any], loops: Loops, summary: Collection[str], fields_of: Callable[[Any], Node]
) -> Any:
    """Hang each segment where it belongs; the first that opens a loop outside the one around it is returned instead.

    `branch` holds the open loops from the document down. A segment that opens nothing belongs to the innermost.
    """
    branch: list[tuple[Node, Loops]] = [(document, loops)]
    opening = _openers(loops)
    for segment in body:
        name = segment.id
        if name in summary:
            del branch[1:]
        elif name in opening:
            while name not in branch[-1][1]:
                branch.pop()
                if not branch:
                    return segment
            node, inner = branch[-1]
            opened: Node = {}
            node.setdefault(f"{name}_loop", []).append(opened)
            branch.append((opened, inner[name] or {}))
        branch[-1][0].setdefault(name, []).append(fields_of(segment))
    return None


def _openers(loops: Loops) -> frozenset[str]:
    return frozenset(loops).union(*(_openers(inside or {}) for inside in loops.values()))


def count_notes(count: Count) -> list[str]:
    """Nothing if the count is right, a note if it is wrong and bearable. Raises `DecodeError` envelope_mismatch."""
    stated, found = count.stated, count.found
    if stated.lstrip("0") == str(found):
        return []
    miscount = f"{count.name}: {count.counter} says {excerpt(stated)} segments, found {found}"
    wrong = [line for agrees, line in count.totals if not agrees]
    if wrong:
        raise DecodeError("envelope_mismatch", f"cut off or altered: {miscount}; {'; '.join(wrong)}")
    missing = int(stated) - found if stated.isascii() and stated.isdigit() and len(stated) < 10 else 0
    if not count.totals and missing > SEGMENTS_MISSING_MAX:
        raise DecodeError("envelope_mismatch", f"perhaps cut off: {miscount}, and no total tells that nothing is lost")
    return [f"{miscount}; {'the totals agree' if count.totals else 'no totals to compare'}"]
