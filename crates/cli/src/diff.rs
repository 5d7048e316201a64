//! What would change in a file, as lines that go and lines that come.

use std::io::IsTerminal;
use std::time::Duration;

use similar::TextDiff;

use crate::exit::Failure;
use crate::output;
use crate::render::text::escape;

/// After this long a diff is no longer made smaller.
const TIME: Duration = Duration::from_secs(2);

/// Shows what differs between two texts of a file on stdout: as it is to a program, without what acts on a terminal to people.
pub(crate) fn show(name: &str, before: &str, after: &str) -> Result<(), Failure> {
    let diff = TextDiff::configure().timeout(TIME).diff_lines(before, after);
    let diff = diff.unified_diff().header(&escape(name), &escape(name)).to_string();
    if !std::io::stdout().is_terminal() {
        return output::raw_stdout(&diff);
    }
    let lines: Vec<_> = diff.lines().map(escape).collect();
    output::stdout(&(lines.join("\n") + "\n"))
}
