//! Choices read off a tape of numbers.
//!
//! Cases are decoded from tapes that proptest draws, so that shrinking a tape shrinks the case: a zero, and the
//! end of the tape, choose the simplest thing everywhere.

pub struct Dice<'t> {
    tape: &'t [u32],
    at: usize,
    /// One cell in so many is null.
    nulls_one_in: usize,
}

impl<'t> Dice<'t> {
    pub fn new(tape: &'t [u32]) -> Self {
        Self { tape, at: 0, nulls_one_in: 7 }
    }

    /// With hardly any nulls, for columns that must not have one: else every row would fail `required` somewhere.
    pub fn with_few_nulls(self) -> Self {
        Self { nulls_one_in: 61, ..self }
    }

    /// Is the next cell null?
    pub fn null(&mut self) -> bool {
        self.one_in(self.nulls_one_in)
    }

    fn next(&mut self) -> u32 {
        let drawn = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        drawn
    }

    /// A number below `count`; 0 is the simplest.
    pub fn below(&mut self, count: usize) -> usize {
        self.next() as usize % count.max(1)
    }

    /// True in one of `times` draws, never at the end of the tape.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn word(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }
}
