//! Completion: what kind of thing stands at a place ([`context`]), and which there are of it ([`items`]).

mod context;
mod names;

use std::path::Path;

use gen_lsp_types::{CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, InsertTextFormat, TextEdit};
use rulegate::compile::index::Index;
use rulegate::syntax::{Inside, Lexeme, LexemeKind, Place};

use crate::lines::Lines;
use crate::schemas::DataFile;

/// Most items of an answer; past them the client asks again when more is typed.
const MAX_ITEMS: usize = 1_000;

/// What completion knows.
pub(crate) struct Request<'a> {
    pub index: &'a Index,
    pub lines: &'a Lines,
    pub text: &'a str,
    pub offset: usize,
    pub place: &'a Place,
    pub data: &'a DataFile,
    pub path: Option<&'a Path>,
}

/// What is offered, before it is an item of the protocol.
pub(crate) struct Offer {
    label: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    docs: Option<Documentation>,
    /// What is written, where it is not the label; `$0` is where the cursor goes in a snippet.
    insert: Option<String>,
    snippet: bool,
    /// Offers of a lower rank come first.
    rank: u8,
}

impl Offer {
    fn new(label: impl Into<String>, kind: CompletionItemKind, rank: u8) -> Self {
        Self { label: label.into(), kind, detail: None, docs: None, insert: None, snippet: false, rank }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn docs(mut self, docs: impl Into<String>) -> Self {
        self.docs = crate::describe::documentation(docs.into());
        self
    }

    fn insert(mut self, text: impl Into<String>) -> Self {
        self.insert = Some(text.into());
        self
    }
}

impl Request<'_> {
    /// The lexemes of the item before the word that is being typed.
    fn before(&self) -> &[Lexeme] {
        match self.place.before.split_last() {
            Some((last, rest)) if self.typed(last) => rest,
            _ => &self.place.before,
        }
    }

    fn typed(&self, last: &Lexeme) -> bool {
        let unclosed = !matches!(self.place.inside, Inside::Code | Inside::Comment);
        last.end == self.offset && (unclosed || matches!(last.kind, LexemeKind::Word | LexemeKind::QuotedName | LexemeKind::Number))
    }

    /// Where what is being typed begins.
    fn start(&self) -> usize {
        self.place.before.last().filter(|last| self.typed(last)).map_or(self.offset, |last| last.start)
    }

    /// Where it ends: a closing quote or back-tick that the editor has put there goes with it.
    fn end(&self) -> usize {
        let quote = match self.place.inside {
            Inside::String(_) => '"',
            Inside::QuotedName(_) => '`',
            _ => return self.offset,
        };
        let rest = self.text.get(self.offset..).unwrap_or_default();
        if rest.starts_with(quote) { self.offset + 1 } else { self.offset }
    }

    fn word(&self, lexeme: &Lexeme) -> &str {
        lexeme.text(self.text)
    }
}

/// The items at a place, and whether there are more.
pub(crate) fn items(request: &Request<'_>) -> (Vec<CompletionItem>, bool) {
    let mut offers = Vec::new();
    for wanted in context::wanted(request) {
        names::offer(request, &wanted, &mut offers);
    }
    let typed = request.text.get(request.start()..request.offset).unwrap_or_default().trim_start_matches(['`', '"']).to_lowercase();
    let mut more = false;
    if offers.len() > MAX_ITEMS {
        offers.retain(|offer| offer.label.to_lowercase().contains(&typed));
        more = true;
    }
    offers.truncate(MAX_ITEMS);
    let range = request.lines.between(request.start(), request.end());
    let mut seen = std::collections::HashSet::new();
    offers.retain(|offer| seen.insert((offer.label.clone(), offer.insert.clone())));
    let item = |offer: Offer| {
        let new_text = offer.insert.unwrap_or_else(|| offer.label.clone());
        // What is typed starts with a quote where a text or quoted name is: it is matched with one.
        let filter = (new_text.starts_with(['"', '`']) && !offer.label.starts_with(['"', '`'])).then(|| new_text.clone());
        CompletionItem {
            sort_text: Some(format!("{}{}", offer.rank, offer.label)),
            label: offer.label,
            kind: Some(offer.kind),
            detail: offer.detail,
            documentation: offer.docs,
            filter_text: filter,
            insert_text_format: offer.snippet.then_some(InsertTextFormat::Snippet),
            text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text })),
            ..CompletionItem::default()
        }
    };
    (offers.into_iter().map(item).collect(), more)
}

/// A column's name as rules write it.
pub(crate) fn quoted(name: &str) -> String {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let plain = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("`{name}`") }
}
