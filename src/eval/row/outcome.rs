//! What rules say of one row.

/// What a row rule says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowOutcome {
    /// Its `when` is false or null.
    NotAsked,
    /// Its condition is true.
    Passed,
    /// Its condition is null.
    Unknown,
    /// Its condition is false (or null, where the rule says so).
    Failed,
    /// It could not be computed, and so fails.
    Faulted,
}

/// Outcomes of all rules of a plan, by index; rules that were not judged have passed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcomes {
    not_asked: Bits,
    unknown: Bits,
    failed: Bits,
    faulted: Bits,
    waived: Bits,
}

impl Outcomes {
    #[inline]
    pub(super) fn set(&mut self, rule: usize, outcome: RowOutcome) {
        match outcome {
            RowOutcome::Passed => {}
            RowOutcome::NotAsked => self.not_asked.set(rule),
            RowOutcome::Unknown => self.unknown.set(rule),
            RowOutcome::Failed => self.failed.set(rule),
            RowOutcome::Faulted => {
                self.failed.set(rule);
                self.faulted.set(rule);
            }
        }
    }

    pub(crate) fn get(&self, rule: usize) -> RowOutcome {
        if self.faulted.get(rule) {
            RowOutcome::Faulted
        } else if self.failed.get(rule) {
            RowOutcome::Failed
        } else if self.unknown.get(rule) {
            RowOutcome::Unknown
        } else if self.not_asked.get(rule) {
            RowOutcome::NotAsked
        } else {
            RowOutcome::Passed
        }
    }

    /// Whether a rule of a set fails and is not waived.
    pub(crate) fn any_held_of(&self, rules: &Bits) -> bool {
        self.failed.meets(rules, &self.waived)
    }

    /// Notes that a waiver covers what a rule fails.
    pub(super) fn waive(&mut self, rule: usize) {
        self.waived.set(rule);
    }

    /// Whether a waiver covers what a rule fails.
    pub(crate) fn is_waived(&self, rule: usize) -> bool {
        self.waived.get(rule)
    }

    pub(crate) fn any_failed(&self) -> bool {
        !self.failed.is_empty()
    }
}

/// A set of small numbers: the first 64 of them in a word of their own, so that most sets need no memory elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits {
    first: u64,
    rest: Vec<u64>,
}

impl Bits {
    #[inline]
    pub(crate) fn set(&mut self, at: usize) {
        if at < 64 {
            self.first |= 1 << at;
        } else {
            self.set_rest(at - 64);
        }
    }

    #[cold]
    fn set_rest(&mut self, at: usize) {
        if self.rest.len() <= at / 64 {
            self.rest.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.rest.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        let word = if at < 64 { self.first } else { self.rest.get(at / 64 - 1).copied().unwrap_or(0) };
        word >> (at % 64) & 1 == 1
    }

    /// Whether some number is in both and not in `without`.
    fn meets(&self, other: &Self, without: &Self) -> bool {
        let mut pairs = self.rest.iter().zip(&other.rest).enumerate();
        self.first & other.first & !without.first != 0 || pairs.any(|(at, (a, b))| a & b & !without.rest.get(at).copied().unwrap_or(0) != 0)
    }

    fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_beyond_the_first_word_are_kept() {
        let mut outcomes = Outcomes::default();
        let all = [RowOutcome::NotAsked, RowOutcome::Passed, RowOutcome::Unknown, RowOutcome::Failed, RowOutcome::Faulted];
        let of = |rule: usize| all[rule % all.len()];
        (0..200).for_each(|rule| outcomes.set(rule, of(rule)));
        assert!((0..200).all(|rule| outcomes.get(rule) == of(rule)));
        let mut enforced = Bits::default();
        enforced.set(192);
        assert!(!outcomes.any_held_of(&enforced));
        enforced.set(193);
        assert!(outcomes.any_held_of(&enforced) && outcomes.any_failed());
        outcomes.waive(193);
        assert!(!outcomes.any_held_of(&enforced) && outcomes.is_waived(193) && !outcomes.is_waived(192));
    }
}
