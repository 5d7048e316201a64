//! `@normalize(…)`: what is done to the values of an output field before its rules see them.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ByteView, ListArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;

use crate::detectors::{Family, mask, strip_control};

/// A step of `@normalize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// White space at both ends is dropped.
    Trim,
    /// Letters become lower case.
    Lower,
    /// Blank items of a list are dropped.
    DropBlank,
    /// Secrets are replaced by `[kind]`.
    MaskSecrets,
    /// Personal data is replaced by `[kind]`.
    MaskPii,
    /// Control characters and invisible ones are dropped.
    StripControl,
}

impl Step {
    /// Every step with its name in the language.
    pub(crate) const ALL: &'static [(&'static str, Self)] = &[
        ("drop_blank", Self::DropBlank),
        ("lower", Self::Lower),
        ("mask_pii", Self::MaskPii),
        ("mask_secrets", Self::MaskSecrets),
        ("strip_control", Self::StripControl),
        ("trim", Self::Trim),
    ];

    /// The step of a name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, step)| *step)
    }

    fn text(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            Self::Trim if is_visible(text.as_bytes().first()) && is_visible(text.as_bytes().last()) => text,
            Self::Trim => {
                let trimmed = text.trim();
                if trimmed.len() == text.len() { text } else { Cow::Owned(trimmed.to_owned()) }
            }
            Self::Lower if text.chars().all(|c| !c.is_uppercase()) => text,
            Self::Lower => Cow::Owned(text.to_lowercase()),
            Self::DropBlank => text,
            Self::MaskSecrets => changed(text, |text| mask(text, Family::Secrets)),
            Self::MaskPii => changed(text, |text| mask(text, Family::Pii)),
            Self::StripControl => changed(text, strip_control),
        }
    }
}

/// A character of ASCII that shows. PERF: where a text begins and ends with one, nothing of it need be decoded to know what trimming does.
#[inline]
fn is_visible(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_graphic)
}

fn is_blank(text: &str) -> bool {
    !is_visible(text.as_bytes().first()) && text.trim().is_empty()
}

/// A text after a change that may leave it as it is.
fn changed<'a>(text: Cow<'a, str>, change: impl Fn(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    if let Cow::Owned(new) = change(&text) {
        return Cow::Owned(new);
    }
    text
}

/// Texts, or lists of texts, after the steps in their order; other values, and nulls, are as they were.
pub(crate) fn normalize(values: &ArrayRef, steps: &[Step]) -> ArrayRef {
    match values.data_type() {
        DataType::Utf8View => texts(values, steps),
        DataType::List(field) if *field.data_type() == DataType::Utf8View => {
            let list = values.as_list::<i32>();
            let items = texts(list.values(), steps);
            let list = ListArray::new(Arc::clone(field), list.offsets().clone(), items, list.nulls().cloned());
            if steps.contains(&Step::DropBlank) { without_blanks(&list) } else { Arc::new(list) }
        }
        _ => Arc::clone(values),
    }
}

fn texts(values: &ArrayRef, steps: &[Step]) -> ArrayRef {
    let views = values.as_string_view();
    if steps.iter().all(|step| matches!(step, Step::Trim | Step::DropBlank)) && (0..views.len()).all(|row| ends_show(views, row)) {
        return Arc::clone(values);
    }
    let changed = |text: &str| matches!(after(text, steps), Cow::Owned(_));
    if !views.iter().flatten().any(changed) {
        return Arc::clone(values);
    }
    let values = views.iter().map(|text| text.map(|text| after(text, steps)));
    Arc::new(values.collect::<StringViewArray>())
}

/// Whether a text is empty, or begins and ends with a character of ASCII that shows.
///
/// PERF: benches/outputs.rs: a short text is in its view, and need not be made a `&str`.
#[inline]
fn ends_show(texts: &StringViewArray, row: usize) -> bool {
    let Some(view) = texts.views().get(row) else { return false };
    let bytes = view.to_le_bytes();
    let (length, first) = (ByteView::from(*view).length as usize, bytes.get(4));
    match length {
        0 => true,
        1..=12 => is_visible(first) && is_visible(bytes.get(3 + length)),
        _ => is_visible(first) && (texts.is_null(row) || is_visible(texts.value(row).as_bytes().last())),
    }
}

fn after<'a>(text: &'a str, steps: &[Step]) -> Cow<'a, str> {
    steps.iter().fold(Cow::Borrowed(text), |text, step| step.text(text))
}

/// The lists without items that are empty or white space; null items stay.
fn without_blanks(list: &ListArray) -> ArrayRef {
    let items = list.values().as_string_view();
    let kept = BooleanBuffer::collect_bool(items.len(), |item| items.is_null(item) || !is_blank(items.value(item)));
    if kept.count_set_bits() == items.len() {
        return Arc::new(list.clone());
    }
    let before = NullBuffer::new(kept.clone());
    let lengths = list.offsets().windows(2).map(|ends| match ends {
        [start, end] => {
            let (start, end) = (usize::try_from(*start).unwrap_or(0), usize::try_from(*end).unwrap_or(0));
            let length = end.saturating_sub(start);
            length - before.slice(start, length).null_count()
        }
        _ => 0,
    });
    let offsets = OffsetBuffer::from_lengths(lengths);
    let start = list.offsets().first().and_then(|first| usize::try_from(*first).ok()).unwrap_or(0);
    let end = list.offsets().last().and_then(|last| usize::try_from(*last).ok()).unwrap_or(0);
    // Items outside the offsets belong to no list.
    let within = BooleanBuffer::collect_bool(items.len(), |item| (start..end).contains(&item) && kept.value(item));
    let DataType::List(field) = list.data_type() else { return Arc::new(list.clone()) };
    match arrow::compute::filter(list.values(), &within.into()) {
        Ok(items) => Arc::new(ListArray::new(Arc::clone(field), offsets, items, list.nulls().cloned())),
        Err(_) => Arc::new(list.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ListBuilder, StringViewBuilder};

    #[test]
    fn texts_are_trimmed_and_nulls_stay() {
        let values: ArrayRef = Arc::new(StringViewArray::from(vec![Some("  A "), None, Some("b")]));
        let found = normalize(&values, &[Step::Trim, Step::Lower]);
        assert_eq!(found.as_string_view(), &StringViewArray::from(vec![Some("a"), None, Some("b")]));
        let untouched = normalize(&values, &[]);
        assert!(Arc::ptr_eq(&untouched, &values));
    }

    #[test]
    fn ends_are_looked_at_in_short_texts_and_long_ones() {
        for (text, changes) in [
            ("", false),
            ("a", false),
            (" ", true),
            ("twelve bytes", false),
            ("twelve byte ", true),
            (" welve bytes", true),
            ("é", false),
            ("\u{a0}a", true),
            ("more than twelve bytes", false),
            ("more than twelve bytes\n", true),
            ("more than twelve bytes\u{3000}", true),
        ] {
            let values: ArrayRef = Arc::new(StringViewArray::from(vec![Some("plain"), None, Some(text)]));
            let found = normalize(&values, &[Step::Trim, Step::DropBlank]);
            assert_eq!(found.as_string_view().value(2), text.trim(), "{text:?}");
            assert_eq!(Arc::ptr_eq(&found, &values), !changes, "{text:?}");
        }
    }

    #[test]
    fn blank_items_are_dropped_where_lists_are_sliced_or_null() {
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for list in [Some(vec!["x", " "]), Some(vec![" a ", "", "b"]), None, Some(vec!["", " "])] {
            let present = list.is_some();
            list.into_iter().flatten().for_each(|item| builder.values().append_value(item));
            builder.append(present);
        }
        let lists: ArrayRef = Arc::new(builder.finish().slice(1, 3));
        let found = normalize(&lists, &[Step::Trim, Step::DropBlank]);
        let found = found.as_list::<i32>();
        assert_eq!(found.value(0).as_string_view(), &StringViewArray::from(vec!["a", "b"]));
        assert!(found.is_null(1));
        assert_eq!(found.value_length(2), 0);
    }
}
