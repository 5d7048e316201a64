//! `file:` URIs and paths.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a `file:` URI; `None` for others.
pub(crate) fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://")).and_then(|_| uri.get(7..))?;
    let (host, path) = rest.split_at(rest.find('/')?);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    if path.contains('\0') {
        return None;
    }
    if !cfg!(windows) {
        return (host.is_empty() || host == "localhost").then(|| PathBuf::from(path));
    }
    if !host.is_empty() && host != "localhost" {
        return Some(PathBuf::from(format!(r"\\{host}{}", path.replace('/', r"\"))));
    }
    Some(PathBuf::from(path.trim_start_matches('/')))
}

/// The `file:` URI of an absolute path.
pub(crate) fn of_path(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', if cfg!(windows) { "/" } else { "\\" });
    let text = text.trim_start_matches("//?/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(text, PLAIN))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_the_way_there_and_back() {
        for path in ["/a/b.rules", "/tmp/with blank/ü#?.rules", "/100%/x.rules", "/a\\b.rules"] {
            assert_eq!(to_path(&of_path(Path::new(path))).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(to_path("file://localhost/a%20b").as_deref(), Some(Path::new("/a b")));
        for other in ["untitled:Untitled-1", "file:", "file://", "file://host/a", "file:///%00", "file:///%ff", "", "é"] {
            assert_eq!(to_path(other), None, "{other}");
        }
    }
}
