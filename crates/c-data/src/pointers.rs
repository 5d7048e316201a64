//! Reading behind addresses that somebody else has given. Nothing here trusts an address to be aligned.

/// The structure at an address; `None` where the address is null or not one at which it could stand.
///
/// # Safety
/// An address that is neither is that of a filled structure, which lives as long as the result and is not written to meanwhile.
pub(crate) unsafe fn structure<'a, T>(address: *const T) -> Option<&'a T> {
    if address.is_null() || !address.is_aligned() {
        return None;
    }
    // SAFETY: not null, aligned, and filled, as the caller promises.
    Some(unsafe { &*address })
}

/// The structure at the address that stands at `index` of a list of addresses.
///
/// # Safety
/// A list that is not null has more than `index` addresses; for each holds what [`structure`] wants.
pub(crate) unsafe fn child<'a, T>(list: *mut *mut T, index: usize) -> Option<&'a T> {
    if list.is_null() {
        return None;
    }
    // SAFETY: the list is as long as the caller promises.
    let address = unsafe { read::<*mut T>(list.cast(), index) };
    // SAFETY: the caller's promise for each of them.
    unsafe { structure(address) }
}

/// The value at `index` of an array, which need not be aligned.
///
/// # Safety
/// The array has more than `index` values, and any bits are a value of `T`.
pub(crate) unsafe fn read<T>(start: *const u8, index: usize) -> T {
    // SAFETY: the value lies in the array, so that its distance from the start is no more than the array is long.
    unsafe { read_at(start, index.wrapping_mul(size_of::<T>())) }
}

/// The value that begins `distance` bytes behind an address.
///
/// # Safety
/// It can be read there, and any bits are a value of `T`.
pub(crate) unsafe fn read_at<T>(start: *const u8, distance: usize) -> T {
    // SAFETY: what lies between is one allocation, as the caller promises.
    let place = unsafe { start.add(distance) };
    // SAFETY: the caller's promise; alignment is not needed.
    unsafe { place.cast::<T>().read_unaligned() }
}
