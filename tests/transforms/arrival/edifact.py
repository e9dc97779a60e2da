"""EDIFACT: segments in, a whole interchange that is counted right out, for tests to break in one place each."""

from collections.abc import Sequence

UNB = "UNB+UNOC:3+NORTH:14+EXAMPLECO:14+260302:1315+981"
DESPATCH = (
    "BGM+351+DES-1+9",
    "DTM+11:202603021300:203",
    "CPS+1",
    "PAC+2++CT",
    "LIN+1++00614141000326:SRV",
    "QTY+12:5:PCE",
    "LIN+2++10614141000323:SRV",
    "QTY+12:2:CT",
    "CNT+2:2",
)
STOCK = ("BGM+35+INV-1+9", "DTM+366:202603022300:203", "LIN+1++00614141000326:SRV", "QTY+145:8:PCE", "LOC+18+N1")


def message(name: str, body: Sequence[str], reference: str = "1", count: int | str | None = None) -> list[str]:
    """UNH, the body, UNT with the right count or the wrong one that is asked for."""
    stated = len(body) + 2 if count is None else count
    return [f"UNH+{reference}+{name}:D:01B:UN:EAN011", *body, f"UNT+{stated}+{reference}"]


def interchange(*messages: Sequence[str], head: str = "", end: str = "'\n", encoding: str = "iso8859-1") -> bytes:
    """All messages in one interchange, as the bytes of a file."""
    segments = [UNB, *(segment for one in messages for segment in one), f"UNZ+{len(messages)}+981"]
    return (head + "".join(segment + end for segment in segments)).encode(encoding)
