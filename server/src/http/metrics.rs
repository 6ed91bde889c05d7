//! `/metrics`: counters for Prometheus. Never a name, a number of a pupil, or a class in a label.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::auth::Office;
use super::{App, Problem};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

/// Counters since the start, and gauges of now. The office's token is asked for.
pub(super) async fn metrics(State(app): State<App>, _: Office) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("daymark");
    let counts = &app.runtime.counts;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);

    let syncs: Counter = Counter::default();
    syncs.inc_by(read(&counts.syncs));
    registry.register("sync_requests", "Sync requests answered", syncs);
    let changes = Family::<Outcome, Counter>::default();
    let results = [
        ("stored", &counts.stored),
        ("had", &counts.had),
        ("held", &counts.held),
        ("refused", &counts.refused),
    ];
    for (result, counter) in results {
        changes.get_or_create(&Outcome { result }).inc_by(read(counter));
    }
    registry.register(
        "changes",
        "Changes offered by devices, by what became of them",
        changes,
    );

    let commits = app.runtime.committer().counts();
    let groups: Counter = Counter::default();
    groups.inc_by(commits.groups);
    registry.register("commits", "Group commits, each one sync to disk", groups);
    let events: Counter = Counter::default();
    events.inc_by(commits.events);
    registry.register("committed_events", "Events made durable", events);

    let limited: Counter = Counter::default();
    limited.inc_by(app.guard.limited());
    registry.register(
        "limited_requests",
        "Requests answered with 429: too many",
        limited,
    );
    let unplaced: Counter = Counter::default();
    unplaced.inc_by(app.guard.places.refused());
    registry.register(
        "refused_connections",
        "Connections closed at once, because too many were open",
        unplaced,
    );

    let (devices, documents, waiting, aside, backlog) = app.runtime.look(|hub| {
        let backlog: u64 = hub
            .devices()
            .values()
            .map(|device| u64::from(device.backlog))
            .sum();
        (
            hub.devices().len(),
            hub.index().len(),
            hub.waiting_count(),
            hub.aside_count(),
            backlog,
        )
    });
    let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
    let gauges = [
        ("connections", "Open connections", app.guard.places.open()),
        ("devices", "Enrolled devices", devices),
        ("documents", "Documents", documents),
        ("changes_waiting", "Changes that wait for others", waiting),
        (
            "changes_aside",
            "Changes kept aside, those that wait included",
            aside,
        ),
        (
            "unreceived_items",
            "Marks and statements that devices said they still hold",
            backlog,
        ),
    ];
    for (name, help, value) in gauges {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| {
        Problem::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            error.to_string(),
        )
    })?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
