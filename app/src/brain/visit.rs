//! Home visits.

use super::Open;
use super::open::Done;
use crate::action::{Action, Fields};

impl Open {
    pub(super) fn act_visit(&mut self, action: Action, fields: &Fields) -> Done {
        let _ = (action, fields);
        Ok(None)
    }
}
