//! Every route there is. The router is built from this table and from nothing else, and a test holds `openapi.json`
//! against it.

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use daymark_sync_protocol::limits::REQUEST_BYTES_MAX;

use super::{
    App, devices, enrol, events, evidence, exchange, health, held, log, metrics, office, openapi, sync,
    worklists,
};
use crate::limits::{OFFICE_BODY_BYTES_MAX, SMALL_BODY_BYTES_MAX};

/// Which limits stand before a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Nobody is asked who they are, so each address is counted.
    Strangers,
    /// The same, where failed tries are what is counted.
    Enrolment,
    /// A tablet's round trip.
    Sync,
    /// A tablet's stream, which has no end in time.
    Events,
    /// The counters.
    Metrics,
    /// The office.
    Office,
}

impl Door {
    /// The longest body that comes through.
    pub(super) fn body_bytes_max(self) -> usize {
        match self {
            Self::Strangers | Self::Enrolment | Self::Metrics | Self::Events => SMALL_BODY_BYTES_MAX,
            Self::Sync => REQUEST_BYTES_MAX,
            Self::Office => OFFICE_BODY_BYTES_MAX,
        }
    }
}

/// One method at one path.
pub(super) struct Route {
    /// In small letters, as `OpenAPI` writes it. The handler takes this method and no other.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds it against the document"))]
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) door: Door,
    pub(super) handler: MethodRouter<App>,
}

fn get<T: 'static>(path: &'static str, door: Door, handler: impl Handler<T, App>) -> Route {
    Route {
        method: "get",
        path,
        door,
        handler: routing::get(handler),
    }
}

fn post<T: 'static>(path: &'static str, door: Door, handler: impl Handler<T, App>) -> Route {
    Route {
        method: "post",
        path,
        door,
        handler: routing::post(handler),
    }
}

/// All of them.
pub(super) fn all() -> Vec<Route> {
    use Door::{Enrolment, Events, Metrics, Office, Strangers, Sync};
    vec![
        get("/livez", Strangers, health::livez),
        get("/readyz", Strangers, health::readyz),
        get("/metrics", Metrics, metrics::metrics),
        get("/v1/openapi.json", Strangers, openapi::document),
        get("/v1/challenge", Strangers, enrol::challenge),
        post("/v1/enrol", Enrolment, enrol::enrol),
        post("/v1/sync", Sync, sync::sync),
        get("/v1/events", Events, events::events),
        get("/v1/office/day", Office, office::day),
        get("/v1/office/decisions", Office, office::decisions),
        post("/v1/office/decisions", Office, office::decide),
        post("/v1/office/amendments", Office, office::amend),
        post("/v1/office/sign-off", Office, office::sign_off),
        get("/v1/office/ledger", Office, office::ledger),
        get("/v1/office/export/marks", Office, exchange::export_marks),
        post("/v1/office/export/marks", Office, exchange::export_marks_mapped),
        get(
            "/v1/office/export/amendments",
            Office,
            exchange::export_amendments,
        ),
        post("/v1/office/export/ctf", Office, exchange::export_ctf),
        post("/v1/office/key-in", Office, exchange::key_in),
        post("/v1/office/roster/pupils", Office, exchange::import_pupils),
        post("/v1/office/roster/staff", Office, exchange::import_staff),
        get("/v1/office/print/register", Office, exchange::print_register),
        get("/v1/office/print/pupil", Office, exchange::print_pupil),
        get("/v1/office/evidence", Office, evidence::evidence),
        get("/v1/office/log", Office, log::log),
        get("/v1/office/notes", Office, log::notes),
        get("/v1/office/held", Office, held::held),
        post("/v1/office/held/{key}/release", Office, held::release),
        get("/v1/office/worklists", Office, worklists::lists),
        get("/v1/office/worklists/{list}", Office, worklists::list),
        get("/v1/office/attendance", Office, worklists::attendance),
        get("/v1/office/figures", Office, worklists::figures),
        get("/v1/office/alerts", Office, worklists::alerts_of_day),
        post("/v1/office/attempts", Office, worklists::attempted),
        post("/v1/office/steps", Office, worklists::step_taken),
        get("/v1/office/check", Office, office::check),
        get("/v1/office/devices", Office, devices::devices),
        post("/v1/office/devices/{device}/confirm", Office, devices::confirm),
        post("/v1/office/devices/{device}/grant", Office, devices::grant),
        post("/v1/office/devices/{device}/lost", Office, devices::report_lost),
        post("/v1/office/devices/{device}/retire", Office, devices::retire),
        post("/v1/office/devices/{device}/message", Office, devices::write_to),
        post("/v1/office/invitations", Office, devices::invite),
    ]
}
