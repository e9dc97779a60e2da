"""X12 shapes: receipts, shipments and stock in, the interchanges that the 3PL sends of them out (4010)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from making import catalog
from making.clock import CHICAGO
from making.wms_shapes import Line

SITE = "NLOG7"
UNITS = {"each": "EA", "inner": "IN", "case": "CA", "pallet": "PF"}
QUALIFIERS = {"sellable": "33", "quality_hold": "QH", "damaged": "74"}  # 17, on hand, is the total of them
GROUPS = {"944": "RE", "945": "SW", "846": "IB", "214": "QM"}

Segments = list[str]


class Set(NamedTuple):
    """One transaction set: its number and what is between ST and SE."""

    set: str
    segments: Segments


def receipt(document: str, purchase_order: str, at: datetime, lines: Sequence[Line]) -> Set:
    """944: what was received for a purchase order."""
    local = at.astimezone(CHICAGO)
    body = [
        f"W17*F*{local:%Y%m%d}*{document}*{purchase_order}",
        f"N1*WH*NORTH LOGISTICS*91*{SITE}",
        f"G62*09*{local:%Y%m%d}*W*{local:%H%M}",
    ]
    for n, line in enumerate(lines, start=1):
        body += [f"W07*{_plain(line)}*{UNITS[line.unit]}**UK*{_gtin(line)}", f"N9*LI*{n}"]
        body += [f"N9*LT*{line.lot}"] if line.lot else []
    return Set("944", [*body, f"W14*{sum(int(line.quantity) for line in lines)}"])


def shipment(document: str, order: str, at: datetime, lines: Sequence[Line]) -> Set:
    """945: what was shipped for a sales order."""
    local = at.astimezone(CHICAGO)
    body = [
        f"W06*F*{order}*{local:%Y%m%d}*{document}",
        f"N1*WH*NORTH LOGISTICS*91*{SITE}",
        f"G62*11*{local:%Y%m%d}*W*{local:%H%M}",
        "W27*M*GRND",
    ]
    for n, line in enumerate(lines, start=1):
        quantity, unit = _plain(line), UNITS[line.unit]
        body += [f"LX*{n}", f"W12*CC*{quantity}*{quantity}**{unit}**UK*{_gtin(line)}", f"N9*LI*{n}"]
        body += [f"N9*LT*{line.lot}"] if line.lot else []
    return Set("945", [*body, f"W03*{sum(int(line.quantity) for line in lines)}"])


def inventory(document: str, at: datetime, stock: Sequence[tuple[str, str, dict[str, int]]]) -> Set:
    """846: for each item and lot how much there is of each disposition, after the total."""
    local = at.astimezone(CHICAGO)
    body = [f"BIA*00*DD*{document}*{local:%Y%m%d}*{local:%H%M}", f"N1*WH*NORTH LOGISTICS*91*{SITE}"]
    for n, (item, lot, quantities) in enumerate(stock, start=1):
        body.append(f"LIN*{n}*UK*{catalog.gtin(item)}" + (f"*LT*{lot}" if lot else ""))
        body.append(f"QTY*17*{sum(quantities.values())}*EA")
        body += [f"QTY*{QUALIFIERS[disposition]}*{quantity}*EA" for disposition, quantity in quantities.items()]
    return Set("846", [*body, f"CTT*{len(stock)}"])


def interchange(control: int, at: datetime, sets: Sequence[Set], newline: str = "\n") -> bytes:
    """All sets in one group and one interchange, counted right."""
    local = at.astimezone(CHICAGO)
    parties = f"ZZ*{'NORTHLOGISTICS':15}*ZZ*{'EXAMPLECO':15}"
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*{parties}*{local:%y%m%d*%H%M}*U*00401*{control:09d}*0*P*>",
        f"GS*{GROUPS[sets[0].set]}*NORTHLOGISTICS*EXAMPLECO*{local:%Y%m%d*%H%M}*{control}*X*004010",
    ]
    for n, one in enumerate(sets, start=1):
        segments += [f"ST*{one.set}*{n:04d}", *one.segments, f"SE*{len(one.segments) + 2}*{n:04d}"]
    segments += [f"GE*{len(sets)}*{control}", f"IEA*1*{control:09d}"]
    return "".join(f"{segment}~{newline}" for segment in segments).encode("ascii")


def _plain(line: Line) -> str:
    return f"{line.quantity:f}"


def _gtin(line: Line) -> str:
    return catalog.gtin(line.item, {"each": 0, "case": 1, "inner": 2, "pallet": 1}[line.unit])
