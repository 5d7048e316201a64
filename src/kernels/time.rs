//! The proleptic Gregorian calendar: days and nanoseconds since 1970, taken apart, truncated, and their texts in and out.
//!
//! Everything is 128-bit, so that no date an Arrow column can hold overflows. Leap seconds do not exist: a minute has sixty.
//!
//! # Source
//! `days_from_civil` and `civil_from_days` are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
//! (<https://howardhinnant.github.io/date_algorithms.html>). Texts follow RFC 3339; weekdays follow ISO 8601.

use super::vector::{Cell, Vector, strict};

/// Nanoseconds of a second.
pub(crate) const SECOND: i128 = 1_000_000_000;
/// Nanoseconds of a minute.
pub(crate) const MINUTE: i128 = 60 * SECOND;
/// Nanoseconds of an hour.
pub(crate) const HOUR: i128 = 60 * MINUTE;
/// Nanoseconds of a day.
pub(crate) const DAY: i128 = 24 * HOUR;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    /// Astronomical: the year before 1 is 0.
    pub(crate) year: i128,
    /// 1 to 12.
    pub(crate) month: i128,
    /// 1 to 31.
    pub(crate) day: i128,
}

impl Civil {
    /// The calendar day of a number of days since 1970-01-01. Beyond 2¹⁰⁰ days, where no column reaches, it is that limit's.
    pub(crate) fn from_days(days: i128) -> Self {
        const LIMIT: i128 = 1 << 100;
        let shifted = days.clamp(-LIMIT, LIMIT) + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Years begin in March here, so that the leap day is the last one.
        let march_based = (5 * day_of_year + 2) / 153;
        let month = if march_based < 10 { march_based + 3 } else { march_based - 9 };
        let day = day_of_year - (153 * march_based + 2) / 5 + 1;
        Self { year: era * 400 + year_of_era + i128::from(month <= 2), month, day }
    }

    /// The calendar day, in UTC, of nanoseconds since 1970.
    pub(crate) fn from_nanos(nanos: i128) -> Self {
        Self::from_days(day_of(nanos))
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i128 {
        let year = self.year - i128::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }
}

/// The day of nanoseconds since 1970: rounded down, before 1970 too.
pub(crate) fn day_of(nanos: i128) -> i128 {
    nanos.div_euclid(DAY)
}

/// Monday 1 to Sunday 7, as in ISO 8601.
pub(crate) fn weekday(days: i128) -> i128 {
    // 1970-01-01 was a Thursday.
    (days.rem_euclid(7) + 3) % 7 + 1
}

/// The units that [`truncate`] knows.
pub(crate) const UNITS: &[&str] = &["year", "quarter", "month", "week", "day", "hour", "minute", "second"];

/// The beginning of the unit that nanoseconds since 1970 lie in; `None` for an unknown unit.
pub(crate) fn truncate(unit: &str, nanos: i128) -> Option<i128> {
    let step = |length: i128| nanos - nanos.rem_euclid(length);
    let civil = || Civil::from_nanos(nanos);
    Some(match unit {
        "second" => step(SECOND),
        "minute" => step(MINUTE),
        "hour" => step(HOUR),
        "day" => step(DAY),
        "week" => (day_of(nanos) - (weekday(day_of(nanos)) - 1)) * DAY,
        "month" => Civil { day: 1, ..civil() }.days() * DAY,
        "quarter" => {
            let Civil { year, month, .. } = civil();
            Civil { year, month: (month - 1) / 3 * 3 + 1, day: 1 }.days() * DAY
        }
        "year" => Civil { year: civil().year, month: 1, day: 1 }.days() * DAY,
        _ => return None,
    })
}

/// Nanoseconds within the language's range of time, that of i64 seconds.
pub(crate) fn nanos_in_range(nanos: i128) -> Option<i128> {
    const FIRST: i128 = (i64::MIN as i128) * SECOND;
    const LAST: i128 = (i64::MAX as i128) * SECOND + (SECOND - 1);
    (FIRST..=LAST).contains(&nanos).then_some(nanos)
}

/// A field of each instant of a column, such as its year.
pub(crate) fn map_nanos(args: &[Vector], field: impl Fn(i128) -> i128) -> Vector {
    let [instant] = args else { return Vector::fault(1) };
    let nanos = instant.ints();
    strict(args, |row| Cell::Value(field(nanos.at(row))))
}

/// `2026-01-31` in days since 1970: four, two and two digits, and a day that exists.
pub(crate) fn parse_date(text: &str) -> Option<i128> {
    take_date(text).and_then(|(days, rest)| rest.is_empty().then_some(days))
}

/// `13:45`, `13:45:30` or `13:45:30.25` in nanoseconds since midnight; at most nine digits of fraction.
pub(crate) fn parse_time(text: &str) -> Option<i128> {
    take_time(text).and_then(|(nanos, rest)| rest.is_empty().then_some(nanos))
}

/// Nanoseconds since 1970 and whether the text names an offset: RFC 3339, the same without offset, without seconds, with
/// a blank for the `T`, or a date alone, which is its midnight.
pub(crate) fn parse_timestamp(text: &str) -> Option<(i128, bool)> {
    let (days, rest) = take_date(text)?;
    if rest.is_empty() {
        return Some((days * DAY, false));
    }
    let (time, rest) = take_time(rest.strip_prefix(['T', 't', ' '])?)?;
    let local = days * DAY + time;
    match rest {
        "" => Some((local, false)),
        "Z" | "z" => Some((local, true)),
        _ => Some((local - parse_offset(rest)?, true)),
    }
}

/// `+02:00` in nanoseconds.
fn parse_offset(text: &str) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, rest) = take_digits(text, 2)?;
    let (minutes, rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    (hours < 24 && minutes < 60 && rest.is_empty()).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

fn take_date(text: &str) -> Option<(i128, &str)> {
    let (year, rest) = take_digits(text, 4)?;
    let (month, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    let civil = Civil { year, month, day };
    // A day that does not exist comes back as another one.
    ((1..=12).contains(&month) && Civil::from_days(civil.days()) == civil).then_some((civil.days(), rest))
}

fn take_time(text: &str) -> Option<(i128, &str)> {
    let (hours, rest) = take_digits(text, 2)?;
    let (minutes, rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    (hours < 24 && minutes < 60).then_some(())?;
    let whole = hours * HOUR + minutes * MINUTE;
    let Some(rest) = rest.strip_prefix(':') else { return Some((whole, rest)) };
    let (seconds, rest) = take_digits(rest, 2)?;
    (seconds < 60).then_some(())?;
    let whole = whole + seconds * SECOND;
    let Some(rest) = rest.strip_prefix('.') else { return Some((whole, rest)) };
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = take_digits(rest, count)?;
    let unit = 10_i128.checked_pow(9_u32.checked_sub(u32::try_from(count).ok()?)?)?;
    Some((whole + fraction * unit, rest))
}

/// The number that the next `count` digits make, and what follows them.
fn take_digits(text: &str, count: usize) -> Option<(i128, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    Some((digits.parse().ok()?, rest))
}

/// `2026-01-31`; years beyond four digits carry a sign, as in ISO 8601.
pub(crate) fn format_date(days: i128) -> String {
    let Civil { year, month, day } = Civil::from_days(days);
    if (0..=9999).contains(&year) { format!("{year:04}-{month:02}-{day:02}") } else { format!("{year:+05}-{month:02}-{day:02}") }
}

/// `13:45:30`, with as many digits of fraction as are needed.
pub(crate) fn format_time(nanos: i128) -> String {
    let (hours, minutes, seconds) = (nanos.div_euclid(HOUR), nanos.rem_euclid(HOUR) / MINUTE, nanos.rem_euclid(MINUTE) / SECOND);
    format!("{hours:02}:{minutes:02}:{seconds:02}{}", fraction(nanos.rem_euclid(SECOND)))
}

/// RFC 3339: `2026-01-31T13:45:30Z` for an instant, without the `Z` for a local timestamp.
pub(crate) fn format_timestamp(nanos: i128, instant: bool) -> String {
    let zone = if instant { "Z" } else { "" };
    format!("{}T{}{zone}", format_date(day_of(nanos)), format_time(nanos.rem_euclid(DAY)))
}

/// `1 day 2 h 3 min 4.5 s`, units of zero left out; a leading `-` holds for all of it.
pub(crate) fn format_duration(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (total, second) = (nanos.unsigned_abs(), SECOND.unsigned_abs());
    let (seconds, rest) = (total / second, i128::try_from(total % second).unwrap_or(0));
    let mut parts = Vec::new();
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    for (count, unit) in [(days, if days == 1 { "day" } else { "days" }), (hours, "h"), (minutes, "min")] {
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if seconds > 0 || rest > 0 || parts.is_empty() {
        parts.push(format!("{seconds}{} s", fraction(rest)));
    }
    format!("{sign}{}", parts.join(" "))
}

/// `.25` for a quarter of a second, nothing for none.
fn fraction(nanos: i128) -> String {
    if nanos == 0 {
        return String::new();
    }
    format!(".{nanos:09}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_calendar_are_inverse_over_all_of_arrow() {
        let known = [(0, (1970, 1, 1)), (-1, (1969, 12, 31)), (11_016, (2000, 2, 29)), (-719_528, (0, 1, 1)), (20_484, (2026, 1, 31))];
        for (days, (year, month, day)) in known {
            assert_eq!(Civil::from_days(days), Civil { year, month, day });
        }
        // Steps of a prime number of days, through four centuries and out to the ends of Date64 and of i64 seconds.
        let near = (-200_000..200_000).step_by(13);
        let far = [i128::from(i32::MAX), i128::from(i64::MIN) / 86_400_000, i128::from(i64::MAX) / 86_400, i128::from(i64::MIN)];
        for days in near.chain(far) {
            assert_eq!(Civil::from_days(days).days(), days);
        }
        assert_eq!(Civil::from_days(i128::MAX).month, Civil::from_days(1 << 100).month);
    }

    #[test]
    fn weekdays_are_iso_before_1970_too() {
        assert_eq!((weekday(0), weekday(-3), weekday(-4), weekday(20_484)), (4, 1, 7, 6));
        assert!((1..=7).contains(&weekday(i128::MIN)));
    }

    #[test]
    fn truncation_goes_down_on_both_sides_of_1970() {
        let at = |text: &str| parse_timestamp(text).map(|(nanos, _)| nanos);
        let cases = [
            ("second", "1969-12-31T23:59:58.5", "1969-12-31T23:59:58"),
            ("minute", "1969-12-31T23:59:58.5", "1969-12-31T23:59"),
            ("hour", "2026-08-31T10:45:00", "2026-08-31T10:00"),
            ("day", "1969-12-30T01:00:00", "1969-12-30"),
            ("week", "2026-01-31T10:00:00", "2026-01-26"),
            ("week", "1969-12-29T00:00:00", "1969-12-29"),
            ("month", "2024-02-29T10:00:00", "2024-02-01"),
            ("quarter", "2026-09-30T23:59:59", "2026-07-01"),
            ("year", "0000-12-31T23:59:59", "0000-01-01"),
        ];
        for (unit, from, to) in cases {
            assert_eq!(at(from).and_then(|nanos| truncate(unit, nanos)), at(to), "{unit} of {from}");
        }
        assert_eq!(truncate("fortnight", 0), None);
    }

    #[test]
    fn texts_of_instants_are_read_and_written_back() {
        for text in ["2026-01-31T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "0000-02-29T12:00:00.5Z", "9999-12-31T23:59:59Z"] {
            let (nanos, instant) = parse_timestamp(text).unwrap();
            assert_eq!((format_timestamp(nanos, true).as_str(), instant), (text, true));
        }
        assert_eq!(parse_timestamp("1970-01-01T02:00:00+02:00"), Some((0, true)));
        assert_eq!(parse_timestamp("1969-12-31t19:30:00.000-04:30"), Some((0, true)));
        assert_eq!(parse_timestamp("1970-01-02 00:01"), Some((DAY + MINUTE, false)));
        assert_eq!(parse_timestamp("1970-01-02"), Some((DAY, false)));
        assert_eq!(format_timestamp(-1, false), "1969-12-31T23:59:59.999999999");
        assert_eq!(format_date(Civil { year: 12_026, month: 3, day: 4 }.days()), "+12026-03-04");
        assert_eq!(format_date(Civil { year: -1, month: 3, day: 4 }.days()), "-0001-03-04");
    }

    #[test]
    fn texts_that_name_no_day_or_time_are_refused() {
        for text in
            ["2026-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "26-01-01", "2026-1-1", "+026-01-01", "2026-01-01 ", "２026-01-01"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
        for text in ["24:00", "12:60", "12:00:60", "12:00:00.", "12:00:00.1234567890", "1:00", "12", "12:00Z", "12:00:-1", ""] {
            assert_eq!(parse_time(text), None, "{text}");
        }
        for text in [
            "2026-01-01T",
            "2026-01-01T12",
            "2026-01-01T12:00:00+2:00",
            "2026-01-01T12:00:00+24:00",
            "2026-01-01X12:00",
            "2026-01-01  12:00",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn times_and_durations_are_written_with_what_they_have() {
        assert_eq!(parse_time("13:45:30.25").map(format_time).as_deref(), Some("13:45:30.25"));
        let cases = [
            (0, "0 s"),
            (1, "0.000000001 s"),
            (DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + SECOND / 2, "1 day 2 h 3 min 4.5 s"),
            (-2 * DAY, "-2 days"),
            (90 * SECOND, "1 min 30 s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(format_duration(nanos), text);
        }
        assert!(format_duration(i128::MIN).starts_with('-'));
    }
}
