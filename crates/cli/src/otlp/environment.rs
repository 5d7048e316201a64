//! What the variables of OpenTelemetry say (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>), as far as they are read.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use ureq::http::Uri;

/// How long the end of a run waits for a collector, if nothing else is said, and at most.
const PATIENCE: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(10);

/// What is said about a collector.
#[derive(Debug)]
pub(super) struct Settings {
    /// Where spans go, or why they cannot.
    pub endpoint: Result<Uri, String>,
    pub headers: Vec<(String, String)>,
    pub patience: Duration,
    /// Attributes of whoever sends, the service's name among them.
    pub resource: Vec<(String, String)>,
}

impl Settings {
    /// Reads the variables; `None` where no collector is named, or none is wanted. What is for spans alone goes before what is for everything.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variable = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let either =
            |what: &str| variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{what}")).or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{what}")));
        let says = |name: &str, word: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case(word));
        if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
            return None;
        }
        // The address for everything is that of a folder, the one for spans is whole.
        let whole = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let base = || variable("OTEL_EXPORTER_OTLP_ENDPOINT").map(|base| format!("{}/v1/traces", base.trim_end_matches('/')));
        let endpoint = endpoint(&whole.or_else(base)?, either("PROTOCOL").as_deref());
        let millis = either("TIMEOUT").and_then(|millis| millis.parse().ok()).map(Duration::from_millis);
        let mut resource: Vec<_> = variable("OTEL_RESOURCE_ATTRIBUTES").map(|list| pairs(&list)).unwrap_or_default();
        let named = variable("OTEL_SERVICE_NAME");
        if named.is_some() || !resource.iter().any(|(name, _)| name == "service.name") {
            resource.retain(|(name, _)| name != "service.name");
            resource.push(("service.name".to_owned(), named.unwrap_or_else(|| "rulegate".to_owned())));
        }
        Some(Self {
            endpoint,
            headers: either("HEADERS").map(|list| pairs(&list)).unwrap_or_default(),
            patience: millis.filter(|patience| !patience.is_zero()).unwrap_or(PATIENCE).min(LONGEST),
            resource,
        })
    }
}

fn endpoint(text: &str, protocol: Option<&str>) -> Result<Uri, String> {
    if protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("grpc")) {
        return Err("gRPC is not spoken; set OTEL_EXPORTER_OTLP_PROTOCOL=http/json and the port for HTTP, as a rule 4318".to_owned());
    }
    // The text may hold a password, so it is not told.
    let uri: Uri = text.parse().map_err(|error| format!("the endpoint of OTEL_EXPORTER_OTLP_ENDPOINT is no address: {error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(_)) => Ok(uri),
        (Some("https"), _) => Err("only http is spoken; send to a collector on this machine, which passes spans on".to_owned()),
        _ => Err("the endpoint of OTEL_EXPORTER_OTLP_ENDPOINT is no address like http://localhost:4318".to_owned()),
    }
}

/// `key=value,key=value`, values with percents. What is not of this form is left out.
fn pairs(list: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    };
    list.split(',').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<Settings> {
        Settings::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const FOR_SPANS: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    #[test]
    fn the_address_for_everything_is_a_folder_and_the_one_for_spans_is_whole() {
        let address = |variables: &[(&str, &str)]| read(variables).map(|settings| settings.endpoint.unwrap().to_string());
        assert_eq!(address(&[(ENDPOINT, "http://localhost:4318/")]).as_deref(), Some("http://localhost:4318/v1/traces"));
        assert_eq!(address(&[(ENDPOINT, "http://a"), (FOR_SPANS, "http://b/spans")]).as_deref(), Some("http://b/spans"));
        assert_eq!(address(&[(ENDPOINT, " ")]), None);
        assert_eq!(address(&[(ENDPOINT, "http://a"), ("OTEL_SDK_DISABLED", "TRUE")]), None);
        assert_eq!(address(&[(ENDPOINT, "http://a"), ("OTEL_TRACES_EXPORTER", "none")]), None);
    }

    #[test]
    fn what_cannot_be_spoken_to_is_told_without_its_password() {
        for (address, protocol, told) in [
            ("https://a", "", "only http"),
            ("http://a", "grpc", "gRPC"),
            ("no address", "", "no address"),
            ("localhost:4318", "", "no address"),
            ("ftp://u:hunter2@a", "", "no address like"),
        ] {
            let error = read(&[(ENDPOINT, address), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]).unwrap().endpoint.unwrap_err();
            assert!(error.contains(told) && !error.contains("hunter2"), "{address}: {error}");
        }
    }

    #[test]
    fn names_headers_and_patience_are_read() {
        let settings = read(&[
            (ENDPOINT, "http://a"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=data%20quality, service.name=other,broken,=x"),
            ("OTEL_SERVICE_NAME", "gate"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-scope-orgid=a%2Cb"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "99999999"),
        ])
        .unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(settings.resource, [pair("team", "data quality"), pair("service.name", "gate")]);
        assert_eq!(settings.headers, [pair("x-scope-orgid", "a,b")]);
        assert_eq!(settings.patience, LONGEST);
        assert_eq!(read(&[(ENDPOINT, "http://a")]).unwrap().resource, [pair("service.name", "rulegate")]);
    }
}
