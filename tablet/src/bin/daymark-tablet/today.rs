//! `today`.

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::session::{Date, Session};
use daymark_tablet::pending::Waiting;
use daymark_tablet::{Moment, people, trips, words};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Done};

pub(crate) fn run(context: &Context) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let replica = tablet.replica();
    let identity = replica.identity()?;
    let date = context.date;
    let duties = people::duties(replica, date)?;
    let brief = replica.brief();
    let titles: Vec<(String, String, usize)> = trips::held(replica)
        .filter_map(|(trip, view)| {
            let plan = view.plan()?.clone();
            let today = plan.sessions.iter().any(|at| at.date == date);
            today.then(|| (trip.to_string(), plan.title, plan.participants.len()))
        })
        .collect();
    let visits: Vec<String> = replica
        .documents()
        .filter_map(|document| match document.id() {
            DocumentId::Visit(visit) => Some(visit.to_string()),
            _ => None,
        })
        .collect();
    let day = replica.day(date);
    let signed_off: Vec<Session> = Session::ALL
        .into_iter()
        .filter(|session| {
            day.sign_offs(*session).next().is_some()
                || brief.is_some_and(|brief| {
                    brief
                        .signed_off
                        .iter()
                        .any(|at| (at.date, at.session) == (date, *session))
                })
        })
        .collect();
    let contact = replica.contact();
    // To the end of the last date on which its names may be used, or to the end of the duty.
    let good_until = brief.and_then(|brief| brief.good_until?.plus(1));
    let ends = good_until.map(Date::start_unix_seconds);
    let ends = ends
        .into_iter()
        .chain(replica.grant()?.ends_at.filter(|_| ends.is_some()))
        .min();
    let ready_until = ends.map(|end| Moment::from_unix_ms(end.saturating_mul(1000)));
    let is_ready = ready_until.is_some_and(|until| until.unix_ms > context.moment.unix_ms);
    let is_sealed = tablet.home().keyring().is_some();
    let waiting = replica.not_yet_sent();
    let refused = tablet.refused_count();
    let shown = json!({
        "date": date,
        "school": brief.map(|brief| brief.school_name.clone()),
        "device": identity.device,
        "name": identity.name,
        "role": replica.grant()?.role,
        "duties": duties,
        "trips": titles.iter().map(|(id, title, pupils)| json!({"trip": id, "title": title, "pupils": pupils})).collect::<Vec<_>>(),
        "visits": visits,
        "not_yet_sent": waiting,
        "refused_changes": refused,
        "last_contact_ms": contact.map(|contact| contact.at_ms),
        "clock_offset_ms": contact.map(|contact| contact.clock.offset_ms),
        "clock_doubt_ms": contact.map(|contact| contact.clock.doubt_ms),
        "ready_for_no_signal": is_ready,
        "signed_off": signed_off,
        "sealed": is_sealed,
    });
    let role = replica.grant()?.role;
    context.show(&shown, || {
        let school = brief.map_or("a school not heard from yet", |brief| brief.school_name.as_str());
        let mut lines = vec![format!("{date}: {} ({}) of {school}", identity.name, role)];
        for duty in &duties {
            lines.push(match duty {
                Duty::Class(class) => format!("Class {class}"),
                Duty::Gate => "The late gate".to_owned(),
                Duty::Office => "The office".to_owned(),
                Duty::Trip(trip) => {
                    let known = titles.iter().find(|(id, ..)| *id == trip.to_string());
                    known.map_or_else(
                        || format!("Trip {trip}, not fetched yet: sync"),
                        |(id, title, pupils)| {
                            format!("Trip {title}, {}: {id}", words::count(*pupils, "pupil"))
                        },
                    )
                }
            });
        }
        lines.extend(visits.iter().map(|visit| format!("Home visit {visit}")));
        lines.extend(signed_off.iter().map(|session| format!("{session}: signed off")));
        match (contact, ready_until) {
            (Some(contact), Some(until)) => {
                let last = Moment::from_unix_ms(contact.at_ms);
                let offset = contact.clock.offset_ms / 1000;
                let ready = if is_ready { "Ready for no signal" } else { "No longer ready: sync. Was ready" };
                lines.push(format!(
                    "Last contact {last} UTC, this clock {offset:+} s from the school's. {ready} until {until} UTC."
                ));
            }
            _ => lines.push("Not ready: sync before you leave.".to_owned()),
        }
        lines.push(match waiting {
            0 => "Nothing waits here.".to_owned(),
            _ => format!("{} saved on this tablet, not at school yet.", words::records_are(Waiting::of(replica))),
        });
        if refused > 0 {
            lines.push(format!("{} that the school could not take: see `pending`.", words::count(refused, "item")));
        }
        if !is_sealed {
            lines.push("This tablet is not sealed: whoever has its folder reads all of this.".to_owned());
        }
        lines.join("\n")
    })?;
    Ok(Done::Ok)
}
