//! `is_url(text)`: a web address.

use std::net::Ipv6Addr;

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_url",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is an absolute http, https or ftp URL.",
    details: "The form `scheme://user@host:port/path?query#fragment` of RFC 3986, everything after the host being optional. The host is a name of letters and digits (of any script), inner hyphens and underscores in labels separated by dots, an IPv4 address, or an IPv6 address in brackets; a port is a number up to 65535. White space and control characters are refused. Nothing is looked up. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_url("https://example.com/a?b=c#d")"#, "true"),
        Example::new(r#"is_url("http://[2001:db8::1]:8080/")"#, "true"),
        Example::new(r#"is_url("example.com")"#, "false"),
        Example::new(r#"is_url("https:///path")"#, "false"),
        Example::new("is_url(null)", "null"),
    ],
    eval: Eval::Text(is_url),
};

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let known = ["http", "https", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if !known || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let authority = rest.split_once(['/', '?', '#']).map_or(rest, |(authority, _)| authority);
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    if let Some((inner, port)) = address.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return inner.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port)));
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_look_alikes() {
        for good in [
            "http://a",
            "HTTPS://example.com",
            "ftp://files.example.com/pub",
            "https://user:pass@example.com:443/x",
            "http://192.0.2.1/",
            "https://bücher.example/ä",
            "http://a?b",
            "http://a#b",
            "http://[::1]",
        ] {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "",
            "http://",
            "http:///a",
            "http://?a",
            "://a",
            "mailto:a@b.co",
            "javascript://a",
            "http:/a",
            "http://a b",
            "http://a\u{0}",
            "http://-a",
            "http://a..b",
            "http://a:",
            "http://a:65536",
            "http://a:+1",
            "http://[::1",
            "http://[x]",
            "http://user@",
            " http://a",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
