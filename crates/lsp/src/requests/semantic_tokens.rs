//! Every word with what it means: names by what declares them, all others by how they are written.

use gen_lsp_types::{
    Full, SemanticToken, SemanticTokenModifiers, SemanticTokenTypes, SemanticTokensLegend, SemanticTokensOptions, SemanticTokensParams,
    SemanticTokensProvider, SemanticTokensRequest, ServerCapabilities,
};
use rulegate::compile::index::{Index, SymbolKind, Target, Use, keyword};
use rulegate::syntax::{Lexeme, LexemeKind};

use super::{Failure, Handler};
use crate::lines::Lines;
use crate::state::State;

/// Types of tokens, in the order of the legend.
const TYPES: &[SemanticTokenTypes] = &[
    SemanticTokenTypes::Keyword,
    SemanticTokenTypes::Comment,
    SemanticTokenTypes::String,
    SemanticTokenTypes::Number,
    SemanticTokenTypes::Regexp,
    SemanticTokenTypes::Operator,
    SemanticTokenTypes::Type,
    SemanticTokenTypes::Enum,
    SemanticTokenTypes::Parameter,
    SemanticTokenTypes::Function,
    SemanticTokenTypes::Class,
    SemanticTokenTypes::Property,
    SemanticTokenTypes::Variable,
    SemanticTokenTypes::Method,
    SemanticTokenTypes::Decorator,
];

/// Modifiers of tokens, in the order of the legend.
const MODIFIERS: &[SemanticTokenModifiers] =
    &[SemanticTokenModifiers::Declaration, SemanticTokenModifiers::DefaultLibrary, SemanticTokenModifiers::Documentation];
const DECLARATION: u32 = 1;
const DEFAULT_LIBRARY: u32 = 2;
const DOCUMENTATION: u32 = 4;

pub(super) struct SemanticTokens;

impl Handler for SemanticTokens {
    type Request = SemanticTokensRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        let legend = SemanticTokensLegend {
            token_types: TYPES.iter().map(ToString::to_string).collect(),
            token_modifiers: MODIFIERS.iter().map(ToString::to_string).collect(),
        };
        let options = SemanticTokensOptions { legend, full: Some(Full::Bool(true)), ..SemanticTokensOptions::default() };
        capabilities.semantic_tokens_provider = Some(SemanticTokensProvider::SemanticTokensOptions(options));
    }

    fn answer(state: &mut State, params: SemanticTokensParams) -> Result<Option<gen_lsp_types::SemanticTokens>, Failure> {
        let Some((document, analysed)) = state.current(&params.text_document.uri.0) else { return Ok(None) };
        let Some(entry) = analysed.entry() else { return Ok(None) };
        let index = analysed.index();
        let mut writer = Writer { lines: &document.lines, line: 0, character: 0, data: Vec::new() };
        let mut uses = index.uses_in(entry).iter().peekable();
        for lexeme in index.lexemes_in(entry).iter().copied() {
            while uses.next_if(|found| found.span.range().end <= lexeme.start).is_some() {}
            let mut inside = Vec::new();
            while let Some(found) = uses.next_if(|found| found.span.range().start < lexeme.end) {
                inside.push(found);
            }
            writer.lexeme(lexeme, &inside, index);
        }
        Ok(Some(gen_lsp_types::SemanticTokens { result_id: None, data: writer.data }))
    }
}

struct Writer<'a> {
    lines: &'a Lines,
    line: u32,
    character: u32,
    data: Vec<SemanticToken>,
}

impl Writer<'_> {
    fn lexeme(&mut self, lexeme: Lexeme, uses: &[&Use], index: &Index) {
        let text = lexeme.text(self.lines.text());
        let (kind, modifiers) = match lexeme.kind {
            LexemeKind::Word | LexemeKind::QuotedName => match uses.first().and_then(|found| of_use(found, index)) {
                Some(found) => found,
                None if lexeme.kind == LexemeKind::Word && (keyword(text).is_some() || matches!(text, "true" | "false")) => {
                    (SemanticTokenTypes::Keyword, 0)
                }
                None => return,
            },
            LexemeKind::Number => (SemanticTokenTypes::Number, 0),
            LexemeKind::Regex => (SemanticTokenTypes::Regexp, 0),
            LexemeKind::Comment if text.starts_with("///") => (SemanticTokenTypes::Comment, DOCUMENTATION),
            LexemeKind::Comment => (SemanticTokenTypes::Comment, 0),
            LexemeKind::Symbol(b'<' | b'>' | b'=' | b'!' | b'+' | b'-' | b'*' | b'/' | b'|') => (SemanticTokenTypes::Operator, 0),
            LexemeKind::Symbol(b'@') => (SemanticTokenTypes::Decorator, 0),
            LexemeKind::Symbol(_) => return,
            LexemeKind::String => return self.string(lexeme, uses, index),
        };
        match lexeme.kind {
            LexemeKind::Comment => self.push(lexeme.start, lexeme.end, &kind, modifiers),
            _ => self.write(lexeme.start, lexeme.end, &kind, modifiers),
        }
    }

    /// A text, and the names in its places.
    fn string(&mut self, lexeme: Lexeme, uses: &[&Use], index: &Index) {
        let mut at = lexeme.start;
        for found in uses.iter().filter(|found| !matches!(found.target, Target::File(_))) {
            let range = found.span.range();
            if let Some((kind, modifiers)) = of_use(found, index).filter(|_| range.start >= at && range.end <= lexeme.end) {
                self.push(at, range.start, &SemanticTokenTypes::String, 0);
                self.push(range.start, range.end, &kind, modifiers);
                at = range.end;
            }
        }
        self.push(at, lexeme.end, &SemanticTokenTypes::String, 0);
    }

    /// Tokens stay within a line.
    fn push(&mut self, start: usize, end: usize, kind: &SemanticTokenTypes, modifiers: u32) {
        let text = self.lines.text().get(start..end).unwrap_or_default();
        let mut at = start;
        for part in text.split_inclusive(['\n', '\r']) {
            let shown = part.trim_end_matches(['\n', '\r']);
            if !shown.is_empty() {
                self.write(at, at + shown.len(), kind, modifiers);
            }
            at += part.len();
        }
    }

    fn write(&mut self, start: usize, end: usize, kind: &SemanticTokenTypes, modifiers: u32) {
        let first = self.lines.position_from(self.line, start);
        let token_type = TYPES.iter().position(|known| known == kind).and_then(|at| u32::try_from(at).ok()).unwrap_or_default();
        let same_line = first.line == self.line;
        self.data.push(SemanticToken {
            delta_line: first.line.saturating_sub(self.line),
            delta_start: if same_line { first.character.saturating_sub(self.character) } else { first.character },
            length: self.lines.units(start, end),
            token_type,
            token_modifiers_bitset: modifiers,
        });
        (self.line, self.character) = (first.line, first.character);
    }
}

fn of_use(found: &Use, index: &Index) -> Option<(SemanticTokenTypes, u32)> {
    let declared = if found.declares { DECLARATION } else { 0 };
    Some(match found.target {
        Target::Symbol(id) => {
            let kind = match index.symbol(id)?.kind {
                SymbolKind::Type => SemanticTokenTypes::Type,
                SymbolKind::Set => SemanticTokenTypes::Enum,
                SymbolKind::Param => SemanticTokenTypes::Parameter,
                SymbolKind::Extern => SemanticTokenTypes::Function,
                SymbolKind::Block => SemanticTokenTypes::Class,
                SymbolKind::Column | SymbolKind::Member => SemanticTokenTypes::Property,
                SymbolKind::Let | SymbolKind::Variable | SymbolKind::Example => SemanticTokenTypes::Variable,
                SymbolKind::Rule => SemanticTokenTypes::Method,
            };
            (kind, declared)
        }
        Target::Rule(_) => (SemanticTokenTypes::Method, 0),
        Target::Function(_) | Target::Aggregate(_) => (SemanticTokenTypes::Function, DEFAULT_LIBRARY),
        Target::Attribute(_) => (SemanticTokenTypes::Decorator, 0),
        Target::BuiltinType(_) => (SemanticTokenTypes::Type, DEFAULT_LIBRARY),
        Target::File(_) => return None,
    })
}
