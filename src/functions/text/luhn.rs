//! `luhn(text)`: the checksum of card numbers.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "luhn",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is a run of digits with a right Luhn checksum.",
    details: "ISO/IEC 7812-1 annex B. At least two ASCII digits; blanks and hyphens are ignored, any other character makes it false. Whether the number was issued is not asked. Null if `text` is null.",
    examples: &[
        Example::new(r#"luhn("4111 1111 1111 1111")"#, "true"),
        Example::new(r#"luhn("4111 1111 1111 1112")"#, "false"),
        Example::new(r#"luhn("79927398713")"#, "true"),
        Example::new("luhn(null)", "null"),
    ],
    eval: Eval::Text(luhn),
};

fn luhn(text: &str) -> bool {
    let (mut count, mut sum) = (0_usize, 0_u64);
    for byte in text.bytes().rev().filter(|byte| !matches!(byte, b' ' | b'-')) {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u64::from(byte - b'0');
        // From the right, every second digit counts twice, as the sum of its digits.
        sum += if count % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 };
        count += 1;
    }
    count >= 2 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_told_from_look_alikes() {
        for good in ["4111111111111111", "4111-1111-1111-1111", "378282246310005", "000000000000", "79927398713", "18"] {
            assert!(luhn(good), "{good}");
        }
        for bad in ["", "4111111111111112", "411111111111111x", "0", "４111111111111111"] {
            assert!(!luhn(bad), "{bad}");
        }
    }
}
