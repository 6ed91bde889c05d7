//! The office's route that gives a file of evidence.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::auth::Office;
use super::{App, Problem};
use crate::office::evidence::{EvidenceError, EvidenceWanted};

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Self {
        let words = error.to_string();
        match error {
            EvidenceError::Runtime(error) => error.into(),
            EvidenceError::NothingRecorded(_) => Self::new(StatusCode::NOT_FOUND, "nothing-recorded", words),
            EvidenceError::NoDevice | EvidenceError::Key(_) => {
                tracing::error!(error = %words, "no evidence could be given");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", words)
            }
            _ => Self::bad_field(words),
        }
    }
}

pub(super) async fn evidence(
    State(app): State<App>,
    _: Office,
    wanted: Result<Query<EvidenceWanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.map_err(|rejection| Problem::bad_field(rejection.body_text()))?;
    let runtime = Arc::clone(&app.runtime);
    let page = tokio::task::spawn_blocking(move || runtime.evidence(wanted).map(|file| file.to_html()))
        .await
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))??;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"evidence.html\"",
        ),
    ];
    Ok((headers, page).into_response())
}
