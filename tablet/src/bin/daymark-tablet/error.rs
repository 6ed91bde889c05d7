//! How a command ends.

use daymark_core::ids::IdError;
use daymark_sync_protocol::client::ReplicaError;
use daymark_tablet::people::PeopleError;
use daymark_tablet::worklists::Untold;
use daymark_tablet::{CaError, HomeError, SealError, StorageError, SyncError, TabletError, TransportError};

/// A command that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Nothing to remark: exit 0.
    Ok,
    /// It ran and found problems: exit 3.
    Found,
}

impl Done {
    pub(crate) fn found_if(found: bool) -> Self {
        if found { Self::Found } else { Self::Ok }
    }
}

/// A command that did not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// What was asked for makes no sense: exit 2.
    #[error("{0}")]
    Usage(String),
    /// It could not be done: exit 1.
    #[error("{0}")]
    Failed(String),
    /// The school says that this tablet was reported lost: exit 1, and nothing goes on.
    #[error("{0}")]
    Lost(String),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    #[error(transparent)]
    Tablet(#[from] TabletError),
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Untold(#[from] Untold),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Ca(#[from] CaError),
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error("cannot use {path:?}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the output could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the system refused: {0}")]
    Runtime(#[from] std::io::Error),
}

impl CliError {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Seal(error) | Self::Home(HomeError::Storage(StorageError::Seal(error))) => seal_code(error),
            Self::Usage(_)
            | Self::Id(_)
            | Self::People(PeopleError::WhichDuty { .. } | PeopleError::Id(_))
            | Self::Transport(TransportError::Address { .. }) => 2,
            _ => 1,
        }
    }
}

/// What was typed is at fault: exit 2. A wrong PIN is none of these: it is understood, and refused.
fn seal_code(error: &SealError) -> u8 {
    match error {
        SealError::SayWho
        | SealError::NoPin(_)
        | SealError::HasPin(_)
        | SealError::Unfit(_)
        | SealError::RecoveryForm
        | SealError::TooMany(_) => 2,
        _ => 1,
    }
}
