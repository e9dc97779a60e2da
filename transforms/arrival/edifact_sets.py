"""EDIFACT sets: for each kind of message which segments open a group of lines, which close them, what must be counted.

The data by which a flat list of segments becomes a tree, as `x12_sets` is for X12. Shapes are those that the
directories from D.96A to D.01B and EANCOM share: a despatch advice has packages (CPS) with lines (LIN), an inventory
report has lines with their quantities (QTY). CNT+2 counts the lines.

Source: UN/EDIFACT directories D.96A and D.01B; GS1 EANCOM 2002.
"""

from collections.abc import Mapping

from transforms.arrival.x12_sets import Loops, SetTable, Total

_SUMMARY = frozenset({"UNS", "CNT"})
_LINES = (Total("CNT", 2, "count", "LIN"),)
_PACKED: Loops = {"CPS": {"PAC": {"PCI": {}}, "LIN": {}}, "LIN": {}}  # some send lines without packages around them

MESSAGES: Mapping[str, SetTable] = {
    "INVRPT": SetTable("inventory report", {"LIN": {"QTY": {}}}, _SUMMARY, _LINES),
    "DESADV": SetTable("despatch advice", _PACKED, _SUMMARY, _LINES),
    "RECADV": SetTable("receiving advice", _PACKED, _SUMMARY, _LINES),
    "ORDERS": SetTable("purchase order", {"LIN": {"LOC": {}}}, _SUMMARY, _LINES),  # LOC: a delivery to one of several
    "ORDCHG": SetTable("purchase order change", {"LIN": {"LOC": {}}}, _SUMMARY, _LINES),
    "ORDRSP": SetTable("purchase order response", {"LIN": {}}, _SUMMARY, _LINES),
    "SLSRPT": SetTable("sales data report", {"LOC": {"LIN": {}}, "LIN": {}}, _SUMMARY, _LINES),
    "CONTRL": SetTable("syntax and service report", {"UCM": {"UCS": {}}}),
}
