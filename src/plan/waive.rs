//! Waivers in force: which failing rows of a rule are not held against the data.

use crate::compile::ir::{self, Waiver};

use super::lower::{LowerFault, Lowering};
use super::node::order_of;
use super::{BindFault, Body, BoundRule, RowRule};

/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// A waiver in force, bound to a schema.
#[derive(Debug)]
pub(crate) struct BoundWaiver {
    /// Index into the block's waivers.
    pub index: u32,
    pub covers: Covers,
}

/// Which failing rows a waiver covers.
#[derive(Debug)]
pub(crate) enum Covers {
    All,
    /// Those this is true for.
    Rows(RowRule),
    /// None, as its filter cannot be computed on this data.
    Nothing(String),
}

impl Waiver {
    /// Whether it holds on the (UTC) day of `now`, its last day included.
    pub(crate) fn is_active(&self, now: Option<i128>) -> bool {
        self.until.is_none_or(|until| now.is_some_and(|now| now.div_euclid(DAY) <= until))
    }
}

impl BoundRule {
    /// Whether all its failures are waived, even that a column is missing or of another type.
    pub(crate) fn is_waived(&self) -> bool {
        self.waivers.iter().any(|waiver| matches!(waiver.covers, Covers::All))
    }
}

/// Refuses a block whose waivers end on dates where there is no clock to tell the day.
pub(super) fn check_clock(block: &ir::Block, now: Option<i128>) -> Result<(), BindFault> {
    let dated = block.waivers.iter().find(|waiver| waiver.until.is_some()).filter(|_| now.is_none());
    match dated.and_then(|waiver| block.rules.get(waiver.rule)) {
        Some(rule) => Err(BindFault::NoClock(rule.id.clone())),
        None => Ok(()),
    }
}

/// The waivers of a rule that are in force, in file order.
pub(super) fn bind(block: &ir::Block, rule: usize, body: &Body, lowering: &mut Lowering<'_>) -> Vec<BoundWaiver> {
    let mut out = Vec::new();
    for (index, waiver) in (0_u32..).zip(&block.waivers) {
        if waiver.rule != rule || !waiver.is_active(lowering.now) || matches!(body, Body::Skipped(_) | Body::Error(_)) {
            continue;
        }
        let covers = match waiver.filter {
            None => Covers::All,
            // What the schema says is said of no row.
            Some(_) if matches!(body, Body::Schema(_)) => continue,
            Some(filter) => match lowering.lower(filter, None) {
                Ok(test) => Covers::Rows(RowRule {
                    when: None,
                    test,
                    order: order_of(&lowering.nodes, [test]),
                    shape: None,
                    subject: None,
                    finds: None,
                    silent: false,
                }),
                Err(LowerFault::Skipped(reason) | LowerFault::Error(reason)) => Covers::Nothing(reason),
            },
        };
        out.push(BoundWaiver { index, covers });
    }
    out
}
