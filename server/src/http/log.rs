//! The office's routes for what can be proven: the log, and the security log.

use axum::Json;
use axum::extract::State;
use daymark_core::log::key::NoteKey;
use daymark_sync_protocol::event::{Deed, Note, Standing};
use daymark_sync_protocol::hub::Hub;
use serde::Serialize;

use super::auth::Office;
use super::office::off_the_loop;
use super::{App, Problem};
use crate::office::view;

fn time(ms: u64) -> String {
    i64::try_from(ms / 1000).map(view::time).unwrap_or_default()
}

/// Where the log left what was once signed for.
#[derive(Serialize)]
struct BranchView {
    at: String,
    /// How many changes the log had then.
    size: u64,
    /// The checkpoint that it does not continue.
    lost: String,
    /// The device that showed it; none where the server found it at its start.
    shown_by: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct LogView {
    /// How many changes are in the log.
    size: u64,
    root: String,
    /// The school's key, as verifiers of checkpoints read it.
    key: String,
    fingerprint: String,
    /// The newest checkpoint, as a signed note.
    checkpoint: String,
    branch: Option<BranchView>,
}

pub(super) async fn log(State(app): State<App>, _: Office) -> Result<Json<LogView>, Problem> {
    let checkpoint = app.runtime.checkpoint()?;
    let key = app
        .runtime
        .look(|hub| NoteKey::of_school(hub.facts().school, &hub.facts().key.public().0));
    let key = key.map_err(|error| crate::runtime::RuntimeError::Log(error.to_string()))?;
    let branch = app.runtime.branch().map(|branch| BranchView {
        at: time(branch.at_ms),
        size: branch.size,
        lost: branch.lost,
        shown_by: (branch.shown_by > 0).then_some(branch.shown_by),
    });
    Ok(Json(LogView {
        size: checkpoint.head().size.0,
        root: checkpoint.head().root.to_base64(),
        key: key.to_string(),
        fingerprint: key.fingerprint(),
        checkpoint: checkpoint.note().to_owned(),
        branch,
    }))
}

/// One line of the security log.
#[derive(Serialize)]
pub(super) struct NoteView {
    at: String,
    /// A stable code: `visit-read`, `released`, `equivocation`, `branch`, `device-lost` or `device-retired`.
    what: &'static str,
    device: u32,
    name: String,
    by: Option<String>,
    /// The document or the change.
    of: String,
    words: String,
}

fn note_view(hub: &Hub, note: &Note) -> NoteView {
    let name = hub
        .devices()
        .get(&note.device)
        .map_or_else(|| "the server".to_owned(), |facts| facts.name.clone());
    let (what, of, words) = match &note.deed {
        Deed::VisitRead(id) => (
            "visit-read",
            id.to_string(),
            "a home visit was sent to the device".to_owned(),
        ),
        Deed::Released(change, reason) => (
            "released",
            change.to_string(),
            format!("what was held was let in: {reason}"),
        ),
        Deed::Equivocated(first, second) => (
            "equivocation",
            second.to_string(),
            format!(
                "a second change came with the number of {first}: a copy of the device's store is in use, or its key is in other hands; both are kept"
            ),
        ),
        Deed::Branched(size) => (
            "branch",
            String::new(),
            format!(
                "a checkpoint was shown that the log does not continue; it goes on as a branch from {size} changes"
            ),
        ),
    };
    NoteView {
        at: time(note.at_ms),
        what,
        device: note.device.0,
        name,
        by: note.by.as_ref().map(ToString::to_string),
        of,
        words,
    }
}

/// The reports of lost and retired devices. They stand with the devices, by which it is decided who may speak, and are told here with
/// all else that somebody may have to answer for.
fn ended_views(hub: &Hub) -> impl Iterator<Item = (u64, NoteView)> {
    hub.devices().iter().filter_map(|(device, facts)| {
        let (report, what, was) = match &facts.enrolment.standing {
            Standing::Lost(report) => (report, "device-lost", "reported lost"),
            Standing::Retired(report) => (report, "device-retired", "retired"),
            Standing::Unconfirmed(_) | Standing::Confirmed => return None,
        };
        let how = report.reason.iter().map(|reason| format!(": {reason}"));
        let view = NoteView {
            at: time(report.at_ms),
            what,
            device: device.0,
            name: facts.name.clone(),
            by: Some(report.by.to_string()),
            of: String::new(),
            words: format!("the device was {was}{}", how.collect::<String>()),
        };
        Some((report.at_ms, view))
    })
}

pub(super) async fn notes(State(app): State<App>, _: Office) -> Result<Json<Vec<NoteView>>, Problem> {
    let runtime = std::sync::Arc::clone(&app.runtime);
    let notes = off_the_loop(move || Ok(runtime.store().notes()?)).await?;
    let mut shown: Vec<(u64, NoteView)> = app.runtime.look(|hub| {
        let noted = notes.iter().map(|note| (note.at_ms, note_view(hub, note)));
        noted.chain(ended_views(hub)).collect()
    });
    shown.sort_by_key(|(at_ms, _)| *at_ms);
    Ok(Json(shown.into_iter().map(|(_, view)| view).collect()))
}
