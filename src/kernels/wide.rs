//! Loops compiled twice: for every processor, and for those with registers of thirty-two bytes that count bits (decision 13).

/// A loop that vectorises. `run` is `#[inline(always)]`, and what it calls is small: what is not inlined is not compiled twice.
pub(crate) trait Loop {
    type Out;
    fn run(self) -> Self::Out;
}

/// Runs a loop with the widest registers that there are code and a processor for.
#[inline]
pub(crate) fn widest<L: Loop>(work: L) -> L::Out {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
        #[expect(unsafe_code, reason = "PERF: benches/kernels.rs: a third to a half of the instructions of a row (decision 13)")]
        // SAFETY: the processor has just been asked for all that the function needs.
        return unsafe { wide(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn wide<L: Loop>(work: L) -> L::Out {
    work.run()
}
