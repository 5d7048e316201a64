//! Rules that are replaced while they judge.
//!
//! At the door: [`LiveRules`], which holds the rules in force and takes new ones; [`Generation`], rules in force at some time;
//! [`RecordedGate`], a gate whose every decision goes to the ledger. New rules take over whole or not at all: a file that does not compile,
//! overrides that do not fit or a ledger that cannot be written leave the old rules in force and come back as a [`Problem`].
//!
//! This room starts no threads and watches no files: its host says when to look.

mod gate;
mod generation;
mod problem;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::SystemTime;

use crate::compile::{CompileOptions, Loader, Overrides, RuleSet};
use crate::diagnostics::Diagnostic;
use crate::ledger::{Entry, Event, Ledger, OverrideSummary, RulesChanged, RulesId};
use crate::scan::FolderLoader;
use crate::session::BindOptions;

pub use gate::{RecordError, RecordedGate};
pub use generation::Generation;
pub use problem::Problem;

use problem::broken;

/// What rules are made of.
#[derive(Clone, Default)]
pub struct Texts<'a> {
    /// The name of the rule file.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Reads imports and value sets; without one there are none.
    pub loader: Option<&'a dyn Loader>,
    /// Values of parameters, as in [`CompileOptions`].
    pub params: BTreeMap<String, String>,
    /// What is laid over the rules. Those that are over at the time of the change are laid aside.
    pub overrides: Overrides,
}

/// Who changes rules, and why; all of it goes to the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Who.
    pub who: &'a str,
    /// Why.
    pub why: &'a str,
    /// When: also what `now()` is in the new rules, and the day that waivers and overrides end by.
    pub at: SystemTime,
}

/// What has become of a reload.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reload {
    /// New rules are in force.
    Reloaded {
        /// They.
        generation: Arc<Generation>,
        /// The rules until now.
        before: Arc<Generation>,
        /// What the compiler remarks; no errors.
        warnings: Vec<Diagnostic>,
        /// What the ledger says of it, where there is one.
        entry: Option<Box<Entry>>,
    },
    /// The rules are the same, and so is the day.
    Unchanged,
    /// The old rules are still in force, for this reason.
    Kept(Box<Problem>),
}

/// The rules in force, to be shared by any number of threads.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use std::time::SystemTime;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use rulegate::live::{Change, LiveRules, Reload, Texts};
///
/// let texts = |text| Texts { name: "t.rules", text, ..Texts::default() };
/// let change = Change { who: "ana", why: "amounts are never negative", at: SystemTime::UNIX_EPOCH };
/// let live = LiveRules::start(&texts("rulegate 1\nfeatures t { a : int64 }"), &change, Default::default(), None)?;
///
/// let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, -2])) as ArrayRef)])?;
/// let failed = || live.current().validator(&batch.schema())?.validate(&batch).map(|verdict| verdict.rows_failed());
/// assert_eq!(failed()?, 0);
///
/// assert!(matches!(live.reload(&texts("rulegate 1\nfeatures t { a : int64 >= 0 }"), &change), Reload::Reloaded { .. }));
/// assert_eq!(failed()?, 1);
///
/// // A broken file changes nothing.
/// assert!(matches!(live.reload(&texts("rulegate 1\nfeatures t { a : int64 >= }"), &change), Reload::Kept(_)));
/// assert_eq!((failed()?, live.current().number()), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LiveRules {
    /// Held only while a pointer is copied or replaced; what is slow is done before.
    current: RwLock<Arc<Generation>>,
    /// Reloads come one after the other.
    turn: Mutex<()>,
    bind: BindOptions,
    ledger: Option<Ledger>,
}

impl LiveRules {
    /// The first rules. Later ones are bound with the same options, but for `now`, which is the time of each change.
    ///
    /// # Errors
    /// [`Problem`]: there are no rules that could be kept.
    pub fn start(texts: &Texts<'_>, change: &Change<'_>, bind: BindOptions, ledger: Option<Ledger>) -> Result<Self, Problem> {
        let bind = BindOptions { now: Some(change.at), ..bind };
        let (rules, _) = compiled(texts, change)?;
        rules.chosen(bind.block.as_deref()).map_err(Problem::Bind)?;
        let first = Arc::new(Generation::new(1, rules, bind.clone()));
        if let Some(ledger) = &ledger {
            record(ledger, None, &first, change, change.why)?;
        }
        Ok(Self { current: RwLock::new(first), turn: Mutex::new(()), bind, ledger })
    }

    /// The rules in force. Whoever holds them goes on with them; whoever asks again gets those in force then.
    #[must_use]
    pub fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts new rules in force, if they compile, their overrides fit, every schema that was judged binds to them, and the ledger has taken it down.
    pub fn reload(&self, texts: &Texts<'_>, change: &Change<'_>) -> Reload {
        self.reload_through(texts, change, |_| Ok(()))
    }

    /// As [`LiveRules::reload`], where somebody else has to take the new rules too, such as a gate: if it refuses them, the old ones stay in
    /// force. It is asked once the ledger has taken the change down, so that nothing is judged by rules that the ledger does not know; a
    /// refusal is taken down as well.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use std::time::SystemTime;
    /// # use arrow::datatypes::{DataType, Field, Schema};
    /// # use rulegate::gate::{Gate, Policy};
    /// # use rulegate::live::{Change, LiveRules, Reload, Texts};
    /// # let texts = |text| Texts { name: "t.rules", text, ..Texts::default() };
    /// # let change = Change { who: "ana", why: "stricter", at: SystemTime::UNIX_EPOCH };
    /// # let live = LiveRules::start(&texts("rulegate 1\nfeatures t { a : int64 }"), &change, Default::default(), None)?;
    /// let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
    /// let gate = Gate::new(&live.current().validator(&schema)?, Policy::Split)?;
    /// let stricter = texts("rulegate 1\nfeatures t { a : int64 >= 0 }");
    /// let reload = live.reload_through(&stricter, &change, |next| {
    ///     let _report_of_the_old_rules = gate.swap(&next.validator(&schema)?)?;
    ///     Ok(())
    /// });
    /// assert!(matches!(reload, Reload::Reloaded { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reload_through(
        &self,
        texts: &Texts<'_>,
        change: &Change<'_>,
        take: impl FnOnce(&Generation) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Reload {
        let _turn = self.turn();
        let before = self.current();
        let (rules, warnings) = match compiled(texts, change) {
            Ok(compiled) => compiled,
            Err(problem) => return Reload::Kept(Box::new(problem)),
        };
        if before.is_same(&rules, change.at) {
            return Reload::Unchanged;
        }
        match self.switch(&before, rules, change, take) {
            Ok((generation, entry)) => Reload::Reloaded { generation, before, warnings, entry: entry.map(Box::new) },
            Err(problem) => Reload::Kept(Box::new(problem)),
        }
    }

    /// As [`LiveRules::reload`], from a rule file; imports and value sets are read beneath its root, as [`FolderLoader`] says.
    pub fn reload_from(&self, path: &Path, params: BTreeMap<String, String>, overrides: Overrides, change: &Change<'_>) -> Reload {
        let loader = FolderLoader::for_entry(path);
        let name = path.to_string_lossy();
        match read(path) {
            Ok(text) => self.reload(&Texts { name: &name, text: &text, loader: Some(&loader), params, overrides }, change),
            Err(problem) => Reload::Kept(Box::new(problem)),
        }
    }

    fn switch(
        &self,
        before: &Arc<Generation>,
        rules: RuleSet,
        change: &Change<'_>,
        take: impl FnOnce(&Generation) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<(Arc<Generation>, Option<Entry>), Problem> {
        let bind = BindOptions { now: Some(change.at), ..self.bind.clone() };
        let next = Arc::new(Generation::new(before.number().saturating_add(1), rules, bind));
        next.bind_all_of(before).map_err(Problem::Bind)?;
        let entry = self.ledger.as_ref().map(|ledger| record(ledger, Some(before), &next, change, change.why)).transpose()?;
        if let Err(refused) = take(&next) {
            let why = format!("taken back: {refused}");
            if let Some(ledger) = &self.ledger {
                record(ledger, Some(&next), before, change, &why)?;
            }
            return Err(Problem::Refused(refused));
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        Ok((next, entry))
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rules with their overrides, and what the compiler remarks.
fn compiled(texts: &Texts<'_>, change: &Change<'_>) -> Result<(RuleSet, Vec<Diagnostic>), Problem> {
    let overrides = texts.overrides.clone().at(change.at);
    let mut params = texts.params.clone();
    overrides.compile_params(&mut params).map_err(Problem::Overrides)?;
    let compiled = RuleSet::compile(texts.name, texts.text, &CompileOptions { loader: texts.loader, params });
    let Some(rules) = compiled.rule_set else { return Err(broken(compiled)) };
    Ok((rules.with_overrides(&overrides).map_err(Problem::Overrides)?, compiled.diagnostics))
}

fn record(ledger: &Ledger, from: Option<&Generation>, to: &Generation, change: &Change<'_>, why: &str) -> Result<Entry, Problem> {
    let event = RulesChanged {
        who: change.who.to_owned(),
        why: why.to_owned(),
        from: from.map(|from| RulesId::of(from.rules())),
        to: RulesId::of(to.rules()),
        generation: to.number(),
        overrides: OverrideSummary::of(to.rules().overrides()),
    };
    ledger.append(change.at, None, Event::RulesChanged(Box::new(event))).map_err(Problem::Ledger)
}

/// Most bytes of a rule file that are read; the compiler has a lower limit, and says so in its own words.
const MAX_BYTES: u64 = 16 << 20;

fn read(path: &Path) -> Result<String, Problem> {
    use std::io::Read;
    let unread = |reason: String| Problem::Read { path: path.to_path_buf(), reason };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unread(error.to_string()))?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| unread(error.to_string()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(unread(format!("it has more than {MAX_BYTES} bytes")));
    }
    Ok(text)
}
