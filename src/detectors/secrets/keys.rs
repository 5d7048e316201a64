//! Keys of clouds, key files, keys of wallets.

use super::bytes::{at, ends, entropy, find_folded, has, has_folded, is_base64, is_placeholder, mentions, part, run, run_back, starts};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const AWS_ACCESS_KEY: Kind =
    Kind::new("aws_access_key", Family::Secrets, Level::High, Trigger::Exact(&["AKIA", "ASIA", "ABIA", "ACCA"]), access_key)
        .finds("`AKIA`, `ASIA`, `ABIA` or `ACCA` and 16 of `A` to `Z` and `2` to `7`, nothing of a word beside it")
        .allows("placeholders such as those that end in `EXAMPLE`")
        .examples(
            &[concat!("AK", "IAFAKE2NOTREAL3QWZ"), concat!("id=AS", "IAQWERTYFAKEKEY234 and so on")],
            &[
                concat!("AK", "IAIOSFODNN7EXAMPLE"),
                "AKIA",
                "ASIAN MARKETS ROSE SHARPLY",
                concat!("xAK", "IAFAKE2NOTREAL3QWZ"),
                concat!("AK", "IAFAKE2NOTREAL3QWZX"),
            ],
        );

fn access_key(text: &[u8], at: usize) -> Option<Found> {
    let length = run(text, at, 21, |byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    let key = part(text, at, at + length);
    let sound = length == 20 && starts(text, at) && ends(text, at + 20) && entropy(key) >= 2.8 && !is_placeholder(key);
    sound.then_some(Found::new(at, at + 20, Level::High))
}

pub(super) const AWS_SECRET_KEY: Kind = Kind::new(
    "aws_secret_key",
    Family::Secrets,
    Level::Critical,
    Trigger::Exact(&["sKey", "s_key", "S_KEY"]),
    secret_key,
)
.finds("40 letters, digits, `+` and `/` within 60 bytes behind a name that ends in `access_key`, as `aws_secret_access_key` and `SecretAccessKey` do")
.allows("placeholders, values that are not as random as keys are, hashes in hexadecimal digits")
.examples(
    &[
        concat!("aws_secret_access_key = wFAKEfake/K7MDENG+not", "RealAtAll0123456789"),
        concat!("\"SecretAccessKey\": \"Zx9FAKEnotREAL+bPxRfi", "CYzq7Qw3rT5yU8iO2aB\""),
    ],
    &["aws_secret_access_key is rotated each quarter", concat!("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY")],
);

fn secret_key(text: &[u8], at: usize) -> Option<Found> {
    if !has_folded(text, at.saturating_sub(5), b"access") {
        return None;
    }
    let window = part(text, at + 1, at + 121);
    let mut from = 0;
    while let Some(skip) = window.get(from..).and_then(|rest| rest.iter().position(|byte| is_base64(*byte))) {
        let start = from + skip;
        let length = run(window, start, 41, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        let key = part(window, start, start + length);
        if length == 40 && start <= 80 && entropy(key) >= 4.0 && !is_placeholder(key) && ends(window, start + 40) {
            return Some(Found::new(at + 1 + start, at + 41 + start, Level::Critical));
        }
        from = start + length.max(1);
    }
    None
}

pub(super) const PEM_PRIVATE_KEY: Kind =
    Kind::new("pem_private_key", Family::Secrets, Level::Critical, Trigger::Exact(&["PRIVATE KEY"]), pem)
        .finds("`-----BEGIN … PRIVATE KEY-----` and 64 or more letters of base64; line ends may be written `\\n`")
        .allows("the armour without a key in it")
        .examples(
            &[
                concat!(
                    "-----BEGIN RSA PRIV",
                    "ATE KEY-----\nMIIFAKEfake0123notREAL9FAKEfake0123notREAL9FAKEfake0123notREAL9abcd\n-----END RSA PRIVATE KEY-----"
                ),
                concat!(
                    "{\"key\":\"-----BEGIN PRIV",
                    "ATE KEY-----\\nMIIFAKEfake0123notREAL9FAKEfake0\\n123notREAL9FAKEfake0123notREAL9abcd=\"}"
                ),
            ],
            &[
                "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
                "never paste a PRIVATE KEY into a chat",
                "-----BEGIN PUBLIC KEY-----\nMIIB",
            ],
        );

fn pem(text: &[u8], at: usize) -> Option<Found> {
    /// Longest body that is looked at; a key of 8192 bits has 6400.
    const BODY: usize = 8192;
    let kind = run_back(text, at, 24, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let start = at.checked_sub(kind + 5).filter(|start| has(text, *start, b"-----BEGIN "))?;
    let armour = run(text, at + 11, 16, |byte| matches!(byte, b' ' | b'-') || byte.is_ascii_uppercase());
    let body_at = at + 11 + armour;
    // Letters of base64, white space and its escapes, and the lines of older formats.
    let body = run(text, body_at, BODY, |byte| {
        is_base64(byte) && byte != b'-' || byte.is_ascii_whitespace() || matches!(byte, b'=' | b'\\' | b':' | b',')
    });
    let letters = part(text, body_at, body_at + body).iter().filter(|byte| is_base64(**byte)).count();
    let close = body_at + body;
    let footer = if has(text, close, b"-----END ") {
        9 + run(text, close + 9, 40, |byte| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'-'))
    } else {
        0
    };
    (letters >= 64).then_some(Found::new(start, close + footer, Level::Critical))
}

pub(super) const WALLET_PRIVATE_KEY: Kind = Kind::new(
    "wallet_private_key",
    Family::Secrets,
    Level::Critical,
    Trigger::Exact(&["e key", "e_key", "eKey", "e Key", "E_KEY"]),
    wallet_key,
)
.finds("64 hexadecimal digits, or 51 or 52 of base58 that begin with `5`, `K` or `L`, within 24 bytes behind `private key`")
.allows("such digits without these words: hashes of transactions and of files")
.examples(
    &[
        concat!("private key: 0x4c0883a69102937d6231471b5dbb6204", "fe512961708279fa4eb0123456789fed"),
        concat!("PRIVATE_KEY=5KFAKEfake2notREAL9FAKEfake2no", "tREAL9FAKEfake2notREA"),
    ],
    &["the private key never leaves the wallet", "tx 0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b"],
);

fn wallet_key(text: &[u8], place: usize) -> Option<Found> {
    if !has_folded(text, place.saturating_sub(6), b"private") {
        return None;
    }
    let start = place + run(text, place, 5, |byte| !matches!(byte, b'y' | b'Y')) + 1;
    let skip =
        run(text, start, 24, |byte| matches!(byte, b' ' | b':' | b'=' | b'"' | b'\'' | b'`') || byte.is_ascii_lowercase() && byte > b'f');
    let value = start + skip + if has(text, start + skip, b"0x") { 2 } else { 0 };
    let digits = run(text, value, 65, |byte| byte.is_ascii_hexdigit());
    if digits == 64 && entropy(part(text, value, value + 64)) >= 2.5 {
        return Some(Found::new(value, value + 64, Level::Critical));
    }
    let base58 = |byte: u8| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l');
    let length = run(text, value, 53, base58);
    let sound = matches!((at(text, value), length), (Some(b'5'), 51) | (Some(b'K' | b'L'), 52));
    let key = part(text, value, value + length);
    (sound && !is_placeholder(key) && find_folded(key, b"test").is_none() && !mentions(key, &["demo"])).then_some(Found::new(
        value,
        value + length,
        Level::Critical,
    ))
}
