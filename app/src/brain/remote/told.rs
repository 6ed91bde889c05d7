//! What the server tells, as the app reads it: a field that is missing is empty, so that an older server is read too.
//!
//! Read by hand: code that is derived for each of these shapes is a fiftieth of what a tablet downloads.

use serde_json::Value;

/// A device, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceShown {
    /// Its number.
    pub device: u32,
    /// What it is called.
    pub name: String,
    /// Its role.
    pub grant: GrantShown,
    /// Whether its duty has ended.
    pub ended: bool,
    /// When it last spoke.
    pub last_heard: Option<String>,
    /// How many records it said that it still holds.
    pub still_holds: u32,
    /// How far its clock is ahead.
    pub clock_ahead_ms: Option<i64>,
    /// `unconfirmed`, `confirmed`, `retired` or `lost`.
    pub standing: String,
    /// The code to compare, before it is confirmed.
    pub code: Option<String>,
    /// When it was reported lost.
    pub lost_at: Option<String>,
    /// By whom.
    pub lost_by: Option<String>,
    /// When it spoke since.
    pub spoke_since: Option<String>,
    /// What the office wrote to it last.
    pub message: Option<String>,
    /// When it told that somebody has read that.
    pub message_read_at: Option<String>,
}

/// What a device is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantShown {
    /// The role.
    pub role: String,
    /// Its classes.
    pub classes: Vec<String>,
    /// The only day.
    pub day: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invited {
    /// For which device.
    pub name: String,
    /// The text that is used up.
    pub invitation: String,
    /// Until when.
    pub expires_at: String,
    /// The fingerprint of the school's key.
    pub school_key: String,
}

/// What an import would do, or did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Whether it was of staff.
    pub staff: bool,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What it says.
    pub plan: Plan,
}

/// An import's plan, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Rows of the file.
    pub rows: usize,
    /// Who is new.
    pub adds: Vec<PlanRow>,
    /// Who changes.
    pub changes: Vec<PlanRow>,
    /// How many are there just so.
    pub unchanged: usize,
    /// Who is known and not in the file. They stay.
    pub absent: Vec<PlanRow>,
    /// Rows that are left out.
    pub refusals: Vec<PlanRefusal>,
    /// What was put right.
    pub notes: Vec<PlanNote>,
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
}

/// Somebody of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanRow {
    /// The row of the file.
    pub row: usize,
    /// The admission number or staff id.
    pub id: String,
    /// The name.
    pub name: String,
    /// What changes.
    pub fields: Vec<PlanField>,
}

/// One value that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanField {
    /// The column.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is in the file.
    pub new: Option<String>,
}

/// A cell for which a row is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanRefusal {
    /// The row of the file.
    pub row: usize,
    /// The column.
    pub field: String,
    /// What stands there.
    pub value: String,
    /// What is wrong and what to do.
    pub remedy: String,
}

/// Something that was put right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanNote {
    /// The row of the file.
    pub row: usize,
    /// What was done.
    pub text: String,
}

/// Somebody who is not in a transfer file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The number.
    pub pupil: u64,
    /// The name.
    pub name: String,
    /// Why, and what to do.
    pub remedy: String,
}

/// A transfer file, as the server gives it.
#[derive(Debug, Default)]
pub(super) struct CtfGiven {
    pub(super) name: String,
    /// In base 64.
    pub(super) file: String,
    pub(super) left_out: Vec<LeftOut>,
}

fn text(value: &Value, name: &str) -> String {
    maybe(value, name).unwrap_or_default()
}

fn maybe(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

fn small(value: &Value, name: &str) -> u32 {
    u32::try_from(number(value, name)).unwrap_or(u32::MAX)
}

fn size(value: &Value, name: &str) -> usize {
    usize::try_from(number(value, name)).unwrap_or(usize::MAX)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let texts = list(value, name).iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// The list of devices; `None` where it is none.
pub(super) fn devices(told: &Value) -> Option<Vec<DeviceShown>> {
    Some(told.as_array()?.iter().map(device).collect())
}

fn device(told: &Value) -> DeviceShown {
    let grant = told.get("grant").unwrap_or(&Value::Null);
    DeviceShown {
        device: small(told, "device"),
        name: text(told, "name"),
        grant: GrantShown {
            role: text(grant, "role"),
            classes: texts(grant, "classes"),
            day: maybe(grant, "day"),
        },
        ended: told.get("ended").and_then(Value::as_bool).unwrap_or_default(),
        last_heard: maybe(told, "last_heard"),
        still_holds: small(told, "still_holds"),
        clock_ahead_ms: told.get("clock_ahead_ms").and_then(Value::as_i64),
        standing: text(told, "standing"),
        code: maybe(told, "code"),
        lost_at: maybe(told, "lost_at"),
        lost_by: maybe(told, "lost_by"),
        spoke_since: maybe(told, "spoke_since"),
        message: maybe(told, "message"),
        message_read_at: maybe(told, "message_read_at"),
    }
}

/// An invitation; `None` where there is none in it.
pub(super) fn invited(told: &Value) -> Option<Invited> {
    Some(Invited {
        name: text(told, "name"),
        invitation: maybe(told, "invitation")?,
        expires_at: text(told, "expires_at"),
        school_key: text(told, "school_key"),
    })
}

/// What an import would do, or did; `None` where it is something else.
pub(super) fn plan(told: &Value) -> Option<Plan> {
    let rows = |name| list(told, name).iter().map(row).collect();
    Some(Plan {
        rows: told.get("rows")?.as_u64().and_then(|rows| rows.try_into().ok())?,
        adds: rows("adds"),
        changes: rows("changes"),
        unchanged: size(told, "unchanged"),
        absent: rows("absent"),
        refusals: list(told, "refusals").iter().map(refusal).collect(),
        notes: list(told, "notes").iter().map(note).collect(),
        unknown_columns: texts(told, "unknown_columns"),
    })
}

fn row(told: &Value) -> PlanRow {
    PlanRow {
        row: size(told, "row"),
        id: text(told, "id"),
        name: text(told, "name"),
        fields: list(told, "fields").iter().map(field).collect(),
    }
}

fn field(told: &Value) -> PlanField {
    PlanField {
        field: text(told, "field"),
        old: maybe(told, "old"),
        new: maybe(told, "new"),
    }
}

fn refusal(told: &Value) -> PlanRefusal {
    PlanRefusal {
        row: size(told, "row"),
        field: text(told, "field"),
        value: text(told, "value"),
        remedy: text(told, "remedy"),
    }
}

fn note(told: &Value) -> PlanNote {
    PlanNote {
        row: size(told, "row"),
        text: text(told, "text"),
    }
}

/// A transfer file; `None` where there is none in it.
pub(super) fn ctf(told: &Value) -> Option<CtfGiven> {
    Some(CtfGiven {
        name: text(told, "name"),
        file: maybe(told, "file")?,
        left_out: list(told, "left_out").iter().map(left_out).collect(),
    })
}

fn left_out(told: &Value) -> LeftOut {
    LeftOut {
        pupil: number(told, "pupil"),
        name: text(told, "name"),
        remedy: text(told, "remedy"),
    }
}
