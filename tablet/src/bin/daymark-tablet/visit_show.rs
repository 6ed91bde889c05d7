//! `visit show`.

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Person;
use daymark_core::ids::VisitId;
use daymark_core::roster::Role;
use daymark_core::visit::{AccountPart, VISITORS_MAX, VisitStatement, VisitView};
use daymark_tablet::{Moment, people};
use serde::Serialize;
use serde_json::json;

use crate::context::{Context, FileTablet};
use crate::error::{CliError, Done};
use crate::visit::{visit_here, written};

/// One visitor's account, where the reader may see it.
#[derive(Debug, Serialize)]
struct Account {
    visitor: Person,
    hidden: bool,
    facts: String,
    opinion: String,
}

pub(crate) fn run(context: &Context, visit: VisitId) -> Result<Done, CliError> {
    let tablet = context.open()?;
    let replica = tablet.replica();
    let view = visit_here(replica, visit)?;
    let accounts = accounts(context, &tablet, visit, &view)?;
    let irregular: Vec<String> = view.irregular.iter().map(ToString::to_string).collect();
    let shown = json!({
        "visit": visit,
        "opened": view.opened,
        "outcomes": view.outcomes,
        "events": view.events,
        "accounts": accounts,
        "case_may_rest": view.closes(),
        "irregular": irregular,
    });
    context.show(&shown, || {
        let mut lines = Vec::new();
        for opened in view.openings() {
            let visitors: Vec<String> = opened.visitors.iter().map(ToString::to_string).collect();
            let who = people::pupil_words(replica, opened.pupil);
            lines.push(format!("Visit to {who}: {}", opened.trigger));
            lines.push(format!("Visitors: {}", visitors.join("; ")));
        }
        let statements = view.outcomes.iter().chain(&view.events);
        for (_, statement) in statements {
            let at = Moment::from_unix_ms(statement.stamp.recorded_at.saturating_mul(1000));
            lines.push(format!(
                "{at}  {}  ({})",
                said(&statement.body),
                statement.stamp.person
            ));
        }
        for account in &accounts {
            if account.hidden {
                lines.push(format!(
                    "Account of {}: shown once you, as a visitor, have written your own",
                    account.visitor.name
                ));
            } else {
                lines.push(format!("Account of {}", account.visitor.name));
                lines.push(format!("  Facts: {}", account.facts));
                lines.push(format!("  Opinion: {}", account.opinion));
            }
        }
        lines.extend(irregular.iter().map(|words| format!("Out of order: {words}")));
        lines.push(if view.closes() {
            "The child was spoken to.".to_owned()
        } else {
            "The case stays open.".to_owned()
        });
        lines.join("\n")
    })?;
    Ok(Done::found_if(!irregular.is_empty()))
}

/// A visitor writes without having read the other's account; the lead and the head read both.
fn accounts(
    context: &Context,
    tablet: &FileTablet,
    visit: VisitId,
    view: &VisitView,
) -> Result<Vec<Account>, CliError> {
    let document = DocumentId::Visit(visit);
    let role = tablet.replica().grant()?.role;
    let own = context.who().and_then(|person| view.account_of(person));
    let wrote = |slot: usize| {
        AccountPart::ALL
            .iter()
            .any(|part| !written(tablet, &document, slot, *part).is_empty())
    };
    let reads_all = matches!(role, Role::Lead | Role::Head) || own.is_some_and(wrote);
    let visitors = view.openings().next().map(|opened| opened.visitors.clone());
    let listed = visitors.unwrap_or_default().into_iter().take(VISITORS_MAX);
    Ok(listed
        .enumerate()
        .map(|(slot, visitor)| {
            let hidden = !reads_all && own != Some(slot);
            let text = |part| {
                if hidden {
                    String::new()
                } else {
                    written(tablet, &document, slot, part)
                }
            };
            Account {
                facts: text(AccountPart::Facts),
                opinion: text(AccountPart::Opinion),
                visitor,
                hidden,
            }
        })
        .collect())
}

fn said(statement: &VisitStatement) -> String {
    let time = |seconds: i64| Moment::from_unix_ms(seconds.saturating_mul(1000)).to_string();
    match statement {
        VisitStatement::Opened(opened) => opened.trigger.clone(),
        VisitStatement::Arrived(arrived) => match &arrived.other_address {
            Some(address) => format!("arrived, at another address: {address}"),
            None => "arrived".to_owned(),
        },
        VisitStatement::Outcome(outcome) => {
            let answered = outcome
                .answered
                .as_ref()
                .map(|who| format!("; answered by {who}"));
            let words = outcome
                .child_words
                .as_ref()
                .map(|words| format!("; the child said: {words}"));
            format!(
                "outcome: {}{}{}",
                outcome.grade,
                answered.unwrap_or_default(),
                words.unwrap_or_default()
            )
        }
        VisitStatement::CardLeft(card) => match card.reply_by {
            Some(by) => format!("card left, reply by {}", time(by)),
            None => "card left".to_owned(),
        },
        VisitStatement::NextStep(next) => format!("next: {}, by {}", next.what, time(next.due)),
        VisitStatement::Read(read) if read.agrees => "read both accounts and agrees".to_owned(),
        VisitStatement::Read(read) => {
            format!(
                "read both accounts and saw it differently: {}",
                read.note.clone().unwrap_or_default()
            )
        }
        VisitStatement::BackSafe(_) => "back safe".to_owned(),
    }
}
