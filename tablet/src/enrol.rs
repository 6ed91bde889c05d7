//! Enrolment, as the device sees it: it makes a key, shows it with the invitation, and learns who its school is.

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId, hex, unhex};
use daymark_core::signature::{KEY_BYTES, PublicKey, SecretKey, matching_code};
use daymark_sync_protocol::client::{Identity, Incarnation, Record};
use daymark_sync_protocol::duties::{DutyList, DutyNews};
use daymark_sync_protocol::keys::{KeyNews, KeyRing};

/// What a device brings to its enrolment.
#[derive(Debug, Clone)]
pub struct Applicant {
    /// The invitation, as it was typed.
    pub invitation: String,
    /// The key that the device made, of a random seed.
    pub key: SecretKey,
}

/// An invitation as the office gives it: the text alone, or a link with where the server is and the fingerprint of the
/// school's key, which nobody has to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The text that is used up.
    pub secret: String,
    /// Where the school's server is.
    pub server: Option<String>,
    /// The fingerprint of the school's key.
    pub school_key: Option<String>,
}

impl Invitation {
    /// Reads `daymark+URL/enrol/SECRET/FINGERPRINT`, and `URL/#join=SECRET/FINGERPRINT`, which opens the app; whatever else it
    /// is, is taken for the text alone.
    pub fn read(text: &str) -> Self {
        let link = |text: &str| {
            let text = text.trim();
            let (server, rest) = match text.strip_prefix("daymark+") {
                Some(tablet) => tablet.rsplit_once("/enrol/")?,
                None => text.rsplit_once("/#join=")?,
            };
            let (secret, school_key) = rest.split_once('/')?;
            Some(Self {
                secret: secret.to_owned(),
                server: Some(server.to_owned()),
                school_key: Some(school_key.to_owned()),
            })
        };
        link(text).unwrap_or_else(|| Self {
            secret: text.to_owned(),
            server: None,
            school_key: None,
        })
    }
}

/// A device's enrolment, as the school gives it.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Enrolment {
    /// The school.
    pub school: SchoolId,
    /// The device's number there.
    pub device: DeviceNumber,
    /// What the device is called.
    pub name: String,
    /// What it may see and write.
    pub grant: Grant,
    /// The school's key, in hexadecimal.
    school_key: String,
    /// The keys of its devices, in hexadecimal.
    keys: String,
    /// The duties that they were given, in hexadecimal.
    duties: String,
    /// A challenge for the first session.
    pub challenge: String,
}

/// Why an enrolment is not believed. Nothing is kept of it; the invitation is used up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// It cannot be read.
    #[error("the school's answer cannot be understood: {0} is not what it should be; is the app too old?")]
    Unreadable(&'static str),
    /// The school shows another key than the invitation says.
    #[error(
        "this is not the school of the invitation: its key is {found}, and the invitation says {expected}; check the network, and tell the office"
    )]
    OtherSchool {
        /// The fingerprint that the invitation says.
        expected: String,
        /// The fingerprint of what answered.
        found: String,
    },
    /// The list of keys or of duties is not signed with the school's key, or says another key or duty for this device.
    #[error(
        "the school's list of devices is not signed by the school, or names another key or duty for this device; tell the office"
    )]
    Keys,
}

/// A device that is enrolled, before it is written down.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// What to write down.
    pub records: Vec<Record>,
    /// What the device must show, and the office compare.
    pub code: String,
    /// The fingerprint of the school's key.
    pub school: String,
}

impl Applicant {
    /// What goes to the school.
    pub fn request(&self) -> serde_json::Value {
        serde_json::json!({
            "invitation": self.invitation,
            "key": hex(&self.key.public().0),
            "proof": hex(&self.key.sign_enrolment(&self.invitation).0),
        })
    }

    /// Checks what the school answered. `school` is the fingerprint that the invitation carries, if it does. The
    /// incarnation is random and drawn anew for every store.
    ///
    /// # Errors
    /// See [`EnrolmentError`].
    pub fn accept(
        self,
        enrolment: Enrolment,
        server: &str,
        school: Option<&str>,
        incarnation: Incarnation,
    ) -> Result<Enrolled, EnrolmentError> {
        let bytes = |text: &str, what| unhex(text).ok_or(EnrolmentError::Unreadable(what));
        let school_key: [u8; KEY_BYTES] = bytes(&enrolment.school_key, "the school's key")?
            .try_into()
            .map_err(|_| EnrolmentError::Unreadable("the school's key"))?;
        let school_key = PublicKey(school_key);
        let found = school_key.fingerprint();
        if let Some(expected) = school
            && daymark_core::signature::plain(expected) != daymark_core::signature::plain(&found)
        {
            return Err(EnrolmentError::OtherSchool {
                expected: expected.to_owned(),
                found,
            });
        }
        let keys: KeyNews = minicbor::decode(&bytes(&enrolment.keys, "the list of devices")?)
            .map_err(|_| EnrolmentError::Unreadable("the list of devices"))?;
        let ring = KeyRing::default().with(enrolment.school, &school_key, &keys);
        let ring = ring.map_err(|_| EnrolmentError::Keys)?;
        if ring.key(enrolment.device) != Some(&self.key.public()) {
            return Err(EnrolmentError::Keys);
        }
        let duties: DutyNews = minicbor::decode(&bytes(&enrolment.duties, "the list of duties")?)
            .map_err(|_| EnrolmentError::Unreadable("the list of duties"))?;
        let list = DutyList::default().with(enrolment.school, &school_key, &duties);
        if list.map_err(|_| EnrolmentError::Keys)?.of(enrolment.device) != Some(&enrolment.grant) {
            return Err(EnrolmentError::Keys);
        }
        let code = matching_code(&school_key, &self.key.public(), &self.invitation);
        let identity = Identity {
            school: enrolment.school,
            device: enrolment.device,
            name: enrolment.name,
            grant: enrolment.grant,
            server: server.to_owned(),
            key: self.key,
            incarnation,
            school_key,
        };
        Ok(Enrolled {
            records: vec![
                Record::Enrolled(Box::new(identity)),
                Record::Keys(keys),
                Record::Duties(duties),
            ],
            code,
            school: found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Invitation;

    #[test]
    fn a_link_says_where_and_whose_and_anything_else_is_the_text_alone() {
        for link in [
            "daymark+https://daymark.school.example:8443/enrol/AAAAAAA-BBBBBBB/R7TGJ-61K1R ",
            "https://daymark.school.example:8443/#join=AAAAAAA-BBBBBBB/R7TGJ-61K1R",
        ] {
            let read = Invitation::read(link);
            assert_eq!(read.secret, "AAAAAAA-BBBBBBB");
            assert_eq!(
                read.server.as_deref(),
                Some("https://daymark.school.example:8443")
            );
            assert_eq!(read.school_key.as_deref(), Some("R7TGJ-61K1R"));
        }
        for text in [
            "AAAAAAA-BBBBBBB",
            "daymark+https://x",
            "https://x/enrol/a/b",
            "daymark+https://x/enrol/a",
            "",
        ] {
            let read = Invitation::read(text);
            assert_eq!((read.secret.as_str(), read.server), (text, None), "{text}");
        }
    }
}
