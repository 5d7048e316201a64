//! How far a run has come, on the last line of a terminal.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use rulegate::scan::Progress;

use crate::render::text::{escape, fit_middle, grouped};

/// Where some file does not tell its rows beforehand.
const ENDLESS: &str = "{spinner} {done} rows  {rate} rows/s  {msg}";
const BOUNDED: &str = "{bar:24} {done} of {all} rows  {rate} rows/s  {eta}  {msg}";

/// A bar on stderr while files whose rows are known are read, a spinner else. Never part of what is piped.
pub(crate) struct Bar {
    bar: ProgressBar,
    rows: AtomicU64,
    endless: AtomicBool,
}

impl Bar {
    /// A bar, hidden where nobody would see it.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = if quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::no_length() };
        bar.set_style(style(ENDLESS));
        Self { bar, rows: AtomicU64::new(0), endless: AtomicBool::new(false) }
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A style; the templates are constants, and one that did not parse would show the plain bar.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("done", done).with_key("all", all).with_key("rate", rate)
}

// Nothing can be done about a line that cannot be drawn.
fn done(state: &ProgressState, out: &mut dyn Write) {
    let _ = out.write_str(&grouped(state.pos()));
}

fn all(state: &ProgressState, out: &mut dyn Write) {
    let _ = out.write_str(&grouped(state.len().unwrap_or(0)));
}

fn rate(state: &ProgressState, out: &mut dyn Write) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is shown in whole rows; the cast saturates")]
    let rate = state.per_sec() as u64;
    let _ = out.write_str(&grouped(rate));
}

impl Progress for Bar {
    fn begin(&self, name: &str, rows: Option<u64>) {
        self.bar.set_message(fit_middle(&escape(name), 40));
        match rows {
            Some(rows) if !self.endless.load(Ordering::Relaxed) => {
                let known = self.rows.fetch_add(rows, Ordering::Relaxed).saturating_add(rows);
                self.bar.set_style(style(BOUNDED));
                self.bar.set_length(known);
            }
            _ => {
                self.endless.store(true, Ordering::Relaxed);
                self.bar.unset_length();
                self.bar.set_style(style(ENDLESS));
            }
        }
    }

    fn advance(&self, rows: u64) {
        self.bar.inc(rows);
    }
}
