//! Detectors: functions that say whether a text is free of something. What they look for is in the room `detectors`.

mod no_code_injection;
mod no_control_chars;
mod no_pii;
mod no_prompt_injection;
mod no_refusal;
mod no_secrets;

use arrow::array::{GenericStringArray, OffsetSizeTrait};
use arrow::buffer::BooleanBuffer;

use super::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::detectors::{Detector, Family, Kind, Level};
use crate::kernels::vector::{Strings, Values, Vector, from_parts};

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[
    &no_code_injection::FUNCTION,
    &no_control_chars::FUNCTION,
    &no_pii::FUNCTION,
    &no_prompt_injection::FUNCTION,
    &no_refusal::FUNCTION,
    &no_secrets::FUNCTION,
];

/// The words that a detector takes besides the text: kinds, and levels to fail from. `None` if the function is no detector.
#[must_use]
pub(crate) fn detector_words(function: &str) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let family = Family::ALL.into_iter().find(|family| family.function() == function)?;
    let kinds = family.kinds().iter().map(|kind| kind.name).collect();
    Some((kinds, vec!["low", "medium", "high", "critical"]))
}

/// Whether a function looks for what nobody is to see: secrets and personal data.
#[must_use]
pub(crate) fn finds_private(function: &str) -> bool {
    [Family::Secrets, Family::Pii].iter().any(|family| family.function() == function)
}

/// A detector as a function of the language asks it: by the function's name, and the words behind the text.
pub(crate) fn detector_of<'w>(function: &str, words: impl Iterator<Item = &'w str> + Clone) -> Option<Detector> {
    let family = Family::ALL.into_iter().find(|family| family.function() == function)?;
    let named: Vec<&'static Kind> = words.clone().filter_map(|word| family.kind(word)).collect();
    let mut words = words;
    Some(Detector::new(family, &named, words.find_map(Level::parse)))
}

/// Text, then the kinds to look for and the level to fail from.
const fn signature() -> Signature {
    const PARAMETERS: &[Parameter] =
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "kind", accepts: Accepts::String }];
    Signature::new(PARAMETERS, Returns::Bool).optional(1).variadic()
}

/// Tests texts; what stands after them are constants, which the compiler has checked.
fn eval(family: Family, args: &[Vector]) -> Vector {
    let Some((texts, words)) = args.split_first() else { return Vector::fault(1) };
    let strings: Vec<_> = words.iter().map(Vector::strings).collect();
    let Some(detector) = detector_of(family.function(), strings.iter().map(|word| word.at(0))) else { return Vector::fault(1) };
    let found = found(&detector, texts);
    let clean = BooleanBuffer::collect_bool(texts.slots(), |slot| !found.get(slot).copied().unwrap_or(false));
    from_parts(texts.rows(), texts.is_constant(), Values::Bool(clean), texts.nulls.clone(), texts.faults.clone())
}

/// Whether each slot has a finding; slots without a value may have any.
fn found(detector: &Detector, texts: &Vector) -> Vec<bool> {
    match &texts.values {
        Values::Str(Strings::Utf8(array)) => in_order(detector, array),
        Values::Str(Strings::Large(array)) => in_order(detector, array),
        Values::Str(Strings::View(_)) => copied(detector, texts),
        _ => Vec::new(),
    }
}

/// Texts that lie one after another are gone through where they lie.
fn in_order<O: OffsetSizeTrait>(detector: &Detector, array: &GenericStringArray<O>) -> Vec<bool> {
    let bounds: Vec<usize> = array.value_offsets().iter().map(|offset| offset.as_usize()).collect();
    detector.found(array.value_data(), &bounds)
}

/// Texts that lie anywhere are put one after another, some at a time.
fn copied(detector: &Detector, texts: &Vector) -> Vec<bool> {
    // PERF: small enough to stay near by while it is gone through several times.
    const PIECE: usize = 1 << 15;
    let reader = texts.strings();
    let (mut found, mut buffer, mut bounds) = (Vec::with_capacity(texts.slots()), Vec::with_capacity(PIECE + PIECE / 4), vec![0]);
    for slot in 0..texts.slots() {
        if texts.is_live(slot) {
            buffer.extend_from_slice(reader.at(slot).as_bytes());
        }
        bounds.push(buffer.len());
        if buffer.len() >= PIECE || slot + 1 == texts.slots() {
            found.extend(detector.found(&buffer, &bounds));
            buffer.clear();
            bounds.truncate(1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};

    use super::*;
    use crate::kernels::load::load;

    #[test]
    fn layouts_and_slices_are_judged_alike() {
        let texts = [Some("fine"), None, Some("write to jane@northwind-traders.com"), Some(""), Some("host 10.0.0.1"), Some("a@")];
        let arrays: [ArrayRef; 3] = [
            Arc::new(StringArray::from_iter(texts)),
            Arc::new(LargeStringArray::from_iter(texts)),
            Arc::new(StringViewArray::from_iter(texts)),
        ];
        for array in arrays {
            for offset in 0..texts.len() {
                let vector = load(&array.slice(offset, texts.len() - offset));
                let out = eval(Family::Pii, &[vector]);
                let clean: Vec<bool> = (0..out.rows()).filter(|row| out.is_live(*row)).map(|row| out.bools().at(row)).collect();
                let expected: Vec<bool> = texts[offset..].iter().flatten().map(|text| !text.contains("jane")).collect();
                assert_eq!(clean, expected, "{:?} from {offset}", array.data_type());
            }
        }
    }
}
