//! The id of each rule behind what writes it, with its failures in the last report where one is saved beside the file.

use std::collections::{BTreeMap, HashMap};

use gen_lsp_types::{InlayHintParams, InlayHintProvider, InlayHintRequest, Label, ServerCapabilities, Tooltip};
use rulegate::compile::index::{Index, RuleSite, SymbolKind, Target};
use rulegate::source::Span;

use super::{Failure, Handler};
use crate::describe;
use crate::saved::Failures;
use crate::state::State;

pub(super) struct InlayHint;

impl Handler for InlayHint {
    type Request = InlayHintRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.inlay_hint_provider = Some(InlayHintProvider::Bool(true));
    }

    fn answer(state: &mut State, params: InlayHintParams) -> Result<Option<Vec<gen_lsp_types::InlayHint>>, Failure> {
        let uri = &params.text_document.uri.0;
        let failures = crate::uri::to_path(uri).and_then(|path| state.reports.beside(&path));
        let Some((document, analysed)) = state.current(uri) else { return Ok(None) };
        let Some(entry) = analysed.entry() else { return Ok(None) };
        let wanted = document.lines.offset(params.range.start)..=document.lines.offset(params.range.end);
        let index = analysed.index();
        let mut places: BTreeMap<u32, Vec<RuleSite<'_>>> = BTreeMap::new();
        let named = index.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Rule);
        let names: HashMap<Span, Span> = named.map(|symbol| (symbol.item, symbol.span)).collect();
        for rule in index.rules().filter(|rule| rule.span.file == entry) {
            if let Some(at) = place(index, &names, rule, failures.as_ref()).filter(|at| wanted.contains(&(*at as usize))) {
                places.entry(at).or_default().push(rule);
            }
        }
        let hint = |(at, rules): (u32, Vec<RuleSite<'_>>)| gen_lsp_types::InlayHint {
            position: document.lines.position(at as usize),
            label: Label::String(label(&rules, failures.as_ref())),
            kind: None,
            text_edits: None,
            tooltip: Some(Tooltip::MarkupContent(describe::markdown(tooltip(&rules, failures.as_ref())))),
            padding_left: Some(true),
            padding_right: Some(false),
            data: None,
        };
        Ok(Some(places.into_iter().map(hint).collect()))
    }
}

/// Where a rule's hint stands. What a type brings has one only where it has failed, behind the field's name.
fn place(index: &Index, names: &HashMap<Span, Span>, rule: RuleSite<'_>, failures: Option<&Failures>) -> Option<u32> {
    if rule.field.is_none() {
        return names.get(&rule.span).map(|name| name.end);
    }
    let brought = matches!(rule.check, "required" | "type") || rule.check == "enum" && is_type(index, rule);
    let failed = failures.and_then(|failures| failures.get(rule.id)).is_some_and(|failed| *failed > 0);
    (!brought || failed).then_some(rule.span.end)
}

/// Whether a rule is that of an `enum` type.
fn is_type(index: &Index, rule: RuleSite<'_>) -> bool {
    index.use_at(rule.span.file, rule.span.start).is_some_and(|found| matches!(found.target, Target::BuiltinType(_) | Target::Symbol(_)))
}

fn label(rules: &[RuleSite<'_>], failures: Option<&Failures>) -> String {
    const SHOWN: usize = 2;
    let shown = rules.iter().take(SHOWN).map(|rule| match failures.and_then(|failures| failures.get(rule.id)) {
        Some(failed) => format!("{}: {failed} failed", rule.id),
        None => rule.id.to_owned(),
    });
    let more = rules.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("and {more} more"));
    shown.chain(rest).collect::<Vec<_>>().join(", ")
}

fn tooltip(rules: &[RuleSite<'_>], failures: Option<&Failures>) -> String {
    rules.iter().take(50).map(|rule| format!("* {}", describe::rule(*rule, failures))).collect::<Vec<_>>().join("\n")
}
