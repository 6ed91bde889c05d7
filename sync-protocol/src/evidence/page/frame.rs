//! What stands around the register: the heading, the tables, and how to check the file.

use std::collections::BTreeMap;
use std::fmt::Write;

use daymark_core::ids::hex;
use daymark_core::log::checkpoint::Checkpoint;
use daymark_core::log::key::NoteKey;

use super::View;
use super::html::{Esc, end_table, row, table, time};

const STYLE: &str = "@page{size:A4;margin:14mm}\
body{font:10pt/1.35 sans-serif;color:#000;background:#fff;max-width:60em;margin:1em auto;padding:0 1em}\
h1{font-size:17pt;margin:0 0 .2em}h2{font-size:13pt;margin:1.4em 0 .3em;border-bottom:1px solid #000}\
h3{font-size:11pt;margin:1em 0 .3em}h2,h3{break-after:avoid}p{margin:.2em 0}\
table{border-collapse:collapse;width:100%;margin:.3em 0}thead{display:table-header-group}\
tr{break-inside:avoid}th,td{border:1px solid #777;padding:.1em .35em;text-align:left;vertical-align:top;\
overflow-wrap:break-word}th{background:#eee}td p{margin:0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:8pt}\
.note{border:2px solid #000;padding:.5em .8em;margin:.8em 0}@media print{body{margin:0;padding:0;max-width:none}}";

const WHOLE_CHANGES: &str = "<p class=\"note\"><b>Keep this file as what it is: data about other children too.</b> This \
page tells of one pupil. The signed changes inside the file, which cannot be read here, hold the marks of every pupil of \
the same sheets, by number and without names, because a tablet signs a change whole and part of one could not be checked. \
Give a parent a print of this page; give the file itself only to somebody who may see those sheets.</p>\n";

pub(super) fn head(out: &mut String, view: &View<'_>) {
    let evidence = view.evidence;
    let school = &evidence.school;
    let _ = writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Attendance register: {}, {}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
        Esc(&school.name),
        Esc(&evidence.question)
    );
    let _ = writeln!(
        out,
        "<h1>Evidence from the attendance register</h1>\n<p><b>{}</b>, school number {}. About {}. Written {} (UTC) by \
         Daymark {}.</p>",
        Esc(&school.name),
        school.number,
        Esc(&evidence.question),
        time(evidence.written_at),
        Esc(&evidence.made_with)
    );
    if let Some(asked) = evidence.question.pupil {
        if let Some(pupil) = view.pupil(asked) {
            let _ = writeln!(
                out,
                "<p>Pupil: <b>{}</b>, admission number {}, UPN {}, class {}.</p>",
                Esc(&pupil.name),
                Esc(&pupil.mis_id),
                Esc(pupil.upn.as_deref().unwrap_or("none")),
                Esc(&pupil.class)
            );
        } else {
            let _ = writeln!(out, "<p>Pupil: number {asked}, not on the roster.</p>");
        }
        out.push_str(WHOLE_CHANGES);
    }
    out.push_str(
        "<p>The page says what the signed changes inside this file amount to. It proves nothing by itself: how to check the \
         file is written at its end.</p>\n",
    );
}

pub(super) fn tables(out: &mut String, view: &View<'_>) {
    let evidence = view.evidence;
    out.push_str("<h2>Staff</h2>\n<p>As the staff list had them when this was written. Beside each entry stands the position held \
         when it was made.</p>\n");
    table(out, &["Staff id", "Name", "Position"]);
    for member in &evidence.staff {
        row(out, &[&member.id, &member.name, &member.position]);
    }
    end_table(out);
    out.push_str("<h2>Codes in force</h2>\n");
    table(out, &["Code", "Title", "Counts as", "From", "To"]);
    for code in &evidence.codes {
        let to = code.valid_to.map_or_else(String::new, |date| date.to_string());
        row(
            out,
            &[&code.symbol, &code.title, &code.counts_as, &code.valid_from, &to],
        );
    }
    end_table(out);
    out.push_str("<h2>Devices</h2>\n<p>Those that made or brought a change of these sheets.</p>\n");
    table(out, &["No.", "Name", "Public key (Ed25519)"]);
    let keys = evidence.device_keys.keys.iter();
    let keys: BTreeMap<_, _> = keys.map(|entry| (entry.device, entry.key.0)).collect();
    for device in &evidence.devices {
        let key = keys.get(&device.device);
        let key = key.map_or_else(|| "not in the list".to_owned(), |key| hex(key));
        row(out, &[&device.device, &device.name, &key]);
    }
    end_table(out);
}

pub(super) fn how_to_check(out: &mut String, view: &View<'_>) {
    let evidence = view.evidence;
    out.push_str("<h2>Checkpoint</h2>\n");
    let text = evidence
        .checkpoint
        .split_once("\n\n")
        .map(|(text, _)| format!("{text}\n"));
    match text.and_then(|text| Checkpoint::parse(&text).ok()) {
        Some(checkpoint) => {
            let head = checkpoint.head();
            let _ = writeln!(
                out,
                "<p>The school&#39;s log held {} changes and had the root {}.</p>",
                head.size,
                Esc(head.root.to_base64())
            );
        }
        None => out.push_str("<p>The checkpoint cannot be read.</p>\n"),
    }
    let fingerprint = evidence.school.key.parse().map_or_else(
        |_| "none: the key cannot be read".to_owned(),
        |key: NoteKey| key.fingerprint(),
    );
    let _ = writeln!(
        out,
        "<p>Fingerprint of the school&#39;s key: <b>{}</b></p>\n<pre>{}\n\n{}</pre>",
        Esc(&fingerprint),
        Esc(&evidence.school.key),
        Esc(&evidence.checkpoint)
    );
    let _ = writeln!(
        out,
        "<h2>How to check this file</h2>\n<ol>\n<li>Ask the school, by telephone or on paper and not through whoever gave you \
         the file, for the fingerprint of its key.\n<li>Run <code>daymark verify FILE --school-key FINGERPRINT</code>. It needs \
         no network and no server. <code>docs/verify/verify.py</code> of the Daymark sources does the same in Python, and \
         <code>docs/evidence.md</code> says how to write your own.\n</ol>\n\
         <p>Checked are: that this page is what the data say; the school&#39;s signature of the data, the checkpoint and the \
         list of device keys; for each of the {} changes, from {} sheets, the signature of the device that made it and its \
         place in the school&#39;s log; and that no sheet lacks a change that it builds on.</p>\n\
         <p>Not proved is: that a clock was right, that the person named was the one who held the tablet, and that the school \
         listed every sheet that there is. The names of pupils, staff and devices, and when a change was received, are the \
         school&#39;s own word, and signed as such.</p>",
        evidence.changes.len(),
        view.loaded.documents.len()
    );
}
