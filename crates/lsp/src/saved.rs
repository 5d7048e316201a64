//! The last report, where one is saved beside the rule file: `tokens.report.json` for `tokens.rules`.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::loader::{Stamp, stamp};

/// Largest report that is read.
const MAX_BYTES: u64 = 32 << 20;

/// Failing rows by the rule's id.
pub(crate) type Failures = Arc<HashMap<String, u64>>;

/// Saved reports, kept while the files stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Reports(HashMap<PathBuf, (Stamp, Failures)>);

/// What is read of a report; one file may hold several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Saved {
    One(SavedReport),
    Several(Vec<SavedReport>),
}

#[derive(Deserialize)]
struct SavedReport {
    rules: Vec<SavedRule>,
}

#[derive(Deserialize)]
struct SavedRule {
    id: String,
    failed: u64,
}

impl Reports {
    /// The failures that the report beside a rule file tells of; `None` where there is no report that can be read.
    pub(crate) fn beside(&mut self, rules: &Path) -> Option<Failures> {
        let path = rules.with_extension("report.json");
        let now = stamp(&path)?;
        if let Some((_, failures)) = self.0.get(&path).filter(|(then, _)| *then == now) {
            return Some(Arc::clone(failures));
        }
        let failures = read(&path)?;
        self.0.insert(path, (now, Arc::clone(&failures)));
        Some(failures)
    }
}

fn read(path: &Path) -> Option<Failures> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    let reports = match serde_json::from_str(&text).ok()? {
        Saved::One(report) => vec![report],
        Saved::Several(reports) => reports,
    };
    let mut failures = HashMap::new();
    for rule in reports.into_iter().flat_map(|report| report.rules) {
        let count: &mut u64 = failures.entry(rule.id).or_default();
        *count = count.saturating_add(rule.failed);
    }
    Some(Arc::new(failures))
}
