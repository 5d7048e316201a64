//! Telephone numbers.

use super::bytes::{at, before, part, run_back};
use super::{Family, Found, Groups, Kind, Level, Trigger};

pub(super) const PHONE: Kind = Kind::new("phone", Family::Pii, Level::High, Trigger::LongDigits, phone)
    .finds("`+`, the code of a country and 9 to 15 digits in all (11 under `+1`); `(415) 555-0132`, `415-555-0132` and `415.555.0132`; other numbers of 7 to 15 digits in groups, or that begin with 0, where `tel`, `telephone`, `telefon`, `phone`, `mobile`, `fax` or `whatsapp` stands within 24 bytes before")
    .allows("digits inside a longer number, word or decimal; amounts (`+15,000,000`), dates, numbers without any of these signs")
    .examples(
        &[concat!("call +44 20 7946", " 0958 now"), concat!("+1 (415) 555", "-0132"), concat!("(415) 555", "-0132"), concat!("415-555", "-0132"), concat!("tel. 0151 2345", "678"), concat!("+49301234", "5678")],
        &["inflow of +15000000 USD", "+1.25 % in 2026", "5000000 contracts", "2026-11-05 14:30", "id 4155550132", "415-555-01321", "+999 123456789", "v1.415-555-0132"],
    );

fn phone(text: &[u8], place: usize) -> Option<Found> {
    international(text, place).or_else(|| american(text, place)).or_else(|| told(text, place))
}

/// Whether nothing that belongs to the number follows.
fn is_free(text: &[u8], end: usize) -> bool {
    let digit = |place: usize| at(text, place).is_some_and(|byte| byte.is_ascii_digit());
    match at(text, end) {
        None => true,
        Some(b'.' | b',' | b'-' | b'/' | b':') => !digit(end + 1),
        Some(byte) => !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'%'),
    }
}

/// `+` or `00`, a country's code, and the rest in groups.
fn international(text: &[u8], place: usize) -> Option<Found> {
    let plus = place.checked_sub(1).filter(|_| before(text, place) == Some(b'+'))?;
    if before(text, plus).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.')) {
        return None;
    }
    let groups = Groups::read(text, place, b" -.()");
    // A group too many may be another number: the longest that fits counts.
    (1..=groups.count()).rev().find_map(|count| {
        let end = groups.end(count);
        let mut digits = groups.digits(text, count);
        let first = [digits.next()?, digits.next()?, digits.next()?];
        let all = digits.count() + 3;
        let fits = if first.starts_with(b"1") {
            all == 11 && matches!(first, [_, b'2'..=b'9', _])
        } else {
            (9..=15).contains(&all) && is_country(first)
        };
        (fits && is_free(text, end)).then_some(Found::new(plus, end, Level::High))
    })
}

/// Codes that the ITU has given away (E.164), by their first digits.
fn is_country(first: [u8; 3]) -> bool {
    match first {
        [b'7', ..] => true,
        [b'2', b'0' | b'7', _] => true,
        [b'2', b'8', _] => false,
        [b'2', ..] => true,
        [b'3', b'0'..=b'4' | b'6' | b'9', _] | [b'3', b'5' | b'7' | b'8', _] => true,
        [b'4', b'2', b'0' | b'1' | b'3'] => true,
        [b'4', b'0' | b'1' | b'3'..=b'9', _] => true,
        [b'5', ..] | [b'6', b'0'..=b'9', _] => true,
        [b'8', b'0', b'0' | b'8'] | [b'8', b'1' | b'2' | b'4' | b'6', _] | [b'8', b'5' | b'7' | b'8', _] => true,
        [b'9', b'0'..=b'5' | b'8', _] => true,
        [b'9', b'6', _] => true,
        [b'9', b'7' | b'9', b'0'..=b'8'] => true,
        _ => false,
    }
}

/// Ten digits of the North American plan as they are written there.
fn american(text: &[u8], place: usize) -> Option<Found> {
    let bracket = before(text, place) == Some(b'(');
    let start = if bracket { place - 1 } else { place };
    if before(text, start)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/' | b'+' | b',' | b'$'))
    {
        return None;
    }
    let groups = Groups::read(text, place, if bracket { b" -.)" } else { b"-." });
    let lengths: Vec<usize> = groups.lengths().collect();
    let grouped =
        lengths.starts_with(&[3, 3, 4]) && if bracket { at(text, place + 3) == Some(b')') } else { groups.separator(text, 3).is_some() };
    let digits: Vec<u8> = groups.digits(text, 3).collect();
    let planned = matches!(digits.as_slice(), [b'2'..=b'9', _, _, b'2'..=b'9', ..]);
    let end = groups.end(3);
    (grouped && planned && is_free(text, end)).then_some(Found::new(start, end, Level::High))
}

/// Other numbers, where a word before says what they are.
fn told(text: &[u8], place: usize) -> Option<Found> {
    const SIGNS: [&str; 7] = ["tel", "telephone", "telefon", "phone", "mobile", "fax", "whatsapp"];
    let bracket = usize::from(before(text, place) == Some(b'('));
    let start = place - bracket;
    if run_back(text, start, 1, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'$' | b'/')) > 0 {
        return None;
    }
    let groups = Groups::read(text, place, b" -.()/");
    let count = groups.count();
    let (all, end) = (groups.lengths().sum::<usize>(), groups.end(count));
    let shaped = (7..=15).contains(&all)
        && (at(text, place) == Some(b'0') || (2..=6).contains(&count))
        && groups.lengths().all(|length| length >= 2);
    if !shaped || !is_free(text, end) {
        return None;
    }
    let earlier = part(text, start.saturating_sub(24), start);
    let is_sign = |word: &[u8]| SIGNS.iter().any(|sign| sign.as_bytes().eq_ignore_ascii_case(word));
    let told = earlier.split(|byte| !byte.is_ascii_alphanumeric()).any(is_sign);
    told.then_some(Found::new(start, end, Level::High))
}
