//! Diagnostics as compilers show them: the line, what stands there, and the edit that mends it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use rulegate::diagnostics::{Diagnostic, Suggestion};
use rulegate::source::{FileId, SourceMap, Span};

use super::text::{escape, plural};
use crate::overrides::{OverrideFile, Remark};
use crate::rules::shown;

/// A diagnostic with its lines, coloured; ends with an empty line.
pub(crate) fn render(diagnostic: &Diagnostic, sources: &SourceMap, columns: usize) -> String {
    let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let group = places(Group::with_title(title), diagnostic, sources);
    let help = diagnostic.help.as_deref().map(escape);
    let edit = diagnostic.suggestion.as_ref().and_then(|suggestion| patch(suggestion, sources));
    let groups = match (help, edit) {
        (Some(help), None) => vec![group.element(Level::HELP.message(help))],
        (None, None) => vec![group],
        (help, Some(edit)) => {
            let title = Level::HELP.secondary_title(help.unwrap_or("change it like this".into()));
            vec![group, title.element(edit)]
        }
    };
    format!("{}\n\n", Renderer::styled().term_width(columns).render(&groups))
}

/// What is to be said of an override, as a diagnostic is shown.
pub(crate) fn overrides_remark(remark: &Remark, overrides: &OverrideFile, columns: usize) -> String {
    let level = if remark.is_error { Level::ERROR } else { Level::WARNING };
    let snippet = Snippet::source(overrides.text.as_str()).path(escape(&overrides.name).into_owned());
    let group = Group::with_title(level.primary_title(escape(&remark.what)))
        .element(snippet.annotation(AnnotationKind::Primary.span(remark.place.clone())))
        .element(Level::HELP.message(escape(&remark.help)));
    format!("{}\n\n", Renderer::styled().term_width(columns).render(&[group]))
}

/// The files a diagnostic points into, its own first, each with the places in it.
fn places<'a>(mut group: Group<'a>, diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    if is_whole_file(diagnostic) {
        let name = sources.get(diagnostic.span.file).map_or_else(String::new, |file| shown(&file.name));
        return group.element(Origin::path(escape(&name).into_owned()));
    }
    let mut files: Vec<FileId> = vec![diagnostic.span.file];
    for (span, _) in &diagnostic.labels {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    for id in files {
        let Some(mut snippet) = snippet(id, sources) else { continue };
        if diagnostic.span.file == id {
            let at = AnnotationKind::Primary.span(range(diagnostic.span, sources));
            snippet = snippet.annotation(at.label(diagnostic.label.as_deref()));
        }
        let others = diagnostic.labels.iter().filter(|(span, _)| span.file == id);
        let others = others.map(|(span, text)| AnnotationKind::Context.span(range(*span, sources)).label(text.as_str()));
        group = group.element(snippet.annotations(others));
    }
    group
}

/// Whether a diagnostic points at nothing in its file: a parameter that does not exist, a file that is too long.
fn is_whole_file(diagnostic: &Diagnostic) -> bool {
    diagnostic.span.start == 0 && diagnostic.span.end == 0 && diagnostic.label.is_none() && diagnostic.labels.is_empty()
}

fn snippet<T: Clone>(id: FileId, sources: &SourceMap) -> Option<Snippet<'_, T>> {
    let file = sources.get(id)?;
    Some(Snippet::source(&*file.text).path(escape(&shown(&file.name)).into_owned()))
}

fn patch<'a>(suggestion: &'a Suggestion, sources: &'a SourceMap) -> Option<Snippet<'a, Patch<'a>>> {
    let snippet = snippet(suggestion.span.file, sources)?;
    Some(snippet.patch(Patch::new(range(suggestion.span, sources), suggestion.replacement.as_str())))
}

/// The bytes of a span, moved out to whole characters of the text, which the renderer insists on.
fn range(span: Span, sources: &SourceMap) -> Range<usize> {
    let text = sources.get(span.file).map_or("", |file| &*file.text);
    let mut start = (span.start as usize).min(text.len());
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// `1 error, 2 warnings`.
pub(crate) fn counts(errors: u64, warnings: u64) -> String {
    format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))
}
