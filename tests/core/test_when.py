"""The time grammar: what it reads, what it leaves alone, and that its ranges keep to the calendar."""

import string
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from everlore.core.errors import InvalidInput
from everlore.core.when import find, parse_instant, parse_interval

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=BERLIN)  # a Saturday

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe",
     "America/Havana", "Africa/Casablanca"]
).map(ZoneInfo)  # fmt: skip
MOMENTS = st.datetimes(
    datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2038-01-01"), timezones=ZONES, allow_imaginary=False
)

RANGES = {
    # relative
    "yesterday": "2026-11-20 2026-11-21 day",
    "the day before yesterday": "2026-11-19 2026-11-20 day",
    "today": "2026-11-21 2026-11-22 day",
    "tomorrow": "2026-11-22 2026-11-23 day",
    "last week": "2026-11-09 2026-11-16 week",
    "this week": "2026-11-16 2026-11-23 week",
    "the week before last": "2026-11-02 2026-11-09 week",
    "two weeks ago": "2026-11-02 2026-11-09 week",
    "a fortnight ago": "2026-11-02 2026-11-09 week",
    "a couple of weeks ago": "2026-11-02 2026-11-09 week",
    "3 days ago": "2026-11-18 2026-11-19 day",
    "a few days ago": "2026-11-16 2026-11-20 day",
    "two months ago": "2026-09-01 2026-10-01 month",
    "a year ago": "2025-01-01 2026-01-01 year",
    "last tuesday": "2026-11-17 2026-11-18 day",
    "last Saturday": "2026-11-14 2026-11-15 day",
    "on Saturday": "2026-11-21 2026-11-22 day",
    "this Friday": "2026-11-20 2026-11-21 day",
    "next Friday": "2026-11-27 2026-11-28 day",
    "last wed": "2026-11-18 2026-11-19 day",
    "on Mon": "2026-11-16 2026-11-17 day",
    "this month": "2026-11-01 2026-12-01 month",
    "last month": "2026-10-01 2026-11-01 month",
    "last quarter": "2026-07-01 2026-10-01 quarter",
    "this year": "2026-01-01 2027-01-01 year",
    "last weekend": "2026-11-14 2026-11-16 weekend",
    "over the weekend": "2026-11-21 2026-11-23 weekend",
    "past 3 days": "2026-11-18 2026-11-22 span",
    "in the last 10 days": "2026-11-11 2026-11-22 span",
    "over the last two months": "2026-09-21 2026-11-22 span",
    "the past week": "2026-11-14 2026-11-22 span",
    # named
    "in March": "2026-03-01 2026-04-01 month",
    "in november": "2026-11-01 2026-12-01 month",
    "in December": "2025-12-01 2026-01-01 month",
    "in may": "2026-05-01 2026-06-01 month",
    "in Sept": "2026-09-01 2026-10-01 month",
    "the March release": "2026-03-01 2026-04-01 month",
    "January budget": "2026-01-01 2026-02-01 month",
    "last March": "2026-03-01 2026-04-01 month",
    "last November": "2025-11-01 2025-12-01 month",
    "March 2024": "2024-03-01 2024-04-01 month",
    "in early March": "2026-03-01 2026-03-11 span",
    "in mid-March": "2026-03-11 2026-03-22 span",
    "late march": "2026-03-22 2026-04-01 span",
    "the end of last year": "2025-09-01 2026-01-01 span",
    "last summer": "2026-06-01 2026-09-01 season",
    "last fall": "2025-09-01 2025-12-01 season",
    "winter 2025": "2025-12-01 2026-03-01 season",
    "in the summer": "2026-06-01 2026-09-01 season",
    "2024": "2024-01-01 2025-01-01 year",
    "what happened in 2024 with the parser": "2024-01-01 2025-01-01 year",
    "2024-2025": "2024-01-01 2026-01-01 year",
    "Q3 2025": "2025-07-01 2025-10-01 quarter",
    "2025-Q4": "2025-10-01 2026-01-01 quarter",
    "in Q4": "2026-10-01 2027-01-01 quarter",
    "H2 2025": "2025-07-01 2026-01-01 half",
    "13 March": "2026-03-13 2026-03-14 day",
    "the 13th of march": "2026-03-13 2026-03-14 day",
    "March 13th": "2026-03-13 2026-03-14 day",
    "on December 1,2023": "2023-12-01 2023-12-02 day",
    "Sunday, 3 May 2026": "2026-05-03 2026-05-04 day",
    "Jan. 5, 2026": "2026-01-05 2026-01-06 day",
    "24 December": "2025-12-24 2025-12-25 day",
    "29 February": "2024-02-29 2024-03-01 day",
    "what broke on the 13th?": "2026-11-13 2026-11-14 day",
    "2026-03-13": "2026-03-13 2026-03-14 day",
    "2026/03/13": "2026-03-13 2026-03-14 day",
    "2026-03": "2026-03-01 2026-04-01 month",
    "3 May 2025": "2025-05-03 2025-05-04 day",
    "13/3/2026": "2026-03-13 2026-03-14 day",
    "3/13/2026": "2026-03-13 2026-03-14 day",
    "5/5/2026": "2026-05-05 2026-05-06 day",
    "5.3.2026": "2026-03-05 2026-03-06 day",
    "around 10 April": "2026-04-07 2026-04-14 span",
    # parts and ranges
    "week of 3 March": "2026-03-02 2026-03-09 week",
    "week starting 3 March": "2026-03-03 2026-03-10 week",
    "the first week of April": "2026-04-01 2026-04-08 span",
    "first two weeks of March": "2026-03-01 2026-03-15 span",
    "on in the last week of March": "2026-03-25 2026-04-01 span",
    "last tuesday in may": "2026-05-26 2026-05-27 day",
    "first Monday of June 2025": "2025-06-02 2025-06-03 day",
    "second half of March": "2026-03-16 2026-04-01 span",
    "second half of 2025": "2025-07-01 2026-01-01 span",
    "first quarter of 2025": "2025-01-01 2025-04-01 span",
    "the week before 16 November 2023": "2023-11-09 2023-11-16 span",
    "the day after 3 May 2025": "2025-05-04 2025-05-05 span",
    "between 3 and 9 April": "2026-04-03 2026-04-10 day",
    "April 3-9, 2025": "2025-04-03 2025-04-10 day",
    "from March to May": "2026-03-01 2026-06-01 month",
    "from march to may": "2026-03-01 2026-06-01 month",
    "from Nov to Feb 2026": "2025-11-01 2026-03-01 month",
    "from October to January": "2026-10-01 2027-02-01 month",
    "from 3 May to 9 June 2025": "2025-05-03 2025-06-10 day",
    "3 May – 9 May 2025": "2025-05-03 2025-05-10 day",
    "between last Monday and this Wednesday": "2026-11-16 2026-11-19 day",
    "from mid March to early May": "2026-03-11 2026-05-11 span",
    "between 2024 and 2025": "2024-01-01 2026-01-01 year",
    # bounds
    "before 3 May": "… 2026-05-03 day",
    "after March": "2026-04-01 … month",
    "since Monday": "2026-11-16 … day",
    "since 2 days ago": "2026-11-19 … day",
    "until June": "… 2026-07-01 month",
    "by the end of last month": "… 2026-11-01 span",
    "as of 2026-03-13": "… 2026-03-14 day",
    "on or after 3 May": "2026-05-03 … day",
    "no later than 3 May": "… 2026-05-04 day",
    "from March on": "2026-03-01 … month",
    "from 3 May onwards": "2026-05-03 … day",
}  # fmt: skip

NOT_TIMES = """may I use the second sun parser on mon
march through the list, then march on
I may be wrong about this
this may break, the last may fail
option 3 may work and step 12 may not
wait a second
he sat down on the mat
may, might, must
the sun was out, we wed theory and practice
version 10.2 of the parser, 3.12.1 and v2024.1
listens on port 2024
in 2 files
in 2000 files
a limit of 2048
up to 2000
error 2003
what is 5/3/2026
RFC-2024-11-20-x and CVE-2026-0312
commit 2024abc
src/2024/03/notes.py
datetime.today() and today.md
31 June
2026-13-40
recently
every Wednesday and each monday
what is in Spring Boot
Q3 planning
the April of our team said hi
on the 2nd floor
0 days ago
in the last 0 weeks
99999 years ago
9999 years ago
last minute change
the last second
after the loop ends
before the release branch is cut
half a year ago
summer school
a fall in latency
10:2024
pre-2024
""".splitlines()


def readings(text, now=NOW, **more):
    return find(text, now, **more)


def instant(day, zone=BERLIN):
    return None if day == "…" else datetime.fromisoformat(day).replace(tzinfo=zone)


@pytest.mark.parametrize("text", RANGES)
def test_a_phrase_reads_as_its_range(text):
    start, end, granularity = RANGES[text].split()
    assert [(p.start, p.end, p.granularity) for p in readings(text)] == [(instant(start), instant(end), granularity)]


@pytest.mark.parametrize("text", NOT_TIMES)
def test_what_only_looks_like_a_time_is_left_alone(text):
    assert readings(text) == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("yesterday evening", "2026-11-20T17:00", "2026-11-21T00:00"),
        ("last tuesday morning", "2026-11-17T00:00", "2026-11-17T12:00"),
        ("last night", "2026-11-20T18:00", "2026-11-21T06:00"),
        ("this afternoon", "2026-11-21T12:00", "2026-11-21T18:00"),
        ("an hour ago", "2026-11-21T09:00", "2026-11-21T10:00"),
        ("20 minutes ago", "2026-11-21T10:10", "2026-11-21T10:11"),
        ("in the last 24 hours", "2026-11-20T10:30", "2026-11-21T10:31"),
        ("2026-03-13T10:00Z", "2026-03-13T11:00", "2026-03-13T11:01"),
        ("2026-03-13 10:00", "2026-03-13T10:00", "2026-03-13T10:01"),
    ],
)
def test_times_within_a_day_are_read(text, start, end):
    assert [(p.start, p.end) for p in readings(text)] == [(instant(start), instant(end))]


def test_a_sentence_may_hold_several_phrases_in_order():
    found = readings("What did we decide last week about what broke in March, before 3 May?")
    assert [p.text for p in found] == ["last week", "in March", "before 3 May"]


@pytest.mark.parametrize(
    ("text", "event", "start", "end"),
    [
        ("what changed since the release?", "release", 3, None),
        ("before the postgres migration", "postgres migration", None, 3),
        ("after our last offsite we hired", "last offsite", 4, None),
        ("until the v2.0 launch", "v2.0 launch", None, 4),
        ("during the meeting with Ana", "meeting with Ana", 3, 4),
        ("since the March release", "March release", 3, None),
    ],
)
def test_an_event_stays_open_until_it_is_put_on_the_calendar(text, event, start, end):
    (phrase,) = readings(text)
    assert (phrase.event, phrase.start, phrase.end, phrase.granularity) == (event, None, None, "event")
    days = {None: None} | {n: datetime(2026, 5, n, tzinfo=UTC) for n in (3, 4)}
    placed = phrase.at(days[3], days[4])
    assert (placed.start, placed.end) == (days[start], days[end])


def test_the_week_starts_on_the_day_that_was_asked_for():
    (monday,), (sunday,) = readings("this week"), readings("this week", week_start=6)
    assert (monday.start.date(), sunday.start.date()) == (date(2026, 11, 16), date(2026, 11, 15))


def test_days_follow_the_zone_of_now():
    night = datetime(2026, 3, 1, 1, tzinfo=UTC)
    (there,) = readings("today", night.astimezone(ZoneInfo("America/New_York")))
    assert there.start.date() == date(2026, 2, 28)


def test_a_day_of_twenty_five_hours_is_one_day():
    (day,) = readings("yesterday", datetime(2026, 10, 26, 12, tzinfo=BERLIN))
    assert day.end.astimezone(UTC) - day.start.astimezone(UTC) == timedelta(hours=25)


def test_the_last_hour_counts_real_time_when_the_clock_goes_back():
    now = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    (hour,) = readings("in the last 2 hours", now)
    assert now.astimezone(UTC) - hour.start.astimezone(UTC) == timedelta(hours=2)
    assert hour.start.astimezone(UTC) < now.astimezone(UTC) < hour.end.astimezone(UTC)


def test_a_day_that_a_place_left_out_is_no_day():
    """Samoa went from 29 to 31 December 2011 when it moved across the date line."""
    now = datetime(2012, 1, 2, 12, tzinfo=ZoneInfo("Pacific/Apia"))
    assert readings("3 days ago", now) == readings("2011-12-30", now) == []
    assert [p.start.day for p in readings("since 2 days ago, not 4 days ago", now)] == [31, 29]


def test_a_naive_now_is_refused():
    with pytest.raises(InvalidInput) as caught:
        find("yesterday", NOW.replace(tzinfo=None))
    assert caught.value.field == "now"


UNITS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def check(phrase, text):
    assert phrase.text == text[phrase.span[0] : phrase.span[1]] != ""
    if phrase.start and phrase.end:
        assert phrase.start.astimezone(UTC) < phrase.end.astimezone(UTC)
    assert phrase.event or phrase.start or phrase.end


def one(text, now, **more):
    (phrase,) = find(text, now, **more)
    check(phrase, text)
    return phrase


@given(now=MOMENTS, count=st.integers(1, 400), unit=st.sampled_from(["day", "week", "month", "quarter"]))
def test_so_many_units_ago_holds_the_moment_so_many_units_back(now, count, unit):
    phrase = one(f"{count} {unit}s ago", now)
    if unit in {"day", "week"}:
        assert phrase.start.date() <= now.date() - timedelta(UNITS[unit] * count) < phrase.end.date()
    months = {"month": 1, "quarter": 3}.get(unit)
    if months:
        assert phrase.start.day == phrase.end.day == 1
        back = now.year * 12 + now.month - 1 - months * count
        assert phrase.start.year * 12 + phrase.start.month - 1 <= back < phrase.end.year * 12 + phrase.end.month - 1


@given(now=MOMENTS, count=st.integers(1, 5000), unit=st.sampled_from(["hour", "minute"]))
def test_hours_and_minutes_ago_are_real_time(now, count, unit):
    phrase = one(f"{count} {unit}s ago", now)
    back = now.astimezone(UTC) - timedelta(**{unit + "s": count})
    assert phrase.start.astimezone(UTC) <= back < phrase.end.astimezone(UTC)
    assert phrase.end.astimezone(UTC) - phrase.start.astimezone(UTC) == timedelta(**{unit + "s": 1})


@given(now=MOMENTS, count=st.integers(1, 300), unit=st.sampled_from(["minute", "hour", "day", "week", "month", "year"]))
def test_a_rolling_range_reaches_from_then_to_now(now, count, unit):
    phrase = one(f"in the last {count} {unit}s", now)
    if unit in {"hour", "minute"}:
        assert phrase.start.astimezone(UTC) == now.astimezone(UTC) - timedelta(**{unit + "s": count})
    elif unit in {"day", "week"}:
        assert phrase.start.date() == now.date() - timedelta(UNITS[unit] * count)
    else:
        months = now.year * 12 + now.month - {"month": 1, "year": 12}[unit] * count
        assert (phrase.start.year * 12 + phrase.start.month, phrase.start.hour) == (months, 0)
        assert phrase.start.day <= now.day
    assert now.astimezone(UTC) < phrase.end.astimezone(UTC)


@given(now=MOMENTS, unit=st.sampled_from(sorted(UNITS)), start=st.integers(0, 6))
def test_last_this_and_next_tile_the_calendar(now, unit, start):
    assume(unit != "day")
    last, this, following = (one(f"{word} {unit}", now, week_start=start) for word in ("last", "this", "next"))
    assert last.end == this.start and this.end == following.start
    assert this.start.date() <= now.date() < this.end.date()
    if unit == "week":
        assert this.start.weekday() == start and this.end.date() - this.start.date() == timedelta(7)
    assert one(f"{unit} before last", now, week_start=start).end == last.start


@given(now=MOMENTS, word=st.sampled_from(["early", "mid", "late"]))
def test_early_mid_and_late_tile_the_month(now, word):
    whole = one("in March", now)
    early, mid, late = (one(f"in {part} March", now) for part in ("early", "mid", "late"))
    assert (early.start, early.end, mid.end, late.end) == (whole.start, mid.start, late.start, whole.end)


@given(
    now=MOMENTS,
    month=st.integers(1, 12),
)
def test_a_month_without_a_year_is_the_latest_that_has_begun(now, month):
    phrase = one(f"what happened in {date(2000, month, 1):%B}?", now)
    assert (phrase.start.month, phrase.start.day, phrase.end.day) == (month, 1, 1)
    assert phrase.start.date() <= now.date()
    assert phrase.start.year == now.year - (month > now.month)


@given(now=MOMENTS, day=st.dates(date(1990, 1, 1), date(2099, 12, 31)), form=st.sampled_from(
    ["{d:%Y-%m-%d}", "{d.day} {d:%B} {d.year}", "{d:%B} {d.day}, {d.year}", "{d.day}.{d.month}.{d.year}"]))  # fmt: skip
def test_a_full_date_is_that_day_whatever_now_is(now, day, form):
    phrase = one(form.format(d=day), now)
    assert (phrase.start.date(), phrase.end.date(), phrase.granularity) == (day, day + timedelta(1), "day")


@given(now=MOMENTS, day=st.dates(date(2000, 1, 1), date(2000, 12, 31)))
@example(now=datetime(2023, 6, 1, tzinfo=ZoneInfo("UTC")), day=date(2000, 2, 29))
def test_a_date_without_a_year_is_the_latest_one(now, day):
    phrase = one(f"on {day.day} {day:%B}", now)
    got = phrase.start.date()
    assert (got.month, got.day) == (day.month, day.day) and got <= now.date()
    assert got.year > now.year - (9 if (day.month, day.day) == (2, 29) else 2)


@given(now=MOMENTS, number=st.integers(0, 6))
def test_weekdays_fall_on_their_day_within_a_week(now, number):
    name = f"{date(2024, 1, 1 + number):%A}"
    plain, last, following = one(f"on {name}", now), one(f"last {name}", now), one(f"next {name}", now)
    today = now.date()
    assert {f"{p.start:%A}" for p in (plain, last, following)} == {name}
    assert timedelta(0) <= today - plain.start.date() < timedelta(7)
    assert timedelta(0) < today - last.start.date() <= timedelta(7)
    assert timedelta(0) < following.start.date() - today <= timedelta(7)


@given(
    now=MOMENTS,
    core=st.sampled_from(["3 May", "2026-03-13", "last week", "yesterday", "March 2024", "2 days ago", "Q3 2025"]),
)
def test_bounds_cut_where_their_range_begins_or_ends(now, core):
    whole = one(core, now)
    before, until, since, after = (one(f"{word} {core}", now) for word in ("before", "until", "since", "after"))
    assert (before.start, before.end, until.start, until.end) == (None, whole.start, None, whole.end)
    assert (since.start, since.end, after.start, after.end) == (whole.start, None, whole.end, None)


VOCABULARY = """
    last this next past month week year day days ago two 3 13 31 99 2024 2026 2026-03-13 5/3/2026 may May march March Q3
    Q9 early mid late of the first fifth second half quarter from to and between before after since until by in on
    summer winter Monday mon sun weekend yesterday morning night hour minutes release few couple - – .. , . ( -3 0 9999
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=12).map(" ".join)


@given(text=st.one_of(st.text(), WORDS, st.text(alphabet=string.printable)), now=MOMENTS, start=st.integers(0, 6))
def test_no_text_raises_and_every_phrase_keeps_the_invariants(text, now, start):
    found = find(text, now, start)
    for phrase in found:
        check(phrase, text)
    assert all(a.span[1] <= b.span[0] for a, b in pairwise(found))


@given(text=WORDS, now=st.sampled_from([
    datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=UTC)]))  # fmt: skip
def test_the_ends_of_the_calendar_do_not_raise(text, now):
    for phrase in find(text, now):
        check(phrase, text)


@pytest.mark.parametrize(
    ("text", "edge", "expected"),
    [
        ("2026-03-13", "start", "2026-03-13T00:00:00+01:00"),
        ("2026-03-13", "end", "2026-03-13T23:59:59.999+01:00"),
        ("2026-03-13T09:30", "end", "2026-03-13T09:30:00+01:00"),
        ("2026-03-13T09:30:00Z", "start", "2026-03-13T09:30:00+00:00"),
        (" 2026-03-13 09:30+02:00 ", "end", "2026-03-13T09:30:00+02:00"),
        ("last week", "start", "2026-11-09T00:00:00+01:00"),
        ("last week", "end", "2026-11-15T23:59:59.999+01:00"),
        ("may", "start", "2026-05-01T00:00:00+02:00"),
        ("Q3", "start", "2026-07-01T00:00:00+02:00"),
        ("now", "end", "2026-11-21T10:30:00+01:00"),
        ("since Monday", "start", "2026-11-16T00:00:00+01:00"),
    ],
)
def test_an_instant_is_read_at_the_edge_asked_for(text, edge, expected):
    assert parse_instant(text, NOW, edge=edge) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "1773392400000", "1773392400", "soon", "2026-13-40", "2026-03-13T25:00", "5/3/2026", "last week or so",
     "since the release", "since Monday", "12", "2026-03-13T09:30 tomorrow", "x" * 500],
)  # fmt: skip
def test_what_is_no_instant_is_refused_by_name_with_a_hint(text):
    with pytest.raises(InvalidInput) as caught:
        parse_instant(text, NOW, field="valid_from", edge="end")
    assert caught.value.field == "valid_from" and "2026-03-13" in caught.value.hint
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("from March to May", "2026-03-01", "2026-06-01"),
        ("since 3 May", "2026-05-03", "…"),
        ("2026-03-01..2026-03-31", "2026-03-01", "2026-04-01"),
        ("2026-03..", "2026-03-01", "…"),
        ("..last week", "…", "2026-11-16"),
        ("2026-03-01T10:00..2026-03-01T12:00", "2026-03-01T10:00", "2026-03-01T12:00"),
    ],
)
def test_an_interval_is_a_phrase_or_two_sides(text, start, end):
    assert parse_interval(text, NOW) == (instant(start), instant(end))


@pytest.mark.parametrize("text", ["..", "", "2026-03-31..2026-03-01", "then..now", "since the release"])
def test_an_interval_that_is_empty_or_unreadable_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        parse_interval(text, NOW, field="between")
    assert caught.value.field == "between"


@given(text=st.one_of(st.text(), WORDS))
def test_inputs_are_read_or_refused_and_nothing_else(text):
    for parse in (parse_instant, parse_interval):
        try:
            parse(text, NOW)
        except InvalidInput as error:
            assert error.field
