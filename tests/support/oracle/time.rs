//! The calendar, over the whole range of Arrow's units, and the texts of dates and instants.

use super::number::instant_or_fault;
use super::value::{NANOS_PER_DAY, Value};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// Year, month and day of a day number, by the civil calendar.
pub fn civil(days: i64) -> (i64, i64, i64) {
    // Counted in eras of 400 years from 0000-03-01, so that the leap day ends a year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number of a civil date.
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Monday 1 … Sunday 7.
pub fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The day a date or an instant falls on.
pub fn day_of(value: &Value) -> Option<i64> {
    match value {
        Value::Date(days) => Some(*days),
        Value::Timestamp(nanos) => i64::try_from(nanos.div_euclid(NANOS_PER_DAY)).ok(),
        _ => None,
    }
}

/// Nanoseconds since midnight.
pub fn nanos_of_day(value: &Value) -> i128 {
    match value {
        Value::Timestamp(nanos) => nanos.rem_euclid(NANOS_PER_DAY),
        Value::Time(nanos) => i128::from(*nanos),
        _ => 0,
    }
}

/// `date_trunc(unit, value)`; a date stays a date.
pub fn truncated(unit: &str, value: &Value) -> Value {
    let Some(days) = day_of(value) else { panic!("date_trunc of {value:?}") };
    let (year, month, _) = civil(days);
    let start = match unit {
        "year" => day_number(year, 1, 1),
        "quarter" => day_number(year, (month - 1) / 3 * 3 + 1, 1),
        "month" => day_number(year, month, 1),
        "week" => days - (weekday(days) - 1),
        "day" => days,
        _ => return truncated_clock(unit, value),
    };
    match value {
        Value::Date(_) => Value::Date(start),
        _ => instant_or_fault(Some(i128::from(start) * NANOS_PER_DAY), Value::Timestamp),
    }
}

fn truncated_clock(unit: &str, value: &Value) -> Value {
    let seconds: i128 = match unit {
        "hour" => 3_600,
        "minute" => 60,
        "second" => 1,
        other => panic!("date_trunc to {other}"),
    };
    let size = seconds * super::value::NANOS_PER_SECOND;
    match value {
        Value::Timestamp(nanos) => instant_or_fault(Some(nanos.div_euclid(size) * size), Value::Timestamp),
        other => other.clone(),
    }
}

pub fn parse_date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(Value::Date(i64::from(date.to_epoch_days())))
}

pub fn parse_time(text: &str) -> Option<Value> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()?;
    Some(Value::Time(i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond())))
}

/// RFC 3339; without offset as it stands, which for an instant is UTC.
pub fn parse_timestamp(text: &str) -> Option<Value> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|instant| instant.naive_utc());
    let plain = zoned.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"));
    let instant = plain.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")).ok()?.and_utc();
    let nanos = i128::from(instant.timestamp()) * 1_000_000_000 + i128::from(instant.timestamp_subsec_nanos());
    Some(Value::Timestamp(nanos))
}

pub fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_agrees_with_chrono() {
        for days in (-800_000..800_000).step_by(997) {
            let (year, month, day) = civil(days);
            assert_eq!(day_number(year, month, day), days);
            if (0..10_000).contains(&year) {
                assert_eq!(parse_date(&date_text(days)), Some(Value::Date(days)));
            }
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(parse_date("2000-02-29"), Some(Value::Date(day_number(2000, 2, 29))));
        assert_eq!(weekday(0), 4);
    }

    #[test]
    fn weeks_start_on_monday_before_1970_too() {
        assert_eq!(truncated("week", &Value::Date(-1)), Value::Date(-3));
        assert_eq!(truncated("hour", &Value::Timestamp(-1)), Value::Timestamp(-3_600_000_000_000));
    }

    #[test]
    fn offsets_are_taken_off() {
        let zurich = parse_timestamp("1970-01-01T01:00:00+01:00");
        assert_eq!(zurich, Some(Value::Timestamp(0)));
        assert_eq!(parse_timestamp("1970-01-01T00:00:00.5Z"), Some(Value::Timestamp(500_000_000)));
    }
}
