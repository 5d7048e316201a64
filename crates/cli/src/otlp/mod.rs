//! Spans of a run, sent to a collector of OpenTelemetry: OTLP over HTTP, in JSON, within the trace of the caller.
//!
//! Spans are kept until the command has ended, and sent in one request, so that nothing waits for a collector while data is judged. What goes
//! wrong here is a warning at the end of the run, never a verdict.

mod body;
mod environment;
mod spans;

use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, Registry};

use crate::exit::Exit;
use crate::logs::{self, TraceContext};
use crate::output;

use environment::Settings;
use spans::Spans;

/// How much of a collector's answer is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// Where spans go.
pub(crate) struct Exporter {
    settings: Settings,
    spans: Arc<Spans>,
}

impl Exporter {
    /// An exporter, if the environment names a collector, and the caller (if it has a trace) keeps it.
    pub(crate) fn from_environment(caller: Option<&TraceContext>) -> Option<Self> {
        if caller.is_some_and(|caller| !caller.is_sampled) {
            return None;
        }
        let settings = Settings::read(|name| std::env::var(name).ok())?;
        Some(Self { settings, spans: Arc::new(Spans::new(caller)) })
    }

    /// What takes the spans of this program, with all steps.
    pub(crate) fn sink(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        spans::Taker(Arc::clone(&self.spans)).with_filter(LevelFilter::DEBUG).boxed()
    }

    /// Sends what has ended, and tells if it was not taken.
    pub(crate) fn end(self, exit: Exit) {
        let body = body::body(&self.settings, &self.spans, exit);
        let Err(trouble) = self.settings.endpoint.as_ref().map_err(Clone::clone).and_then(|endpoint| self.send(endpoint, &body)) else {
            return;
        };
        let what = format!("spans were not sent: {trouble}; the verdict stands");
        if !logs::failure(&what, None) {
            output::stderr(&format!("warning: {what}\n"));
        }
    }

    fn send(&self, endpoint: &ureq::http::Uri, body: &[u8]) -> Result<(), String> {
        // Without what may stand before `@`, which is a secret.
        let collector = format!("{}:{}", endpoint.host().unwrap_or_default(), endpoint.port_u16().unwrap_or(80));
        let told = |what: String| format!("{collector}: {what}");
        let mut request = agent(self.settings.patience).post(endpoint).content_type("application/json");
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let mut answer = request.send(body).map_err(|error| told(error.to_string()))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(told(format!("the collector answered {status}")));
        }
        let answer = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(|error| told(error.to_string()))?;
        match body::rejected(&answer) {
            0 => Ok(()),
            spans => Err(told(format!("the collector rejected {spans} of them"))),
        }
    }
}

/// One request to a machine nearby: no proxy, no other address that an answer may name.
fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(patience)).http_status_as_error(false);
    config.max_redirects(0).proxy(None).user_agent(concat!("rulegate/", env!("CARGO_PKG_VERSION"))).build().into()
}
