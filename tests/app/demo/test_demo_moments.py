"""Danish wall-clock time by the rule, without a time zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.moments import at_hour, day, local, spoken, written

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MOMENTS = st.integers(915_148_800, 2_145_916_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS)
def test_local_time_is_what_the_time_zone_database_says(moment):
    assert local(moment).replace(tzinfo=None) == moment.astimezone(COPENHAGEN).replace(tzinfo=None)


@given(MOMENTS)
def test_written_time_is_the_same_moment(moment):
    whole = moment.replace(microsecond=0)
    assert datetime.fromisoformat(written(whole)) == whole


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "2026-03-29T01:59:59+01:00"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-29T03:00:00+02:00"),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), "2026-10-25T02:59:59+02:00"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "2026-10-25T02:00:00+01:00"),
    ],
)
def test_the_clock_changes_at_one_in_utc(moment, text):
    assert written(moment) == text


def test_a_day_is_the_danish_day():
    moment = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert (day(moment), spoken(moment)) == ("2026-07-01", "1.7.2026")


def test_an_hour_is_the_wall_clocks_hour():
    moment = at_hour(datetime(2026, 11, 22, 7, tzinfo=UTC), 18)
    assert moment == datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)
