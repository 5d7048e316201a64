//! Personal data that has a form: addresses of mail and of machines, numbers with a checksum or a plan.
//!
//! No names and no places: those need a model, and this room has none.

mod card;
mod email;
mod iban;
mod ip;
mod phone;
mod ssn;

use super::groups::Groups;
use super::{Family, Found, Kind, Level, Trigger, bytes};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] = &[&email::EMAIL, &phone::PHONE, &card::CREDIT_CARD, &iban::IBAN, &ssn::US_SSN, &ip::IPV4, &ip::IPV6];
