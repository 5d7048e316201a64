//! Numbers, structs and lists of a footer or a page header, each checked for what it is said to be.

use crate::scan::thrift::{Field, ListHeader, Reader, Wire};

use super::{PreflightError, Result, wide};

/// Any number.
pub(super) fn int(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<i64> {
    match field.wire {
        Wire::I16 => Ok(i64::from(reader.i16()?)),
        Wire::I32 => Ok(i64::from(reader.i32()?)),
        Wire::I64 => Ok(reader.i64()?),
        _ => {
            let what = format!("the {name} is not a number");
            Err(PreflightError::corrupt(what).at(wide(field.offset)))
        }
    }
}

/// A number that cannot be negative.
pub(super) fn size(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<u64> {
    let value = int(reader, field, name)?;
    u64::try_from(value).map_err(|_| {
        let what = format!("the {name} is negative ({value})");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// A number of 32 bits.
pub(super) fn int32(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<i32> {
    let value = int(reader, field, name)?;
    i32::try_from(value).map_err(|_| {
        let what = format!("the {name} ({value}) does not fit 32 bits");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// A number of 32 bits that cannot be negative.
pub(super) fn size32(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<u64> {
    let value = int32(reader, field, name)?;
    u64::try_from(value).map_err(|_| {
        let what = format!("the {name} is negative ({value})");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// Refuses a field that is no struct.
pub(super) fn expect_struct(field: &Field, name: &str) -> Result<()> {
    if field.wire == Wire::Struct {
        return Ok(());
    }
    let what = format!("the {name} is not a struct");
    Err(PreflightError::corrupt(what).at(wide(field.offset)))
}

/// The length of a list of structs.
pub(super) fn structs(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<usize> {
    let header = match field.wire {
        Wire::List => Some(reader.list()?),
        _ => None,
    };
    match header {
        Some(ListHeader { len: 0, .. }) => Ok(0),
        Some(ListHeader { wire: Wire::Struct, len }) => Ok(len),
        _ => {
            let what = format!("the list of {name} is not a list of structs");
            Err(PreflightError::corrupt(what).at(wide(field.offset)))
        }
    }
}

pub(super) fn required<T>(value: Option<T>, name: &str, at: usize) -> Result<T> {
    value.ok_or_else(|| PreflightError::corrupt(format!("the {name} is missing")).at(wide(at)))
}
