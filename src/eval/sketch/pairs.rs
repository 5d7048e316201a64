//! Correlation of two columns, of exact sums: rounded only at the end.
//!
//! # Source
//! Pearson's r = (n Σxy − Σx Σy) / √((n Σx² − (Σx)²) (n Σy² − (Σy)²)), as `CORR` of SQL:2003: null where a column does not vary.

use serde::{Deserialize, Serialize};

use crate::kernels::exact::{ExactSum, correlation};

/// Σx, Σy, Σx², Σy², Σxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pairs {
    x: ExactSum,
    y: ExactSum,
    xx: ExactSum,
    yy: ExactSum,
    xy: ExactSum,
}

impl Pairs {
    pub(super) fn new() -> Self {
        let none = ExactSum::new();
        Self { x: none.clone(), y: none.clone(), xx: none.clone(), yy: none.clone(), xy: none }
    }

    pub(super) fn add(&mut self, x: f64, y: f64) {
        self.x.add(x);
        self.y.add(y);
        self.xx.add_square(x);
        self.yy.add_square(y);
        self.xy.add_product(x, y);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.x.merge(other.x);
        self.y.merge(other.y);
        self.xx.merge(other.xx);
        self.yy.merge(other.yy);
        self.xy.merge(other.xy);
    }

    pub(super) fn correlation(&self, count: u64) -> Option<f64> {
        correlation([&self.x, &self.xx], [&self.y, &self.yy], &self.xy, count)
    }
}
