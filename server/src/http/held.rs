//! The office's routes for what could not be taken: seeing it, and letting it in.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use daymark_core::ids::{ChangeHash, PersonId, hex, unhex};
use serde::{Deserialize, Serialize};

use super::auth::Office;
use super::office::{check_staff, json, off_the_loop};
use super::{App, Problem};
use crate::limits::REASON_BYTES_MAX;
use crate::office::view;

/// Something kept aside: visible, and exportable with its bytes.
#[derive(Serialize)]
pub(super) struct HeldView {
    /// What it is kept under: give it to release it.
    key: String,
    document: String,
    device: u32,
    received_at: String,
    code: String,
    reason: String,
    bytes: String,
}

pub(super) async fn held(State(app): State<App>, _: Office) -> Result<Json<Vec<HeldView>>, Problem> {
    let runtime = Arc::clone(&app.runtime);
    let aside = off_the_loop(move || Ok(runtime.store().aside()?)).await?;
    let shown = aside.into_iter().map(|aside| HeldView {
        key: hex(&aside.key.0),
        document: daymark_core::document_id::DocumentId::from_bytes(&aside.document).map_or_else(
            |_| format!("unknown:{}", hex(&aside.document)),
            |id| id.to_string(),
        ),
        device: aside.carrier.0,
        received_at: i64::try_from(aside.received_at / 1000)
            .map(view::time)
            .unwrap_or_default(),
        code: aside.code,
        reason: aside.reason,
        bytes: hex(&aside.bytes),
    });
    Ok(Json(shown.collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseWanted {
    /// The staff id of the person who answers for it.
    by: PersonId,
    reason: String,
}

pub(super) async fn release(
    State(app): State<App>,
    _: Office,
    Path(key): Path<String>,
    wanted: Result<Json<ReleaseWanted>, JsonRejection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let wanted = json(wanted)?;
    let reason = wanted.reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
        return Err(Problem::bad_field(format!(
            "reason must be 1 to {REASON_BYTES_MAX} bytes: say why it may be let in"
        )));
    }
    check_staff(&app, &wanted.by)?;
    let bytes = unhex(&key).and_then(|bytes| bytes.try_into().ok());
    let Some(bytes) = bytes else {
        return Err(Problem::bad_field(format!(
            "key {key:?} is not 64 hexadecimal digits: see `daymark held`"
        )));
    };
    app.runtime
        .release(&ChangeHash(bytes), &wanted.by, reason)
        .await?;
    Ok(Json(
        serde_json::json!({ "released": hex(&bytes), "by": wanted.by }),
    ))
}
