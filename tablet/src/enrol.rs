//! What the school answers to an invitation.

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_sync_protocol::client::{Identity, Incarnation};

/// A device's enrolment, as the school gives it.
#[derive(Clone, serde::Deserialize)]
pub struct Enrolment {
    /// The school.
    pub school: SchoolId,
    /// The device's number there.
    pub device: DeviceNumber,
    /// What the device is called.
    pub name: String,
    /// What it may see and write.
    pub grant: Grant,
    /// What it speaks with: a secret.
    pub token: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment")
            .field("school", &self.school)
            .field("device", &self.device)
            .field("name", &self.name)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

impl Enrolment {
    /// The identity to write down. The incarnation is random and drawn anew for every store.
    pub fn identity(self, server: &str, incarnation: Incarnation) -> Identity {
        Identity {
            school: self.school,
            device: self.device,
            name: self.name,
            grant: self.grant,
            server: server.to_owned(),
            token: self.token,
            incarnation,
        }
    }
}
