//! A password beside its name.

use super::bytes::{at, ends, has, is_placeholder, part, run};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const PASSWORD: Kind = Kind::new(
    "password",
    Family::Secrets,
    Level::High,
    Trigger::Exact(&[
        "ssword", "SSWORD", "sWord", "sswd", "SSWD", "sphrase", "SPHRASE", "pwd=", "Pwd=", "PWD=", "pwd:", "Pwd:", "PWD:", "pwd\"", "pwd'", "pwd ",
    ]),
    password,
)
.finds("a name that ends in `password`, `passwd`, `passphrase` or `pwd`, then `=`, `:` or `is`, then 6 or more bytes that are no word: a digit or a sign is among them, or they follow `=`")
.allows("placeholders, calls and variables (`getPassword()`, `os.environ`, `$PASSWORD`), words of prose (`password: required`), hashes (`$2b$…`)")
.examples(
    &["the password is hunter2!x", "DB_PASSWORD=correct-horse-7", "\"passwd\": \"Tr0ub4dor&3\"", "pwd=s3cr3t-fake;", "PASSPHRASE: 'not 4 real one'"],
    &[
        "password: required",
        "password=${DB_PASSWORD}",
        "password = getPassword()",
        "the password is wrong",
        "password: ********",
        "Password: must be 8 characters",
        "set PWD=/home/user",
        "password=None",
        "passwords: 12 of 40 were reused",
    ],
);

/// What stands for a password in code.
const WORDS: &[&[u8]] = &[
    b"none",
    b"null",
    b"true",
    b"false",
    b"string",
    b"required",
    b"optional",
    b"undefined",
    b"password",
    b"secret",
    b"os.",
    b"env",
    b"process.",
    b"self.",
    b"this.",
    b"config",
    b"settings",
    b"request",
    b"args",
    b"params",
    b"getenv",
    b"input",
    b"prompt",
    b"vault",
    b"$2a$",
    b"$2b$",
    b"$argon2",
    b"empty",
    b"unset",
    b"incorrect",
    b"invalid",
    b"protected",
    b"ref+",
];

fn password(text: &[u8], place: usize) -> Option<Found> {
    let name_end = place + run(text, place, 12, |byte| byte.is_ascii_alphabetic());
    let name = part(text, place.saturating_sub(3), name_end);
    let is_name = ["password", "passwd", "passphrase", "pwd"].iter().any(|known| {
        name.len()
            .checked_sub(known.len())
            .and_then(|start| name.get(start..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(known.as_bytes()))
    });
    if !is_name {
        return None;
    }
    let quote = run(text, name_end, 2, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']'));
    let gap = name_end + quote + run(text, name_end + quote, 3, |byte| byte == b' ');
    let (sign, value_at) = separator(text, gap)?;
    let quotes = run(text, value_at, 2, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
    let start = value_at + quotes;
    let quoted = quotes > 0;
    let close = if quoted { text.get(start - 1).copied() } else { None };
    let length = run(text, start, 128, |byte| match close {
        Some(close) => byte != close && byte != b'\\' && byte >= 0x20,
        None => byte > 0x20 && !matches!(byte, b'"' | b'\'' | b',' | b';' | b'&' | b'<' | b'>' | b'`' | b'|' | b'\\'),
    });
    let value = part(text, start, start + length);
    let value = value.strip_suffix(b".").unwrap_or(value);
    is_password(value, sign == b'=' || quoted).then_some(Found::new(start, start + value.len(), Level::High))
}

/// `=`, `:=`, `=>`, `:` or the word `is`, and where the value begins.
fn separator(text: &[u8], place: usize) -> Option<(u8, usize)> {
    let (sign, end) = match at(text, place)? {
        b'=' => (b'=', place + 1 + run(text, place + 1, 1, |byte| matches!(byte, b'=' | b'>'))),
        b':' => (if has(text, place, b":=") { b'=' } else { b':' }, place + 1 + run(text, place + 1, 1, |byte| byte == b'=')),
        b'i' if has(text, place, b"is") && ends(text, place + 2) => (b' ', place + 2),
        _ => return None,
    };
    Some((sign, end + run(text, end, 3, |byte| byte == b' ')))
}

/// `sure` where an equals sign or quotes say that a value follows and not a word of prose.
fn is_password(value: &[u8], sure: bool) -> bool {
    let odd = |byte: &u8| !byte.is_ascii_alphabetic() && !matches!(byte, b'.' | b'-' | b'_' | b' ' | b'/');
    let random = value.iter().any(odd);
    let code = value.iter().any(|byte| matches!(byte, b'(' | b')' | b'{' | b'}')) || value.starts_with(b"/") || value.starts_with(b"http");
    let word = WORDS.iter().any(|word| value.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)));
    let counts = value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'%'));
    value.len() >= 6 && (sure || random && !counts) && !code && !word && !is_placeholder(value)
}
