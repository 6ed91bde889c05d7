//! What a test expects of a cell, in one word.

use daymark_core::fold::{Dispute, Rule, Standing};

use crate::common::code;

pub(super) fn recorded(text: &str) -> Standing {
    Standing::Recorded { code: code(text) }
}

pub(super) fn agreed(text: &str) -> Standing {
    Standing::Agreed { code: code(text) }
}

pub(super) fn settled(text: &str, rule: Rule) -> Standing {
    Standing::Settled {
        code: code(text),
        rule,
    }
}

pub(super) fn disputed(why: Dispute) -> Standing {
    Standing::Disputed { why }
}
