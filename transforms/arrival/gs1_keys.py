"""GS1 keys: an EPC URI or a GS1 Digital Link in, the key with its check digit out, however it is written.

    urn:epc:id:sgtin:0614141.107346.2016            gtin 10614141073464, serial 2016
    https://id.gs1.org/01/10614141073464/21/2016    the same
    urn:epc:class:lgtin:4012345.012345.998877       gtin 04012345123456, lot 998877
    urn:epc:id:sgln:0614141.00777.0                 gln 0614141007778, no extension

In an EPC URI the company prefix and the rest are apart and the check digit is missing; of a GTIN the first digit (the
indicator) has moved behind the prefix.

Source: GS1 EPC Tag Data Standard 2.0, sections 6 and 7; GS1 General Specifications 7.9 (check digit); Digital Link 1.1.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

URI_CHARS_MAX = 500  # longer ones are taken as they are: looking for keys in them could take for ever


class Gs1Key(NamedTuple):
    """One key: what kind, its digits, and the serial, lot or extension that narrows it."""

    kind: str  # gtin | sscc | gln | gdti | "" for what is none of these
    number: str
    serial: str = ""  # of a gtin or gdti; the extension of a gln
    lot: str = ""  # of a gtin

    def __str__(self) -> str:
        parts = [f"{self.kind}:{self.number}" if self.kind else self.number]
        parts += [f"serial:{self.serial}"] if self.serial else []
        parts += [f"lot:{self.lot}"] if self.lot else []
        return ";".join(parts)


# A company has many hosts, and paths before the key; what matters is the key and its qualifiers.
_URN = re.compile(r"urn:epc:(?:id|class|idpat):(sgtin|lgtin|sscc|sgln|pgln|gdti):([^:]+)", re.IGNORECASE)
_LINK = re.compile(r"https?://[^/?#]+(?:/[^?#]*?)?/(01|00|414|417|253)/([0-9]+)((?:/[0-9]{2,4}/[^/?#]+)*)/?(?:[?#].*)?")
_QUALIFIER = re.compile(r"/([0-9]{2,4})/([^/]+)")
_LENGTHS = {"gtin": 14, "sscc": 18, "gln": 13, "gdti": 13}


def check_digit(digits: str) -> str:
    """The digit that makes the number's weighted sum a multiple of ten."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def read_key(uri: str) -> Gs1Key:
    """The key that a URI writes; one without kind, with the text as it is, where it writes none we know."""
    uri = uri.strip()
    if len(uri) > URI_CHARS_MAX:
        return Gs1Key("", uri)
    urn = _URN.fullmatch(uri)
    if urn is not None:
        return _of_urn(urn[1].lower(), urn[2]) or Gs1Key("", uri)
    link = _LINK.fullmatch(uri)
    return (link and _of_link(link[1], link[2], link[3])) or Gs1Key("", uri)


def _of_urn(scheme: str, text: str) -> Gs1Key | None:
    prefix, _, rest = text.partition(".")
    reference, _, tail = rest.partition(".")
    tail = "" if tail == "*" else unquote(tail)
    if not (prefix + reference).isascii() or not (prefix + reference).isdigit():
        return None
    if scheme in ("sgtin", "lgtin"):
        body = reference[:1] + prefix + reference[1:]
        serial, lot = (tail, "") if scheme == "sgtin" else ("", tail)
        return _checked("gtin", body, serial, lot)
    if scheme == "sscc":
        return _checked("sscc", reference[:1] + prefix + reference[1:], "", "")
    if scheme in ("sgln", "pgln"):
        return _checked("gln", prefix + reference, "" if tail == "0" else tail, "")
    return _checked("gdti", prefix + reference, tail, "")


def _checked(kind: str, body: str, serial: str, lot: str) -> Gs1Key | None:
    return Gs1Key(kind, body + check_digit(body), serial, lot) if len(body) + 1 == _LENGTHS[kind] else None


def _of_link(identifier: str, number: str, path: str) -> Gs1Key | None:
    qualifiers = {name: unquote(value) for name, value in _QUALIFIER.findall(path)}
    if identifier == "01":
        return Gs1Key("gtin", number.zfill(14), qualifiers.get("21", ""), qualifiers.get("10", ""))
    if identifier == "00":
        return Gs1Key("sscc", number) if len(number) == _LENGTHS["sscc"] else None
    if identifier == "253":
        return Gs1Key("gdti", number[:13], number[13:]) if len(number) >= _LENGTHS["gdti"] else None
    extension = qualifiers.get("254", "")
    return Gs1Key("gln", number, "" if extension == "0" else extension) if len(number) == _LENGTHS["gln"] else None
