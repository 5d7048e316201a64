//! Whether two syntax trees are the same but for the places of what is in them.
//!
//! Fields and variants come from the lists of `syntax::nodes`; one that is missing there does not compile.

use std::sync::Arc;

use crate::source::Spanned;
use crate::syntax::ast;
use crate::syntax::nodes::{each_enum, each_struct};

/// Equality but for places.
pub(super) trait Same {
    fn same(&self, other: &Self) -> bool;
}

macro_rules! same_values {
    ($($ty:ty),* $(,)?) => {
        $(impl Same for $ty {
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        })*
    };
}

macro_rules! same_structs {
    ($($ty:ident { $($field:ident),* $(; $place:ident)? })*) => {
        $(impl Same for ast::$ty {
            fn same(&self, other: &Self) -> bool {
                let Self { $($field,)* $($place: _,)? } = self;
                $($field.same(&other.$field))&&*
            }
        })*
    };
}

macro_rules! same_enums {
    ($($ty:ident {
        $(unit $($unit:ident)*;)?
        $(place $($place:ident)*;)?
        $(tuple $($tuple:ident($($part:ident),*))*;)?
        $(named $($named:ident { $($field:ident),* })*;)?
    })*) => {
        $(impl Same for ast::$ty {
            fn same(&self, other: &Self) -> bool {
                match self {
                    $($(Self::$unit => matches!(other, Self::$unit),)*)?
                    $($(Self::$place(_) => matches!(other, Self::$place(_)),)*)?
                    $($(Self::$tuple($($part),*) => {
                        let mine = ($($part,)*);
                        matches!(other, Self::$tuple($($part),*) if mine.same(&($($part,)*)))
                    })*)?
                    $($(Self::$named { $($field),* } => {
                        let mine = ($($field,)*);
                        matches!(other, Self::$named { $($field),* } if mine.same(&($($field,)*)))
                    })*)?
                }
            }
        })*
    };
}

same_values!(String, bool, u64, i64, i128, ast::CompareOp, ast::ArithOp);

impl<T: Same> Same for Spanned<T> {
    fn same(&self, other: &Self) -> bool {
        self.node.same(&other.node)
    }
}

impl<T: Same> Same for Box<T> {
    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }
}

impl<T: Same> Same for Arc<T> {
    fn same(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || (**self).same(other)
    }
}

impl<T: Same + ?Sized> Same for &T {
    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }
}

impl<T: Same> Same for Option<T> {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(mine), Some(theirs)) => mine.same(theirs),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<T: Same> Same for Vec<T> {
    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(mine, theirs)| mine.same(theirs))
    }
}

impl<A: Same> Same for (A,) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0)
    }
}

impl<A: Same, B: Same> Same for (A, B) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1)
    }
}

impl<A: Same, B: Same, C: Same> Same for (A, B, C) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1) && self.2.same(&other.2)
    }
}

impl<A: Same, B: Same, C: Same, D: Same> Same for (A, B, C, D) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1) && self.2.same(&other.2) && self.3.same(&other.3)
    }
}

/// Comments are compared on their own, by what they say.
impl Same for ast::File {
    fn same(&self, other: &Self) -> bool {
        let Self { version, items, comments: _, broken } = self;
        version.same(&other.version) && items.same(&other.items) && broken.same(&other.broken)
    }
}

each_struct!(same_structs);
each_enum!(same_enums);
