//! A text as a reader sees it: letters that only look like others, and characters that show nothing, taken back.

/// What a character shows as, if that is another character of ASCII or nothing at all.
enum Shown {
    As(char),
    Nothing,
}

/// The text with disguises taken off; `None` where there are none.
pub(super) fn undisguised(text: &str) -> Option<String> {
    if text.is_ascii() || !text.chars().any(|character| shown(character).is_some()) {
        return None;
    }
    let plain = text.chars().filter_map(|character| match shown(character) {
        None => Some(character),
        Some(Shown::As(other)) => Some(other),
        Some(Shown::Nothing) => None,
    });
    Some(plain.collect())
}

fn shown(character: char) -> Option<Shown> {
    if character.is_ascii() {
        None
    } else if is_invisible(character) {
        Some(Shown::Nothing)
    } else {
        styled(character).or_else(|| look_alike(character)).map(Shown::As)
    }
}

/// Whether a character shows as one of ASCII, or as nothing.
pub(super) fn is_disguise(character: char) -> bool {
    shown(character).is_some()
}

/// Whether it is a letter of ASCII in other clothes.
pub(super) fn is_styled_letter(character: char) -> bool {
    styled(character).is_some_and(|letter| letter.is_ascii_alphabetic())
}

fn styled(character: char) -> Option<char> {
    let code = u32::from(character);
    match code {
        // Full-width forms.
        0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        // Mathematical letters: thirteen alphabets of twice twenty-six, a few of which stand elsewhere.
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        // Letters in circles and squares.
        0x24b6..=0x24e9 => letter(code - 0x24b6),
        0x1f130..=0x1f149 => letter(code - 0x1f130),
        _ => None,
    }
}

/// The letter of a number, capitals first.
fn letter(number: u32) -> Option<char> {
    let base = if number < 26 { 'A' } else { 'a' };
    char::from_u32(u32::from(base) + number % 26)
}

/// Letters of other scripts that look like Latin ones, and Latin ones with an accent that nobody reads.
fn look_alike(character: char) -> Option<char> {
    const PAIRS: &[(&str, &str)] = &[
        ("аеорсухіјѕԁһԛԝ", "aeopcyxijsdhqw"),
        ("АВЕКМНОРСТХІЈЅ", "ABEKMHOPCTXIJS"),
        ("αενορτυι", "aevoptui"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
        ("ıɡɩοℓ", "igiol"),
    ];
    PAIRS.iter().find_map(|(others, latin)| others.chars().zip(latin.chars()).find(|(other, _)| *other == character).map(|(_, own)| own))
}

/// Characters that show nothing: spaces of no width, joiners, marks of direction, tags, selectors of variants.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_taken_off() {
        assert_eq!(undisguised("ig\u{200b}nore"), Some("ignore".to_owned()));
        assert_eq!(undisguised("ｉｇｎｏｒｅ ａｌｌ"), Some("ignore all".to_owned()));
        assert_eq!(undisguised("𝗶𝗴𝗻𝗼𝗿𝗲 𝒂𝓵𝕝"), Some("ignore all".to_owned()));
        assert_eq!(undisguised("іgnоrе"), Some("ignore".to_owned()));
        assert_eq!(undisguised("Größe über alles"), None);
        assert_eq!(undisguised("plain"), None);
    }
}
