//! Spans of work, for whoever has asked for the feature `tracing`; else nothing.

/// A span that ends when this is dropped.
#[must_use]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    _entered: tracing::span::EnteredSpan,
}

/// `span!("judge", rows = 3)`
#[cfg(feature = "tracing")]
macro_rules! span {
    ($name:literal, $($field:ident = $value:expr),*) => {
        crate::spans::Span::entered(tracing::debug_span!(target: "rulegate", $name, $($field = $value),*))
    };
}
#[cfg(not(feature = "tracing"))]
macro_rules! span {
    ($name:literal, $($field:ident = $value:expr),*) => {{
        $(let _ = &$value;)*
        crate::spans::Span {}
    }};
}
pub(crate) use span;

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn entered(span: tracing::Span) -> Self {
        Self { _entered: span.entered() }
    }
}
