//! The table of rules.

use rulegate::report::{Report, RuleKind, RuleOutcome, RuleReport};

use super::super::text::{self, bar, escape, fit, fit_middle, grouped, left, percent, right, width};
use super::{BAD, CAREFUL, DIM, is_unjudged, mark, says};

/// Cells of a bar.
const BAR: u32 = 10;
/// Columns of a share: `<0.0001%`.
const SHARE: usize = 8;

/// One line a rule, and how many more there are that pass.
pub(super) fn render(report: &Report, shown: &[&RuleReport], columns: usize) -> String {
    let mut out = String::new();
    if !shown.is_empty() {
        let widths = Widths::of(shown, columns);
        out.push_str(&widths.heading());
        shown.iter().for_each(|rule| out.push_str(&widths.line(rule)));
    }
    out.push_str(&hidden(report, shown));
    out.push('\n');
    out
}

/// How many rules are not in the table.
fn hidden(report: &Report, shown: &[&RuleReport]) -> String {
    let count = |test: &dyn Fn(&RuleReport) -> bool| {
        let all = report.rules.iter().filter(|rule| test(rule)).count();
        all.saturating_sub(shown.iter().filter(|rule| test(rule)).count()) as u64
    };
    let parts = [
        ("✓", count(&|rule| says(rule) == 0), "passes", "pass"),
        ("–", count(&is_unjudged), "was not judged", "were not judged"),
        ("!", count(&|rule| says(rule) > 0 && !is_unjudged(rule)), "has a remark", "have remarks"),
    ];
    let told: Vec<_> = parts.iter().filter(|(_, count, ..)| *count > 0).collect();
    let mut out = String::new();
    for (index, (sign, count, one, many)) in told.iter().enumerate() {
        let more = if *sign == "–" && shown.iter().any(|rule| is_unjudged(rule)) { "more " } else { "" };
        let verb = if *count == 1 { one } else { many };
        let hint = if index + 1 == told.len() { "; --all shows them" } else { "" };
        out.push_str(&format!(
            " {DIM}{sign} {} {more}{} {verb}{hint}{DIM:#}\n",
            grouped(*count),
            if *count == 1 { "rule" } else { "rules" }
        ));
    }
    out
}

/// Widths of the columns that are not fixed.
struct Widths {
    columns: usize,
    id: usize,
    failed: usize,
    alone: usize,
}

impl Widths {
    fn of(shown: &[&RuleReport], columns: usize) -> Self {
        let widest =
            |text: &dyn Fn(&RuleReport) -> String, least| shown.iter().map(|rule| width(&text(rule))).max().unwrap_or(0).max(least);
        let failed = widest(&|rule| grouped(rule.failed), "failed".len());
        let alone = widest(&|rule| alone(rule), "alone".len());
        let fixed = 3 + 2 + failed + 2 + SHARE + 2 + BAR as usize + 2 + alone;
        Self { columns, id: widest(&name, 4).min(columns.saturating_sub(fixed).max(12)), failed, alone }
    }

    fn heading(&self) -> String {
        let cells = [
            left("rule", self.id),
            right("failed", self.failed),
            right("share", SHARE),
            left("", BAR as usize),
            right("alone", self.alone),
        ];
        format!("   {DIM}{}{DIM:#}\n", cells.join("  "))
    }

    fn line(&self, rule: &RuleReport) -> String {
        let (sign, style) = mark(rule);
        let id = left(&fit_middle(&name(rule), self.id), self.id);
        let rest = match rule.outcome {
            RuleOutcome::Error | RuleOutcome::Skipped | RuleOutcome::Vacuous => self.reason(rule),
            _ if rule.kind == RuleKind::Schema || rule.value.is_some() => self.reason(rule),
            _ => self.figures(rule),
        };
        format!(" {style}{sign}{style:#} {id}  {}\n", rest.trim_end())
    }

    /// Counts, share and bar of a rule that was judged.
    fn figures(&self, rule: &RuleReport) -> String {
        let share = rule.failed_fraction.unwrap_or(0.0);
        let style = if rule.outcome == RuleOutcome::Fail { BAD.dimmed() } else { CAREFUL.dimmed() };
        let shown = left(&bar(share, BAR), BAR as usize);
        let cells = [right(&grouped(rule.failed), self.failed), right(&percent(share), SHARE), format!("{style}{shown}{style:#}")];
        format!("{}  {}", cells.join("  "), right(&alone(rule), self.alone))
    }

    /// Why there are no counts.
    fn reason(&self, rule: &RuleReport) -> String {
        let why = match (&rule.reason, &rule.value) {
            (Some(reason), _) => escape(reason).into_owned(),
            (None, Some(measured)) => format!("measured {}", text::measured(measured)),
            (None, None) if rule.outcome == RuleOutcome::Vacuous => "no row was judged".to_owned(),
            (None, None) => String::new(),
        };
        let word = rule.outcome.to_string();
        if why.is_empty() {
            return word;
        }
        let room = self.columns.saturating_sub(3 + self.id + 2 + width(&word) + 2);
        format!("{word}  {DIM}{}{DIM:#}", fit(&why, room))
    }
}

/// The id, and what keeps its failures from counting.
fn name(rule: &RuleReport) -> String {
    let id = escape(&rule.id);
    if rule.shadow { format!("{id} (shadow)") } else { id.into_owned() }
}

fn alone(rule: &RuleReport) -> String {
    if rule.kind == RuleKind::Row { grouped(rule.failed_alone) } else { "–".to_owned() }
}
