//! Numbers of bank accounts, ISO 13616.

use super::bytes::{at, before, part};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const IBAN: Kind = Kind::new("iban", Family::Pii, Level::High, Trigger::Digits, iban)
    .finds("an IBAN of a country in the register, of that country's length, with its checksum; in one piece or in groups of four, capital letters")
    .allows("numbers of another length, or whose checksum is wrong")
    .examples(
        &[concat!("DE89 3704 0044", " 0532 0130 00"), concat!("pay to GB29NWBK", "60161331926819 by Friday"), concat!("FR14 2004 1010 0505", " 0001 3M02 606.")],
        &["DE89 3704 0044 0532 0130 01", "DE89370400440532013000A", "FY25 guidance", "XX82 1234 5678 9012 3456", "CH24 was a good year"],
    );

/// Countries and the length of their IBANs.
const COUNTRIES: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

fn iban(text: &[u8], place: usize) -> Option<Found> {
    let start = place.checked_sub(2)?;
    let country = part(text, start, place);
    let length = COUNTRIES.iter().find(|(known, _)| country == known.as_slice())?.1;
    if before(text, start).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut number = [0_u8; 34];
    let (mut count, mut end) = (0, start);
    for slot in number.iter_mut().take(length) {
        // A space may stand after each fourth.
        if count > 0 && count % 4 == 0 && at(text, end) == Some(b' ') {
            end += 1;
        }
        let byte = at(text, end).filter(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())?;
        *slot = byte;
        (count, end) = (count + 1, end + 1);
    }
    let check = number.get(2..4)?.iter().all(u8::is_ascii_digit);
    let free = at(text, end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (check && free && remainder(number.get(..length)?) == 1).then_some(Found::new(start, end, Level::High))
}

/// The number, its first four at the end and letters as 10 to 35, modulo 97.
fn remainder(number: &[u8]) -> u32 {
    let (head, tail) = number.split_at(number.len().min(4));
    tail.iter().chain(head).fold(0, |all, byte| {
        if byte.is_ascii_digit() {
            (all * 10 + u32::from(byte - b'0')) % 97
        } else {
            (all * 100 + u32::from(byte.wrapping_sub(b'A')) + 10) % 97
        }
    })
}
