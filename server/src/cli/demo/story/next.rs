//! What whoever started the demonstration may look at, once its story is told.

use super::super::history::is_held;
use super::super::school::number;
use super::{HOME_CLASS, PIN, Story, TRIP_CLASS};
use crate::cli::print::say;
use crate::http::app;

impl Story {
    /// Says the commands that show what the story left behind.
    pub(super) fn what_next(&self, server: &str, visit: &str) {
        let daymark = format!("{} --home {}", self.daymark.display(), self.school());
        let tablet = |home: &str| {
            format!(
                "DAYMARK_PIN={PIN} {} --home {}",
                self.tablet.display(),
                self.folder.join(home).display()
            )
        };
        let clash = number(TRIP_CLASS, 28);
        say!();
        say!("DEMO: made-up people only. The school is at {server}; Ctrl-C ends it. What to look at next:");
        say!();
        if app::style().is_some() {
            say!("  In a browser, be the teacher on the coach, the gate, the team or the office:");
            say!("    {server}/demo");
            say!();
            say!("  Or in a terminal:");
        }
        say!("  Everybody's PIN is {PIN}, sealed at next to no cost: a demonstration only.");
        say!("  What waits for the office: two adults on one coach differ; the gate and a class differ;");
        say!("  two late children were settled by rule R1:");
        say!("    {daymark} conflicts list");
        say!("  Decide the first one, and see the amendment with its six parts:");
        say!(
            "    {daymark} conflicts decide --session AM --pupil {clash} --code V --reason \"Seen on the second count\" --by j-roe"
        );
        say!("    {daymark} ledger");
        say!("  The whole morning, and sign it off with what is missing:");
        say!("    {daymark} day show --session AM --marked");
        say!("    {daymark} day sign-off --session AM --by j-roe");
        say!("  A mark that arrives after sign-off is only a proposal:");
        say!(
            "    {} --by g-hobbs mark --session AM --code U --pupil {} --arrived 10:40",
            tablet("gate"),
            number(HOME_CLASS, 2)
        );
        say!("    {} sync", tablet("gate"));
        say!("    {daymark} conflicts list");
        say!("  The coach's register, the child who left the group, and a welfare visit with two accounts:");
        say!("    {} register --session AM", tablet("coach-a"));
        say!("    {} --by p-fenn visit show {visit}", tablet("visits"));
        if is_held(self.date) {
            say!("  What must happen next, and the sessions that were counted:");
            say!("    {daymark} worklist");
            say!("    {daymark} worklist penalties --sessions");
        }
        say!("  What the school's other systems get:");
        say!("    {daymark} export marks");
        say!();
    }
}
