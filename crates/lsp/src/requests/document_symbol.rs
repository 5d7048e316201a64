//! The outline of a file: blocks with their fields, rules and checks, and what stands beside them.

use gen_lsp_types::{
    DocumentSymbolParams, DocumentSymbolProvider, DocumentSymbolRequest, DocumentSymbolResponse, ServerCapabilities, SymbolKind,
};
use rulegate::source::Span;
use rulegate::syntax::ast::{BlockItem, BlockItemKind, Item, ItemKind};

use super::{Failure, Handler};
use crate::lines::Lines;
use crate::state::State;

pub(super) struct DocumentSymbol;

impl Handler for DocumentSymbol {
    type Request = DocumentSymbolRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.document_symbol_provider = Some(DocumentSymbolProvider::Bool(true));
    }

    fn answer(state: &mut State, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>, Failure> {
        let Some((lines, tree)) = state.parsed(&params.text_document.uri.0) else { return Ok(None) };
        let symbols = tree.items.iter().filter_map(|item| of_item(item, lines)).collect();
        Ok(Some(DocumentSymbolResponse::DocumentSymbolList(symbols)))
    }
}

fn of_item(item: &Item, lines: &Lines) -> Option<gen_lsp_types::DocumentSymbol> {
    let (name, span, kind, word) = match &*item.kind {
        ItemKind::Import(_) => return None,
        ItemKind::Param(param) => (&param.name.node, param.name.span, SymbolKind::Constant, "param"),
        ItemKind::Set(set) => (&set.name.node, set.name.span, SymbolKind::Enum, "set"),
        ItemKind::Type(decl) => (&decl.name.node, decl.name.span, SymbolKind::TypeParameter, "type"),
        ItemKind::Extern(function) => (&function.name.node, function.name.span, SymbolKind::Function, "extern function"),
        ItemKind::Features(block) => (&block.name.node, block.name.span, SymbolKind::Class, "features"),
        ItemKind::Output(block) => (&block.name.node, block.name.span, SymbolKind::Class, "output"),
        ItemKind::Test(test) => (&test.name.node, test.name.span, SymbolKind::Event, "test"),
    };
    let mut symbol = symbol(name, word, kind, item.span, span, lines);
    if let ItemKind::Features(block) | ItemKind::Output(block) = &*item.kind {
        symbol.children = Some(block.items.iter().filter_map(|item| of_block_item(item, lines)).collect());
    }
    Some(symbol)
}

fn of_block_item(item: &BlockItem, lines: &Lines) -> Option<gen_lsp_types::DocumentSymbol> {
    let (name, span, kind, word) = match &*item.kind {
        BlockItemKind::Field(field) => {
            let ty = lines.slice(field.body.ty.span);
            return Some(symbol(&field.name.node, ty, SymbolKind::Field, item.span, field.name.span, lines));
        }
        BlockItemKind::Fields(fields) => {
            let name = lines.slice(fields.pattern.span);
            return Some(symbol(name, "fields", SymbolKind::Field, item.span, fields.pattern.span, lines));
        }
        BlockItemKind::Let(binding) => (&binding.name.node, binding.name.span, SymbolKind::Variable, "let"),
        BlockItemKind::Rule(rule) => (&rule.name.node, rule.name.span, SymbolKind::Method, "rule"),
        BlockItemKind::Check(check) => (&check.name.node, check.name.span, SymbolKind::Method, "check"),
        BlockItemKind::Example { name, .. } => (&name.node, name.span, SymbolKind::Object, "example"),
        BlockItemKind::Waive(waive) => {
            let (first, last) = (waive.rule.first()?, waive.rule.last()?);
            let span = first.span.to(last.span);
            return Some(symbol(lines.slice(span), "waive", SymbolKind::Event, item.span, span, lines));
        }
        BlockItemKind::Key(_) | BlockItemKind::Observe(_) | BlockItemKind::Fallback(_) | BlockItemKind::Columns(_) => return None,
    };
    Some(symbol(name, word, kind, item.span, span, lines))
}

fn symbol(name: &str, detail: &str, kind: SymbolKind, item: Span, span: Span, lines: &Lines) -> gen_lsp_types::DocumentSymbol {
    // The protocol wants a name that is not empty.
    let name = if name.trim().is_empty() { "…" } else { name };
    let detail = detail.split_whitespace().collect::<Vec<_>>().join(" ");
    let (range, selection) = (lines.range(item.to(span)), lines.range(span));
    gen_lsp_types::DocumentSymbol::new(name.to_owned(), Some(detail), kind, None, None, range, selection, None)
}
