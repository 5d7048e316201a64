//! Spans as they begin and end, kept until they are sent.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::logs::TraceContext;

/// The span of the whole run: every other span stands in it, those of other threads too.
pub(super) const ROOT: &str = "command";

/// Spans that are kept; of a run with more batches the first.
const MOST: usize = 2_048;

/// Fields that leave this program. What else a span may come to hold does not: a name of a file may tell the value of a partition.
const SENT: [&str; 7] = ["command", "block", "name", "rows", "columns", "files", "bytes"];

/// Longest text of a field, in characters.
const LONGEST: usize = 256;

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// A span that has ended.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub name: &'static str,
    pub id: u64,
    pub parent: Option<u64>,
    /// Since 1970.
    pub start: Duration,
    pub end: Duration,
    pub fields: Vec<(&'static str, Value)>,
    /// Whether an error was told within it.
    pub failed: bool,
}

/// All spans of a run.
#[derive(Debug)]
pub(super) struct Spans {
    pub trace_id: u128,
    root: u64,
    caller: Option<u64>,
    ended: Mutex<Ended>,
}

#[derive(Debug, Default)]
pub(super) struct Ended {
    pub spans: Vec<Span>,
    /// Spans that there was no room for.
    pub left_out: u64,
}

/// What hears of spans.
pub(super) struct Taker(pub Arc<Spans>);

/// A span that has not ended.
struct Open {
    span: Span,
    begun: Instant,
}

impl Spans {
    pub(super) fn new(caller: Option<&TraceContext>) -> Self {
        let trace_id = caller.and_then(|caller| u128::from_str_radix(&caller.trace_id, 16).ok());
        let trace_id = trace_id.unwrap_or_else(|| u128::from(random()) << 64 | u128::from(random()));
        let caller = caller.and_then(|caller| u64::from_str_radix(&caller.parent_id, 16).ok());
        Self { trace_id, root: random(), caller, ended: Mutex::default() }
    }

    pub(super) fn ended(&self) -> MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, name: &'static str, parent: Option<u64>) -> Span {
        let (id, parent) = match parent {
            None if name == ROOT => (self.root, self.caller),
            // Work on another thread does not know what it is part of.
            None => (random(), Some(self.root)),
            parent => (random(), parent),
        };
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Span { name, id, parent, start, end: start, fields: Vec::new(), failed: false }
    }

    fn end(&self, mut span: Span, took: Duration) {
        span.end = span.start.saturating_add(took);
        let mut ended = self.ended();
        if ended.spans.len() < MOST || span.id == self.root {
            ended.spans.push(span);
        } else {
            ended.left_out += 1;
        }
    }
}

/// Never 0, which stands for no id. The standard library seeds its hashers from the system's randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish().max(1)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Taker {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(known) = context.span(id) else { return };
        let parent = known.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.span.id));
        let mut span = self.0.begin(attributes.metadata().name(), parent);
        attributes.record(&mut Fields(&mut span.fields));
        known.extensions_mut().insert(Open { span, begun: Instant::now() });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(known) = context.span(id) else { return };
        if let Some(open) = known.extensions_mut().get_mut::<Open>() {
            values.record(&mut Fields(&mut open.span.fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        // What it says stays here: it may hold anything.
        for known in context.event_scope(event).into_iter().flatten() {
            if let Some(open) = known.extensions_mut().get_mut::<Open>() {
                open.span.failed = true;
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let open = context.span(&id).and_then(|known| known.extensions_mut().remove::<Open>());
        if let Some(Open { span, begun }) = open {
            self.0.end(span, begun.elapsed());
        }
    }
}

/// Takes the fields that may leave.
struct Fields<'a>(&'a mut Vec<(&'static str, Value)>);

impl Fields<'_> {
    fn take(&mut self, field: &Field, value: impl FnOnce() -> Option<Value>) {
        if let Some(value) = SENT.contains(&field.name()).then(value).flatten() {
            self.0.push((field.name(), value));
        }
    }
}

impl Visit for Fields<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, || Some(Value::Number(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, || i64::try_from(value).ok().map(Value::Number));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, || Some(Value::Text(value.chars().take(LONGEST).collect())));
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
