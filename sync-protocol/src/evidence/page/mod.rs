//! The readable page: a function of the data alone. No script runs in it, and it asks nothing of a network.
//!
//! What the page says of a version of the format is fixed: a file is checked by making its page again. Whoever changes a
//! word here makes a new version of the format and keeps this one.

mod frame;
mod html;
mod ledger;
mod register;

use std::collections::BTreeMap;

use daymark_core::fold::DayFold;
use daymark_core::ids::{DeviceNumber, PupilNumber};

use super::data::{Evidence, EvidencePupil};
use super::loaded::{Loaded, dates};

/// What follows the data.
pub(super) const AFTER_DATA: &str = "\n</body>\n</html>\n";

/// The page up to where the data are embedded.
pub(super) fn render(evidence: &Evidence, loaded: &Loaded) -> String {
    let folds: Vec<DayFold> = dates(evidence)
        .into_iter()
        .map(|date| loaded.fold(evidence, date))
        .collect();
    let view = View {
        evidence,
        loaded,
        folds: &folds,
        pupils: evidence
            .pupils
            .iter()
            .map(|pupil| (pupil.number, pupil))
            .collect(),
        devices: evidence
            .devices
            .iter()
            .map(|device| (device.device, device.name.as_str()))
            .collect(),
    };
    let mut out = String::with_capacity(64 * 1024);
    frame::head(&mut out, &view);
    register::register(&mut out, &view);
    register::history(&mut out, &view);
    ledger::disputes(&mut out, &view);
    ledger::after_sign_off(&mut out, &view);
    ledger::amendments(&mut out, &view);
    ledger::irregular(&mut out, &view);
    frame::tables(&mut out, &view);
    frame::how_to_check(&mut out, &view);
    out
}

/// What every part of the page looks at.
struct View<'a> {
    evidence: &'a Evidence,
    loaded: &'a Loaded,
    /// One for each date of which there is a sheet.
    folds: &'a [DayFold],
    pupils: BTreeMap<PupilNumber, &'a EvidencePupil>,
    devices: BTreeMap<DeviceNumber, &'a str>,
}
