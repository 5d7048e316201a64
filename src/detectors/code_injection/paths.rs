//! Paths that lead out of a folder.

use super::bytes::{before, has_folded, part, run};
use super::{Family, Found, Kind, Level, Trigger};

const STEPS: &[&str] = &["../", "..\\", "..%2f", "..%5c", "%2e%2e%2f", "%2e%2e/", "%2e%2e%5c", "..%252f", "%252e%252e"];

pub(super) const PATH_TRAVERSAL: Kind = Kind::new(
    "path_traversal",
    Family::CodeInjection,
    Level::High,
    Trigger::Folded(&["../", "..\\", "..%2f", "..%5c", "%2e%2e", "..%252f", "%252e%252e", "/etc/passwd", "/etc/shadow", "\\windows\\system32"]),
    traversal,
)
.finds("two or more steps up (`../../`, `..\\..\\`), one that is written in percent signs, `/etc/passwd`, `/etc/shadow`, `\\windows\\system32`")
.allows("one step (`../img`), ellipses")
.examples(
    &["../../etc/hosts", "file=..%2f..%2fsecret", "C:\\..\\..\\x", "%2e%2e%2fsecret", "cat /etc/passwd"],
    &["see ../README.md", "and so on.../ or not", "wait ... what", "1..10"],
);

fn traversal(text: &[u8], place: usize) -> Option<Found> {
    let high = |end: usize| Some(Found::new(place, end, Level::High));
    if let Some(name) = ["/etc/passwd", "/etc/shadow", "\\windows\\system32"].iter().find(|name| has_folded(text, place, name.as_bytes())) {
        return high(place + name.len());
    }
    if before(text, place) == Some(b'.') {
        return None;
    }
    let (mut end, mut count) = (place, 0);
    while let Some(step) = STEPS.iter().find(|step| has_folded(text, end, step.as_bytes())) {
        end += step.len();
        count += 1;
        end += run(text, end, 2, |byte| matches!(byte, b'/' | b'\\'));
        if count == 16 {
            break;
        }
    }
    let hidden = part(text, place, end).contains(&b'%');
    if count >= 2 || count == 1 && hidden { high(end) } else { None }
}
