//! Diagnostics as the protocol tells them: the same that `rulegate check` tells.

use std::collections::{BTreeMap, HashMap};

use gen_lsp_types::{Code, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Message, PublishDiagnosticsParams, Uri};
use rulegate::diagnostics::{self, Level};

use crate::state::{Analysed, State};

/// What the client has been told, by URI.
#[derive(Debug, Default)]
pub(crate) struct Published(HashMap<String, Vec<Diagnostic>>);

impl Published {
    /// What there is to tell since the last time.
    pub(crate) fn news(&mut self, state: &State) -> Vec<PublishDiagnosticsParams> {
        let mut now = gathered(state);
        for uri in self.0.keys() {
            now.entry(uri.clone()).or_default();
        }
        let mut news = Vec::new();
        for (uri, diagnostics) in now {
            if self.0.get(&uri).is_some_and(|known| *known == diagnostics) {
                continue;
            }
            let version = state.earlier(&uri).and_then(|(document, _)| document.version);
            news.push(PublishDiagnosticsParams { uri: Uri(uri.clone()), version, diagnostics: diagnostics.clone() });
            if diagnostics.is_empty() && !state.is_open(&uri) {
                self.0.remove(&uri);
            } else {
                self.0.insert(uri, diagnostics);
            }
        }
        news
    }
}

/// The diagnostics of every open document and of what it imports; each once, however many documents lead to it.
fn gathered(state: &State) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut all: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    let mut documents: Vec<_> = state.all().collect();
    documents.sort_by(|(a, _), (b, _)| a.uri.cmp(&b.uri));
    for (document, analysed) in documents {
        all.entry(document.uri.clone()).or_default();
        for diagnostic in &analysed.analysis.compiled.diagnostics {
            let uri = analysed.uris().find(|(id, _)| *id == diagnostic.span.file).map(|(_, uri)| uri).unwrap_or_default();
            let of_file = all.entry(uri.to_owned()).or_default();
            let told = told(diagnostic, analysed);
            if !of_file.contains(&told) {
                of_file.push(told);
            }
        }
    }
    all.remove("");
    all
}

/// A diagnostic for the client.
pub(crate) fn told(diagnostic: &diagnostics::Diagnostic, analysed: &Analysed) -> Diagnostic {
    let related =
        |(span, text): &(_, String)| Some(DiagnosticRelatedInformation { location: analysed.location(*span)?, message: text.clone() });
    let labels: Vec<_> = diagnostic.labels.iter().filter_map(related).collect();
    let mut message = diagnostic.message.clone();
    if let Some(label) = &diagnostic.label {
        message.push_str(&format!(" ({label})"));
    }
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    Diagnostic {
        range: analysed.range(diagnostic.span),
        severity: Some(match diagnostic.level() {
            Level::Error => DiagnosticSeverity::Error,
            Level::Warning => DiagnosticSeverity::Warning,
        }),
        code: Some(Code::String(diagnostic.code.as_str().to_owned())),
        code_description: None,
        source: Some("rulegate".to_owned()),
        message: Message::String(message),
        tags: None,
        related_information: (!labels.is_empty()).then_some(labels),
        data: None,
    }
}
