//! Which `<` and `>` are the brackets of a type: `list<T>`, `vector<T, N>`, `map<K, V>`.

use crate::syntax::scan::{Token, TokenKind};

/// For each token of an item, whether it is such a bracket.
pub(super) fn find(text: &str, tokens: &[Token]) -> Vec<bool> {
    let mut reader = Reader { text, tokens, found: Vec::new() };
    let mut marks = vec![false; tokens.len()];
    for at in 0..tokens.len() {
        let before = at.checked_sub(1).map_or("", |before| reader.word(before));
        // Types stand behind these. So can a comparison with a column called `list`, but that does not read as a type to its end.
        if !reader.opens(at) || !matches!(before, ":" | "=" | "as") {
            continue;
        }
        reader.found.clear();
        if reader.ty(at).is_some() {
            for index in &reader.found {
                if let Some(mark) = marks.get_mut(*index) {
                    *mark = true;
                }
            }
        }
    }
    marks
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    found: Vec<usize>,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or("")
    }

    fn symbol(&self, at: usize) -> u8 {
        match self.tokens.get(at).map(|token| token.kind) {
            Some(TokenKind::Symbol(byte)) => byte,
            _ => 0,
        }
    }

    fn opens(&self, at: usize) -> bool {
        matches!(self.word(at), "list" | "vector" | "map") && self.symbol(at + 1) == b'<'
    }

    /// Reads a type from a token on; gives the token behind it. Types nest as deep as the scanner lets them.
    fn ty(&mut self, at: usize) -> Option<usize> {
        if !matches!(self.tokens.get(at)?.kind, TokenKind::Word | TokenKind::Quoted) {
            return None;
        }
        let mut next = at + 1;
        if self.opens(at) {
            self.found.push(next);
            next = self.ty(next + 1)?;
            if self.symbol(next) == b',' {
                let is_number = self.tokens.get(next + 1)?.kind == TokenKind::Number;
                next = if is_number { next + 2 } else { self.ty(next + 1)? };
            }
            if self.symbol(next) != b'>' {
                return None;
            }
            self.found.push(next);
            next += 1;
        }
        while matches!(self.symbol(next), b'(' | b'{') {
            next = self.closing(next)? + 1;
        }
        Some(if self.symbol(next) == b'?' { next + 1 } else { next })
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.symbol(at) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }
}
