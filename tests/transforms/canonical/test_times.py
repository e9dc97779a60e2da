from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.canonical.times import TimeError, to_time

EASTERN = ZoneInfo("America/New_York")
COMPACT = ("%Y%m%d%H%M",)

moments = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-02T09:15:00-05:00", "2026-03-02T14:15:00+00:00"),
        ("2026-03-02T14:15:00Z", "2026-03-02T14:15:00+00:00"),
        ("2026-03-02T09:15:00", "2026-03-02T14:15:00+00:00"),
        (" 2026-03-02 09:15 ", "2026-03-02T14:15:00+00:00"),
        ("2026-03-02T09:15:00.123456", "2026-03-02T14:15:00.123456+00:00"),
        ("2026-03-02T09:15:00,5", "2026-03-02T14:15:00.500000+00:00"),
        ("20260302T091500", "2026-03-02T14:15:00+00:00"),
        ("2026-03-02", "2026-03-02T05:00:00+00:00"),  # the first moment of the day there
        ("2026-07-02", "2026-07-02T04:00:00+00:00"),
        (20260302, "2026-03-02T05:00:00+00:00"),
        ("2026-03-02T09:15:00+05:45", "2026-03-02T03:30:00+00:00"),
    ],
)
def test_a_time_without_format_is_iso_8601(said: object, meant: str) -> None:
    assert to_time(said, EASTERN).isoformat() == meant


@pytest.mark.parametrize(
    ("story", "zone", "said", "meant"),
    [
        ("before clocks go forward", "America/New_York", "2026-03-08T01:59", "2026-03-08T06:59:00+00:00"),
        ("the hour that never was", "America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00+00:00"),
        ("after clocks went forward", "America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00+00:00"),
        ("the hour that was twice", "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00+00:00"),
        ("after clocks went back", "America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00+00:00"),
        ("half an hour is set in Lord Howe", "Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00+00:00"),
        ("no change in Phoenix", "America/Phoenix", "2026-03-08T02:30", "2026-03-08T09:30:00+00:00"),
        ("UTC", "UTC", "2026-03-08T02:30", "2026-03-08T02:30:00+00:00"),
        ("another day in Auckland", "Pacific/Auckland", "2026-03-02T09:00", "2026-03-01T20:00:00+00:00"),
    ],
)
def test_a_time_without_zone_is_local(story: str, zone: str, said: str, meant: str) -> None:
    assert to_time(said, ZoneInfo(zone)).isoformat() == meant


@pytest.mark.parametrize(
    ("formats", "said", "meant"),
    [
        (COMPACT, "202603020915", "2026-03-02T14:15:00+00:00"),
        (("%Y-%m-%d %H:%M:%S",), "2026-03-02 09:15:30", "2026-03-02T14:15:30+00:00"),
        (("%Y-%m-%d %H:%M:%S",), "2026-3-2 9:15:30", "2026-03-02T14:15:30+00:00"),
        (("%Y-%m-%d %H:%M:%S",), "2026-03-02  9:15:30", "2026-03-02T14:15:30+00:00"),
        (("%d.%m.%Y %H:%M",), "2.3.2026 9:15", "2026-03-02T14:15:00+00:00"),
        (("%m/%d/%Y %I:%M %p",), "03/02/2026 09:15 PM", "2026-03-03T02:15:00+00:00"),
        (("%Y-%m-%dT%H:%M:%S%z",), "2026-03-02T09:15:00+0100", "2026-03-02T08:15:00+00:00"),
        (("%Y%m%d",), 20260302, "2026-03-02T05:00:00+00:00"),
        (("%y%m%d",), "260302", "2026-03-02T05:00:00+00:00"),
        (("%Y%m%d%H%M%S", "%Y%m%d%H%M"), "20260302091530", "2026-03-02T14:15:30+00:00"),
        (("%Y%m%d%H%M%S", "%Y%m%d%H%M"), "202603020915", "2026-03-02T14:15:00+00:00"),
        (("%Y%m%d%H%M", "%Y%m%d"), "20260302", "2026-03-02T05:00:00+00:00"),
    ],
)
def test_a_time_of_a_named_format(formats: tuple[str, ...], said: object, meant: str) -> None:
    assert to_time(said, EASTERN, formats).isoformat() == meant


@pytest.mark.parametrize(
    ("unit", "said", "meant"),
    [
        ("s", 1772442900, "2026-03-02T09:15:00+00:00"),
        ("s", "1772442900", "2026-03-02T09:15:00+00:00"),
        ("s", Decimal("1772442900.5"), "2026-03-02T09:15:00.500000+00:00"),
        ("ms", 1772442900123, "2026-03-02T09:15:00.123000+00:00"),
        ("us", 1772442900123456, "2026-03-02T09:15:00.123456+00:00"),
        ("us", Decimal("1772442900123456.9"), "2026-03-02T09:15:00.123456+00:00"),
        ("s", "1.7724429E+9", "2026-03-02T09:15:00+00:00"),
    ],
)
def test_a_time_counted_from_1970(unit: str, said: object, meant: str) -> None:
    assert to_time(said, EASTERN, epoch=unit).isoformat() == meant


@pytest.mark.parametrize(
    ("said", "formats", "epoch", "message"),
    [
        ("yesterday", (), None, "got 'yesterday', expected an ISO 8601 time"),
        ("", (), None, "got '', expected an ISO 8601 time"),
        (None, (), None, "got None, expected an ISO 8601 time"),
        (True, (), None, "got True, expected an ISO 8601 time"),
        ({"at": 1}, (), None, "got an object, expected an ISO 8601 time"),
        ("2026-02-30", (), None, "got '2026-02-30', expected an ISO 8601 time"),
        ("2026-03-02T25:00", (), None, "got '2026-03-02T25:00', expected an ISO 8601 time"),
        ("2026-03-02T09:15 America/New_York", (), None, None),
        ("9" * 65, (), None, None),
        ("1989-12-31T23:59:59Z", (), None, "got '1989-12-31T23:59:59Z', expected a year from 1990 to 2099"),
        ("2100-01-01", (), None, "got '2100-01-01', expected a year from 1990 to 2099"),
        ("0001-01-01T00:00:00+14:00", (), None, "got '0001-01-01T00:00:00+14:00', expected a year from 1990 to 2099"),
        ("9999-12-31T23:59:59-14:00", (), None, "got '9999-12-31T23:59:59-14:00', expected a year from 1990 to 2099"),
        ("20260302091", COMPACT, None, "got '20260302091', expected a time like %Y%m%d%H%M"),
        ("2026030209155", COMPACT, None, "got '2026030209155', expected a time like %Y%m%d%H%M"),
        ("02.03.2026", ("%Y-%m-%d", "%d/%m/%Y"), None, "got '02.03.2026', expected a time like %Y-%m-%d or %d/%m/%Y"),
        ("2026-03-02", (), "ms", "got '2026-03-02', expected ms since 1970"),
        ("", (), "s", "got '', expected s since 1970"),
        (None, (), "s", "got None, expected s since 1970"),
        (True, (), "s", "got True, expected s since 1970"),
        ("NaN", (), "s", "got 'NaN', expected s since 1970"),
        ("Infinity", (), "s", "got 'Infinity', expected s since 1970"),
        ("1E+999999", (), "us", "got '1E+999999', expected us since 1970"),
        ("1E+999999", (), "s", "got '1E+999999', expected s since 1970"),
        (Decimal("1E+9999999"), (), "s", "got 1E+9999999, expected s since 1970"),
        ("1_772_442_900", (), "s", "got '1_772_442_900', expected s since 1970"),
        (1772442900, (), "ms", "got 1772442900, expected a year from 1990 to 2099"),  # seconds, taken for milliseconds
        (1772442900123, (), "s", "got 1772442900123, expected s since 1970"),  # and the other way round
        (0, (), "s", "got 0, expected a year from 1990 to 2099"),
    ],
)
def test_what_is_no_time_is_refused(said: object, formats: tuple[str, ...], epoch: str | None, message: str) -> None:
    with pytest.raises(TimeError) as caught:
        to_time(said, EASTERN, formats, epoch)
    assert message is None or str(caught.value) == message


@pytest.mark.parametrize("epoch", [None, "us"])
def test_a_number_of_many_thousand_digits_is_refused_like_any_other(epoch: str | None) -> None:
    with pytest.raises(TimeError, match="got a number of more than a hundred digits"):
        to_time(10**5000, EASTERN, epoch=epoch)


@given(moments, st.integers(-14 * 4, 14 * 4))
def test_a_time_with_an_offset_means_the_same_moment_everywhere(moment: datetime, quarters: int) -> None:
    local = moment.astimezone(timezone(timedelta(minutes=15 * quarters)))
    assert to_time(local.isoformat(), EASTERN) == moment


@given(moments, st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_a_local_time_that_was_once_comes_back(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    local = moment.astimezone(zone)
    said = local.replace(tzinfo=None)
    if local.fold == 0:
        assert to_time(said.isoformat(), zone) == moment
    else:
        assert to_time(said.isoformat(), zone) < moment  # the first of the two is meant


@given(moments)
def test_counting_microseconds_loses_none(moment: datetime) -> None:
    count = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert to_time(count, EASTERN, epoch="us") == moment


@given(
    st.text(max_size=70) | st.integers() | st.decimals() | st.floats() | st.none() | st.lists(st.none()),
    st.sampled_from([(), COMPACT, ("%d.%m.%Y", "%c")]),
    st.sampled_from([None, "s", "ms", "us"]),
)
def test_anything_is_a_time_in_utc_or_refused(said: object, formats: tuple[str, ...], epoch: str | None) -> None:
    try:
        moment = to_time(said, EASTERN, formats, epoch)
    except TimeError:
        return
    assert moment.utcoffset() == timedelta(0)
    assert 1989 <= moment.year <= 2100
