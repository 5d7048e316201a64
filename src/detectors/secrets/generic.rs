//! Anything random beside a name that promises a secret. Noisy, so it is looked for only where it is named.

use super::bytes::{at, entropy, has_folded, is_placeholder, part, run};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const GENERIC_SECRET: Kind =
    Kind::new("generic_secret", Family::Secrets, Level::Medium, Trigger::Folded(&["key", "secret", "token", "credential"]), generic)
        .finds("a name with `key`, `secret`, `token` or `credential` in it, then `=` or `:`, then 16 to 150 letters, digits, `_`, `-`, `.`, `+` and `/` with a digit, as random as keys are")
        .allows("placeholders, hexadecimal digits alone (addresses of contracts, hashes), UUIDs")
        .opt_in()
        .examples(
            &["api_key = Zx9FAKEnotREALq7Qw3rT5yU", "\"client_secret\": \"8fNotRealFake.Qw3rT5yU-k2\""],
            &[
                "token: 0x52908400098527886E0F7030069857D2E4169EE7",
                "key=123e4567-e89b-12d3-a456-426614174000",
                "the key to success is patience",
                "key: aaaaaaaaaaaaaaaa",
                "token = your-api-key-1234567",
            ],
        );

fn generic(text: &[u8], place: usize) -> Option<Found> {
    let name_end = place + run(text, place, 24, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let quote = run(text, name_end, 2, |byte| matches!(byte, b'"' | b'\'' | b'\\'));
    let gap = name_end + quote + run(text, name_end + quote, 3, |byte| byte == b' ');
    if !matches!(at(text, gap), Some(b'=' | b':')) {
        return None;
    }
    let start = gap + 1 + run(text, gap + 1, 5, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'=' | b'>' | b'\\'));
    let length = run(text, start, 151, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'='));
    let value = part(text, start, start + length);
    let hex = if has_folded(value, 0, b"0x") { value.get(2..).unwrap_or(&[]) } else { value };
    let is_hash = hex.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let sound = (16..=150).contains(&length) && value.iter().any(u8::is_ascii_digit) && entropy(value) >= 3.5;
    (sound && !is_hash && !is_placeholder(value)).then_some(Found::new(start, start + length, Level::Medium))
}
