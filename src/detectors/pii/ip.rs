//! Addresses of machines.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::bytes::{at, before, mentions, part, run, run_back};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const IPV4: Kind = Kind::new("ipv4", Family::Pii, Level::High, Trigger::LongDigits, ipv4)
    .finds("four numbers of 0 to 255 with dots between them; LOW for addresses that are private, of this machine, of the link, or kept for documentation")
    .allows("versions (`version 1.2.3.4`, `v1.2.3.4`), longer rows of numbers, numbers with zeros in front")
    .examples(
        &["from 81.2.69.142 at noon", "host 81.2.69.160:8080", "81.2.69.142/24"],
        &["version 1.2.3.4", "v10.1.2.3", "1.2.3.4.5", "256.1.1.1", "1.02.3.4", "rose 1.2. 3.4"],
    );

fn ipv4(text: &[u8], place: usize) -> Option<Found> {
    let length = run(text, place, 16, |byte| byte.is_ascii_digit() || byte == b'.');
    let token = part(text, place, place + length);
    let token = token.strip_suffix(b".").unwrap_or(token);
    let address: Ipv4Addr = std::str::from_utf8(token).ok()?.parse().ok()?;
    let end = place + token.len();
    let joined =
        before(text, place).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b',' | b':' | b'$'));
    let joined = joined && !is_port_sign(text, place);
    if joined
        || at(text, end).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || at(text, end + 1).is_some_and(|byte| length > token.len() && byte.is_ascii_digit())
    {
        return None;
    }
    if mentions(part(text, place.saturating_sub(12), place), &["version", "release", "build", "firmware", "section", "ver."]) {
        return None;
    }
    let known = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast()
        || address.is_unspecified()
        || address.is_multicast();
    Some(Found::new(place, end, if known { Level::Low } else { Level::High }))
}

/// A colon after a word, as in `ip:81.2.69.142`.
fn is_port_sign(text: &[u8], place: usize) -> bool {
    before(text, place) == Some(b':')
        && !place.checked_sub(2).and_then(|earlier| at(text, earlier)).is_some_and(|byte| byte.is_ascii_digit())
}

pub(super) const IPV6: Kind = Kind::new("ipv6", Family::Pii, Level::High, Trigger::Bytes(b":"), ipv6)
    .finds("an IPv6 address of three or more groups, or whose first group has four digits; LOW for addresses that are private, of this machine, of the link, or kept for documentation")
    .allows("times (`12:30:45`), paths of code (`std::env`), addresses of hardware")
    .examples(
        &["from 2a02:8070:88a4:ed00::1 at noon", "[2606:4700:4700::1111]:443"],
        &["at 12:30:45", "std::net::fe", "00:1b:44:11:3a:b7", "a::b", "note: add", "ratio 3:2:1"],
    );

fn ipv6(text: &[u8], place: usize) -> Option<Found> {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    let next = at(text, place + 1);
    // The first colon of an address has a digit before it or another colon after it.
    let back = run_back(text, place, 5, |byte| byte.is_ascii_hexdigit());
    if !(next.is_some_and(is_part) && (1..=4).contains(&back) || next == Some(b':') && back == 0) {
        return None;
    }
    let start = place - back;
    let length = run(text, start, 46, |byte| is_part(byte) || byte == b'.');
    let token = part(text, start, start + length);
    let token = token.strip_suffix(b".").unwrap_or(token);
    let token = if token.ends_with(b"::") { token } else { token.strip_suffix(b":").unwrap_or(token) };
    let address: Ipv6Addr = std::str::from_utf8(token).ok()?.parse().ok()?;
    let end = start + token.len();
    let is_joined = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_');
    let groups = token.split(|byte| *byte == b':').filter(|group| !group.is_empty()).count();
    let first = token.split(|byte| *byte == b':').next().unwrap_or(&[]);
    let long =
        groups >= 3 && token.iter().any(u8::is_ascii_digit) || first.len() == 4 && first.iter().any(u8::is_ascii_digit) || token == b"::1";
    if before(text, start).is_some_and(is_joined) || at(text, end).is_some_and(is_joined) && at(text, end) != Some(b':') || !long {
        return None;
    }
    let [head, second, ..] = address.segments();
    let documented = (head, second) == (0x2001, 0xdb8) || head == 0x3fff;
    let known =
        address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast() || documented;
    Some(Found::new(start, end, if known { Level::Low } else { Level::High }))
}
