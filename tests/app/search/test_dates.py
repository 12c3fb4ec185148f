from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.dates import date_range

RANGES = {
    # text: first and last moment, UTC
    "2024": ("2023-12-31T23:00:00", "2024-12-31T22:59:59.999999"),
    "2024-02": ("2024-01-31T23:00:00", "2024-02-29T22:59:59.999999"),
    "2024-12": ("2024-11-30T23:00:00", "2024-12-31T22:59:59.999999"),
    "2024-05-14": ("2024-05-13T22:00:00", "2024-05-14T21:59:59.999999"),
    "2024-03-31": ("2024-03-30T23:00:00", "2024-03-31T21:59:59.999999"),  # 23 hours
    "2024-10-27": ("2024-10-26T22:00:00", "2024-10-27T22:59:59.999999"),  # 25 hours
    "1990-09-30": ("1990-09-29T22:00:00", "1990-09-30T22:59:59.999999"),  # summer ended in September then
    "1950-07-01": ("1950-06-30T23:00:00", "1950-07-01T22:59:59.999999"),
    "2024-05-14T10:00": ("2024-05-14T08:00:00", "2024-05-14T08:00:59.999999"),
    "2024-05-14T10:00Z": ("2024-05-14T10:00:00", "2024-05-14T10:00:59.999999"),
    "2024-05-14T10:00:00+02:00": ("2024-05-14T08:00:00", "2024-05-14T08:00:00.999999"),
    "2024-05-14T10:00:00 02:00": ("2024-05-14T08:00:00", "2024-05-14T08:00:00.999999"),
    "2024-05-14T10:00:00-11:30": ("2024-05-14T21:30:00", "2024-05-14T21:30:00.999999"),
    "2024-05-14T10:00:00.1Z": ("2024-05-14T10:00:00.100000", "2024-05-14T10:00:00.199999"),
    "2024-05-14T10:00:00.123Z": ("2024-05-14T10:00:00.123000", "2024-05-14T10:00:00.123999"),
    "2024-05-14T10:00:00.123456789Z": ("2024-05-14T10:00:00.123456", "2024-05-14T10:00:00.123456"),
    "2016-12-31T23:59:60Z": ("2016-12-31T23:59:59", "2016-12-31T23:59:59.999999"),
    "9999-12-31T23:59:59Z": ("9999-12-31T23:59:59", "9999-12-31T23:59:59.999999"),
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("text", RANGES)
def test_a_date_covers_what_its_precision_says(text: str) -> None:
    assert date_range(text) == tuple(microseconds(moment) for moment in RANGES[text])


@pytest.mark.parametrize(
    "text",
    ["", "20", "2024-13", "2024-00", "2023-02-29", "2024-1-1", "2024-05-14T", "2024-05-14T24:00Z", "2024-05-14T10Z",
     "2024-05-14T10:60Z", "2024-05-14T10:00:61Z", "2024-05-14T10:00:00+15:00", "2024-05-14T10:00:00+01:60", "0000",
     "2024-05-14T10:00:00.Z", "٢٠٢٤", "2024-05-14 ", "2024-05-14T10:00:00z", "today", "-2024", "20245"],
)  # fmt: skip
def test_what_is_no_date_covers_nothing(text: str) -> None:
    assert date_range(text) is None


@pytest.mark.parametrize("text", ["0001", "0001-01-01", "9999", "9999-12", "9999-12-31", "0001-01-01T00:00:00+14:00"])
def test_the_ends_of_the_calendar_are_dates_too(text: str) -> None:
    low, high = date_range(text) or (0, 0)
    assert low < high


@given(st.dates(min_value=date(1981, 1, 1), max_value=date(2037, 12, 30)))
def test_a_danish_day_begins_and_ends_as_in_denmark(day: date) -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    expected = tuple((moment - EPOCH) // timedelta(microseconds=1) for moment in (first, after))
    assert date_range(day.isoformat()) == (expected[0], expected[1] - 1)


@given(st.text(max_size=40))
def test_no_text_is_too_much(text: str) -> None:
    covered = date_range(text)
    assert covered is None or covered[0] <= covered[1]


@given(st.datetimes())
def test_a_moment_covers_itself(moment: datetime) -> None:
    us = (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    low, high = date_range(moment.isoformat(timespec="seconds") + "Z") or (0, 0)
    assert low <= us <= high
