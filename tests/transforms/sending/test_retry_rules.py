"""Pauses double up to a limit and spread; Retry-After is understood both ways and bounded."""

import pytest

from transforms.sending.retry_rules import pause_seconds, retry_after_seconds


def test_pauses_double_up_to_the_limit_and_lie_in_the_upper_half() -> None:
    pauses = [pause_seconds("web", failures, 1, 60) for failures in range(1, 12)]
    wholes = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert [whole / 2 <= pause <= whole for pause, whole in zip(pauses, wholes, strict=True)] == [True] * 11


def test_the_same_history_gives_the_same_pause_and_another_name_another() -> None:
    assert pause_seconds("web", 3, 1, 60) == pause_seconds("web", 3, 1, 60)
    assert len({pause_seconds(f"key {number}", 3, 1, 60) for number in range(20)}) == 20


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-4", 0.0),
        ("86400", 3600.0),
        ("Thu, 01 Jan 1970 00:01:50 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_partner_asks_for(header: str | None, expected: float | None) -> None:
    assert retry_after_seconds(header, 100.0) == expected
