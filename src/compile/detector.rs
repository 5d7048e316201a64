//! The arguments of detectors behind the text: kinds and levels are words, not columns.

use crate::compile::block::Scope;
use crate::compile::expr::Checked;
use crate::compile::ir::Literal;
use crate::diagnostics::{Code, Diagnostic};
use crate::functions::detector_words;
use crate::syntax::ast::{Expr, ExprKind};

impl Scope<'_> {
    /// Whether a function is a detector of ours; a function of the host program may have its name.
    pub(crate) fn is_detector(&self, function: &str) -> bool {
        detector_words(function).is_some() && !self.env.externs.contains_key(function)
    }

    /// A kind to look for or a level to fail from, as a text; a level alone behind `from:`.
    pub(crate) fn detector_word(&mut self, function: &str, argument: &Expr, only_level: bool) -> Checked {
        let (kinds, levels) = detector_words(function).unwrap_or_default();
        let (ExprKind::Name(word) | ExprKind::String(word)) = &argument.kind else {
            let message = format!("`{function}` takes words here: kinds, or a level");
            return self.unknown_word(Diagnostic::new(Code::ArgumentType, message, argument.span), &kinds, &levels, only_level);
        };
        if levels.contains(&word.as_str()) || !only_level && kinds.contains(&word.as_str()) {
            return self.literal(Literal::Str(word.clone()));
        }
        let what = if only_level { "level" } else { "kind or level" };
        let diagnostic = Diagnostic::new(Code::ArgumentType, format!("`{function}` knows no {what} `{word}`"), argument.span);
        let known = levels.iter().chain(kinds.iter().filter(|_| !only_level)).copied();
        let diagnostic = diagnostic.did_you_mean(word, known);
        if diagnostic.help.is_some() {
            let broken = self.error_word();
            self.diagnostics.push(diagnostic);
            return broken;
        }
        self.unknown_word(diagnostic, &kinds, &levels, only_level)
    }

    fn unknown_word(&mut self, diagnostic: Diagnostic, kinds: &[&str], levels: &[&str], only_level: bool) -> Checked {
        let levels = levels.join(", ");
        let help = if only_level { format!("levels are {levels}") } else { format!("kinds are {}; levels are {levels}", kinds.join(", ")) };
        self.diagnostics.push(diagnostic.help(help));
        self.error_word()
    }

    /// What stays silent wherever it is used.
    fn error_word(&mut self) -> Checked {
        let broken = self.literal(Literal::Null);
        Checked { ty: crate::types::Type::Error, ..broken }
    }
}
