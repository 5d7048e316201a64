//! Numbers of payment cards.

use super::bytes::{at, before};
use super::{Family, Found, Groups, Kind, Level, Trigger};

pub(super) const CREDIT_CARD: Kind = Kind::new("credit_card", Family::Pii, Level::High, Trigger::LongDigits, card)
    .finds("13 to 19 digits in the range of an issuer (Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay) with Luhn's checksum, in one piece or in the groups that are printed on cards, spaces or hyphens between them")
    .allows("digits inside a longer number, word or decimal; numbers whose checksum is wrong")
    .examples(
        &[concat!("paid with 4111 1111", " 1111 1111 today"), concat!("5555-5555-", "5555-4444"), concat!("amex 3782 822463", " 10005")],
        &["4111 1111 1111 1112", "order 1234567890123456", "0x4111111111111111", "ratio 0.4111111111111111", "41111111111111110000001"],
    );

fn card(text: &[u8], place: usize) -> Option<Found> {
    // Nothing of a word, a decimal or another group stands before.
    let last = before(text, place);
    let earlier = place.checked_sub(2).and_then(|earlier| at(text, earlier));
    let joined = last.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
        || matches!(last, Some(b'.' | b'-' | b',')) && earlier.is_some_and(|byte| byte.is_ascii_digit());
    if joined {
        return None;
    }
    let groups = Groups::read(text, place, b" -");
    let count = printed(&groups, text)?;
    let end = groups.end(count);
    let free = at(text, end).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
        && !(matches!(at(text, end), Some(b'.' | b'-')) && at(text, end + 1).is_some_and(|byte| byte.is_ascii_digit()));
    let mut digits = [0_u8; 19];
    let mut length = 0;
    for (slot, digit) in digits.iter_mut().zip(groups.digits(text, count)) {
        *slot = digit - b'0';
        length += 1;
    }
    let digits = digits.get(..length)?;
    (free && is_issued(digits) && has_luhn(digits)).then_some(Found::new(place, end, Level::High))
}

/// How many groups make a card: one of 13 to 19 digits, or groups as they are printed.
fn printed(groups: &Groups, text: &[u8]) -> Option<usize> {
    let lengths: Vec<usize> = groups.lengths().collect();
    let starts = |wanted: &[usize]| lengths.starts_with(wanted) && groups.separator(text, wanted.len()).is_some();
    if lengths.first().is_some_and(|length| (13..=19).contains(length)) {
        return Some(1);
    }
    [&[4, 4, 4, 4, 3][..], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]].into_iter().find(|wanted| starts(wanted)).map(<[usize]>::len)
}

/// Ranges of issuers and the numbers of digits they use.
fn is_issued(digits: &[u8]) -> bool {
    let first = |count: usize| digits.iter().take(count).fold(0_u32, |all, digit| all * 10 + u32::from(*digit));
    let (one, two, three, four) = (first(1), first(2), first(3), first(4));
    match digits.len() {
        13 => one == 4,
        14 => matches!(three, 300..=305) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37),
        16 => {
            one == 4 || matches!(two, 51..=55 | 62 | 65) || matches!(three, 644..=649) || matches!(four, 2221..=2720 | 6011 | 3528..=3589)
        }
        17 | 18 => two == 62,
        19 => one == 4 || matches!(two, 62 | 65) || four == 6011,
        _ => false,
    }
}

/// Luhn's checksum, ISO/IEC 7812.
fn has_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(*digit);
            if index % 2 == 0 { digit } else { digit * 2 % 10 + digit / 5 }
        })
        .sum();
    sum.is_multiple_of(10)
}
