"""GS1 keys: one key however it is written; check digits as the standard computes them."""

import pytest

from transforms.arrival.gs1_keys import Gs1Key, check_digit, read_key


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("629104150021", "3"), ("1061414107346", "4"), ("37610425002123456", "9"), ("400638133393", "1"), ("0", "0")],
)
def test_a_check_digit(digits: str, expected: str) -> None:
    assert check_digit(digits) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2016", Gs1Key("gtin", "10614141073464", "2016")),
        ("urn:epc:id:sgtin:0614141.107346.a%2Fb", Gs1Key("gtin", "10614141073464", "a/b")),
        ("https://id.gs1.org/01/10614141073464/21/2016", Gs1Key("gtin", "10614141073464", "2016")),
        ("https://example.com/some/path/01/10614141073464/21/2016?x=1", Gs1Key("gtin", "10614141073464", "2016")),
        ("https://id.gs1.org/01/614141000012", Gs1Key("gtin", "00614141000012")),
        ("urn:epc:class:lgtin:4012345.012345.998877", Gs1Key("gtin", "04012345123456", "", "998877")),
        ("https://id.gs1.org/01/04012345123456/10/998877", Gs1Key("gtin", "04012345123456", "", "998877")),
        ("urn:epc:idpat:sgtin:4012345.012345.*", Gs1Key("gtin", "04012345123456")),
        ("urn:epc:id:sgln:0614141.00777.0", Gs1Key("gln", "0614141007776")),
        ("urn:epc:id:sgln:0614141.00777.dock-7", Gs1Key("gln", "0614141007776", "dock-7")),
        ("https://id.gs1.org/414/0614141007776/254/dock-7", Gs1Key("gln", "0614141007776", "dock-7")),
        ("urn:epc:id:pgln:0614141.00777", Gs1Key("gln", "0614141007776")),
        ("https://id.gs1.org/417/0614141007776", Gs1Key("gln", "0614141007776")),
        ("urn:epc:id:sscc:0614141.1234567890", Gs1Key("sscc", "106141412345678908")),
        ("https://id.gs1.org/00/106141412345678908", Gs1Key("sscc", "106141412345678908")),
        ("urn:epc:id:gdti:0614141.00001.1618034", Gs1Key("gdti", "0614141000012", "1618034")),
        ("https://id.gs1.org/253/06141410000121618034", Gs1Key("gdti", "0614141000012", "1618034")),
        ("urn:epc:id:sgtin:0614141.1.2016", Gs1Key("", "urn:epc:id:sgtin:0614141.1.2016")),
        ("urn:epc:id:sgtin:A.B.C", Gs1Key("", "urn:epc:id:sgtin:A.B.C")),
        ("https://example.com/items/42", Gs1Key("", "https://example.com/items/42")),
    ],
)
def test_a_uri_is_the_key(uri: str, expected: Gs1Key) -> None:
    assert read_key(uri) == expected


def test_a_key_is_written_in_one_way() -> None:
    assert str(Gs1Key("gtin", "04012345123456", "", "998877")) == "gtin:04012345123456;lot:998877"
    assert str(Gs1Key("", "urn:x")) == "urn:x"


def test_a_uri_without_end_is_taken_as_it_is_and_at_once() -> None:
    uri = "https://example.com" + "/01/1" * 200_000 + "!"
    assert read_key(uri) == Gs1Key("", uri)
