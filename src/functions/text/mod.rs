//! Functions of texts.

mod byte_length;
mod concat;
mod contains;
mod contains_match;
mod ends_with;
mod grounded_in;
mod hash;
mod is_base64;
mod is_email;
mod is_hex;
mod is_ipv4;
mod is_ipv6;
mod is_json;
mod is_url;
mod is_uuid;
mod length;
mod like;
mod lower;
mod luhn;
mod matches;
mod not_blank;
mod numbers_found_in;
mod quotes_found_in;
mod split;
mod starts_with;
mod substring;
mod trim;
mod trimmed;
mod upper;
mod word_count;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[
    &byte_length::FUNCTION,
    &concat::FUNCTION,
    &contains::FUNCTION,
    &contains_match::FUNCTION,
    &ends_with::FUNCTION,
    &grounded_in::FUNCTION,
    &hash::FUNCTION,
    &is_base64::FUNCTION,
    &is_email::FUNCTION,
    &is_hex::FUNCTION,
    &is_ipv4::FUNCTION,
    &is_ipv6::FUNCTION,
    &is_json::FUNCTION,
    &is_url::FUNCTION,
    &is_uuid::FUNCTION,
    &length::FUNCTION,
    &like::FUNCTION,
    &lower::FUNCTION,
    &luhn::FUNCTION,
    &matches::FUNCTION,
    &not_blank::FUNCTION,
    &numbers_found_in::FUNCTION,
    &quotes_found_in::FUNCTION,
    &split::FUNCTION,
    &starts_with::FUNCTION,
    &substring::FUNCTION,
    &trim::FUNCTION,
    &trimmed::FUNCTION,
    &upper::FUNCTION,
    &word_count::FUNCTION,
];
