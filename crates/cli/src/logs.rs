//! Logs on stderr, for people or as JSON, and the trace context that the caller hands down.

use std::sync::OnceLock;

use clap::{Arg, ArgMatches, Command};
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::exit::Exit;
#[cfg(feature = "otlp")]
use crate::otlp::Exporter;

/// The variable in which a caller's W3C trace context stands (<https://www.w3.org/TR/trace-context/>), as tools that start programs set it.
const TRACE_PARENT: &str = "TRACEPARENT";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Whether failures are told in the log rather than as text.
static AS_JSON: OnceLock<bool> = OnceLock::new();

/// Options that every command takes.
pub(crate) fn options(command: Command) -> Command {
    let level = Arg::new("log-level")
        .long("log-level")
        .global(true)
        .value_name("LEVEL")
        .value_parser(LEVELS)
        .default_value("off")
        .help("Logs on stderr from this level on; info tells what was judged, debug each batch, and how long each step took");
    let format = Arg::new("log-format")
        .long("log-format")
        .global(true)
        .value_name("FORM")
        .value_parser(["text", "json"])
        .default_value("text")
        .help("Logs as text, or a line of JSON each; errors of the command are then JSON too");
    command.arg(level).arg(format)
}

/// What observes the work of a command, until it ends.
pub(crate) struct Logs {
    /// The span of the whole command.
    span: EnteredSpan,
    #[cfg(feature = "otlp")]
    exporter: Option<Exporter>,
}

impl Logs {
    /// The command is done: its span ends, and is sent where spans are sent.
    #[cfg_attr(not(feature = "otlp"), expect(unused_variables, reason = "told to collectors"))]
    pub(crate) fn end(self, exit: Exit) {
        drop(self.span);
        #[cfg(feature = "otlp")]
        if let Some(exporter) = self.exporter {
            exporter.end(exit);
        }
    }
}

/// What takes spans and events.
type Sink = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins to log as the options say.
pub(crate) fn start(matches: &ArgMatches) -> Logs {
    let chosen = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let level: LevelFilter = chosen("log-level").parse().unwrap_or(LevelFilter::OFF);
    let as_json = chosen("log-format") == "json";
    // Set once, at the start.
    let _ = AS_JSON.set(as_json);
    let caller = TraceContext::of_caller();
    #[cfg(feature = "otlp")]
    let exporter = Exporter::from_environment(caller.as_ref());
    let sinks = [
        Some(lines(level, as_json)),
        #[cfg(feature = "otlp")]
        exporter.as_ref().map(Exporter::sink),
    ];
    // A subscriber that is there already would log as well as this one.
    let _ = tracing_subscriber::registry().with(sinks.into_iter().flatten().collect::<Vec<Sink>>()).try_init();
    let command = matches.subcommand_name().unwrap_or_default();
    let (trace_id, parent_id) = caller.as_ref().map(|context| (&context.trace_id, &context.parent_id)).unzip();
    // The end of a span is told at the span's level. Where less than that is logged, the span is still there for what is.
    let span = if level >= LevelFilter::INFO {
        tracing::info_span!("command", command, trace_id, parent_id)
    } else {
        tracing::error_span!("command", command, trace_id, parent_id)
    };
    Logs {
        span: span.entered(),
        #[cfg(feature = "otlp")]
        exporter,
    }
}

/// Lines on stderr.
fn lines(level: LevelFilter, as_json: bool) -> Sink {
    let times = if level >= LevelFilter::INFO { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let layer = tracing_subscriber::fmt::layer().with_span_events(times).with_writer(std::io::stderr);
    match as_json {
        true => layer.json().with_filter(level.max(LevelFilter::ERROR)).boxed(),
        false => layer.with_ansi(false).with_filter(level).boxed(),
    }
}

/// Tells of a failure in the log; `false` where logs are text, and it is to be told as such.
pub(crate) fn failure(what: &str, help: Option<&str>) -> bool {
    let as_json = AS_JSON.get().copied().unwrap_or(false);
    if as_json {
        tracing::error!(target: "rulegate", help, "{what}");
    }
    as_json
}

/// Which trace, and which step of it, a command belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    /// 32 hex digits.
    pub(crate) trace_id: String,
    /// The caller's span: 16 hex digits.
    pub(crate) parent_id: String,
    /// Whether the caller keeps this trace.
    pub(crate) is_sampled: bool,
}

impl TraceContext {
    /// The context the caller has handed down. One that is malformed is as none, as the standard wants it.
    pub(crate) fn of_caller() -> Option<Self> {
        Self::parse(&std::env::var(TRACE_PARENT).ok()?)
    }

    /// Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; later versions may have more parts.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace_id, parent_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|b| b != b'0');
        let sound = is_hex(version, 2) && version != "ff" && is_hex(flags, 2) && (version != "00" || parts.next().is_none());
        let is_sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        (sound && is_id(trace_id, 32) && is_id(parent_id, 16)).then(|| Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            is_sampled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TraceContext;

    #[test]
    fn a_trace_context_is_read_as_the_standard_has_it() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceContext::parse(good).map(|context| context.trace_id).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(TraceContext::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-é4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }
}
