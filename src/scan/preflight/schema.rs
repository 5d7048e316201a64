//! The schema: a list of elements that has to close as a tree.

use super::{Limits, PreflightError, Result};

/// One element of the schema list.
#[derive(Clone, Copy, Default)]
pub(super) struct Element {
    pub(super) children: usize,
    pub(super) typed: bool,
}

/// The schema as far as it has been walked.
#[derive(Default)]
pub(super) struct SchemaTree {
    /// For each open group, outermost first, how many of its children have not come yet.
    open: Vec<usize>,
    rooted: bool,
    pub(super) leaves: usize,
    pub(super) max_depth: usize,
}

impl SchemaTree {
    pub(super) fn add(&mut self, element: Element, limits: &Limits) -> Result<()> {
        self.enter()?;
        let depth = self.open.len();
        if depth > limits.depth {
            let most = limits.depth;
            let what = format!("the schema nests more than {most} levels deep");
            return Err(PreflightError::limit(what));
        }
        self.max_depth = self.max_depth.max(depth);
        if element.children > 0 {
            self.open.push(element.children);
        } else if element.typed && depth > 0 {
            // A group without children is no column; the root never is one.
            self.leaf(limits)?;
        }
        Ok(())
    }

    /// Takes the next place in the tree, closing the groups that are full.
    fn enter(&mut self) -> Result<()> {
        if !self.rooted {
            self.rooted = true;
            return Ok(());
        }
        while let Some(left) = self.open.last_mut() {
            if let Some(rest) = left.checked_sub(1) {
                *left = rest;
                return Ok(());
            }
            self.open.pop();
        }
        let what = "the schema has elements that belong to no group";
        Err(PreflightError::corrupt(what))
    }

    fn leaf(&mut self, limits: &Limits) -> Result<()> {
        self.leaves = self.leaves.saturating_add(1);
        if self.leaves > limits.leaves {
            let most = limits.leaves;
            let what = format!("the schema has more than the {most} columns allowed");
            return Err(PreflightError::limit(what));
        }
        Ok(())
    }

    /// Refuses a schema that is empty or ends before its groups are full.
    pub(super) fn close(&self) -> Result<()> {
        if !self.rooted {
            return Err(PreflightError::corrupt("the schema is empty"));
        }
        if self.open.iter().any(|&left| left > 0) {
            let what = "the schema ends before its groups are complete";
            return Err(PreflightError::corrupt(what));
        }
        Ok(())
    }
}
