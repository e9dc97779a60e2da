from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.canonical.quantities import QuantityError, shown, to_quantity

WITHIN = Decimal(10) ** 12

quantities = st.decimals(-WITHIN + 1, WITHIN - 1, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(
    ("said", "quantity"),
    [
        (5, "5"),
        ("5", "5"),
        (" 5\n", "5"),
        ("+5", "5"),
        ("5.", "5"),
        (".5", "0.5"),
        ("5.000", "5"),
        ("5.0000000", "5"),
        ("0005", "5"),
        ("0.1", "0.1"),  # of a kilogram
        (Decimal("0.10"), "0.1"),
        ("1E+2", "100"),
        (Decimal("1E+2"), "100"),
        ("12.5e-1", "1.25"),
        ("-3", "-3"),
        (0, "0"),
        ("0.000", "0"),
        ("-0", "0"),
        (Decimal("-0.0"), "0"),
        ("0E+200", "0"),
        ("0.000001", "0.000001"),
        ("999999999999.999999", "999999999999.999999"),
        (10**12 - 1, "999999999999"),
    ],
)
def test_a_quantity_is_read_exactly(said: object, quantity: str) -> None:
    assert str(to_quantity(said)) == quantity


NOT_A_NUMBER = "expected a decimal number with at most 6 decimal places"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("five", f"got 'five', {NOT_A_NUMBER}"),
        ("", f"got '', {NOT_A_NUMBER}"),
        (None, f"got None, {NOT_A_NUMBER}"),
        (True, f"got True, {NOT_A_NUMBER}"),
        (1.5, f"got 1.5, {NOT_A_NUMBER}"),
        ([5], f"got a list, {NOT_A_NUMBER}"),
        ({"qty": 5}, f"got an object, {NOT_A_NUMBER}"),
        ("NaN", f"got 'NaN', {NOT_A_NUMBER}"),
        (Decimal("NaN"), f"got NaN, {NOT_A_NUMBER}"),
        (Decimal("sNaN"), f"got sNaN, {NOT_A_NUMBER}"),
        ("Infinity", f"got 'Infinity', {NOT_A_NUMBER}"),
        (Decimal("-Infinity"), f"got -Infinity, {NOT_A_NUMBER}"),
        ("1_000", f"got '1_000', {NOT_A_NUMBER}"),
        ("1,000", f"got '1,000', {NOT_A_NUMBER}"),
        ("5 EA", f"got '5 EA', {NOT_A_NUMBER}"),
        ("0x10", f"got '0x10', {NOT_A_NUMBER}"),
        ("\uff15", f"got '\uff15', {NOT_A_NUMBER}"),  # a full-width five
        ("\u0665", f"got '\u0665', {NOT_A_NUMBER}"),  # an Arabic-Indic five
        ("0.0000001", f"got '0.0000001', {NOT_A_NUMBER}"),
        ("0." + "1" * 38, f"got '0.{'1' * 37}…, {NOT_A_NUMBER}"),
        ("0.10000000000000000000000000000000000001", f"got '0.1{'0' * 36}…, {NOT_A_NUMBER}"),
        ("1E-2000000", f"got '1E-2000000', {NOT_A_NUMBER}"),
        ("1E+1000000", f"got '1E+1000000', {NOT_A_NUMBER}"),
        (Decimal("1E+1000000"), f"got 1E+1000000, {NOT_A_NUMBER}"),
        ("9" * 41, f"got '{'9' * 39}…, {NOT_A_NUMBER}"),
        ("1E+12", "got '1E+12', expected a number below 1,000,000,000,000"),
        (-(10**12), "got -1000000000000, expected a number below 1,000,000,000,000"),
    ],
)
def test_what_is_no_quantity_is_refused(said: object, message: str) -> None:
    with pytest.raises(QuantityError) as caught:
        to_quantity(said)
    assert str(caught.value) == message


def test_a_number_of_many_thousand_digits_is_refused_like_any_other() -> None:
    with pytest.raises(QuantityError):
        to_quantity(10**5000)


@given(quantities)
def test_reading_changes_no_value(quantity: Decimal) -> None:
    assert to_quantity(quantity) == quantity
    assert to_quantity(str(quantity)) == quantity


@given(quantities, st.sampled_from([1, 10, 100]))
def test_equal_quantities_look_equal(quantity: Decimal, scale: int) -> None:
    padded = f"{quantity}{'0' * scale}"[:39] if "." in f"{quantity}" else f"{quantity}.{'0' * 3}"
    assert str(to_quantity(padded)) == str(to_quantity(quantity)) == f"{to_quantity(quantity):f}"


@given(quantities)
def test_reading_twice_is_reading_once(quantity: Decimal) -> None:
    once = to_quantity(quantity)
    assert to_quantity(once) is once or str(to_quantity(once)) == str(once)


@given(st.text(max_size=50) | st.integers() | st.decimals() | st.floats() | st.none() | st.booleans())
def test_anything_is_a_quantity_or_refused(said: object) -> None:
    try:
        quantity = to_quantity(said)
    except QuantityError:
        return
    assert quantity.is_finite()
    assert abs(quantity) < WITHIN
    assert 0 >= int(quantity.as_tuple().exponent) >= -6


def test_a_long_value_is_cut_in_messages() -> None:
    assert shown("x" * 100) == "'" + "x" * 39 + "…"
    assert shown([0] * 10**6) == "a list"
