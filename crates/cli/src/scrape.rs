//! The counters of a run while it goes on, for Prometheus to fetch.

use std::net::SocketAddr;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tiny_http::{Header, Method, Request, Response, Server};

use crate::exit::Failure;
use crate::output;

/// Begins to count, and answers `GET /metrics` until the command ends.
pub(crate) fn serve(address: SocketAddr) -> Result<(), Failure> {
    let bound = begin(address)?;
    output::stderr(&format!("metrics: http://{bound}/metrics\n"));
    Ok(())
}

/// Where it listens, which for port 0 is only known now.
fn begin(address: SocketAddr) -> Result<String, Failure> {
    let failure = |reason: &dyn std::fmt::Display| {
        Failure::new(format!("metrics cannot be served at {address}: {reason}"))
            .help("give a free port of this machine, such as 127.0.0.1:9464")
    };
    let counters = PrometheusBuilder::new().install_recorder().map_err(|error| failure(&error))?;
    rulegate::telemetry::describe_metrics();
    let server = Server::http(address).map_err(|error| failure(&error))?;
    let bound = server.server_addr().to_string();
    // It ends with the process.
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || server.incoming_requests().for_each(|request| answer(request, &counters)))
        .map_err(|error| failure(&error))?;
    Ok(bound)
}

fn answer(request: Request, counters: &PrometheusHandle) {
    let is_asked = request.method() == &Method::Get && matches!(request.url(), "/metrics" | "/metrics/");
    let response = match is_asked {
        true => Response::from_string(counters.render()),
        false => Response::from_string("see /metrics\n").with_status_code(404),
    };
    let form = Header::from_bytes(b"Content-Type", b"text/plain; version=0.0.4; charset=utf-8").ok();
    let response = form.into_iter().fold(response, Response::with_header);
    // Whoever asked has gone away.
    let _ = request.respond(response);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn get(address: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn counters_are_served_while_a_run_goes_on_and_nothing_else_is() {
        let address = super::begin("127.0.0.1:0".parse().unwrap()).unwrap();
        metrics::counter!("rulegate_rows_total", "block" => "tokens").increment(7);
        let answer = get(&address, "/metrics");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("text/plain; version=0.0.4"), "{answer}");
        assert!(answer.contains("# HELP rulegate_rows_total Rows judged."), "{answer}");
        assert!(answer.contains("rulegate_rows_total{block=\"tokens\"} 7"), "{answer}");
        assert!(get(&address, "/etc/passwd").starts_with("HTTP/1.1 404"));
        let taken = super::begin(address.parse().unwrap());
        assert!(taken.is_err_and(|failure| failure.to_string().contains("cannot be served at")));
    }
}
