//! Verdicts on a row group without its rows: from the schema, from every entry of a dictionary, and, where the caller trusts the writer,
//! from statistics.
//!
//! At the door: [`Prover::prove`]. Proofs are for conditions that hold; what might fail, and whatever is unusual or unsound about a page,
//! is left to a decoding run, which then says what it always says. So errors, counts and samples do not depend on this room.

mod dictionary;
mod index;
mod levels;
mod pages;
mod provable;
mod statistics;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Type as Physical;
use parquet::file::metadata::ColumnChunkMetaData;

use crate::plan::{ConditionId, Plan, Settled, Test, Uses};
use crate::session::{Input, Proof};
use crate::types::CompareOp;

use super::explain::{Tier, Way, Why};
use super::guard::guarded;
use super::preflight::{ChunkFacts, FooterFacts, Limits, PageFacts};
use super::shared::Shared;
use dictionary::Dictionary;
use index::PageIndex;
use pages::ChunkPages;
use provable::Flat;
use statistics::{Column, Known};

/// Looks for proofs in one file.
pub(super) struct Prover<'a> {
    file: &'a Arc<Shared>,
    facts: &'a FooterFacts,
    metadata: &'a ArrowReaderMetadata,
    plan: &'a Plan,
    input: &'a Input,
    uses: &'a Uses,
    /// Whether statistics count as proofs.
    trusts: bool,
    flat: BTreeMap<usize, Flat>,
    /// The column of each condition on rows, or why it has none that could decide it.
    columns: BTreeMap<ConditionId, Result<usize, Why>>,
    /// Conditions by their column; columns that samples of all rules show come last.
    by_column: Vec<(usize, Vec<ConditionId>)>,
    levels: BTreeMap<usize, OnceLock<Option<FieldLevels>>>,
    /// What each condition says of null.
    on_null: BTreeMap<ConditionId, OnceLock<OnNull>>,
}

/// What the page headers of ruled columns say, by leaf.
pub(super) type Walked = BTreeMap<usize, PageFacts>;

/// What a condition says of null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnNull {
    Holds,
    Unknown,
    Fails,
}

/// What could be proved of a row group.
#[derive(Default)]
pub(super) struct Proved {
    pub settled: Settled,
    pub proofs: Vec<Proof>,
    /// Columns whose pages verdicts rest on: every checksum in them was compared.
    pub on_pages: BTreeSet<usize>,
    /// Columns whose statistics verdicts rest on: no byte of their pages was looked at for them.
    pub on_trust: BTreeSet<usize>,
    tiers: BTreeMap<ConditionId, Tier>,
    reasons: BTreeMap<ConditionId, Vec<Why>>,
}

impl Proved {
    fn settle(&mut self, condition: ConditionId, tier: Tier, rows: u64, unknown: u64) {
        self.settled.insert(condition);
        self.proofs.push(Proof { condition, rows, unknown });
        self.tiers.insert(condition, tier);
        self.reasons.remove(&condition);
    }

    /// Why a condition has no proof from data; it stands before what is said of statistics.
    fn refuse(&mut self, condition: ConditionId, why: Why) {
        self.reasons.entry(condition).or_default().insert(0, why);
    }

    fn note(&mut self, condition: ConditionId, why: Why) {
        let reasons = self.reasons.entry(condition).or_default();
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
}

impl<'a> Prover<'a> {
    pub(super) fn new(
        file: &'a Arc<Shared>,
        facts: &'a FooterFacts,
        metadata: &'a ArrowReaderMetadata,
        plan: &'a Plan,
        input: &'a Input,
        uses: &'a Uses,
        trusts: bool,
    ) -> Self {
        let flat = provable::flat_columns(metadata);
        let in_file = metadata.schema().fields().len();
        let columns: BTreeMap<_, _> = plan.conditions().map(|(id, rule)| (id, provable::column(plan, rule, &flat, in_file))).collect();
        let mut by_column: BTreeMap<usize, Vec<ConditionId>> = BTreeMap::new();
        for (id, column) in &columns {
            if let Ok(column) = column {
                by_column.entry(*column).or_default().push(*id);
            }
        }
        let mut by_column: Vec<_> = by_column.into_iter().collect();
        by_column.sort_by_key(|(column, _)| (uses.is_key(*column), *column));
        let levels = flat.keys().map(|column| (*column, OnceLock::new())).collect();
        let on_null = columns.keys().map(|id| (*id, OnceLock::new())).collect();
        Self { file, facts, metadata, plan, input, uses, trusts, flat, columns, by_column, levels, on_null }
    }

    /// Proves what it can of a row group, whose pages have been walked; `stop` says that time is up.
    pub(super) fn prove(&self, group: usize, walked: &Walked, stop: &dyn Fn() -> bool) -> Proved {
        let mut proved = Proved::default();
        let rows = self.facts.row_groups.get(group).map_or(0, |group| group.rows);
        if rows == 0 {
            return proved;
        }
        self.statically(&mut proved);
        self.by_statistics(group, rows, walked, &mut proved);
        let mut hopeful = proved.settled.clone();
        for (_, conditions) in &self.by_column {
            conditions.iter().for_each(|id| hopeful.insert(*id));
        }
        let mut candidates = Vec::new();
        for (column, conditions) in &self.by_column {
            let Some(chunk) = self.chunk(group, *column, rows, walked, conditions, &proved.settled) else { continue };
            match chunk.entries() {
                Ok(()) => candidates.push(chunk),
                Err(why) => chunk.give_up(why, &mut proved, &mut hopeful),
            }
        }
        for chunk in candidates {
            if self.uses.is_read(chunk.flat.root, &hopeful) {
                chunk.give_up(Why::ReadAnyway, &mut proved, &mut hopeful);
                continue;
            }
            match self.by_dictionary(&chunk, stop) {
                Ok(proofs) => {
                    proved.on_pages.insert(chunk.flat.root);
                    for (id, unknown) in proofs {
                        let tier = if chunk.by_entries.contains(&id) { Tier::DictionaryProof } else { Tier::Schema };
                        proved.settle(id, tier, rows, unknown);
                    }
                }
                Err(why) => chunk.give_up(why, &mut proved, &mut hopeful),
            }
        }
        proved
    }

    /// Whether every condition on rows is settled, and there is one.
    pub(super) fn all_settled(&self, proved: &Proved) -> bool {
        self.uses.conditions() > 0 && proved.settled.len() == self.uses.conditions()
    }

    /// Which way each rule on rows was answered, if columns of `encoded` were read as codes.
    pub(super) fn ways(&self, proved: &Proved, encoded: &BTreeSet<usize>) -> BTreeMap<usize, Way> {
        let mut ways: BTreeMap<usize, Way> = BTreeMap::new();
        for (id, column) in &self.columns {
            let codes = self.plan.condition(*id).is_some_and(|rule| {
                let mut read = self.plan.columns_of([rule.test]).into_iter();
                matches!((read.next(), read.next()), (Some(column), None) if encoded.contains(&column))
            });
            let open = if codes { Tier::Encoded } else { Tier::Decoded };
            let tier = proved.tiers.get(id).copied().unwrap_or(open);
            let reasons = proved.reasons.get(id).cloned().unwrap_or_else(|| column.as_ref().err().into_iter().copied().collect());
            let way = ways.entry(id.rule).or_default();
            if way.tier.is_none_or(|known| known < tier) {
                *way = Way { tier: Some(tier), reasons };
            }
        }
        ways
    }

    fn statically(&self, proved: &mut Proved) {
        for (id, column) in &self.columns {
            if let Err(why) = column {
                proved.refuse(*id, *why);
            }
        }
    }

    /// What is to be proved of a column's chunk: conditions that are open.
    fn chunk(
        &self,
        group: usize,
        column: usize,
        rows: u64,
        walked: &Walked,
        conditions: &[ConditionId],
        settled: &Settled,
    ) -> Option<Chunk<'_>> {
        let flat = self.flat.get(&column)?;
        let (mut by_schema, mut by_entries) = (Vec::new(), Vec::new());
        for id in conditions.iter().filter(|id| !settled.contains(id.rule, id.part)) {
            let given = !flat.optional && provable::asks_presence(self.plan, *id);
            if given { by_schema.push(*id) } else { by_entries.push(*id) }
        }
        if by_schema.is_empty() && by_entries.is_empty() {
            return None;
        }
        let facts = self.facts.row_groups.get(group)?.columns.get(flat.leaf)?;
        let metadata = self.metadata.metadata().row_groups().get(group)?.columns().get(flat.leaf)?;
        let pages = walked.get(&flat.leaf)?.clone();
        Some(Chunk { flat, rows, facts, metadata, pages, by_schema, by_entries })
    }

    /// Settles the conditions of a chunk by its dictionary, and the number of nulls where they speak of null; all or none, since one that
    /// is left open has the column read. Gives each with the rows it says nothing about.
    fn by_dictionary(&self, chunk: &Chunk<'_>, stop: &dyn Fn() -> bool) -> Result<Vec<(ConditionId, u64)>, Why> {
        let mut pages = ChunkPages::new(self.file, chunk.facts, chunk.metadata).ok_or(Why::Pages)?;
        let with_entries = !chunk.by_entries.is_empty() && chunk.pages.has_dictionary;
        if with_entries {
            let dictionary = pages.page().and_then(Dictionary::of).ok_or(Why::Pages)?;
            self.entries_hold(chunk.flat, dictionary, &chunk.by_entries)?;
        }
        let on_null: Vec<OnNull> = chunk.by_entries.iter().map(|id| self.on_null(*id, chunk.flat)).collect();
        let counts_nulls = chunk.flat.optional && (on_null.iter().any(|verdict| *verdict != OnNull::Holds) || !with_entries);
        let nulls = pages.nulls(counts_nulls, with_entries, stop).ok_or(Why::Pages)?;
        if nulls > 0 && on_null.contains(&OnNull::Fails) {
            return Err(Why::NullsFail);
        }
        // Without a dictionary nothing but nulls can be in pages that would use it.
        if !chunk.by_entries.is_empty() && (!with_entries || chunk.pages.dictionary_values == 0) && nulls < chunk.rows {
            return Err(Why::Pages);
        }
        let unknown = |verdict: &OnNull| if *verdict == OnNull::Unknown { nulls } else { 0 };
        let by_entries = chunk.by_entries.iter().copied().zip(on_null.iter().map(unknown));
        Ok(chunk.by_schema.iter().map(|id| (*id, 0)).chain(by_entries).collect())
    }

    /// Whether conditions hold for all entries of a dictionary.
    fn entries_hold(&self, flat: &Flat, dictionary: Dictionary, conditions: &[ConditionId]) -> Result<(), Why> {
        let levels = self.levels(flat.root).ok_or(Why::Pages)?;
        let mut why = Why::Pages;
        let judge = |entries: &ArrayRef| {
            let counts = self.input.ask(&self.widened(flat.root, entries), entries.len(), conditions);
            if counts.iter().any(|counts| counts.failed > 0) {
                why = Why::EntryFails;
            } else if counts.iter().any(|counts| counts.unknown > 0) {
                why = Why::EntryUnknown;
            } else {
                return true;
            }
            false
        };
        match dictionary.entries(levels, self.metadata.metadata(), flat.optional, judge) {
            Some(true) => Ok(()),
            _ => Err(why),
        }
    }

    /// How the reader makes a column.
    fn levels(&self, root: usize) -> Option<&FieldLevels> {
        let slot = self.levels.get(&root)?;
        let make = || {
            let schema = self.metadata.parquet_schema();
            let mask = ProjectionMask::roots(schema, [root]);
            guarded(|| parquet_to_arrow_field_levels(schema, mask, Some(self.metadata.schema().fields()))).ok()?.ok()
        };
        slot.get_or_init(make).as_ref()
    }

    /// The columns of the plan's schema, of which all but one stand in as nulls.
    fn widened(&self, root: usize, values: &ArrayRef) -> Vec<ArrayRef> {
        let mut columns = vec![new_null_array(&DataType::Null, values.len()); self.plan.schema.fields().len()];
        if let Some(slot) = columns.get_mut(root) {
            *slot = Arc::clone(values);
        }
        columns
    }

    fn on_null(&self, id: ConditionId, flat: &Flat) -> OnNull {
        let ask = || {
            let null = self.widened(flat.root, &new_null_array(&flat.ty, 1));
            match self.input.ask(&null, 1, &[id]).first() {
                Some(counts) if counts.failed == 0 && counts.evaluated == 1 => {
                    if counts.unknown > 0 {
                        OnNull::Unknown
                    } else {
                        OnNull::Holds
                    }
                }
                _ => OnNull::Fails,
            }
        };
        self.on_null.get(&id).map_or(OnNull::Fails, |slot| *slot.get_or_init(ask))
    }

    /// Settles by statistics if they are trusted, and else says where they would.
    fn by_statistics(&self, group: usize, rows: u64, walked: &Walked, proved: &mut Proved) {
        let mut known: BTreeMap<usize, Known> = BTreeMap::new();
        for (id, column) in &self.columns {
            let found = match column {
                Ok(column) => self.one_column(*id, self.known(group, *column, walked, &mut known)),
                Err(Why::Columns(2)) => self.two_columns(*id, |column| self.known(group, column, walked, &mut known).clone()),
                Err(_) => continue,
            };
            match found {
                Ok((unknown, columns)) if self.trusts => {
                    proved.settle(*id, Tier::Statistics, rows, unknown);
                    proved.on_trust.extend(columns);
                }
                Ok(_) => proved.note(*id, Why::Untrusted),
                Err(why) if self.trusts || why == Why::FloatStatistics => proved.note(*id, why),
                Err(_) => {}
            }
        }
    }

    /// The page index of a chunk, if it is to be believed at all.
    fn page_index(&self, chunk: &ColumnChunkMetaData, pages: &PageFacts) -> Option<PageIndex> {
        let start = u64::try_from(chunk.column_index_offset().filter(|_| self.trusts)?).ok()?;
        let length = u64::try_from(chunk.column_index_length()?).ok().filter(|length| *length <= Limits::default().footer_bytes)?;
        let bytes = self.file.bytes(start, usize::try_from(length).ok()?).ok()?;
        let data_pages = pages.pages.checked_sub(u32::from(pages.has_dictionary))?;
        PageIndex::read(&bytes, usize::try_from(data_pages).ok()?)
    }

    fn known<'k>(&self, group: usize, column: usize, walked: &Walked, known: &'k mut BTreeMap<usize, Known>) -> &'k Known {
        let rows = self.facts.row_groups.get(group).map_or(0, |group| group.rows);
        known.entry(column).or_insert_with(|| {
            let chunk = self.flat.get(&column).and_then(|flat| {
                let chunk = self.metadata.metadata().row_groups().get(group)?.columns().get(flat.leaf)?;
                let facts = self.facts.row_groups.get(group)?.columns.get(flat.leaf)?;
                (facts.values == rows).then_some((flat, chunk))
            });
            let file = self.metadata.metadata().file_metadata();
            chunk.map_or_else(Known::default, |(flat, chunk)| {
                let order = file.column_orders().and_then(|orders| orders.get(flat.leaf).copied());
                let column = Column { chunk, order, ty: &flat.ty, optional: flat.optional };
                Known::of(&column, rows, || self.page_index(chunk, walked.get(&flat.leaf)?))
            })
        })
    }

    /// The rows a condition over one column says nothing about, if it fails for none.
    fn one_column(&self, id: ConditionId, known: &Known) -> Result<(u64, Vec<usize>), Why> {
        let Some(Ok(column)) = self.columns.get(&id) else { return Err(Why::NoStatistics) };
        let flat = self.flat.get(column).ok_or(Why::NoStatistics)?;
        let test = self.plan.condition(id).and_then(|rule| rule.shape.as_ref()).map(|shape| &shape.test);
        if matches!(test, Some(Test::Floats(..) | Test::Finite)) && known.nulls != Some(known.rows) {
            return Err(Why::FloatStatistics);
        }
        let nulls = known.nulls.filter(|_| known.rows > 0).ok_or(Why::NullsUncounted)?;
        let on_null = if nulls > 0 { self.on_null(id, flat) } else { OnNull::Holds };
        if on_null == OnNull::Fails {
            return Err(Why::NullsFail);
        }
        let settled = (if on_null == OnNull::Unknown { nulls } else { 0 }, vec![*column]);
        if matches!(test, Some(Test::Present)) || nulls == known.rows {
            return Ok(settled);
        }
        if flat.is_float() {
            return Err(Why::FloatStatistics);
        }
        if let (Some(Test::Ints(low, high)), Some(bounds)) = (test, known.ints)
            && *low <= bounds.0
            && bounds.1 <= *high
        {
            return Ok(settled);
        }
        match &known.single {
            Some(value) => self.entries_hold(flat, Dictionary::of_one(value.clone()), &[id]).map(|()| settled).map_err(|_| Why::Unsettled),
            None if known.ints.is_none() => Err(Why::NoStatistics),
            None => Err(Why::Unsettled),
        }
    }

    /// As [`Prover::one_column`], for the order of two columns.
    fn two_columns(&self, id: ConditionId, mut known: impl FnMut(usize) -> Known) -> Result<(u64, Vec<usize>), Why> {
        let rule = self.plan.condition(id).and_then(|rule| rule.shape.as_ref());
        let Some((left, op, right)) = rule.and_then(|shape| match shape.test {
            Test::Columns(op, right) => Some((shape.column, op, right)),
            _ => None,
        }) else {
            return Err(Why::Columns(2));
        };
        let is_float = |column: usize| self.flat.get(&column).is_some_and(Flat::is_float);
        if is_float(left) || is_float(right) {
            return Err(Why::FloatStatistics);
        }
        let (left, right): ((usize, Known), (usize, Known)) = ((left, known(left)), (right, known(right)));
        self.ordered(id, op, &left.1, &right.1).map(|unknown| (unknown, vec![left.0, right.0]))
    }

    fn ordered(&self, id: ConditionId, op: CompareOp, left: &Known, right: &Known) -> Result<u64, Why> {
        let unknown = left.either_null(right).ok_or(Why::NullsUncounted)?;
        let nulls_fail =
            self.plan.rules.get(id.rule).and_then(|rule| self.plan.block.rules.get(rule.index)).is_none_or(|rule| rule.nulls_fail);
        if nulls_fail && unknown > 0 {
            return Err(Why::NullsFail);
        }
        if unknown == left.rows && left.rows > 0 || left.compares(op, right) {
            return Ok(unknown);
        }
        Err(if left.ints.is_none() || right.ints.is_none() { Why::NoStatistics } else { Why::Unsettled })
    }
}

/// A chunk of which something is to be proved.
struct Chunk<'a> {
    flat: &'a Flat,
    rows: u64,
    facts: &'a ChunkFacts,
    metadata: &'a ColumnChunkMetaData,
    pages: PageFacts,
    /// Conditions that ask for a value, where there always is one.
    by_schema: Vec<ConditionId>,
    /// Conditions that the entries of a dictionary decide.
    by_entries: Vec<ConditionId>,
}

impl Chunk<'_> {
    /// Whether its pages make a proof possible, and worth it.
    fn entries(&self) -> Result<(), Why> {
        if self.facts.values != self.rows {
            return Err(Why::Pages);
        }
        if self.by_entries.is_empty() {
            return Ok(());
        }
        if matches!(self.flat.physical, Physical::INT96 | Physical::BOOLEAN) {
            return Err(Why::Type);
        }
        match (self.pages.all_dictionary, self.pages.has_dictionary) {
            (false, true) => Err(Why::Overflowed),
            (false, false) => Err(Why::Plain),
            (true, _) if self.pages.dictionary_values > self.rows => Err(Why::LargeDictionary),
            (true, _) => Ok(()),
        }
    }

    /// Leaves the chunk to the reader. What the schema has settled stays settled if the column is read anyway.
    fn give_up(&self, why: Why, proved: &mut Proved, hopeful: &mut Settled) {
        for id in &self.by_entries {
            proved.refuse(*id, why);
            hopeful.remove(*id);
        }
        let read = !self.by_entries.is_empty() || why == Why::ReadAnyway;
        for id in &self.by_schema {
            if read {
                proved.settle(*id, Tier::Schema, self.rows, 0);
            } else {
                proved.refuse(*id, why);
                hopeful.remove(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
