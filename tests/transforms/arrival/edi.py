"""EDI: segments in, a whole interchange that is counted right out, for tests to break in one place each."""

from collections.abc import Sequence

SHIPMENT = (
    "W06*F*WEB-1101*20260302*NS8991",
    "N1*WH*NORTH*91*NLOG7",
    "LX*1",
    "W12*CC*5*5**EA**UK*00614141000326",
    "N9*LI*1",
    "N9*LT*L7",
    "LX*2",
    "W12*CC*2*2**CA**UK*10614141000323",
    "W03*7",
)
RECEIPT = (
    "W17*F*20260302*RC1*PO-1",
    "W07*12*CA**UK*10614141000323",
    "N9*LI*1",
    "W07*3*EA**UK*00614141000326",
    "W14*15",
)
STOCK = ("BIA*00*DD*INV1*20260302*2300", "LIN*1*UK*00614141000326", "QTY*17*8*EA", "QTY*33*5*EA", "SCH*5*EA*WH*EAST")

ISA = "ISA*00*          *00*          *ZZ*NORTH          *ZZ*EXAMPLECO      *260302*1315*U*00401*000000981*0*P*>"


def transaction_set(number: str, body: Sequence[str], control: str = "0001", count: int | None = None) -> list[str]:
    """ST, the body, SE with the right count or the wrong one that is asked for."""
    return [f"ST*{number}*{control}", *body, f"SE*{len(body) + 2 if count is None else count}*{control}"]


def segments(*sets: Sequence[str], group_code: str = "SW") -> list[str]:
    """All sets in one group of one interchange."""
    return [
        ISA,
        f"GS*{group_code}*NORTH*EXAMPLECO*20260302*1315*981*X*004010",
        *(segment for one in sets for segment in one),
        f"GE*{len(sets)}*981",
        "IEA*1*000000981",
    ]


def interchange(*sets: Sequence[str], terminator: str = "~\n") -> bytes:
    """The same as the bytes of a file."""
    return "".join(segment + terminator for segment in segments(*sets)).encode()
