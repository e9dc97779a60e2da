"""Interchanges have the envelope and counts that a reader checks, and no value breaks out of its place."""

from typing import Any

import pytest

from transforms.arrival.format_table import decode
from transforms.sending.x12_writer import x12_interchange

OPTIONS = {"set": "846", "sender": "SELLABLE", "receiver": "RETAILER", "number": 42, "date": "20260303", "time": "0600"}
LINES = [["LIN", 1, "SK", "MUG"], ["QTY", "33", 5, "CA"]]


def test_an_interchange_is_written_as_the_standard_has_it() -> None:
    assert x12_interchange([["BIA", "00", "SI", 42, None, ""], LINES, ["CTT", 1]], OPTIONS).decode() == (
        "ISA*00*          *00*          *ZZ*SELLABLE       *ZZ*RETAILER       *260303*0600*U*00401*000000042*0*P*>~\n"
        "GS*IB*SELLABLE*RETAILER*20260303*0600*42*X*004010~\n"
        "ST*846*000000042~\n"
        "BIA*00*SI*42~\n"
        "LIN*1*SK*MUG~\n"
        "QTY*33*5*CA~\n"
        "CTT*1~\n"
        "SE*6*000000042~\n"
        "GE*1*42~\n"
        "IEA*1*000000042~\n"
    )


def test_our_own_reader_finds_nothing_wrong_with_it() -> None:
    data = x12_interchange([["BIA", "00", "SI", "42", "20260303"], [LINES, LINES], ["CTT", 2]], OPTIONS)
    (document,) = decode("x12", data, {})
    assert [line["LIN"][0]["LIN03"] for line in document["LIN_loop"]] == ["MUG", "MUG"]
    assert "notes" not in document


@pytest.mark.parametrize("value", ["A*B", "A~ISA", "A>B", "A\nB", "A\x00", "MUG\u2013BLUE", "x" * 300])
def test_what_would_break_out_of_its_place_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no way to carry"):
        x12_interchange([["LIN", 1, "SK", value]], OPTIONS)


@pytest.mark.parametrize("changes", [{"number": 0}, {"number": 10**9}, {"sender": "S" * 16}, {"receiver": "R~"}])
def test_an_envelope_that_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|no way to carry"):
        x12_interchange([["BIA", "00"]], OPTIONS | changes)
