//! Rules in force at some time, and what they are bound to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arrow::datatypes::{Schema, SchemaRef};

use crate::compile::RuleSet;
use crate::session::{BindOptions, Error, Validator};

/// Schemas whose validators are kept; others are bound each time they are asked for.
const KEPT: usize = 64;
const DAY_SECONDS: u64 = 86_400;

/// Rules that were put in force together, with their overrides.
#[derive(Debug)]
pub struct Generation {
    number: u64,
    rules: RuleSet,
    bind: BindOptions,
    validators: Mutex<Vec<(SchemaRef, Validator)>>,
}

impl Generation {
    pub(super) fn new(number: u64, rules: RuleSet, bind: BindOptions) -> Self {
        Self { number, rules, bind, validators: Mutex::default() }
    }

    /// Its number: 1 for the first, one more for each that follows.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its rules, overrides included.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The rules bound to a schema: once for each schema, however often it is asked for.
    ///
    /// # Errors
    /// As [`RuleSet::bind_with`].
    pub fn validator(&self, schema: &SchemaRef) -> Result<Validator, Error> {
        let mut kept = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, validator)) = kept.iter().find(|(known, _)| Arc::ptr_eq(known, schema) || is_same(known, schema)) {
            return Ok(validator.clone());
        }
        let validator = self.rules.bind_with(schema, &self.bind)?;
        if kept.len() < KEPT {
            kept.push((Arc::clone(schema), validator.clone()));
        }
        Ok(validator)
    }

    /// Binds everything that another generation was bound to, so that nobody waits for it, or finds that it cannot be done, later.
    pub(super) fn bind_all_of(&self, other: &Self) -> Result<(), Error> {
        self.rules.chosen(self.bind.block.as_deref())?;
        let schemas: Vec<SchemaRef> =
            other.validators.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(schema, _)| Arc::clone(schema)).collect();
        schemas.iter().try_for_each(|schema| self.validator(schema).map(|_| ()))
    }

    /// Whether rules are these, and waivers that end by a day come to the same.
    pub(super) fn is_same(&self, rules: &RuleSet, at: SystemTime) -> bool {
        self.rules.hash() == rules.hash() && self.rules.name() == rules.name() && self.bind.now.map(day) == Some(day(at))
    }
}

fn is_same(a: &Schema, b: &Schema) -> bool {
    a.fields() == b.fields()
}

fn day(time: SystemTime) -> Option<u64> {
    time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs() / DAY_SECONDS)
}
