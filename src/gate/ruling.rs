//! From the rows that fail to what becomes of each row, and of the batch.

use arrow::array::RecordBatch;
use arrow::buffer::BooleanBuffer;

use crate::kernels::bits;
use crate::report::RuleKind;
use crate::session::{Closely, Found};

use super::decision::{Counts, Outcome};
use super::landed::{Away, Claims, Landed, Late};
use super::options::{GateOptions, Policy};
use super::rules::Rules;
use super::violation::{Consequence, Violation, sorted};

/// Rows that fail a rule which is not in shadow, and that no waiver covers.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub rule: usize,
    pub rows: BooleanBuffer,
}

/// What a gate has decided of a batch, without the batch: enough to cut it again should it come again.
#[derive(Debug)]
pub(super) struct Ruling {
    pub batch_id: String,
    pub outcome: Outcome,
    pub reasons: Vec<String>,
    pub first_row: u64,
    pub counts: Counts,
    pub violations: Vec<Violation>,
    pub held: Vec<Held>,
    /// Rows that are set aside, where not all are.
    pub set_aside: Option<BooleanBuffer>,
    /// Responses that the block's fallback stands in for.
    pub fallback: Option<BooleanBuffer>,
    /// What was judged, to be counted; taken out once it is.
    pub closely: Option<Closely>,
    /// The batch with values replaced, where some are; taken out once the batch is cut.
    pub replaced: Option<RecordBatch>,
}

/// What the gate has come to so far, as far as a ruling depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SoFar {
    pub first_row: u64,
    pub failing: u64,
}

impl Ruling {
    /// Refuses a batch that was not judged.
    pub(super) fn unjudged(batch: &RecordBatch, reason: String) -> Self {
        let rows = batch.num_rows() as u64;
        Self {
            batch_id: String::new(),
            outcome: Outcome::Refused,
            reasons: vec![reason],
            first_row: 0,
            counts: Counts { rows, quarantined: rows, ..Counts::default() },
            violations: Vec::new(),
            held: Vec::new(),
            set_aside: None,
            fallback: None,
            closely: None,
            replaced: None,
        }
    }

    /// Rules on a batch that was judged.
    pub(super) fn of(rules: &Rules, batch: &RecordBatch, closely: Closely) -> Self {
        let (held, rows) = (held(rules, batch.num_rows(), &closely), batch.num_rows() as u64);
        Self {
            batch_id: String::new(),
            outcome: Outcome::Accepted,
            reasons: Vec::new(),
            first_row: 0,
            counts: Counts { rows, passed: rows, failing: closely.rows_failed(), ..Counts::default() },
            violations: violations(rules, rows, &closely),
            held,
            set_aside: None,
            fallback: None,
            closely: Some(closely),
            replaced: None,
        }
    }

    /// Rows that fail a rule with this consequence.
    fn rows_of(&self, rules: &Rules, consequence: Consequence) -> Option<BooleanBuffer> {
        let of = |held: &&Held| rules.terms.get(held.rule).is_some_and(|term| term.on_fail == consequence);
        self.held.iter().filter(of).fold(None, |all, held| bits::union(all.as_ref(), Some(&held.rows)))
    }

    /// Decides, once it is known what came before.
    pub(super) fn decide(&mut self, rules: &Rules, options: &GateOptions, batch: &RecordBatch, so_far: SoFar, landed: &mut Landed) {
        self.first_row = so_far.first_row;
        if self.outcome == Outcome::Refused {
            return;
        }
        let claims = self.follow(rules, batch, landed);
        if !rules.policy.acts() {
            return;
        }
        let rejected = self.rows_of(rules, Consequence::RejectRow);
        let refused = self.rows_of(rules, Consequence::RejectBatch);
        let replaced = self.rows_of(rules, Consequence::Replace);
        let failing = [&rejected, &refused, &replaced].into_iter().fold(None, |all, rows| bits::union(all.as_ref(), rows.as_ref()));
        self.counts.acted_on = bits::count(failing.as_ref()) as u64;
        self.reasons = rules.hopeless.clone();
        if self.reasons.is_empty() {
            self.refuse_for_rows(rules, rejected.as_ref(), refused.is_some());
        }
        self.refuse_for_bounds(rules, options);
        self.refuse_for_limit(options, so_far);
        if !self.reasons.is_empty() {
            self.refuse();
            landed.give_back(claims);
            return;
        }
        if let Some(rejected) = rejected {
            self.send_away(rules, rejected);
        }
        let sent = bits::union(self.set_aside.as_ref(), self.fallback.as_ref());
        self.counts.replaced = replaced.map_or(0, |replaced| bits::minus(&replaced, sent.as_ref()).count_set_bits() as u64);
        // Before anything is counted: what cannot be built cannot land, and takes no key.
        if let Err(error) = self.replace(rules, batch) {
            self.reasons.push(format!("values cannot be replaced in it: {error}"));
            self.refuse();
            landed.give_back(claims);
        }
    }

    fn replace(&mut self, rules: &Rules, batch: &RecordBatch) -> Result<(), arrow::error::ArrowError> {
        if self.counts.replaced > 0 {
            self.replaced = Some(rules.replaced_in(batch, self)?);
        }
        Ok(())
    }

    /// Asks the rules about rows before, now that it is known what landed.
    fn follow(&mut self, rules: &Rules, batch: &RecordBatch, landed: &mut Landed) -> Claims {
        let Some(closely) = self.closely.as_ref().filter(|closely| !closely.followed.is_empty()) else { return Claims::default() };
        let away = [Consequence::RejectRow, Consequence::RejectBatch].map(|consequence| self.rows_of(rules, consequence));
        let [rejected, refused] = away.map(|rows| rows.filter(|_| rules.policy.acts()));
        let (late, claims) = landed.take(rules, &closely.followed, batch.num_rows(), &Away { rejected, refused });
        for late in late.into_iter().filter(|late| late.failing.count_set_bits() > 0) {
            self.add_late(rules, batch, late);
        }
        self.held.sort_by_key(|held| held.rule);
        self.violations = sorted(std::mem::take(&mut self.violations));
        claims
    }

    fn add_late(&mut self, rules: &Rules, batch: &RecordBatch, late: Late) {
        let held = bits::minus(&late.failing, late.waived.as_ref());
        let rows: Vec<usize> = held.set_indices().take(rules.validator.sample_limit()).collect();
        let found = Found {
            judged: late.judged,
            failed: late.failing.count_set_bits() as u64,
            failed_alone: 0,
            faulted: late.faulted,
            waived: bits::count(late.waived.as_ref()) as u64,
            samples: rules.validator.samples(batch, late.rule, &rows),
        };
        self.violations.extend(rules.info(late.rule).map(|info| Violation::of_rows(info, found)));
        let is_held = rules.terms.get(late.rule).is_some_and(|term| !term.shadow);
        self.held.extend(bits::some_if_any(held).filter(|_| is_held).map(|rows| Held { rule: late.rule, rows }));
    }

    fn refuse(&mut self) {
        self.outcome = Outcome::Refused;
        (self.set_aside, self.fallback) = (None, None);
        self.counts = Counts { passed: 0, quarantined: self.counts.rows, replaced: 0, fallback: 0, ..self.counts };
    }

    fn send_away(&mut self, rules: &Rules, rejected: BooleanBuffer) {
        let rows = rejected.count_set_bits() as u64;
        if rules.typed.is_some() && rules.has_fallback() {
            self.counts.fallback = rows;
            self.fallback = Some(rejected);
            return;
        }
        (self.counts.passed, self.counts.quarantined) = (self.counts.rows.saturating_sub(rows), rows);
        self.set_aside = Some(rejected);
        self.outcome = Outcome::Escalated;
    }

    fn refuse_for_rows(&mut self, rules: &Rules, rejected: Option<&BooleanBuffer>, refused: bool) {
        if refused {
            for held in &self.held {
                if rules.terms.get(held.rule).is_some_and(|term| term.on_fail == Consequence::RejectBatch) {
                    self.reasons.push(format!(
                        "{} `{}`, which refuses the batch",
                        rows_fail(held.rows.count_set_bits() as u64),
                        rules.id(held.rule)
                    ));
                }
            }
        }
        if let (Policy::Reject, Some(rejected)) = (rules.policy, rejected) {
            self.reasons.push(format!("{} of {} rows must not pass", rejected.count_set_bits(), self.counts.rows));
        }
    }

    fn refuse_for_bounds(&mut self, rules: &Rules, options: &GateOptions) {
        let Some(closely) = self.closely.as_ref().filter(|_| options.batch_bounds.is_some_and(|least| self.counts.rows >= least)) else {
            return;
        };
        for violation in self.violations.iter().filter(|violation| violation.kind == RuleKind::Row) {
            let Some(rule) = rules.place(&violation.rule) else { continue };
            let (Some(term), found) = (rules.terms.get(rule), closely.found(rule)) else { continue };
            if term.is_past_share(found.judged, found.failed, found.waived) {
                let bound = violation.bounds.error.as_deref().unwrap_or_default();
                let held = found.failed.saturating_sub(found.waived);
                self.reasons.push(format!("`{}` fails {held} of {}, and its bound is {bound}", violation.rule, found.judged));
            }
        }
    }

    fn refuse_for_limit(&mut self, options: &GateOptions, so_far: SoFar) {
        let Some(most) = options.limits.max_failing_rows.filter(|_| self.counts.acted_on > 0) else { return };
        let failing = so_far.failing.saturating_add(self.counts.acted_on);
        if failing > most {
            self.reasons.push(format!("the limit `max_failing_rows` is {most}, and with this batch {}", rows_fail(failing)));
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let masks = |rows: &BooleanBuffer| rows.len() / 8;
        let held: usize = self.held.iter().map(|held| masks(&held.rows)).sum();
        let others: usize = [&self.set_aside, &self.fallback].into_iter().flatten().map(masks).sum();
        let violations: usize = self.violations.iter().map(Violation::bytes).sum();
        let reasons: usize = self.reasons.iter().map(String::len).sum();
        std::mem::size_of::<Self>() + self.batch_id.len() + held + others + violations + reasons
    }
}

fn rows_fail(rows: u64) -> String {
    if rows == 1 { "1 row fails".to_owned() } else { format!("{rows} rows fail") }
}

fn held(rules: &Rules, rows: usize, closely: &Closely) -> Vec<Held> {
    let masks = closely.failing.iter().zip(&closely.waived).enumerate();
    let unwaived = |(rule, (failing, waived)): (usize, (&Option<BooleanBuffer>, &Option<BooleanBuffer>))| {
        rules.terms.get(rule).filter(|term| !term.shadow)?;
        let rows = bits::some_if_any(bits::minus(failing.as_ref()?, waived.as_ref()))?;
        Some(Held { rule, rows })
    };
    // What the schema or the rule itself fails, it fails in every row.
    let of_all = rules.failed_by_schema().filter(|(rule, ..)| rows > 0 && rules.terms.get(*rule).is_some_and(|term| !term.shadow));
    let of_all = of_all.map(|(rule, ..)| Held { rule, rows: BooleanBuffer::new_set(rows) });
    let mut held: Vec<Held> = masks.filter_map(unwaived).chain(of_all).collect();
    held.sort_by_key(|held| held.rule);
    held
}

fn violations(rules: &Rules, rows: u64, closely: &Closely) -> Vec<Violation> {
    let by_schema = rules.failed_by_schema().filter_map(|(rule, reason, faulted)| {
        let kind = if faulted { RuleKind::Row } else { RuleKind::Schema };
        Some((rule, Violation::of_all(rules.info(rule)?, kind, rows, faulted, reason)))
    });
    let by_rows = closely.failing.iter().enumerate().filter(|(_, failing)| failing.is_some());
    let by_rows = by_rows.filter_map(|(rule, _)| Some((rule, Violation::of_rows(rules.info(rule)?, closely.found(rule)))));
    let mut all: Vec<(usize, Violation)> = by_schema.chain(by_rows).collect();
    all.sort_by_key(|(rule, _)| *rule);
    sorted(all.into_iter().map(|(_, violation)| violation).collect())
}

impl Rules {
    /// Whether the block has something that stands in for responses that fail.
    pub(super) fn has_fallback(&self) -> bool {
        self.plan().responses.as_ref().is_some_and(|responses| responses.fallback().is_some())
    }
}

/// Why a batch is too much to be judged at all.
pub(super) fn too_much(batch: &RecordBatch, options: &GateOptions, rows_before: u64) -> Option<String> {
    let rows = batch.num_rows() as u64;
    let limits = &options.limits;
    if let Some(most) = limits.max_batch_rows.filter(|most| rows > *most) {
        return Some(format!("the limit `max_batch_rows` is {most}, and the batch has {rows} rows"));
    }
    if let Some(most) = limits.max_rows.filter(|most| rows_before.saturating_add(rows) > *most) {
        return Some(format!("the limit `max_rows` is {most}, {rows_before} rows were judged before, and the batch has {rows}"));
    }
    let most = limits.max_batch_bytes?;
    let bytes = bytes_of(batch);
    (bytes > most).then(|| format!("the limit `max_batch_bytes` is {most}, and the batch has {bytes} bytes"))
}

/// Bytes of the slices a batch holds.
fn bytes_of(batch: &RecordBatch) -> u64 {
    let of = |column: &arrow::array::ArrayRef| column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size());
    batch.columns().iter().map(|column| of(column) as u64).fold(0, u64::saturating_add)
}

/// Judges a batch; `None` if `go_on` has said no.
pub(super) fn judge(
    rules: &Rules,
    batch: &RecordBatch,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Ruling>, crate::session::Error> {
    let closely = rules.validator.judge_closely(batch, go_on)?;
    Ok(closely.map(|closely| Ruling::of(rules, batch, closely)))
}
