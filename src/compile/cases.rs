//! Tests of rules, typed: every field and value they give, and every rule they name, is checked against their block.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic};
use crate::outputs::Reason;
use crate::source::Span;
use crate::syntax::ast::{self, BlockItemKind, ItemKind, TestExpect};

use super::env::Env;
use super::ir::{Block, Severity};
use super::names::{RuleNames, written};
use super::records::{Records, Row};

/// Reasons for which a response of an output block can fail, as reports count them: of `parse`, and of `type` and `required`.
fn reasons() -> impl Iterator<Item = &'static str> + Clone {
    let broken = Reason::ALL.iter().filter(|reason| **reason != Reason::Read).map(|reason| reason.name());
    broken.chain(["absent", "null", "numeric_string", "bool_string", "scalar_for_list", "float_for_int", "other"])
}

/// A test.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub name: String,
    pub block: String,
    /// Its name in the file.
    pub span: Span,
    pub given: Vec<Given>,
    pub expect: Vec<Expect>,
    /// For tests of an output block.
    pub output: Option<Arc<OutputShape>>,
}

/// Where the values of an output block's rows go.
#[derive(Debug, Clone)]
pub(crate) struct OutputShape {
    /// The column of the responses.
    pub from: String,
    /// Columns beside it, which are no part of the response.
    pub beside: Vec<String>,
    /// Whether the block has a fallback.
    pub fallback: bool,
}

/// One row that a test gives.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// Written in the test, or in an example it starts from.
    Row(Row),
    /// The text of a response.
    Response(String),
    /// A row of a file, counted from 0.
    Stored { row: u64, path: String },
}

/// What a test expects. Rules are named by their ids.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    Pass,
    Fail { only: bool, rules: Vec<String> },
    Unknown(Vec<String>),
    Reason(String),
    Fallback,
}

/// Compiles the tests of a file.
pub(crate) fn compile(tree: &ast::File, blocks: &[Arc<Block>], env: &Env, diagnostics: &mut Vec<Diagnostic>) -> Vec<Case> {
    if !tree.items.iter().any(|item| matches!(*item.kind, ItemKind::Test(_))) {
        return Vec::new();
    }
    let mut subjects: BTreeMap<&str, Subject<'_>> = BTreeMap::new();
    for item in &tree.items {
        if let ItemKind::Features(written) | ItemKind::Output(written) = &*item.kind
            && let Some(block) = blocks.iter().find(|block| block.name == written.name.node)
            && !subjects.contains_key(written.name.node.as_str())
        {
            subjects.insert(&written.name.node, Subject::new(item, written, block, env, diagnostics));
        }
    }
    let mut cases = Vec::new();
    for item in &tree.items {
        let ItemKind::Test(test) = &*item.kind else { continue };
        let Some(subject) = subjects.get_mut(test.block.node.as_str()) else {
            let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no block `{}`", test.block.node), test.block.span);
            let diagnostic = diagnostic.did_you_mean(&test.block.node, subjects.keys().copied());
            diagnostics.push(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("a test is `for` a block of this file") });
            continue;
        };
        cases.push(subject.case(test, diagnostics));
    }
    cases
}

/// A block with what its tests need of it.
struct Subject<'a> {
    block: &'a Block,
    records: Records<'a>,
    names: RuleNames,
    examples: BTreeMap<&'a str, Row>,
    output: Option<Arc<OutputShape>>,
    /// Fields that could not be read: rules of theirs are not unknown.
    broken: &'a [ast::Name],
    /// Whether an item of the block could not be read at all.
    torn: bool,
    /// Tests by name.
    seen: BTreeMap<String, Span>,
}

impl<'a> Subject<'a> {
    fn new(item: &ast::Item, written: &'a ast::Block, block: &'a Block, env: &'a Env, diagnostics: &[Diagnostic]) -> Self {
        let records = Records { columns: &block.columns, patterns: &block.patterns, params: &env.params };
        let mut examples = BTreeMap::new();
        let (mut beside, mut fallback) = (Vec::new(), false);
        for item in &written.items {
            match &*item.kind {
                // What is wrong with an example is told where it stands.
                BlockItemKind::Example { name, row } => {
                    examples.entry(name.node.as_str()).or_insert_with(|| records.row(row, "the example", &mut Vec::new()));
                }
                BlockItemKind::Columns(columns) => beside.extend(columns.iter().map(|(name, _)| name.node.clone())),
                BlockItemKind::Fallback(_) => fallback = true,
                _ => {}
            }
        }
        let from = written.from.as_ref().map_or_else(|| "response".to_owned(), |from| from.node.clone());
        let within = |span: Span| span.file == item.span.file && item.span.start <= span.start && span.end <= item.span.end;
        Self {
            block,
            records,
            names: RuleNames::new(&block.name, block.rules.iter().map(|rule| rule.id.as_str())),
            examples,
            output: block.output.then(|| Arc::new(OutputShape { from, beside, fallback })),
            broken: &written.broken,
            torn: diagnostics.iter().any(|known| known.code.as_str().starts_with("E01") && within(known.span)),
            seen: BTreeMap::new(),
        }
    }

    fn case(&mut self, test: &ast::Test, diagnostics: &mut Vec<Diagnostic>) -> Case {
        if let Some(first) = self.seen.insert(test.name.node.clone(), test.name.span) {
            let message = format!("two tests of `{}` have this name", self.block.name);
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, message, test.name.span).also(first, "the first is here").help("rename one of them"),
            );
        }
        let given = self.given(test, diagnostics);
        let expect = test.expect.iter().filter_map(|expect| self.expectation(expect, diagnostics)).collect();
        let missing = |what: &str, help: &str| Diagnostic::new(Code::TestParts, what.to_owned(), test.name.span).help(help);
        if test.given.is_empty() {
            diagnostics.push(missing("this test gives no row", "write what is judged: `given { field: value }`"));
        }
        if test.expect.is_empty() {
            diagnostics.push(missing("this test expects nothing", "write `expect pass`, or `expect fail` and the rules that fail"));
        }
        self.contradictions(test, diagnostics);
        Case {
            name: test.name.node.clone(),
            block: self.block.name.clone(),
            span: test.name.span,
            given,
            expect,
            output: self.output.clone(),
        }
    }

    fn given(&self, test: &ast::Test, diagnostics: &mut Vec<Diagnostic>) -> Vec<Given> {
        let mut out = Vec::new();
        for given in &test.given {
            match given {
                ast::Given::Rows(rows) => {
                    out.extend(rows.iter().map(|row| Given::Row(self.records.row(row, "the test", diagnostics))));
                }
                ast::Given::Example { example, with } => {
                    let differs = self.records.row(with, "the test", diagnostics);
                    out.extend(self.example(example, differs, diagnostics).map(Given::Row));
                }
                ast::Given::Response(text) if self.output.is_some() => out.push(Given::Response(text.node.clone())),
                ast::Given::Response(text) => {
                    let message = format!("a response belongs to a test of an `output` block, and `{}` is none", self.block.name);
                    diagnostics.push(Diagnostic::new(Code::Misplaced, message, text.span).help("give a row: `given { field: value }`"));
                }
                ast::Given::Stored { row, path } => out.push(Given::Stored { row: row.node, path: path.node.clone() }),
            }
        }
        out
    }

    /// An example with some of its values replaced.
    fn example(&self, name: &ast::Name, differs: Row, diagnostics: &mut Vec<Diagnostic>) -> Option<Row> {
        let Some(example) = self.examples.get(name.node.as_str()) else {
            if !self.torn {
                let message = format!("`{}` has no example `{}`", self.block.name, name.node);
                let diagnostic = Diagnostic::new(Code::UnknownName, message, name.span);
                let diagnostic = diagnostic.did_you_mean(&name.node, self.examples.keys().copied());
                let help = format!("write one in the block: `example {} {{ field: value }}`", name.node);
                diagnostics.push(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help) });
            }
            return None;
        };
        let kept = example.iter().filter(|(name, _)| !differs.iter().any(|(other, _)| other == name)).cloned();
        Some(kept.chain(differs.iter().cloned()).collect())
    }

    fn expectation(&self, expect: &TestExpect, diagnostics: &mut Vec<Diagnostic>) -> Option<Expect> {
        let mut ids = |paths: &[Vec<ast::Name>]| paths.iter().filter_map(|path| self.rule(path, diagnostics)).collect();
        match expect {
            TestExpect::Pass(_) => Some(Expect::Pass),
            TestExpect::Fail { only, rules } => Some(Expect::Fail { only: *only, rules: ids(rules) }),
            TestExpect::Unknown(rules) => Some(Expect::Unknown(ids(rules))),
            TestExpect::Reason(name) => self.reason(name, diagnostics).map(Expect::Reason),
            TestExpect::Fallback(span) => {
                let misplaced = |message: String, help: &str| Diagnostic::new(Code::Misplaced, message, *span).help(help);
                match self.output.as_deref() {
                    Some(output) if output.fallback => {}
                    Some(_) => diagnostics.push(misplaced(
                        format!("`{}` has no fallback", self.block.name),
                        "write one in the block: `fallback { field: value }`",
                    )),
                    None => diagnostics.push(misplaced(
                        format!("only `output` blocks have a fallback, and `{}` is none", self.block.name),
                        "expect the rules that fail: `expect fail field.range`",
                    )),
                }
                Some(Expect::Fallback)
            }
        }
    }

    fn reason(&self, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
        if self.output.is_none() {
            let message = format!("reasons are told of responses, and `{}` is no `output` block", self.block.name);
            let help = "expect the rules that fail: `expect fail field.range`";
            diagnostics.push(Diagnostic::new(Code::Misplaced, message, name.span).help(help));
            return None;
        }
        if reasons().any(|reason| reason == name.node) {
            return Some(name.node.clone());
        }
        let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no reason `{}`", name.node), name.span);
        let diagnostic = diagnostic.did_you_mean(&name.node, reasons());
        let help = format!("it is one of {}", reasons().collect::<Vec<_>>().join(", "));
        diagnostics.push(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help) });
        None
    }

    /// The id of a rule that is named.
    fn rule(&self, path: &[ast::Name], diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
        match self.names.find(path) {
            Ok(place) => self.block.rules.get(place).map(|rule| rule.id.clone()),
            Err(diagnostic) => {
                let name = written(path);
                if self.block.output && matches!(name.as_str(), "parse" | "extra_fields") {
                    return Some(format!("{}.{name}", super::block::id_part(&self.block.name)));
                }
                let broken = path.first().is_some_and(|first| self.broken.iter().any(|name| name.node == first.node));
                if !broken && !self.torn {
                    diagnostics.push(*diagnostic);
                }
                None
            }
        }
    }

    /// Expectations that no rows could meet together.
    fn contradictions(&self, test: &ast::Test, diagnostics: &mut Vec<Diagnostic>) {
        let place = |path: &[ast::Name]| self.names.find(path).ok();
        let passes = test.expect.iter().find_map(|expect| if let TestExpect::Pass(span) = expect { Some(*span) } else { None });
        let failing =
            || test.expect.iter().filter_map(|expect| if let TestExpect::Fail { rules, .. } = expect { Some(rules) } else { None });
        for path in failing().flatten() {
            let Some(rule) = place(path).and_then(|place| self.block.rules.get(place)) else { continue };
            let Some(span) = path.first().zip(path.last()).map(|(first, last)| first.span.to(last.span)) else { continue };
            if let Some(passes) = passes
                && rule.severity == Severity::Error
                && !rule.shadow
            {
                let message = format!("where `{}` fails, the row does not pass", written(path));
                diagnostics.push(
                    Diagnostic::new(Code::TestParts, message, span)
                        .also(passes, "it is expected to pass here")
                        .help("remove one of the two"),
                );
            }
            let unknown = test.expect.iter().filter_map(|expect| if let TestExpect::Unknown(rules) = expect { Some(rules) } else { None });
            if let Some(other) = unknown.flatten().find(|other| place(other) == place(path)) {
                let also = other.first().zip(other.last()).map_or(span, |(first, last)| first.span.to(last.span));
                let message = format!("`{}` cannot fail and be unknown at once", written(path));
                diagnostics.push(
                    Diagnostic::new(Code::TestParts, message, span)
                        .also(also, "it is expected to be unknown here")
                        .help("remove one of the two"),
                );
            }
        }
    }
}
