//! `/demo`: whoever looks at the demonstration becomes one of its people, in the app.
//!
//! Only the demonstration has this page. It gives out invitations to whoever asks, and the devices that use them need no
//! comparing of codes: nobody stands between a browser and a server on the same machine.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use daymark_core::grant::Grant;
use daymark_core::ids::TripId;
use daymark_core::roster::Role;
use daymark_sync_protocol::event::Standing;
use serde::Deserialize;

use super::story::{FARM_CLASS, FARM_LEADER};
use crate::http::{App, Problem, app};
use crate::invitation::{self, INVITATION_LIFE_MS};
use crate::runtime::Runtime;

/// How often it is looked whether an invitation was used.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The page shows the app's style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// What the story has got ready for those who look.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// The trip that the teacher on the coach goes along on. Until it is planned, nobody can be anybody.
    pub(super) farm: OnceLock<TripId>,
}

/// Somebody that a visitor may be.
struct Person {
    key: &'static str,
    name: &'static str,
    tablet: &'static str,
    role: Role,
    staff: &'static str,
    sees: &'static str,
}

const PEOPLE: [Person; 4] = [
    Person {
        key: "coach",
        name: "Teacher on the coach",
        tablet: "Farm tablet",
        role: Role::Teacher,
        staff: FARM_LEADER,
        sees: "takes the register of a trip, and counts heads",
    },
    Person {
        key: "gate",
        name: "Late gate",
        tablet: "Second gate tablet",
        role: Role::Gate,
        staff: "g-hobbs",
        sees: "lets in whoever comes late",
    },
    Person {
        key: "team",
        name: "Attendance team",
        tablet: "Second visit phone",
        role: Role::Team,
        staff: "k-osman",
        sees: "stands at a family's door",
    },
    Person {
        key: "office",
        name: "Office",
        tablet: "Second office tablet",
        role: Role::Office,
        staff: "j-roe",
        sees: "decides where marks differ, and answers for the register",
    },
];

#[derive(Deserialize)]
struct Wanted {
    /// The key of a [`Person`].
    be: Option<String>,
}

/// The page, and the way from it into the app.
pub(super) fn pages(stage: Arc<Stage>) -> Router<App> {
    let demo = move |State(app): State<App>, Query(wanted): Query<Wanted>| {
        let stage = Arc::clone(&stage);
        async move {
            let Some(farm) = stage.farm.get() else {
                return shown(&not_yet());
            };
            let person = PEOPLE
                .iter()
                .find(|person| Some(person.key) == wanted.be.as_deref());
            match person {
                Some(person) => enter(&app, person, *farm).await.into_response(),
                None => shown(&choices()),
            }
        }
    };
    Router::new().route("/demo", get(demo))
}

/// Invites whoever asks, and leads them into the app with it.
async fn enter(app: &App, person: &Person, farm: TripId) -> Result<Redirect, Problem> {
    let mut grant = Grant::of(person.role);
    if person.role == Role::Teacher {
        grant.trips.insert(farm);
    }
    let (secret, _) = app.runtime.invite(person.tablet, grant).await?;
    let key = app.runtime.look(|hub| hub.facts().key.public().fingerprint());
    let link = invitation::link(&secret, &key);
    tokio::spawn(confirm(Arc::clone(&app.runtime), invitation::hash(&secret)));
    Ok(Redirect::to(&link))
}

/// Confirms the device that uses an invitation.
async fn confirm(runtime: Arc<Runtime>, invitation: [u8; 32]) {
    let looks = u128::from(INVITATION_LIFE_MS) / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        tokio::time::sleep(LOOK_EVERY).await;
        let waiting = runtime.look(|hub| {
            hub.devices().iter().find_map(|(device, facts)| {
                let Standing::Unconfirmed(code) = &facts.enrolment.standing else {
                    return None;
                };
                (facts.enrolment.invitation == invitation).then(|| (*device, code.clone()))
            })
        });
        if let Some((device, code)) = waiting {
            if let Err(error) = runtime.confirm(device, &code).await {
                tracing::warn!(error = %error, "the demo could not confirm a tablet");
            }
            return;
        }
    }
}

fn shown(html: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, html.to_owned()).into_response()
}

fn page(head: &str, body: &str) -> String {
    let style = app::style().map_or_else(String::new, |path| {
        format!("<link rel=\"stylesheet\" href=\"{path}\">\n")
    });
    format!(
        "<!doctype html>\n<html lang=\"en-GB\" data-theme=\"light\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>Daymark: the demonstration</title>\n\
         {style}{head}</head>\n<body>\n<main class=\"narrow stack\">\n{body}</main>\n</body>\n</html>\n"
    )
}

fn not_yet() -> String {
    page(
        "<meta http-equiv=\"refresh\" content=\"2\">\n",
        "<h1>The made-up school is being set up</h1>\n<p>It takes less than a minute. This page looks again by itself.</p>\n",
    )
}

/// Who there is to be, and what to do.
fn choices() -> String {
    if app::style().is_none() {
        let body = "<h1>This build has no app in it</h1>\n<p>Start the demonstration with <code>cargo xtask demo</code>, which \
                    builds the app first.</p>\n";
        return page("", body);
    }
    let mut people = String::new();
    for Person {
        key,
        name,
        staff,
        sees,
        ..
    } in &PEOPLE
    {
        // Writing into memory fails for nothing.
        let _ = write!(
            people,
            "<section class=\"card\">\n<h2>{name}</h2>\n<p>{sees}. Join as <b>{staff}</b>, with any PIN.</p>\n\
                 <p><a class=\"btn go\" href=\"/demo?be={key}\" target=\"_blank\" rel=\"noopener\">Be the {}</a></p>\n</section>\n",
            name.to_lowercase()
        );
    }
    page(
        "",
        &format!(
            "<h1>Who would you like to be?</h1>\n\
             <p>Made-up people only. A browser is one tablet: to be two people at once, copy the second link into a private \
             window or another browser. Tablets that join from here need no confirming.</p>\n\
             {people}\
             <h2>A clash and its amendment in five minutes</h2>\n<ol class=\"stack\">\n\
             <li>Be the teacher on the coach. Woodland Farm is today's trip: start the register, and mark the first child of \
             {FARM_CLASS} as here.</li>\n\
             <li>In a private window be the late gate, who knows nothing of the coach. Find the same child and let them in late.</li>\n\
             <li>In another browser be the office. The child now has two marks that differ and counts as missing; two such \
             clashes have been waiting since the morning.</li>\n\
             <li>Decide: choose a mark and say why. Then open the amendments: what stood before, what stands now, the reason, when, \
             who and their position.</li>\n\
             <li>Go back to the coach: its tablet has learnt what the office decided. Stop the server with Ctrl-C and load the page \
             again: it still starts, and still takes marks.</li>\n</ol>\n"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::school::{CLASSES, STAFF_CSV};
    use super::*;

    #[test]
    fn everybody_that_a_visitor_may_be_works_at_the_school_in_that_role() {
        for person in &PEOPLE {
            let line = STAFF_CSV
                .lines()
                .find(|line| line.starts_with(&format!("{},", person.staff)));
            let line = line.expect("on the staff list");
            assert!(line.ends_with(&format!(",{}", person.role)), "{line}");
        }
        assert!(CLASSES.contains(&FARM_CLASS));
    }

    #[test]
    fn a_page_of_the_demonstration_has_no_script_and_no_style_of_its_own() {
        for html in [choices(), not_yet()] {
            assert!(!html.contains("<script") && !html.contains("<style") && !html.contains("style="));
        }
    }
}
