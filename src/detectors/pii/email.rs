//! E-mail addresses inside a text.

use super::bytes::{at, before, part, run, run_back};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const EMAIL: Kind = Kind::new("email", Family::Pii, Level::High, Trigger::Bytes(b"@"), email)
    .finds("an e-mail address with a domain of two or more labels; LOW under domains that are kept for examples (`example.com`, `.example`, `.test`, `.invalid`)")
    .allows("handles (`@jane`, `@jane@host.social`), `git@host:…`, versions (`node@18.2.1`), file names (`icon@2x.png`), the login in an address (`https://user:pass@host`)")
    .examples(
        &["write to jane.doe@northwind-traders.com, please", "<o'hara+news@mail.northwind-traders.co.uk>", "JANE@NORTHWIND-TRADERS.COM."],
        &["follow @jane on the network", "git@github.com:rulegate/rulegate.git", "vue@3.4.21", "icon@2x.png", "https://user:pass@northwind-traders.com/", "a @ b.com"],
    );

/// What RFC 5322 calls `atext`, dots, and letters outside ASCII.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte) || byte >= 0x80
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') || byte >= 0x80
}

fn email(text: &[u8], place: usize) -> Option<Found> {
    let mut start = place - run_back(text, place, 64, is_local);
    // Signs that open rather than belong to a name.
    start += run(text, start, 64, |byte| !byte.is_ascii_alphanumeric() && byte != b'_' && byte < 0x80);
    let local = part(text, start, place);
    let length = run(text, place + 1, 253, is_domain);
    let domain = part(text, place + 1, place + 1 + length);
    let domain = domain.get(..domain.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80).map_or(0, |last| last + 1))?;
    let end = place + 1 + domain.len();
    if local.is_empty() || local.ends_with(b".") || start > place || before(text, start) == Some(b'@') || at(text, end) == Some(b'@') {
        return None;
    }
    if is_login(text, start) || local == b"git" && at(text, end) == Some(b':') {
        return None;
    }
    is_host(domain).then(|| Found::new(start, end, if is_example(domain) { Level::Low } else { Level::High }))
}

/// Whether what stands before is the rest of a login: `https://user:pass@host`.
fn is_login(text: &[u8], start: usize) -> bool {
    let back = run_back(text, start, 100, |byte| byte > 0x20 && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'(' | b','));
    let earlier = part(text, start - back, start);
    earlier.windows(3).rposition(|window| window == b"://").is_some_and(|sign| !earlier.get(sign + 3..).unwrap_or(&[]).contains(&b'/'))
}

/// Two or more labels, the last of letters and no ending of a file.
fn is_host(domain: &[u8]) -> bool {
    const FILES: [&[u8]; 12] = [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"ts", b"json", b"html", b"md"];
    let mut labels = domain.split(|byte| *byte == b'.');
    let last = labels.next_back().unwrap_or(&[]);
    let is_label = |label: &[u8]| (1..=63).contains(&label.len()) && !label.starts_with(b"-") && !label.ends_with(b"-");
    let letters = last.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) || last.len() > 4 && last.starts_with(b"xn--");
    let count = domain.split(|byte| *byte == b'.').count();
    count >= 2
        && labels.all(is_label)
        && (2..=63).contains(&last.len())
        && letters
        && !FILES.iter().any(|file| file.eq_ignore_ascii_case(last))
}

/// Domains of RFC 2606 and RFC 6761, which belong to nobody.
fn is_example(domain: &[u8]) -> bool {
    const DOMAINS: [&[u8]; 7] = [b"example.com", b"example.org", b"example.net", b"example", b"test", b"invalid", b"localhost"];
    DOMAINS.iter().any(|known| {
        domain.len().checked_sub(known.len()).is_some_and(|rest| {
            domain.get(rest..).is_some_and(|tail| tail.eq_ignore_ascii_case(known)) && before(domain, rest).is_none_or(|byte| byte == b'.')
        })
    })
}
