//! Moves a piece of the syntax tree to another place: what an item says does not depend on where it stands.

use std::sync::Arc;

use crate::source::{FileId, Span, Spanned};

use super::ast;
use super::nodes::{each_enum, each_struct};
use super::parse::Parsed;

/// How far a piece moves, and into which file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub file: FileId,
    /// Where its first byte was.
    pub from: u32,
    /// Where its first byte is to be.
    pub to: u32,
}

/// What has places in it.
pub(super) trait Shift {
    fn shift(&mut self, by: Move);
}

impl Shift for Span {
    fn shift(&mut self, by: Move) {
        // Wrapping serves both ways; the sum is a place of the new text.
        let at = |place: u32| place.wrapping_sub(by.from).wrapping_add(by.to);
        *self = Self { file: by.file, start: at(self.start), end: at(self.end) };
    }
}

macro_rules! without_places {
    ($($ty:ty),* $(,)?) => {
        $(impl Shift for $ty {
            fn shift(&mut self, _: Move) {}
        })*
    };
}

macro_rules! shift_structs {
    ($($ty:ident { $($field:ident),* $(; $place:ident)? })*) => {
        $(impl Shift for ast::$ty {
            fn shift(&mut self, by: Move) {
                let Self { $($field,)* $($place,)? } = self;
                $($field.shift(by);)*
                $($place.shift(by);)?
            }
        })*
    };
}

macro_rules! shift_enums {
    ($($ty:ident {
        $(unit $($unit:ident)*;)?
        $(place $($place:ident)*;)?
        $(tuple $($tuple:ident($($part:ident),*))*;)?
        $(named $($named:ident { $($field:ident),* })*;)?
    })*) => {
        $(impl Shift for ast::$ty {
            fn shift(&mut self, by: Move) {
                match self {
                    $($(Self::$unit => {})*)?
                    $($(Self::$place(place) => place.shift(by),)*)?
                    $($(Self::$tuple($($part),*) => { $($part.shift(by);)* })*)?
                    $($(Self::$named { $($field),* } => { $($field.shift(by);)* })*)?
                }
            }
        })*
    };
}

without_places!(String, bool, u64, i64, i128, ast::CompareOp, ast::ArithOp);
each_struct!(shift_structs);
each_enum!(shift_enums);

impl<T: Shift> Shift for Spanned<T> {
    fn shift(&mut self, by: Move) {
        self.node.shift(by);
        self.span.shift(by);
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: Move) {
        (**self).shift(by);
    }
}

/// Moved where it is, unless a tree of another text has it too.
impl<T: Shift + Clone> Shift for Arc<T> {
    fn shift(&mut self, by: Move) {
        Self::make_mut(self).shift(by);
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: Move) {
        self.iter_mut().for_each(|inner| inner.shift(by));
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: Move) {
        self.iter_mut().for_each(|inner| inner.shift(by));
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: Move) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

impl Shift for Parsed {
    fn shift(&mut self, by: Move) {
        match self {
            Self::Version(version) => version.shift(by),
            Self::Top(kind) => kind.shift(by),
            Self::Header(block) => block.shift(by),
            Self::Inner(kind) => kind.shift(by),
        }
    }
}
