//! Flatbuffers, as far as the metadata of Arrow needs them.

use super::{Result, corrupt};

/// A flatbuffer. Every access is checked against the end of the bytes; errors count from its start.
#[derive(Clone, Copy)]
pub(super) struct Flat<'a> {
    pub(super) bytes: &'a [u8],
}

/// A table: where it starts, and where its slots are listed.
#[derive(Clone, Copy)]
pub(super) struct Table {
    at: usize,
    vtable: usize,
    /// Slots listed; those beyond have their default.
    slots: usize,
}

/// The elements of a vector that are still to come.
#[derive(Clone)]
pub(super) struct Vector {
    at: usize,
    pub(super) len: usize,
    width: usize,
}

impl Vector {
    pub(super) const EMPTY: Self = Self { at: 0, len: 0, width: 0 };

    /// Where the next element stands.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.len = self.len.checked_sub(1)?;
        let at = self.at;
        self.at = self.at.saturating_add(self.width);
        Some(at)
    }

    /// Where each element stands.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let mut vector = self.clone();
        std::iter::from_fn(move || vector.next())
    }
}

impl Flat<'_> {
    fn array<const N: usize>(self, at: usize) -> Result<[u8; N]> {
        at.checked_add(N)
            .and_then(|end| self.bytes.get(at..end))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| corrupt("the metadata refers past its end").at(wide(at)))
    }

    fn u16_at(self, at: usize) -> Result<usize> {
        Ok(usize::from(u16::from_le_bytes(self.array(at)?)))
    }

    fn u32_at(self, at: usize) -> Result<usize> {
        let value = u32::from_le_bytes(self.array(at)?);
        usize::try_from(value).map_err(|_| corrupt("a metadata offset is too large").at(wide(at)))
    }

    pub(super) fn i32_at(self, at: usize) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array(at)?))
    }

    pub(super) fn i64_at(self, at: usize) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array(at)?))
    }

    /// The table the whole flatbuffer stands for.
    pub(super) fn root(self) -> Result<Table> {
        self.follow(0)
    }

    /// The place the offset at `at` refers to; flatbuffers refer forwards only.
    fn target(self, at: usize) -> Result<usize> {
        let offset = self.u32_at(at)?;
        at.checked_add(offset).filter(|_| offset > 0).ok_or_else(|| corrupt("a metadata offset leads nowhere").at(wide(at)))
    }

    /// The table the offset at `at` refers to.
    pub(super) fn follow(self, at: usize) -> Result<Table> {
        let at = self.target(at)?;
        let back = i64::from(i32::from_le_bytes(self.array(at)?));
        let vtable = i64::try_from(at)
            .ok()
            .and_then(|at| at.checked_sub(back))
            .and_then(|vtable| usize::try_from(vtable).ok())
            .ok_or_else(|| corrupt("a metadata table has no slots").at(wide(at)))?;
        let bytes = self.u16_at(vtable)?;
        // Its own length and the table's length come before the slots, two bytes each.
        let slots = bytes.checked_sub(4).map(|bytes| bytes / 2).ok_or_else(|| corrupt("a metadata table has no slots").at(wide(at)))?;
        Ok(Table { at, vtable, slots })
    }

    /// Where the value of a slot stands, or `None` for its default.
    pub(super) fn slot(self, table: &Table, slot: usize) -> Result<Option<usize>> {
        if slot >= table.slots {
            return Ok(None);
        }
        let listed =
            slot.checked_mul(2).and_then(|slot| slot.checked_add(4)).and_then(|slot| slot.checked_add(table.vtable)).unwrap_or(usize::MAX);
        let offset = self.u16_at(listed)?;
        Ok((offset > 0).then(|| table.at.saturating_add(offset)))
    }

    pub(super) fn u8(self, table: &Table, slot: usize, default: u8) -> Result<u8> {
        match self.slot(table, slot)? {
            Some(at) => Ok(u8::from_le_bytes(self.array(at)?)),
            None => Ok(default),
        }
    }

    pub(super) fn i16(self, table: &Table, slot: usize, default: i16) -> Result<i16> {
        match self.slot(table, slot)? {
            Some(at) => Ok(i16::from_le_bytes(self.array(at)?)),
            None => Ok(default),
        }
    }

    pub(super) fn i32(self, table: &Table, slot: usize, default: i32) -> Result<i32> {
        match self.slot(table, slot)? {
            Some(at) => self.i32_at(at),
            None => Ok(default),
        }
    }

    pub(super) fn i64(self, table: &Table, slot: usize, default: i64) -> Result<i64> {
        match self.slot(table, slot)? {
            Some(at) => self.i64_at(at),
            None => Ok(default),
        }
    }

    /// The table a slot refers to.
    pub(super) fn child(self, table: &Table, slot: usize) -> Result<Option<Table>> {
        let at = self.slot(table, slot)?;
        at.map(|at| self.follow(at)).transpose()
    }

    /// The text a slot refers to, if there is one, at most so many bytes of it.
    pub(super) fn text(self, table: &Table, slot: usize, most: usize) -> Option<String> {
        let text = self.vector(table, slot, 1).ok()?;
        let bytes = self.bytes.get(text.at..text.at.checked_add(text.len.min(most))?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The vector a slot refers to, whole inside the bytes; empty if there is none.
    pub(super) fn vector(self, table: &Table, slot: usize, width: usize) -> Result<Vector> {
        let Some(at) = self.slot(table, slot)? else {
            return Ok(Vector::EMPTY);
        };
        let at = self.target(at)?;
        let len = self.u32_at(at)?;
        let first = at.saturating_add(4);
        let end = len.checked_mul(width).and_then(|bytes| bytes.checked_add(first));
        if end.is_none_or(|end| end > self.bytes.len()) {
            let what = "a metadata list claims more elements than bytes are left";
            return Err(corrupt(what).at(wide(at)));
        }
        Ok(Vector { at: first, len, width })
    }
}

/// Never truncates on the platforms Rust has; saturates rather than wrap should one come.
pub(super) fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
