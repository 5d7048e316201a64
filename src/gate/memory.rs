//! What was decided of batches with names, so that one that comes again gets the same decision.

use std::collections::VecDeque;
use std::sync::Arc;

use ahash::HashMap;

use super::options::Remember;
use super::rules::Rules;
use super::ruling::Ruling;

/// A decision, and the rules it was made by.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub rules: Arc<Rules>,
    pub ruling: Arc<Ruling>,
}

/// Decisions by batch id; of the oldest only as many as there is room for.
#[derive(Debug)]
pub(super) struct Memory {
    room: Remember,
    known: HashMap<String, Known>,
    /// Ids and sizes in the order in which they came.
    order: VecDeque<(String, usize)>,
    bytes: usize,
}

impl Memory {
    pub(super) fn new(room: Remember) -> Self {
        Self { room, known: HashMap::default(), order: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    /// Takes in a decision, and forgets what there is no room for any more.
    pub(super) fn add(&mut self, known: Known) {
        let (id, bytes) = (known.ruling.batch_id.clone(), known.ruling.bytes());
        self.bytes = self.bytes.saturating_add(bytes);
        self.order.push_back((id.clone(), bytes));
        self.known.insert(id, known);
        while self.order.len() > self.room.batches || self.bytes > self.room.bytes {
            let Some((oldest, bytes)) = self.order.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
            self.known.remove(&oldest);
        }
    }
}
