//! What a text says, whatever its layout: its tokens, one blank between them.
//!
//! Comments are out, and so are the commas that may stand or not: before a closing bracket and at the end of an item. Two texts that differ
//! only in what the formatter may change have one canonical text.

use crate::source::SourceMap;

use super::MAX_FILE_BYTES;
use super::scan::{self, Cut, ItemStart, Token, TokenKind};

/// The canonical text of a rule file; empty where it is larger than rule files may be.
pub(crate) fn canonical(text: &str) -> String {
    if text.len() > MAX_FILE_BYTES {
        return String::new();
    }
    let tokens = scan::scan(SourceMap::default().add("", ""), text).tokens;
    let ends = item_ends(text, &tokens);
    let mut out = String::with_capacity(text.len());
    for (index, token) in tokens.iter().enumerate() {
        let closes = matches!(symbol(&tokens, index + 1), Some(b')' | b']' | b'}'));
        if token.kind == TokenKind::Symbol(b',') && (closes || ends.get(index) == Some(&true)) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(text.get(token.start..token.end).unwrap_or_default());
    }
    out
}

/// For each token, whether an item ends with it.
fn item_ends(text: &str, tokens: &[Token]) -> Vec<bool> {
    let mut ends = vec![false; tokens.len()];
    let mut mark = |last: usize| {
        if let Some(end) = ends.get_mut(last) {
            *end = true;
        }
    };
    for Cut { start, first, last } in scan::cut(text, tokens, false) {
        mark(last);
        if matches!(start, Some(ItemStart::Features | ItemStart::Output))
            && let Some(open) = (first..=last).find(|at| symbol(tokens, *at) == Some(b'{'))
        {
            let inside = tokens.get(open + 1..=last).unwrap_or_default();
            scan::cut(text, inside, true).iter().for_each(|cut| mark(open + 1 + cut.last));
        }
    }
    ends
}

fn symbol(tokens: &[Token], at: usize) -> Option<u8> {
    match tokens.get(at)?.kind {
        TokenKind::Symbol(byte) => Some(byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn layout_comments_and_commas_that_may_stand_or_not_are_out() {
        let one = "rulegate 1\nfeatures t { a:int64 in (1,2), b : string, }";
        let other = "// hello\nrulegate   1\r\n\nfeatures t {\n  a : int64 in (\n    1,\n    2,\n  ) // x\n  /* y */ b : string\n}\n";
        assert_eq!(canonical(one), "rulegate 1 features t { a : int64 in ( 1 , 2 ) b : string }");
        assert_eq!(canonical(one), canonical(other));
    }

    #[test]
    fn texts_and_patterns_stand_as_they_are() {
        assert_eq!(canonical("set s = (\"a  b\", \"\"\"c\n  // d\"\"\")"), "set s = ( \"a  b\" , \"\"\"c\n  // d\"\"\" )");
        assert_ne!(canonical("set s = (\"a\", \"b\")"), canonical("set s = (\"a, b\")"));
    }
}
