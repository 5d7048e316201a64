//! Social security numbers of the United States.

use super::bytes::{at, before, mentions, part};
use super::{Family, Found, Groups, Kind, Level, Trigger};

pub(super) const US_SSN: Kind = Kind::new("us_ssn", Family::Pii, Level::High, Trigger::LongDigits, ssn)
    .finds("three, two and four digits with hyphens between them; with spaces, or in one piece, where `ssn` or `social security` stands within 30 bytes before")
    .allows("numbers that are never issued: area 000, 666 or 900 to 999, group 00, serial 0000; numbers known from advertisements and manuals (078-05-1120, 123-45-6789)")
    .examples(
        &[concat!("his number is 536", "-22-8726"), concat!("SSN: 536 22", " 8726"), concat!("social security number 5362", "28726")],
        &["000-12-3456", "666-12-3456", "912-34-5678", "123-45-6789", "536-00-8726", "536-22-87261", "part 1-536-22-8726", "on 2026-11-05", "536228726 units"],
    );

/// Printed so often that they mean nobody.
const KNOWN: [&[u8; 9]; 5] = [b"078051120", b"219099999", b"123456789", b"457555462", b"111111111"];

fn ssn(text: &[u8], place: usize) -> Option<Found> {
    let joined = before(text, place).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'+' | b'/'));
    let groups = Groups::read(text, place, b" -");
    let lengths: Vec<usize> = groups.lengths().collect();
    let told = || mentions(part(text, place.saturating_sub(30), place), &["ssn", "social security"]);
    let (count, sure) = match lengths.as_slice() {
        [3, 2, 4, ..] => (3, groups.separator(text, 3)? == b'-'),
        [9, ..] => (1, false),
        _ => return None,
    };
    let end = groups.end(count);
    let free = at(text, end).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
        && !(matches!(at(text, end), Some(b'-' | b'.' | b'/')) && at(text, end + 1).is_some_and(|byte| byte.is_ascii_digit()));
    if joined || !free || !sure && !told() {
        return None;
    }
    let mut digits = [0_u8; 9];
    digits.iter_mut().zip(groups.digits(text, count)).for_each(|(to, digit)| *to = digit);
    let (area, rest) = digits.split_at(3);
    let (group, serial) = rest.split_at(2);
    let issued = area != b"000" && area != b"666" && area.first() != Some(&b'9') && group != b"00" && serial != b"0000";
    (issued && !KNOWN.contains(&&digits)).then_some(Found::new(place, end, Level::High))
}
