//! Functions of dates and times. Dates reach them as the nanoseconds of their midnight: the compiler inserts the cast.

mod age;
mod date;
mod date_trunc;
mod day;
mod hour;
mod minute;
mod month;
mod now;
mod second;
mod today;
mod weekday;
mod year;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[
    &age::FUNCTION,
    &date::FUNCTION,
    &date_trunc::FUNCTION,
    &day::FUNCTION,
    &hour::FUNCTION,
    &minute::FUNCTION,
    &month::FUNCTION,
    &now::FUNCTION,
    &second::FUNCTION,
    &today::FUNCTION,
    &weekday::FUNCTION,
    &year::FUNCTION,
];
