//! Staff: what their cells must say, and what a sheet of them changes.

use std::collections::BTreeMap;

use daymark_core::ids::PersonId;
use daymark_core::roster::{Role, Roster, StaffMember};

use super::cells::{Cells, as_text, id_remedy, never, row_list};
use super::import::{Absentee, Field, ImportPlan, People};
use super::table::Column;
use super::{Refusal, Sheet};

/// The columns, with other headers for them.
pub(super) const COLUMNS: &[Column] = &[
    Column {
        name: "staff_id",
        also: &["id", "staffcode", "username"],
        required: true,
    },
    Column {
        name: "name",
        also: &["fullname", "staffname"],
        required: true,
    },
    Column {
        name: "position",
        also: &["jobtitle", "post"],
        required: true,
    },
    Column {
        name: "role",
        also: &[],
        required: true,
    },
];

pub(super) fn plan(existing: &Roster, sheet: &Sheet) -> ImportPlan {
    let mut plan = ImportPlan::new(sheet, People::Staff(Vec::new()));
    let mut rows_of: BTreeMap<PersonId, Vec<usize>> = BTreeMap::new();
    let mut read = Vec::new();
    for row in &sheet.rows {
        let refusals_before = plan.refusals.len();
        let mut cells = Cells {
            row,
            columns: COLUMNS,
            refusals: &mut plan.refusals,
            nobody: false,
        };
        // Ids and roles are small letters; a list that has them in capitals means the same.
        let id = cells.required(
            "staff_id",
            None,
            |text| text.to_ascii_lowercase().parse::<PersonId>(),
            id_remedy,
        );
        let name = cells.required("name", None, as_text, never);
        let position = cells.required("position", None, as_text, never);
        let role = cells.required(
            "role",
            None,
            |text| text.to_ascii_lowercase().parse::<Role>(),
            id_remedy,
        );
        if let Some(id) = &id {
            rows_of.entry(id.clone()).or_default().push(row.number);
        }
        let sound = row.faults.is_empty() && plan.refusals.len() == refusals_before;
        if let (true, Some(id), Some(name), Some(position), Some(role)) = (sound, id, name, position, role) {
            read.push((
                row.number,
                StaffMember {
                    id,
                    name,
                    position,
                    role,
                },
            ));
        }
    }
    for (id, rows) in rows_of.iter().filter(|(_, rows)| rows.len() > 1) {
        let remedy = format!(
            "{} have the same staff id: keep one",
            row_list(rows.iter().copied())
        );
        plan.refusals.extend(
            rows.iter()
                .map(|row| Refusal::new(*row, "staff_id", id.as_str(), remedy.as_str())),
        );
    }
    read.retain(|(_, member)| rows_of.get(&member.id).is_some_and(|rows| rows.len() == 1));
    for (row, member) in &read {
        let old = existing
            .staff
            .get(&member.id)
            .map(|old| (old.name.clone(), fields(old)));
        plan.settle(
            *row,
            member.id.to_string(),
            member.name.clone(),
            old,
            fields(member),
        );
    }
    plan.absent = existing
        .staff
        .values()
        .filter(|member| !rows_of.contains_key(&member.id))
        .map(|member| Absentee {
            id: member.id.to_string(),
            name: member.name.clone(),
            leave_date: None,
        })
        .collect();
    plan.people = People::Staff(read.into_iter().map(|(_, member)| member).collect());
    plan
}

/// A member of staff in the order of the columns.
fn fields(member: &StaffMember) -> Vec<Field> {
    vec![
        ("name", Some(member.name.clone())),
        ("position", Some(member.position.clone())),
        ("role", Some(member.role.to_string())),
    ]
}
