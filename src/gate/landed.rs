//! What has landed, as far as rules ask about rows before: the keys of `unique`, the last value of `increasing`.
//!
//! A row takes a key by landing. One that is set aside, or stands in a refused batch, takes none, so that it may come again when it is
//! mended.

use std::collections::BTreeMap;

use ahash::HashSet;
use arrow::array::BooleanBufferBuilder;
use arrow::buffer::BooleanBuffer;

use crate::eval::follow::{Followed, Standing};
use crate::eval::state::Scalar;
use crate::kernels::bits;

use super::rules::Rules;
use super::violation::Consequence;

/// What has landed in the session.
#[derive(Debug, Default)]
pub(super) struct Landed {
    keys: BTreeMap<usize, HashSet<Vec<u8>>>,
    last: BTreeMap<usize, Scalar>,
}

/// What a batch would add to it.
#[derive(Debug, Default)]
pub(super) struct Claims {
    keys: Vec<(usize, Vec<u8>)>,
    last: BTreeMap<usize, Scalar>,
}

/// What a rule on the rows before has found in a batch.
#[derive(Debug)]
pub(super) struct Late {
    pub rule: usize,
    pub failing: BooleanBuffer,
    pub waived: Option<BooleanBuffer>,
    pub judged: u64,
    pub faulted: u64,
}

/// Rows that do not land as they are, whatever the rules on the rows before say.
#[derive(Debug, Default)]
pub(super) struct Away {
    pub rejected: Option<BooleanBuffer>,
    pub refused: Option<BooleanBuffer>,
}

struct Run<'a> {
    followed: &'a Followed,
    /// Whether a row that fails it is kept out.
    keeps_out: bool,
    failing: BooleanBufferBuilder,
    judged: u64,
    faulted: u64,
}

impl Landed {
    /// Goes through the rows of a batch in their order. What lands is taken in at once, and given back as claims.
    pub(super) fn take(&mut self, rules: &Rules, followed: &[Followed], rows: usize, away: &Away) -> (Vec<Late>, Claims) {
        let mut runs: Vec<Run<'_>> = followed.iter().map(|followed| Run::new(rules, followed, rows)).collect();
        let mut claims = Claims { keys: Vec::new(), last: self.last.clone() };
        for row in 0..rows {
            let mut lands = !bits::get(away.rejected.as_ref(), row) && !bits::get(away.refused.as_ref(), row);
            for run in &mut runs {
                let fails = run.fails(row, self);
                lands &= !(fails && run.keeps_out && !bits::get(run.followed.waived.as_ref(), row));
            }
            if lands {
                runs.iter().for_each(|run| self.claim(run.followed, row, &mut claims));
            }
        }
        (runs.into_iter().map(Run::finish).collect(), claims)
    }

    fn claim(&mut self, followed: &Followed, row: usize, claims: &mut Claims) {
        match followed.rows.get(row) {
            Some(Standing::Key(key)) => {
                let is_new = self.keys.entry(followed.rule).or_default().insert(key.clone());
                claims.keys.extend(is_new.then(|| (followed.rule, key.clone())));
            }
            Some(Standing::Value(value)) => {
                self.last.insert(followed.rule, value.clone());
            }
            _ => {}
        }
    }

    /// Gives back what a batch took that does not land after all.
    pub(super) fn give_back(&mut self, claims: Claims) {
        for (rule, key) in &claims.keys {
            if let Some(keys) = self.keys.get_mut(rule) {
                keys.remove(key);
            }
        }
        self.last = claims.last;
    }
}

impl<'a> Run<'a> {
    fn new(rules: &Rules, followed: &'a Followed, rows: usize) -> Self {
        let term = rules.terms.get(followed.rule);
        let keeps_out = term.is_some_and(|term| {
            rules.policy.acts() && !term.shadow && matches!(term.on_fail, Consequence::RejectRow | Consequence::RejectBatch)
        });
        Self { followed, keeps_out, failing: BooleanBufferBuilder::new(rows), judged: 0, faulted: 0 }
    }

    fn fails(&mut self, row: usize, landed: &Landed) -> bool {
        let rule = self.followed.rule;
        let (judged, fails) = match self.followed.rows.get(row) {
            None | Some(Standing::NotAsked | Standing::Unknown) => (false, false),
            Some(Standing::Passes) => (true, false),
            Some(Standing::Fails(faulted)) => {
                self.faulted += u64::from(*faulted);
                (true, true)
            }
            Some(Standing::Key(key)) => (true, landed.keys.get(&rule).is_some_and(|keys| keys.contains(key))),
            Some(Standing::Value(value)) => (true, !value.follows(landed.last.get(&rule))),
        };
        self.judged += u64::from(judged);
        self.failing.append(fails);
        fails
    }

    fn finish(mut self) -> Late {
        let failing = self.failing.finish();
        let waived = self.followed.waived.as_ref().map(|waived| waived & &failing);
        Late { rule: self.followed.rule, failing, waived, judged: self.judged, faulted: self.faulted }
    }
}
