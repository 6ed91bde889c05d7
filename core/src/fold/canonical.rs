//! The one byte encoding of a folded day. Two replicas agree exactly when these bytes are equal.
//!
//! `Automerge::save` cannot serve for this: the same changes in another order of arrival give other bytes.

use super::{CellFold, DayFold, ProposalKind, Rule, Standing};
use crate::bytes::Writer;
use crate::code::Code;
use crate::session::Session;

const VERSION: u8 = 1;

/// Encodes a day: its rules, its sign-offs, and each cell in order with what stands, the candidates, proposals and
/// irregularities. Entries are named by their ids, which are hashes of all that they say.
pub(super) fn encode(day: &DayFold) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.byte(VERSION);
    writer.uint(u64::from(day.date().days()));
    writer.byte(u8::from(day.rules().r1) | u8::from(day.rules().r2) << 1);
    for session in Session::ALL {
        let sign_offs: Vec<_> = day.sign_offs(session).collect();
        writer.uint(sign_offs.len() as u64);
        for sign_off in sign_offs {
            writer.raw(&sign_off.id.0);
            writer.uint(sign_off.covers.len() as u64);
            for id in &sign_off.covers {
                writer.raw(&id.0);
            }
        }
    }
    writer.uint(day.entries().len() as u64);
    for id in day.entries().keys() {
        writer.raw(&id.0);
    }
    for (cell, fold) in day.cells() {
        writer.byte(u8::from(cell.session == Session::Pm));
        writer.uint(cell.pupil.0);
        encode_cell(&mut writer, fold);
    }
    writer.into_bytes()
}

fn encode_cell(writer: &mut Writer, fold: &CellFold) {
    let code = |writer: &mut Writer, code: &Code| writer.text(code.as_str());
    match &fold.standing {
        Standing::Blank => writer.byte(0),
        Standing::Recorded { code: recorded } => {
            writer.byte(1);
            code(writer, recorded);
        }
        Standing::Agreed { code: agreed } => {
            writer.byte(2);
            code(writer, agreed);
        }
        Standing::Settled { code: settled, rule } => {
            writer.byte(match rule {
                Rule::R1 => 3,
                Rule::R2 => 4,
            });
            code(writer, settled);
        }
        Standing::Disputed { why } => {
            writer.byte(5);
            writer.byte(why.number());
        }
    }
    writer.byte(u8::from(fold.signed_off));
    writer.uint(fold.candidates.len() as u64);
    for id in &fold.candidates {
        writer.raw(&id.0);
    }
    writer.uint(fold.proposals.len() as u64);
    for proposal in &fold.proposals {
        writer.raw(&proposal.entry.0);
        writer.byte(u8::from(proposal.kind == ProposalKind::Differs));
    }
    writer.uint(fold.irregular.len() as u64);
    for irregular in &fold.irregular {
        writer.raw(&irregular.entry.0);
        writer.byte(irregular.why.number());
    }
}
