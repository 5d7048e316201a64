//! Attempts to give a language model other orders.
//!
//! By their words, so advisory: an order in words that nobody has thought of passes. An order is HIGH, talk about one MEDIUM: a text
//! about these attacks is legitimate.

mod carriers;
mod orders;
mod persona;
mod tokens;

use std::sync::OnceLock;

use super::engine::Detector;
use super::{Family, Found, Kind, Level, Trigger, bytes, decode, normal, phrase};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] = &[
    &orders::INSTRUCTION_OVERRIDE,
    &orders::PROMPT_EXFILTRATION,
    &persona::ROLE_HIJACK,
    &persona::PERSONA_JAILBREAK,
    &persona::ATTACK_MENTION,
    &tokens::TEMPLATE_TOKEN,
    &tokens::FAKE_TURN,
    &carriers::ENCODED_ORDER,
    &carriers::DISGUISED_ORDER,
    &carriers::INVISIBLE_TEXT,
];

/// How bad what a text says is, and how often it says so: only by its words, neither decoded nor with disguises taken off.
fn said(text: &str) -> (Level, usize) {
    static WORDS: OnceLock<Detector> = OnceLock::new();
    let words = |kind: &Kind| matches!(kind.triggers[0], Trigger::Folded(_) | Trigger::Bytes(_)).then_some(Level::Medium);
    let spotted = WORDS.get_or_init(|| Detector::with(Family::PromptInjection, words)).spotted(text);
    (spotted.iter().map(|spotted| spotted.found.level).max().unwrap_or(Level::None), spotted.len())
}
