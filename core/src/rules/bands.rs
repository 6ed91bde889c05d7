//! Bands of attendance, the highest first: `[[rules.bands]]` with a name and a share.

use super::error::Conflict;
use super::findings::Findings;
use super::given::{Leaf, Stated};
use super::limits::BANDS_MAX;
use super::origin::{Explained, Ground, Origin};
use super::reader::{Reader, Section};
use super::terms::{Band, Edge, PerMille};
use super::{print, read};
use crate::session::Date;

const KEY: &str = "bands";
const NONE_NAMED: Ground = Ground::Daymark("the policy names no bands");

/// The bands, as far as they were said: a set that has any has all of them.
pub(super) type GivenBands = Leaf<Vec<Stated<Band>>>;

/// Takes what a set says.
pub(super) fn read<'t>(given: &mut GivenBands, reader: &mut Reader<'t>, set: &mut Section<'_, 't>) {
    let is_said = set.find(KEY).is_some();
    let Some((tables, origin)) = set.tables(reader, KEY, BANDS_MAX) else {
        if is_said {
            *given = Leaf::Broken;
        }
        return;
    };
    let count = tables.len();
    let bands: Vec<Stated<Band>> = tables
        .into_iter()
        .filter_map(|table| band(reader, table))
        .collect();
    *given = if bands.len() == count {
        Leaf::Said(Stated::at(bands, origin))
    } else {
        Leaf::Broken
    };
}

fn band<'t>(reader: &mut Reader<'t>, mut table: Section<'_, 't>) -> Option<Stated<Band>> {
    let at = table.at();
    let origin = reader.origin(at.start, at.end);
    let (mut name, mut from, mut above) = (Leaf::Unsaid, Leaf::Unsaid, Leaf::Unsaid);
    table.leaf(reader, "name", &mut name, read::name);
    table.leaf(reader, "from_percent", &mut from, read::percent);
    table.leaf(reader, "above_percent", &mut above, read::percent);
    if !name.is_said() {
        table.missing(reader, "name", "write what the school calls the band");
    }
    if from.is_said() && above.is_said() {
        table.beside(reader, "above_percent", "from_percent");
    }
    if !from.is_said() && !above.is_said() {
        table.missing(
            reader,
            "from_percent",
            "write where the band begins, or above_percent",
        );
    }
    table.finish(reader);
    let (from, edge) = match (from, above) {
        (Leaf::Said(from), Leaf::Unsaid) => (from.value, Edge::Included),
        (Leaf::Unsaid, Leaf::Said(above)) => (above.value, Edge::Excluded),
        _ => return None,
    };
    let Leaf::Said(Stated { value: name, .. }) = name else {
        return None;
    };
    Some(Stated::at(Band { name, from, edge }, origin))
}

/// The bands of a set, complete.
pub(super) fn complete(given: &GivenBands) -> Stated<Vec<Stated<Band>>> {
    given.or(Vec::new(), NONE_NAMED)
}

/// Where a band begins, in an order in which "above 97" is higher than "from 97".
fn height(band: &Band) -> (PerMille, Edge) {
    (band.from, band.edge)
}

/// Notes bands out of order, and names that stand twice.
pub(super) fn check(bands: &Stated<Vec<Stated<Band>>>, findings: &mut Findings) {
    let keyed: Vec<(String, &Stated<Band>)> = (1..)
        .zip(&bands.value)
        .map(|(at, band)| (format!("{KEY}[{at}]"), band))
        .collect();
    for pair in keyed.windows(2) {
        let [(higher_key, higher), (lower_key, lower)] = pair else {
            continue;
        };
        findings.clash(
            height(&lower.value) >= height(&higher.value),
            (lower_key, *lower),
            Conflict::BandsOutOfOrder,
            (higher_key, *higher),
            one,
        );
    }
    let names = keyed
        .iter()
        .map(|(key, band)| (key.as_str(), band.value.name.as_str(), &band.origin));
    check_names(names, findings);
}

/// Notes names that stand twice.
pub(super) fn check_names<'n>(
    names: impl Iterator<Item = (&'n str, &'n str, &'n Origin)>,
    findings: &mut Findings,
) {
    let mut seen: Vec<(&str, &str, &Origin)> = Vec::new();
    for (key, name, origin) in names {
        let said = |key: &str, origin: &Origin| super::error::Said {
            key: format!("{key}.name"),
            value: print::text(name),
            origin: origin.clone(),
        };
        if let Some((first, _, first_origin)) = seen.iter().find(|(_, other, _)| *other == name) {
            findings.conflict(said(key, origin), Conflict::SameName, said(first, first_origin));
        }
        seen.push((key, name, origin));
    }
}

fn one(band: &Band) -> String {
    let key = match band.edge {
        Edge::Included => "from_percent",
        Edge::Excluded => "above_percent",
    };
    format!(
        "{{ name = {}, {key} = {} }}",
        print::text(&band.name),
        print::percent(&band.from)
    )
}

/// What stands, and why.
pub(super) fn explain(bands: &Stated<Vec<Stated<Band>>>, date: Date, out: &mut Vec<Explained>) {
    if bands.value.is_empty() {
        out.push(bands.explain(KEY, date, |_| "[]".to_owned()));
    }
    for (at, band) in (1..).zip(&bands.value) {
        out.push(band.explain(&format!("{KEY}[{at}]"), date, one));
    }
}
