//! The buffers of an `ArrowArray`, which come as bare addresses: how long each must be follows from the type and the length of the array.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow::array::{BufferSpec, DataTypeLayout};
use arrow::buffer::{Buffer, MutableBuffer};
use arrow::datatypes::DataType;
use arrow::ffi::FFI_ArrowArray;

use crate::pointers;

/// How many buffers of text a column of views may have.
const MAX_BUFFERS: usize = 1 << 20;

/// An array's buffers, its validity first where its type has one.
pub(crate) struct Buffers<'a> {
    array: &'a FFI_ArrowArray,
    /// What keeps the memory alive.
    owner: &'a Arc<FFI_ArrowArray>,
    count: usize,
    /// Slots, those before the offset too; none where the array is empty.
    slots: usize,
}

impl<'a> Buffers<'a> {
    pub(crate) fn new(array: &'a FFI_ArrowArray, owner: &'a Arc<FFI_ArrowArray>, slots: usize) -> Result<Self, String> {
        let count = usize::try_from(array.n_buffers).map_err(|_| "its number of buffers is negative".to_owned())?;
        if count > MAX_BUFFERS {
            return Err(format!("it has more than {MAX_BUFFERS} buffers"));
        }
        if count > 0 && array.buffers.is_null() {
            return Err("its list of buffers is not there".to_owned());
        }
        Ok(Self { array, owner, count, slots })
    }

    /// Validity, where there is any, and the buffers behind it.
    ///
    /// # Safety
    /// Each buffer that is there is as long as the C Data Interface says.
    pub(crate) unsafe fn read(&self, data_type: &DataType, layout: &DataTypeLayout) -> Result<(Option<Buffer>, Vec<Buffer>), String> {
        let first = usize::from(layout.can_contain_null_mask);
        let fixed = first + layout.buffers.len();
        if fixed == 0 {
            // SAFETY: the caller's promise is handed on.
            return unsafe { self.none_at_all() }.map(|()| (None, Vec::new()));
        }
        let wanted = fixed + usize::from(layout.variadic);
        let enough = if layout.variadic { self.count >= wanted } else { self.count == wanted };
        if !enough {
            return Err(format!("the type has {wanted} buffers, and here are {}", self.count));
        }
        let mut validity = None;
        if layout.can_contain_null_mask && !self.address(0).is_null() && self.slots > 0 {
            // SAFETY: the validity has a bit for each slot, as the caller promises.
            validity = Some(unsafe { self.buffer(0, self.slots.div_ceil(8)) }?);
        }
        let mut buffers = Vec::with_capacity(self.count);
        for (index, spec) in (first..).zip(&layout.buffers) {
            // SAFETY: the caller's promise is handed on.
            let length = unsafe { self.length(data_type, index, spec) }?;
            // SAFETY: and so is this; the length is what the interface says.
            buffers.push(unsafe { self.buffer(index, length) }?);
        }
        if layout.variadic {
            // SAFETY: as above.
            unsafe { self.variadic(fixed, &mut buffers) }?;
        }
        Ok((validity, buffers))
    }

    /// Types without buffers may have places for them, if nothing is there: a validity that would be passed over is refused.
    ///
    /// # Safety
    /// As [`Self::read`].
    unsafe fn none_at_all(&self) -> Result<(), String> {
        match (0..self.count).all(|index| self.address(index).is_null()) {
            true => Ok(()),
            false => Err("the type has no buffers, and here are some".to_owned()),
        }
    }

    /// How many bytes a buffer must have.
    ///
    /// # Safety
    /// As [`Self::read`].
    unsafe fn length(&self, data_type: &DataType, index: usize, spec: &BufferSpec) -> Result<usize, String> {
        match spec {
            BufferSpec::FixedWidth { byte_width, .. } => {
                let ends = usize::from(has_offsets(data_type) && self.slots > 0);
                self.slots.checked_add(ends).and_then(|slots| slots.checked_mul(*byte_width)).ok_or_else(|| "it is too long".to_owned())
            }
            BufferSpec::BitMap => Ok(self.slots.div_ceil(8)),
            // SAFETY: as the caller promises: the buffer before is that of the offsets, one more than there are slots.
            BufferSpec::VariableWidth => unsafe { self.last_offset(data_type, index.saturating_sub(1)) },
            BufferSpec::AlwaysNull => Ok(0),
        }
    }

    /// Where the last value ends, which is how long the buffer of values is.
    ///
    /// # Safety
    /// The buffer at `index` is one of offsets, as long as the interface says.
    unsafe fn last_offset(&self, data_type: &DataType, index: usize) -> Result<usize, String> {
        let offsets = self.address(index);
        if self.slots == 0 {
            return Ok(0);
        }
        if offsets.is_null() {
            return Err("the buffer of its offsets is not there".to_owned());
        }
        let last = match data_type {
            // SAFETY: there are offsets up to this one, as the caller promises.
            DataType::LargeUtf8 | DataType::LargeBinary => unsafe { pointers::read::<i64>(offsets, self.slots) },
            // SAFETY: as above.
            _ => i64::from(unsafe { pointers::read::<i32>(offsets, self.slots) }),
        };
        usize::try_from(last).map_err(|_| format!("its last offset is {last}"))
    }

    /// The buffers of text behind views, and last the buffer of their lengths.
    ///
    /// # Safety
    /// As [`Self::read`].
    unsafe fn variadic(&self, first: usize, buffers: &mut Vec<Buffer>) -> Result<(), String> {
        let last = self.count.saturating_sub(1);
        let lengths = self.address(last);
        if last > first && lengths.is_null() {
            return Err("the lengths of its buffers are not there".to_owned());
        }
        for index in first..last {
            // SAFETY: there is a length for each of these buffers, as the caller promises.
            let length = unsafe { pointers::read::<i64>(lengths, index.saturating_sub(first)) };
            let length = usize::try_from(length).map_err(|_| format!("the length of buffer {index} is {length}"))?;
            // SAFETY: the buffer is as long as the interface says, which is here.
            buffers.push(unsafe { self.buffer(index, length) }?);
        }
        Ok(())
    }

    /// The address of a buffer; null where there is none.
    fn address(&self, index: usize) -> *const u8 {
        if index >= self.count {
            return std::ptr::null();
        }
        // SAFETY: the list is there and has that many addresses, as whoever gave the structure promised.
        unsafe { pointers::read::<*const u8>(self.array.buffers.cast(), index) }
    }

    /// A buffer that keeps the array alive. One without bytes may have any address.
    ///
    /// # Safety
    /// It is as long as said.
    unsafe fn buffer(&self, index: usize, length: usize) -> Result<Buffer, String> {
        if length == 0 {
            return Ok(MutableBuffer::new(0).into());
        }
        let start = self.address(index).cast_mut();
        // No program has memory in the upper half of 64 bits, so that a buffer which reaches there is a lie.
        let ends = start.addr().checked_add(length);
        let fits = isize::try_from(length).is_ok() && ends.is_some_and(|end| usize::BITS < 64 || isize::try_from(end).is_ok());
        match NonNull::new(start) {
            None => Err(format!("buffer {index} is not there, and should have {length} bytes")),
            Some(_) if !fits => Err(format!("buffer {index} cannot have {length} bytes")),
            // SAFETY: it can be read for its length as long as its owner lives, which the buffer holds.
            Some(start) => Ok(unsafe { Buffer::from_custom_allocation(start, length, Arc::clone(self.owner) as _) }),
        }
    }
}

/// Whether the first buffer tells where values end, so that it has one value more than there are slots.
fn has_offsets(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::List(_)
            | DataType::LargeList(_)
            | DataType::Map(..)
    )
}
