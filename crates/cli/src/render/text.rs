//! Text for terminals: what comes from data made harmless, numbers made readable, lines made to fit.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character acts on a terminal, or cannot be seen and so hides what a value is.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// Shows characters that act on terminals or cannot be seen as escapes: `\n`, `\u{1b}`.
///
/// Two `#` in a row are broken up as well: `##[…]` and `##vso[…]` anywhere in a line are commands to some CI systems that read logs.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '#' if out.ends_with('#') => out.push_str("\\u{23}"),
            c if is_unseen(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text value in quotes, so that blanks at its ends can be seen.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escape(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A value of the data on one line.
pub(crate) fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => quoted(text),
        other => escape(&other.to_string()).into_owned(),
    }
}

/// What a check has measured: of a number with a point four digits, and all that stand before the point. The zeros that rounding leaves
/// stay, so that what is a little more than a bound does not read as the bound.
pub(crate) fn measured(value: &serde_json::Value) -> String {
    const DIGITS: i32 = 4;
    let exact = self::value(value);
    let Some(number) = value.as_f64().filter(|_| value.is_f64()) else { return exact };
    let digits = exact.split('e').next().unwrap_or_default().trim_start_matches(['-', '0', '.']).trim_end_matches(['0', '.']);
    if digits.bytes().filter(u8::is_ascii_digit).count() <= 4 {
        return exact;
    }
    let short = format!("{number:.3e}");
    match short.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()) {
        Some(exponent @ -5..) => format!("{number:.*}", usize::try_from(DIGITS - 1 - exponent).unwrap_or(0)),
        _ => short,
    }
}

/// `1 234 567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `1 rule`, `2 rules`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A share in percent that never rounds something to nothing or nearly all to all.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p <= 0.0 => "0%".to_owned(),
        p if p >= 100.0 => "100%".to_owned(),
        p if p < 0.0001 => "<0.0001%".to_owned(),
        p if p < 0.01 => format!("{p:.4}%"),
        p if p < 1.0 => format!("{p:.2}%"),
        p => format!("{:.1}%", p.min(99.9)),
    }
}

/// A bar of `cells` cells on a logarithmic scale: full at 100%, a fifth less for each factor of ten; never empty for a share above zero.
pub(crate) fn bar(share: f64, cells: u32) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if share <= 0.0 {
        return String::new();
    }
    let full = f64::from(cells * 8);
    let height = ((share.log10() + 5.0) / 5.0 * full).round().clamp(1.0, full);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the length of the bar")]
    let eighths = height as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).unwrap_or(&""))
}

/// Columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text cut at its end to fit.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    format!("{}…", head(text.chars(), columns.saturating_sub(1)))
}

/// A text cut in its middle to fit: of ids and paths the end tells most.
pub(crate) fn fit_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail: String = head(text.chars().rev(), room - room / 3).chars().rev().collect();
    format!("{}…{tail}", head(text.chars(), room / 3))
}

/// As many characters as fit.
fn head(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// A text filled up to a width on its right.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A text filled up to a width on its left.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A text in lines of a width, broken at blanks where there are any.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word;
        while let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            let room = columns.saturating_sub(width(line) + gap);
            if width(word) <= room {
                line.push_str(&" ".repeat(gap));
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                // Longer than a line of its own.
                let part = head(word.chars(), room);
                word = word.get(part.len()..).unwrap_or_default();
                line.push_str(&part);
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown() {
        assert_eq!(escape("a\u{1b}[31mb\n\u{202e}c\u{200b}"), "a\\u{1b}[31mb\\n\\u{202e}c\\u{200b}");
        assert_eq!(escape("##[error]x ##vso[y]"), "#\\u{23}[error]x #\\u{23}vso[y]");
        assert_eq!(quoted(" a\"b\\ "), "\" a\\\"b\\\\ \"");
        assert_eq!(escape("naïve 東京 👍"), "naïve 東京 👍");
    }

    #[test]
    fn shares_do_not_round_to_nothing_or_to_all() {
        let shown: Vec<String> = [0.0, 1e-9, 0.000_05, 0.001, 0.02, 0.999_999, 1.0].into_iter().map(percent).collect();
        assert_eq!(shown, ["0%", "<0.0001%", "0.0050%", "0.10%", "2.0%", "99.9%", "100%"]);
    }

    #[test]
    fn what_was_measured_keeps_four_digits_and_says_where_it_was_rounded() {
        let shown = |number: f64| measured(&serde_json::json!(number));
        let numbers = [0.25, 0.100_03, std::f64::consts::LN_2, -12_345.678, 1_234_567.25, 2.0, 0.000_012_345_6, 1.234_56e-9];
        let expected = ["0.25", "0.1000", "0.6931", "-12346", "1234567", "2.0", "0.00001235", "1.235e-9"];
        assert_eq!(numbers.map(shown), expected);
        assert_eq!(measured(&serde_json::json!(123_456_789_u64)), "123456789");
        assert_eq!(measured(&serde_json::json!("0.123456")), "\"0.123456\"");
    }

    #[test]
    fn bars_lose_a_fifth_for_each_factor_of_ten() {
        assert_eq!(bar(1.0, 10), "█".repeat(10));
        assert_eq!(bar(0.1, 10), "█".repeat(8));
        assert_eq!((bar(1e-12, 10).as_str(), bar(0.0, 10).as_str()), ("▏", ""));
    }

    #[test]
    fn lines_fit_whatever_they_hold() {
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit_middle("token_features.gem_score.range", 13), "toke…re.range");
        assert_eq!(wrapped("aaaa bbbb cccccccccccc d", 9), ["aaaa bbbb", "ccccccccc", "ccc d"]);
        for text in ["東京東京東京東京東京", "", "a", "x y z東京東京東京東京"] {
            assert!(wrapped(text, 9).iter().all(|line| width(line) <= 9));
        }
    }
}
