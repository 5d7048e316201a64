//! `.rules` files of other programs, known by their first line: one clear remark instead of dozens.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What a file is that is none of ours.
pub(super) struct Foreign {
    pub what: &'static str,
    /// The line that tells.
    pub line: Range<usize>,
}

/// Program, and what its files begin with once comments are passed over.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "Snort or Suricata rules",
        r"^(alert|log|pass|drop|reject|sdrop|rejectsrc|rejectdst|rejectboth|activate|dynamic)\s+\w[\w-]*\s*(\S+\s+\S+\s*(->|<>|<-)|\(\s*msg\s*:)",
    ),
    ("udev rules", r#"^[A-Z][A-Z_]*(\{[^}]*\})?\s*(==|!=|\+=|-=|:=|=)\s*e?""#),
    ("Firebase security rules", r"^(rules_version\s*=|service\s+(cloud\.firestore|firebase\.storage)\b)"),
    ("Firebase database rules", r#"^\{\s*("rules"\s*:.*)?$"#),
    ("Prometheus rules", r"^(groups:\s*$|(ALERT|IF|FOR)\s+\S)"),
    ("audit rules", r"^-(w\s+/|a\s+(always|never|exit|task|exclude)\b|[Dbf]\s*\d*\s*$|b\s+\d)"),
    ("iptables rules", r"^(\*(filter|nat|mangle|raw|security)\b|:(INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)\b)"),
];

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> =
    LazyLock::new(|| PROGRAMS.iter().filter_map(|(what, pattern)| Some((*what, Regex::new(pattern).ok()?))).collect());

/// Whose file this is, if its first line with something in it says so.
pub(super) fn recognise(text: &str) -> Option<Foreign> {
    let text_start = text.trim_start_matches('\u{feff}');
    let mut at = text.len() - text_start.len();
    let mut in_comment = false;
    for line in text_start.split_inclusive('\n') {
        let (start, shown) = (at + line.len() - line.trim_start().len(), line.trim());
        at += line.len();
        // A comment in any of these languages; a block comment ends where one of ours does.
        let comment = in_comment || shown.is_empty() || shown.starts_with('#') || shown.starts_with("//") || shown.starts_with("/*");
        in_comment = (in_comment || shown.starts_with("/*")) && !shown.contains("*/");
        if comment {
            continue;
        }
        let known = PATTERNS.iter().find(|(_, pattern)| pattern.is_match(shown))?;
        return Some(Foreign { what: known.0, line: start..start + shown.len() });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Option<&'static str> {
        recognise(text).map(|foreign| foreign.what)
    }

    #[test]
    fn files_of_other_programs_are_known_by_their_first_line() {
        for (text, known) in [
            ("# local rules\nalert tcp $HOME_NET any -> any 80 (msg:\"x\"; sid:1;)\n", "Snort or Suricata rules"),
            ("drop http (msg:\"x\"; sid:1;)", "Snort or Suricata rules"),
            ("\n# disks\nACTION==\"add\", SUBSYSTEM==\"block\", RUN+=\"/bin/x\"\n", "udev rules"),
            ("ATTRS{idVendor}==\"0bda\", MODE=\"0666\"", "udev rules"),
            ("rules_version = '2';\nservice cloud.firestore {\n", "Firebase security rules"),
            ("// who may read\n\nservice firebase.storage {", "Firebase security rules"),
            ("{\n  \"rules\": {}\n}", "Firebase database rules"),
            ("groups:\n  - name: x\n", "Prometheus rules"),
            ("-w /etc/passwd -p wa\n", "audit rules"),
            ("-D\n-b 8192\n", "audit rules"),
            ("*filter\n:INPUT ACCEPT [0:0]\n", "iptables rules"),
        ] {
            assert_eq!(what(text), Some(known), "{text}");
        }
    }

    #[test]
    fn our_files_are_ours_whatever_they_speak_of() {
        for text in [
            "",
            "rulegate 1\nfeatures t { a : int64 }",
            "// alert tcp any any -> any any\nrulegate 1\n",
            "/* ACTION==\"add\"\nACTION==\"add\" */\nfeatures t { a : int64 }",
            "features alert { tcp : string }",
            "param groups: int = 1",
            "set ACTION = (\"add\")",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), PROGRAMS.len());
    }
}
