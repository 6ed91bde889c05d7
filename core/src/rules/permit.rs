//! What a school's rules let people do: codes by role, and signing off with something open.
//!
//! Here a person is refused before an entry is made. The fold knows nothing of it: what was recorded elsewhere is kept.

use super::terms::{SchoolRules, SignOffWith};
use crate::code::Code;
use crate::roster::Role;
use crate::session::Session;
use crate::sign_off::SignOff;

/// What a school's rules do not let somebody do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    /// The role is named in `codes_by_role`, and the code is not among its own.
    #[error("the school's rules let the role {role} enter {codes}, and not {code}: ask somebody who may")]
    Code {
        /// The role.
        role: Role,
        /// The code.
        code: Code,
        /// What the role may enter.
        codes: String,
    },
    /// `sign_off = "nothing-open"`, and a pupil has two different marks.
    #[error(
        "two different marks stand in the {session} session (pupils: {count}), and the school's rules sign off nothing that is \
         open: decide them first"
    )]
    SignOffWithOpenDecisions {
        /// Of which session.
        session: Session,
        /// How many pupils.
        count: usize,
    },
}

impl SchoolRules {
    /// Whether a role may enter a code: any, where `codes_by_role` does not name the role.
    ///
    /// # Errors
    /// [`NotPermitted::Code`], with the codes that the role may enter.
    pub fn permit_code(&self, role: Role, code: Code) -> Result<(), NotPermitted> {
        match self.codes_by_role.get(&role) {
            Some(codes) if !codes.contains(&code) => Err(NotPermitted::Code {
                role,
                code,
                codes: codes.iter().map(Code::as_str).collect::<Vec<_>>().join(" "),
            }),
            _ => Ok(()),
        }
    }

    /// Whether a sign-off may be made with the open decisions that it names.
    ///
    /// # Errors
    /// [`NotPermitted::SignOffWithOpenDecisions`], where the school signs off nothing that is open.
    pub fn permit_sign_off(&self, sign_off: &SignOff) -> Result<(), NotPermitted> {
        if self.sign_off == SignOffWith::NothingOpen && !sign_off.disputed.is_empty() {
            return Err(NotPermitted::SignOffWithOpenDecisions {
                session: sign_off.session,
                count: sign_off.disputed.len(),
            });
        }
        Ok(())
    }
}
