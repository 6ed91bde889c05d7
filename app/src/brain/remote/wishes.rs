//! What is asked of the server, made from what a form says.

use std::fmt::Write;

use daymark_core::session::Date;

use super::super::Open;
use super::super::open::words;
use super::{CSV, PDF, Then, Wish};
use crate::action::{Fields, File};

impl Open {
    pub(super) fn sheet_wish(&mut self, dry_run: bool, fields: &Fields) -> Result<Wish, String> {
        let by = self.person.id.to_string();
        let sheet = self.office.sheet.as_mut().ok_or("Open a sheet first.")?;
        sheet.code = fields.get("code").to_uppercase();
        let mut body = serde_json::json!({
            "class": sheet.class.as_str(), "from": sheet.from.to_string(), "by": by,
            "text": sheet.text()?, "dry_run": dry_run,
        });
        for name in ["reason", "trip"] {
            if let Some(given) = fields.given(name) {
                body[name] = given.into();
            }
        }
        Ok(Wish::post("/v1/office/key-in".to_owned(), &body, Then::Keyed))
    }

    pub(super) fn invitation(&self, fields: &Fields) -> Result<Wish, String> {
        let name = fields
            .given("name")
            .ok_or("Give the tablet a name, such as Hall iPad 2.")?;
        let mut grant = duty(fields)?;
        let class = fields.given("class").unwrap_or_default();
        let mut only = String::new();
        if grant.get("classes").is_some() {
            only = format!("Class {class}");
        }
        // A supply teacher's slip: one class, one day, until an hour.
        if fields.get("supply") == "yes" {
            if grant.get("classes").is_none() {
                return Err("Say which class the supply teacher takes.".to_owned());
            }
            let today = self.today();
            grant["day"] = today.to_string().into();
            only = format!("{only}, only {}, until 16:00", crate::view::day(today));
            let ends: daymark_core::entry::TimeOfDay = "16:00".parse().map_err(words)?;
            grant["ends_at"] = daymark_core::calendar::london::moments(today, ends)
                .first()
                .into();
        }
        Ok(Wish::post(
            "/v1/office/invitations".to_owned(),
            &serde_json::json!({ "name": name, "grant": grant }),
            Then::Invited(only),
        ))
    }

    pub(super) fn file(&self, file: File, fields: &Fields) -> Result<Wish, String> {
        let day = |name: &str| -> Result<Date, String> {
            let text = fields.given(name);
            text.map_or(Ok(self.today()), |text| text.parse().map_err(words))
        };
        let (from, to) = (day("from")?, day("to")?);
        if to < from {
            return Err("The last day is before the first: exchange them.".to_owned());
        }
        let save = |name: String, media_type| Then::Save { name, media_type };
        Ok(match file {
            File::Marks => Wish::get(
                format!("/v1/office/export/marks?from={from}&to={to}"),
                save(format!("marks-{from}-{to}.csv"), CSV),
            ),
            File::Amendments => Wish::get(
                format!("/v1/office/export/amendments?from={from}&to={to}"),
                save(format!("amendments-{from}-{to}.csv"), CSV),
            ),
            File::Register => {
                let class = fields.given("class").ok_or("Say which class.")?;
                Wish::get(
                    format!("/v1/office/print/register?class={}&from={from}", in_query(&class)),
                    save(format!("register-{class}-{from}.pdf"), PDF),
                )
            }
            File::Pupil(pupil) => Wish::get(
                format!("/v1/office/print/pupil?pupil={pupil}&from={from}&to={to}"),
                save(format!("pupil-{pupil}.pdf"), PDF),
            ),
            File::Evidence(pupil) => Wish::get(
                format!("/v1/office/evidence?pupil={pupil}&from={from}&to={to}"),
                save(format!("evidence-{pupil}.html"), "text/html"),
            ),
            File::Ctf => {
                let sequence = fields.given("sequence").unwrap_or_else(|| "1".to_owned());
                let sequence: u16 = sequence.parse().map_err(|_| "The running number is 1 to 999.")?;
                let mut body = serde_json::json!({ "sequence": sequence });
                if let Some(school) = fields.given("school") {
                    body["to"] = school.into();
                }
                if let Some(year) = fields.given("year") {
                    let year: u16 = year
                        .parse()
                        .map_err(|_| "The year is that in which it begins, such as 2025.")?;
                    body["year"] = year.into();
                }
                Wish::post("/v1/office/export/ctf".to_owned(), &body, Then::Ctf)
            }
        })
    }
}

/// A duty, as a form has it.
pub(super) fn duty(fields: &Fields) -> Result<serde_json::Value, String> {
    let role = fields.given("role").ok_or("Say what the tablet is for.")?;
    let mut grant = serde_json::json!({ "role": role });
    // Of classes only a teacher's tablet takes the register.
    if let Some(class) = fields.given("class").filter(|_| role == "teacher") {
        grant["classes"] = serde_json::json!([class]);
    }
    Ok(grant)
}

/// What the server says of its ledger: whether it holds, in words.
pub(super) fn checked(told: &serde_json::Value) -> Option<Result<String, String>> {
    let count = |name: &str| told.get(name)?.as_u64();
    if told.get("ok")?.as_bool()? {
        let (changes, documents) = (count("changes")?, count("documents")?);
        return Some(Ok(format!("{changes} changes in {documents} documents")));
    }
    Some(Err(told.get("problem")?.as_str()?.to_owned()))
}

/// A text as a part of a query.
fn in_query(text: &str) -> String {
    let mut query = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            // Writing into memory fails for nothing.
            let _ = write!(query, "%{byte:02X}");
        }
    }
    query
}
