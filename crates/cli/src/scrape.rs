//! The counters of a run while it goes on, for Prometheus to fetch.

use std::net::SocketAddr;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tiny_http::{Header, Method, Request, Response, Server};

use crate::exit::Failure;
use crate::output;

/// Begins to count, and answers `GET /metrics` until the command ends.
pub(crate) fn serve(address: SocketAddr) -> Result<(), Failure> {
    let failure = |reason: &dyn std::fmt::Display| {
        Failure::new(format!("metrics cannot be served at {address}: {reason}"))
            .help("give a free port of this machine, such as 127.0.0.1:9464")
    };
    let counters = PrometheusBuilder::new().install_recorder().map_err(|error| failure(&error))?;
    rulegate::telemetry::describe_metrics();
    let server = Server::http(address).map_err(|error| failure(&error))?;
    output::stderr(&format!("metrics: http://{}/metrics\n", server.server_addr()));
    // It ends with the process.
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || server.incoming_requests().for_each(|request| answer(request, &counters)))
        .map_err(|error| failure(&error))?;
    Ok(())
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
