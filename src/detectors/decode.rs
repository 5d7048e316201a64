//! Text that carries other text: base64, hexadecimal digits, percent signs.

/// Base64 and base64url, with or without padding; `None` if another byte is in it.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.iter().rposition(|byte| *byte != b'=').map_or(&[][..], |last| text.get(..=last).unwrap_or(&[]));
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    Some(out)
}

/// Pairs of hexadecimal digits.
pub(super) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|pair| pair_value(*pair)).collect()
}

/// `%41` for `A`; other bytes stand for themselves.
pub(super) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let pair = after.first_chunk::<2>().filter(|_| *first == b'%').and_then(|pair| pair_value(*pair));
        out.push(pair.unwrap_or(*first));
        rest = if pair.is_some() { after.get(2..).unwrap_or(&[]) } else { after };
    }
    out
}

fn pair_value(pair: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let [high, low] = pair;
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_gives_back_what_went_in() {
        assert_eq!(base64(b"SGVsbG8h").unwrap(), b"Hello!");
        assert_eq!(base64(b"SGk=").unwrap(), b"Hi");
        assert_eq!(base64(b"_-__").unwrap(), [0xff, 0xef, 0xff]);
        assert_eq!(base64(b"a b"), None);
        assert_eq!(hex(b"48692e").unwrap(), b"Hi.");
        assert_eq!(hex(b"486"), None);
        assert_eq!(percent(b"%48i%2"), b"Hi%2");
    }
}
