//! Spans of a run go to a collector, within the trace of the caller; a collector that fails changes nothing else.
//!
//! `cargo test -p rulegate-cli --features otlp --test otlp`
#![cfg(feature = "otlp")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

struct Sent {
    head: String,
    body: Vec<u8>,
}

/// A collector that answers everything with one status. Ends with the test.
fn collector(status: &'static str, body: &'static str) -> (String, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let sent = answer(stream.unwrap(), status, body);
            if sender.send(sent).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn answer(mut stream: TcpStream, status: &str, body: &str) -> Sent {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let end = read.windows(4).position(|end| end == b"\r\n\r\n");
        let head = end.map(|end| String::from_utf8(read[..end].to_vec()).unwrap().to_lowercase());
        if let (Some(end), Some(head)) = (end, head) {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
            if read.len() >= end + 4 + length {
                let about = format!("content-length: {}\r\nlocation: http://127.0.0.1:1/\r\nconnection: close", body.len());
                let answer = format!("HTTP/1.1 {status}\r\n{about}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).unwrap();
                return Sent { head, body: read[end + 4..].to_vec() };
            }
        }
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "the request is cut short");
        read.extend_from_slice(&piece[..length]);
    }
}

fn run(endpoint: Option<&str>, flags: &str, args: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("t.rules"), "rulegate 1\nfeatures t { id : int64 >= 0 }\n").unwrap();
    std::fs::write(folder.path().join("t.csv"), "id\n1\n-271828\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulegate"));
    command.args(["validate", "-r", "t.rules", "t.csv", "--quiet"]).args(args).current_dir(folder.path());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    if let Some(endpoint) = endpoint {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_EXPORTER_OTLP_HEADERS", "x-scope-orgid=a%2Cb");
        command.env("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
    }
    command.env("TRACEPARENT", format!("00-{TRACE}-{PARENT}-{flags}")).output().unwrap()
}

fn spans_of(body: &[u8]) -> Vec<Value> {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
}

/// The value of an attribute, whatever its type.
fn attribute(of: &Value, name: &str) -> Option<String> {
    let found = of["attributes"].as_array().unwrap().iter().find(|attribute| attribute["key"] == name)?;
    found["value"].as_object().unwrap().values().next().unwrap().as_str().map(str::to_owned)
}

#[test]
fn spans_of_the_run_stand_in_the_callers_trace() {
    let (address, sent) = collector("200 OK", "{}");
    let output = run(Some(&address), "01", &[]);
    assert_eq!(output.status.code(), Some(1), "the data does not hold");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let sent = sent.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(sent.head.starts_with("post /v1/traces "), "{}", sent.head);
    assert!(sent.head.contains("content-type: application/json"), "{}", sent.head);
    assert!(sent.head.contains("x-scope-orgid: a,b"), "{}", sent.head);
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(attribute(&body["resourceSpans"][0]["resource"], "service.name").as_deref(), Some("rulegate"));
    let spans = spans_of(&sent.body);
    let named = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name}: {spans:?}"));
    let root = named("command");
    assert_eq!((&root["parentSpanId"], attribute(root, "process.exit.code").as_deref()), (&PARENT.into(), Some("1")));
    assert_eq!(attribute(root, "rulegate.command").as_deref(), Some("validate"));
    for (name, within) in [("compile", "command"), ("judge", "command"), ("bind", "judge"), ("finish", "command")] {
        assert_eq!(named(name)["parentSpanId"], named(within)["spanId"], "{name}");
    }
    assert_eq!(attribute(named("judge"), "rulegate.files").as_deref(), Some("1"));
    let ids: BTreeSet<&str> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), spans.len());
    for span in &spans {
        assert_eq!(span["traceId"], TRACE);
        let time = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
        assert!(time("startTimeUnixNano") > 0 && time("startTimeUnixNano") <= time("endTimeUnixNano"));
    }
}

#[test]
fn no_value_and_no_name_of_a_data_file_leaves() {
    let (address, sent) = collector("200 OK", "{}");
    assert_eq!(run(Some(&address), "01", &["--log-level", "trace"]).status.code(), Some(1));
    let body = String::from_utf8(sent.recv_timeout(Duration::from_secs(10)).unwrap().body).unwrap();
    for word in ["271828", "t.csv"] {
        assert!(!body.contains(word), "{word}: {body}");
    }
}

#[test]
fn work_that_could_not_be_done_is_a_span_that_failed() {
    let (address, sent) = collector("200 OK", "");
    assert_eq!(run(Some(&address), "01", &["missing.csv"]).status.code(), Some(2));
    let spans = spans_of(&sent.recv_timeout(Duration::from_secs(10)).unwrap().body);
    let root = spans.iter().find(|span| span["name"] == "command").unwrap();
    assert_eq!((&root["status"]["code"], attribute(root, "process.exit.code").as_deref()), (&2.into(), Some("2")));
}

#[test]
fn a_trace_that_the_caller_does_not_keep_is_not_sent() {
    let (address, sent) = collector("200 OK", "{}");
    assert_eq!(run(Some(&address), "00", &[]).status.code(), Some(1));
    assert!(sent.recv_timeout(Duration::from_millis(500)).is_err());
}

#[test]
fn nothing_is_sent_where_no_collector_is_named() {
    let output = run(None, "01", &[]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(1), 0));
}

#[test]
fn a_collector_that_fails_is_one_warning() {
    let (refusing, _sent) = collector("503 Service Unavailable", "");
    let (elsewhere, _sent) = collector("307 Temporary Redirect", "");
    let (full, _sent) = collector("200 OK", r#"{"partialSuccess":{"rejectedSpans":"5"}}"#);
    let nobody = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    for endpoint in [refusing.as_str(), &elsewhere, &full, &nobody, "https://127.0.0.1:1", "no address"] {
        let output = run(Some(endpoint), "01", &[]);
        assert_eq!(output.status.code(), Some(1), "{endpoint}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("warning: spans were not sent: ") && told.lines().count() == 1, "{endpoint}: {told}");
        println!("{told}");
    }
    let output = run(Some(&refusing), "01", &["--log-format", "json"]);
    let line: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(line["fields"]["message"].as_str().unwrap().contains("503"), "{line}");
}

#[test]
fn a_collector_that_never_answers_is_not_waited_for() {
    // Connections are taken by the system, and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let begun = Instant::now();
    let output = run(Some(&format!("http://{}", silent.local_addr().unwrap())), "01", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("warning: spans were not sent: ") && told.contains("timeout"), "{told}");
}
