//! `openapi.json` and the router say the same.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use daymark_sync_protocol::limits as wire;
use serde_json::{Value, json};
use tower_service::Service;

use super::super::openapi::DOCUMENT;
use super::super::routes::{self, Door};
use super::{ask, school};
use crate::limits::{
    ANONYMOUS, DEVICE, EVENT_STREAMS_PER_DEVICE_MAX, FAILED_ENROLMENTS, FAILED_TOKENS, OFFICE,
    REQUEST_TIMEOUT, Rate,
};

/// The methods that a path may have in `OpenAPI`.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Every operation of the document, by path and method.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| ((path.clone(), method.clone()), operation.clone()))
    });
    each.collect()
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the document is JSON")
}

fn rate(name: &str, rate: Rate) -> Value {
    json!({ "for_each": name, "burst": rate.burst, "every_ms": u64::try_from(rate.every.as_millis()).expect("short") })
}

#[test]
fn every_route_is_in_the_document_and_the_document_has_no_other() {
    let said: Vec<(String, String)> = operations(&document()).into_keys().collect();
    let mut built: Vec<(String, String)> = routes::all()
        .iter()
        .map(|route| (route.path.to_owned(), route.method.to_owned()))
        .collect();
    built.sort();
    assert_eq!(said, built);
}

#[test]
fn who_may_call_and_how_much_is_what_stands_before_the_route() {
    let operations = operations(&document());
    for route in routes::all() {
        let key = (route.path.to_owned(), route.method.to_owned());
        let (operation, name) = (&operations[&key], route.path);
        let (caller, security) = match route.door {
            Door::Strangers | Door::Enrolment => ("anybody", json!([])),
            Door::Sync | Door::Events => ("device", json!([{ "pass": [] }])),
            Door::Metrics | Door::Office => ("office", json!([{ "officeToken": [] }, { "pass": [] }])),
        };
        assert_eq!(operation["x-daymark-access"]["caller"], caller, "{name}");
        assert_eq!(operation["security"], security, "{name}");
        let limits = &operation["x-daymark-limits"];
        assert_eq!(limits["body_bytes"], route.door.body_bytes_max(), "{name}");
        let bad = rate("address", FAILED_TOKENS);
        match route.door {
            Door::Strangers => assert_eq!(limits["rate"], rate("address", ANONYMOUS), "{name}"),
            Door::Enrolment => assert_eq!(limits["failed"], rate("address", FAILED_ENROLMENTS), "{name}"),
            Door::Sync | Door::Events => {
                assert_eq!(limits["rate"], rate("device", DEVICE), "{name}");
                assert_eq!(limits["bad_tokens"], bad, "{name}");
            }
            Door::Metrics | Door::Office => {
                assert_eq!(limits["rate"], rate("school", OFFICE), "{name}");
                assert_eq!(limits["bad_tokens"], bad, "{name}");
            }
        }
    }
    let limits = |path: &str, method: &str| {
        operations[&(path.to_owned(), method.to_owned())]["x-daymark-limits"].clone()
    };
    let sync = limits("/v1/sync", "post");
    assert_eq!(sync["documents"], wire::DOCUMENTS_MAX);
    assert_eq!(sync["offers"], wire::OFFERS_MAX);
    assert_eq!(sync["window_days"], wire::WINDOW_DAYS_MAX);
    assert_eq!(sync["seconds"], REQUEST_TIMEOUT.as_secs());
    assert_eq!(
        limits("/v1/events", "get")["streams"],
        EVENT_STREAMS_PER_DEVICE_MAX
    );
}

#[test]
fn what_the_document_refers_to_is_there() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for ((path, method), operation) in operations(&document) {
        assert!(operation["responses"]["200"].is_object(), "{method} {path}");
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let has_codes = response["x-daymark-codes"]
                .as_array()
                .is_some_and(|codes| !codes.is_empty());
            assert_eq!(has_codes, status != "200", "{method} {path} {status}");
        }
    }
}

#[tokio::test]
async fn the_router_answers_exactly_the_methods_of_the_document() {
    let router = school(&[]);
    let operations = operations(&document());
    for path in document()["paths"].as_object().expect("paths").keys() {
        for method in METHODS {
            let is_said = |method: &str| operations.contains_key(&(path.clone(), method.to_owned()));
            // Whoever answers GET answers HEAD.
            let is_said = is_said(method) || method == "head" && is_said("get");
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{device}", "7"))
                .body(Body::empty())
                .expect("a request");
            let Ok(response) = router.clone().call(request).await;
            let is_answered =
                ![StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&response.status());
            assert_eq!(is_answered, is_said, "{method} {path}: {}", response.status());
        }
    }
}

#[tokio::test]
async fn anybody_is_given_the_document() {
    let response = ask(&school(&[]), "/v1/openapi.json", "192.0.2.1", true, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    assert_eq!(body, DOCUMENT.as_bytes());
}
