//! The fields of a schema, depth first: how many, how deep, and whether each is of a type that there is.

use super::flat::{Flat, Table, Vector};
use super::types::{self, Flaw};
use super::{IpcLimits, PreflightError, PreflightKind, Result, corrupt};

/// Bytes of a field's name that an error shows.
const NAME_BYTES: usize = 64;

/// Checks byte order, depth, number and types of fields; the columns of views are the answer.
pub(super) fn check_schema(flat: Flat<'_>, schema: &Table, limits: &IpcLimits) -> Result<u64> {
    match flat.i16(schema, 0, 0)? {
        0 => {}
        1 => {
            let what = "the data is big-endian, which is not read";
            return Err(PreflightError::new(PreflightKind::Unsupported, what));
        }
        other => return Err(corrupt(format!("the unknown byte order {other}"))),
    }
    if flat.slot(schema, 1)?.is_none() {
        return Err(corrupt("the schema does not list its fields"));
    }
    let columns = Level { fields: flat.vector(schema, 1, 4)?, in_dictionary: false, of: None };
    let mut walk = FieldWalk { open: vec![columns], seen: 0, views: 0 };
    while walk.step(flat, limits)? {}
    Ok(walk.views)
}

/// The fields of one level that are still to come.
struct Level {
    fields: Vector,
    in_dictionary: bool,
    /// The field that they are children of.
    of: Option<Table>,
}

/// The fields of a schema, depth first.
struct FieldWalk {
    open: Vec<Level>,
    seen: usize,
    views: u64,
}

impl FieldWalk {
    /// Visits one field or closes one level; false when all is done.
    fn step(&mut self, flat: Flat<'_>, limits: &IpcLimits) -> Result<bool> {
        let Some(level) = self.open.last_mut() else {
            return Ok(false);
        };
        let in_dictionary = level.in_dictionary;
        let Some(at) = level.fields.next() else {
            self.open.pop();
            return Ok(true);
        };
        self.seen = self.seen.saturating_add(1);
        if self.seen > limits.fields {
            let most = limits.fields;
            let what = format!("the schema has more than the {most} fields allowed");
            return Err(PreflightError::limit(what));
        }
        self.field(flat, flat.follow(at)?, in_dictionary, limits)?;
        Ok(true)
    }

    fn field(&mut self, flat: Flat<'_>, field: Table, in_dictionary: bool, limits: &IpcLimits) -> Result<()> {
        if let Some(Flaw { kind, what }) = types::flaw(flat, &field)? {
            return Err(PreflightError::new(kind, format!("column `{}` {what}", self.path(flat, &field))));
        }
        // The values of a dictionary travel in messages of their own.
        let in_dictionary = in_dictionary || flat.slot(&field, types::DICTIONARY)?.is_some();
        if types::is_view(flat, &field)? && !in_dictionary {
            self.views = self.views.saturating_add(1);
        }
        let fields = flat.vector(&field, types::CHILDREN, 4)?;
        if fields.len == 0 {
            return Ok(());
        }
        if self.open.len() >= limits.depth {
            let most = limits.depth;
            let what = format!("the schema nests more than {most} levels deep");
            return Err(PreflightError::limit(what));
        }
        self.open.push(Level { fields, in_dictionary, of: Some(field) });
        Ok(())
    }

    /// The names of a field and of those it lies in, such as `prices.item`.
    fn path(&self, flat: Flat<'_>, field: &Table) -> String {
        let name = |field: &Table| flat.text(field, types::NAME, NAME_BYTES).unwrap_or_default();
        let above = self.open.iter().filter_map(|level| level.of.as_ref());
        above.chain([field]).map(name).collect::<Vec<_>>().join(".")
    }
}
