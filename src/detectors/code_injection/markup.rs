//! Templates and scripts.

use super::bytes::{at, before, ends, has, has_folded, mentions, part, run};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const TEMPLATE_INJECTION: Kind =
    Kind::new("template_injection", Family::CodeInjection, Level::High, Trigger::Bytes(b"{<"), template)
        .finds("`{{…}}`, `${…}`, `<%…%>`, `#{…}` or `{%…%}` with a call, an operator, an index or two underscores inside; `${jndi:`; 200 bytes are looked at")
        .allows("plain names: `{{name}}`, `${price}`")
        .examples(
            &["{{7*7}}", "${jndi:ldap://x}", "<%= system('id') %>", "{{ config.items() }}", "#{7*7}", "{% import os %}"],
            &["Dear {{name}},", "cost: ${price}", "{{ user.name }}", "5 <% of all", "set {{1, 2}"],
        );

fn template(text: &[u8], place: usize) -> Option<Found> {
    const WINDOW: usize = 200;
    let (place, close): (usize, &[u8]) = match (before(text, place), part(text, place, place + 2)) {
        (_, b"{{") => (place, b"}}"),
        (_, b"<%") => (place, b"%>"),
        (_, b"{%") => (place, b"%}"),
        (Some(b'$' | b'#'), [b'{', ..]) => (place - 1, b"}"),
        _ => return None,
    };
    if has_folded(text, place, b"${jndi:") {
        return Some(Found::new(place, place + 7, Level::High));
    }
    let inside = part(text, place + 2, place + 2 + WINDOW);
    let length = inside.windows(close.len()).position(|window| window == close)?;
    let body = inside.get(..length)?;
    let code = body.iter().any(|byte| matches!(byte, b'(' | b'*' | b'+' | b'[' | b'`'))
        || body.windows(2).any(|window| window == b"__")
        || close == b"%}" && mentions(body, &["import", "include", "exec", "set "])
        || close == b"%>" && body.starts_with(b"=");
    code.then_some(Found::new(place, place + 2 + length + close.len(), Level::High))
}

pub(super) const SCRIPT_INJECTION: Kind = Kind::new(
    "script_injection",
    Family::CodeInjection,
    Level::High,
    Trigger::Folded(&["<script", "javascript:", "vbscript:", "data:text/html", "<iframe", "<object", "<embed", "onerror", "onload", "onclick", "onmouseover", "onfocus", "srcdoc"]),
    script,
)
.finds("`<script`, `<iframe`, `<object` and `<embed` tags; `javascript:`, `vbscript:`, `data:text/html`; handlers (`onerror=`, `onload=` …) behind white space, a quotation mark or `/`")
.allows("the same words in prose: `the script`, `JavaScript: the good parts`")
.examples(
    &["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "<IFRAME src=//a.test>", "<svg/onload=alert(1)>"],
    &["JavaScript: the good parts", "the <scripted> scene", "onload the cargo", "data:text/plain", "an <object-oriented> view"],
);

fn script(text: &[u8], place: usize) -> Option<Found> {
    let high = |end: usize| Some(Found::new(place, end, Level::High));
    if at(text, place) == Some(b'<') {
        let end = place + 1 + run(text, place + 1, 10, |byte| byte.is_ascii_alphabetic());
        let known =
            ["script", "iframe", "object", "embed"].iter().any(|tag| part(text, place + 1, end).eq_ignore_ascii_case(tag.as_bytes()));
        return if known && matches!(at(text, end), None | Some(b'>' | b'/' | b' ' | b'\t' | b'\n')) { high(end) } else { None };
    }
    let word = place + run(text, place, 16, |byte| byte.is_ascii_alphabetic());
    if has(text, word, b":") {
        if has_folded(text, place, b"data:text/html") {
            return high(place + 14);
        }
        // A scheme is followed by code at once, a word of prose by a space.
        let code = at(text, word + 1).is_some_and(|byte| byte.is_ascii_graphic());
        return if code && ends(text, word) && !before(text, place).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            high(word + 1)
        } else {
            None
        };
    }
    let sign = word + run(text, word, 4, |byte| byte == b' ');
    let handler =
        has(text, sign, b"=") && before(text, place).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'/'));
    if handler { high(sign + 1) } else { None }
}
