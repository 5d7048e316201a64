//! Functions of numbers.

mod abs;
mod ceil;
mod exp;
mod finite;
mod floor;
mod greatest;
mod is_nan;
mod least;
mod ln;
mod log10;
mod modulo;
mod pow;
mod round;
mod sign;
mod sqrt;
mod trunc;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[
    &abs::FUNCTION,
    &ceil::FUNCTION,
    &exp::FUNCTION,
    &finite::FUNCTION,
    &floor::FUNCTION,
    &greatest::FUNCTION,
    &is_nan::FUNCTION,
    &least::FUNCTION,
    &ln::FUNCTION,
    &log10::FUNCTION,
    &modulo::FUNCTION,
    &pow::FUNCTION,
    &round::FUNCTION,
    &sign::FUNCTION,
    &sqrt::FUNCTION,
    &trunc::FUNCTION,
];
