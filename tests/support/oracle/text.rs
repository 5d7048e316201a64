//! What the language asks of strings.

use std::net::{Ipv4Addr, Ipv6Addr};

/// SQL `like`: `%` any run, `_` one character, `\` escapes; the whole value.
pub fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|from| like(&text[from..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
        ['\\', escaped, rest @ ..] => text.first() == Some(escaped) && like(&text[1..], rest),
        [plain, rest @ ..] => text.first() == Some(plain) && like(&text[1..], rest),
    }
}

/// SQL `substring`: positions count from 1, those before it use up the count. `None` on a negative count.
pub fn substring(text: &str, start: i128, count: Option<i128>) -> Option<String> {
    let end = match count {
        Some(count) if count < 0 => return None,
        Some(count) => start.saturating_add(count),
        None => i128::MAX,
    };
    let numbered = (1..).zip(text.chars());
    Some(numbered.filter(|(at, _)| (start..end).contains(at)).map(|(_, c)| c).collect())
}

pub fn word_count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// One `@`, a plain local part, a dotted domain of letters, digits and hyphens.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c);
    let local_holds = !local.is_empty() && local.chars().all(plain) && !local.split('.').any(str::is_empty);
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local_holds && domain.contains('.') && domain.split('.').all(label)
}

/// `http` or `https`, a host, no white space.
pub fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    host.is_some_and(|host| !host.is_empty()) && !text.contains(char::is_whitespace)
}

pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| is_hex(group))
}

pub fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit())
}

pub fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

pub fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Standard alphabet, padded to a multiple of four.
pub fn is_base64(text: &str) -> bool {
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    !text.is_empty() && text.len().is_multiple_of(4) && body.chars().all(plain)
}

/// At least one digit, nothing but digits, and the check digit is right.
pub fn luhn(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() >= 2) else { return false };
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let weigh = |(at, digit): (usize, &u32)| if at % 2 == 1 { doubled(*digit) } else { *digit };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

/// Is the whole text one RFC 8259 value?
pub fn is_json(text: &str) -> bool {
    let mut json = Json { rest: text };
    json.value() && {
        json.space();
        json.rest.is_empty()
    }
}

/// A recogniser by descent; every method says whether what it looks for was there.
struct Json<'a> {
    rest: &'a str,
}

impl Json<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn value(&mut self) -> bool {
        self.space();
        match self.rest.chars().next() {
            Some('{') => self.items("{", "}", |json| json.member()),
            Some('[') => self.items("[", "]", |json| json.value()),
            Some('"') => self.string(),
            Some('t') => self.take("true"),
            Some('f') => self.take("false"),
            Some('n') => self.take("null"),
            _ => self.number(),
        }
    }

    fn items(&mut self, open: &str, close: &str, item: fn(&mut Self) -> bool) -> bool {
        self.take(open);
        self.space();
        if self.take(close) {
            return true;
        }
        loop {
            if !item(self) {
                return false;
            }
            self.space();
            if self.take(close) {
                return true;
            }
            if !self.take(",") {
                return false;
            }
        }
    }

    fn member(&mut self) -> bool {
        self.space();
        self.string() && {
            self.space();
            self.take(":") && self.value()
        }
    }

    fn string(&mut self) -> bool {
        if !self.take("\"") {
            return false;
        }
        while let Some(c) = self.rest.chars().next() {
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '"' => return true,
                '\\' if !self.escape() => return false,
                c if c < ' ' => return false,
                _ => {}
            }
        }
        false
    }

    fn escape(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        self.rest = &self.rest[c.len_utf8()..];
        if c != 'u' {
            return "\"\\/bfnrt".contains(c);
        }
        let hex = self.rest.get(..4).is_some_and(is_hex);
        self.rest = self.rest.get(4..).unwrap_or("");
        hex
    }

    fn digits(&mut self) -> usize {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let count = self.rest.len() - rest.len();
        self.rest = rest;
        count
    }

    fn number(&mut self) -> bool {
        self.take("-");
        let zero = self.rest.starts_with('0');
        let whole = self.digits();
        let mut holds = whole > 0 && !(zero && whole > 1);
        if self.take(".") {
            holds &= self.digits() > 0;
        }
        if self.take("e") || self.take("E") {
            let _sign = self.take("+") || self.take("-");
            holds &= self.digits() > 0;
        }
        holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_like(text: &str, pattern: &str) -> bool {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        like(&chars(text), &chars(pattern))
    }

    #[test]
    fn like_takes_the_whole_value() {
        assert!(matches_like("abc", "a%"));
        assert!(matches_like("é", "_"));
        assert!(!matches_like("abc", "b%"));
        assert!(matches_like("5%", "5\\%"));
        assert!(!matches_like("55", "5\\%"));
    }

    #[test]
    fn substring_counts_as_sql_does() {
        assert_eq!(substring("héllo", 2, Some(3)).as_deref(), Some("éll"));
        assert_eq!(substring("hello", -1, Some(3)).as_deref(), Some("h"));
        assert_eq!(substring("hello", 1, Some(-1)), None);
        assert_eq!(substring("hello", 4, None).as_deref(), Some("lo"));
    }

    #[test]
    fn json_is_strict() {
        assert!(is_json(r#" {"a": [1, -2.5e3, "\u00e9", null, true]} "#));
        for text in ["", "01", "[1,]", "{'a':1}", "NaN", "1.", "\"\\x\"", "[1] 2"] {
            assert!(!is_json(text), "{text}");
        }
    }

    #[test]
    fn card_numbers_have_a_check_digit() {
        assert!(luhn("4111111111111111"));
        assert!(!luhn("4111111111111112"));
    }
}
