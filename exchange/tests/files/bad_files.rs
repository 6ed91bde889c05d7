//! Files that nobody should send, and what becomes of each: refused whole with words that name the fault, or read with the
//! row named. One table, so that a missing case shows as a gap.

use crate::common::{
    CSV, CTF, ENROLLMENTS, Entry, MANIFEST, ORGS, USERS_HEADER, one_roster, users, zip, zip_of,
};
use daymark_core::roster::Roster;
use daymark_exchange::roster::{FILE_BYTES_MAX, plan};
use daymark_exchange::sniff::read_roster;

/// What should become of a file.
enum Fate {
    /// Refused whole, with these words.
    Whole(&'static str),
    /// Read; these rows are refused for this field, with these words.
    Rows(&'static [usize], &'static str, &'static str),
    /// Read as it was meant.
    Read,
}

use Fate::{Read, Rows, Whole};

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    b"\xff\xfe".iter().copied().chain(units).collect()
}

fn latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin 1"))
        .collect()
}

fn row(cells: &str) -> Vec<u8> {
    format!("upn,mis_id,surname,forename,class,year,dob\n{cells}\n").into_bytes()
}

fn bomb() -> Vec<u8> {
    let zeros = "0".repeat(7 * 1024 * 1024);
    zip(&[
        ("manifest.csv", MANIFEST),
        ("orgs.csv", ORGS),
        ("users.csv", &zeros),
    ])
}

/// An archive with some bytes exchanged behind a signature.
fn patched(signature: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut zip = one_roster(&[]);
    let at = zip
        .windows(signature.len())
        .position(|window| window == signature)
        .expect("the signature");
    zip[at + offset..at + offset + bytes.len()].copy_from_slice(bytes);
    zip
}

fn cases() -> Vec<(&'static str, Vec<u8>, Fate)> {
    let whole = one_roster(&[]);
    let users = users();
    vec![
        ("a plain list", CSV.into(), Read),
        ("nothing", Vec::new(), Whole("empty")),
        ("UTF-16 with a mark", utf16(CSV), Whole("UTF-16")),
        ("Windows-1252", latin(CSV), Read),
        ("semicolons", CSV.replace(',', ";").into(), Read),
        ("tabs", CSV.replace(',', "\t").into(), Read),
        (
            "a photo",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            Whole("not text"),
        ),
        (
            "one line of 100 MB",
            vec![b'a'; 100_000_000],
            Whole("the limit is"),
        ),
        (
            "one line at the limit",
            vec![b'a'; FILE_BYTES_MAX],
            Whole("does not name the column"),
        ),
        (
            "a quotation mark that swallows",
            row(",1,\"Lane,Kit,4B,4,").clone(),
            Whole("row 2"),
        ),
        (
            "a cell of 1,000 letters",
            row(&format!(",1,{},Kit,4B,4,", "x".repeat(1000))),
            Rows(&[2], "surname", "500"),
        ),
        (
            "a line break in a name",
            row(",1,\"La\nne\",Kit,4B,4,"),
            Rows(&[2], "surname", "line break"),
        ),
        (
            "one UPN twice",
            row("B801200005001,1,A,B,4B,4,\nB801200005001,2,C,D,4B,4,"),
            Rows(&[2, 3], "upn", "rows 2 and 3"),
        ),
        (
            "one number twice",
            row(",1,A,B,4B,4,\n,01,C,D,4B,4,"),
            Rows(&[2, 3], "mis_id", "rows 2 and 3"),
        ),
        (
            "dates in four formats",
            row(
                ",1,A,B,4B,4,2016-11-03\n,2,A,B,4B,4,03/11/2016\n,3,A,B,4B,4,3-11-2016\n,4,A,B,4B,4,3 Nov 2016",
            ),
            Read,
        ),
        (
            "dates with the month first",
            row(",1,A,B,4B,4,11/25/2016\n,2,A,B,4B,4,03/04/2016\n,3,A,B,4B,4,05/05/2016"),
            Rows(&[2, 3], "dob", "month first"),
        ),
        (
            "a spreadsheet's day number",
            row(",1,A,B,4B,4,42677"),
            Rows(&[2], "dob", "spreadsheet"),
        ),
        ("a whole zip", whole.clone(), Read),
        (
            "half a zip",
            whole[..whole.len() / 2].to_vec(),
            Whole("damaged or cut off"),
        ),
        (
            "a zip without its last byte",
            whole[..whole.len() - 1].to_vec(),
            Whole("damaged or cut off"),
        ),
        ("an empty zip", zip(&[]), Whole("no OneRoster export")),
        ("a zip bomb", bomb(), Whole("unpacks to more than")),
        (
            "a zip of too many files",
            zip(&vec![("a.csv", "x"); 101]
                .iter()
                .enumerate()
                .map(|(at, _)| (["a", "b"][at % 2], "x"))
                .collect::<Vec<_>>()),
            Whole("101 entries"),
        ),
        (
            "a name that leads out",
            zip(&[("../users.csv", "x")]),
            Whole("plain names"),
        ),
        (
            "an absolute name",
            zip(&[("/etc/users.csv", "x")]),
            Whole("plain names"),
        ),
        (
            "a name with a backslash",
            zip(&[("..\\users.csv", "x")]),
            Whole("plain names"),
        ),
        ("a drive", zip(&[("C:users.csv", "x")]), Whole("plain names")),
        (
            "one name twice",
            zip(&[("manifest.csv", MANIFEST), ("manifest.csv", MANIFEST)]),
            Whole("two entries"),
        ),
        (
            "one name in two folders",
            zip(&[("a/manifest.csv", MANIFEST), ("b/manifest.csv", MANIFEST)]),
            Whole("two entries"),
        ),
        (
            "a password",
            patched(b"PK\x01\x02", 8, &[1, 0]),
            Whole("a password"),
        ),
        (
            "another compression",
            patched(b"PK\x01\x02", 10, &[12, 0]),
            Whole("deflate"),
        ),
        (
            "a wrong checksum",
            patched(b"PK\x01\x02", 16, &[0, 0]),
            Whole("is damaged"),
        ),
        (
            "a size that lies",
            patched(b"PK\x01\x02", 24, &[1, 0, 0, 0]),
            Whole("is damaged"),
        ),
        (
            "a list that lies elsewhere",
            patched(b"PK\x05\x06", 16, &[0, 0]),
            Whole("damaged or cut off"),
        ),
        (
            "several disks",
            patched(b"PK\x05\x06", 4, &[1, 0]),
            Whole("several disks"),
        ),
        ("zip64", patched(b"PK\x05\x06", 16, &[0xff; 4]), Whole("zip64")),
        (
            "stored, not deflated",
            zip_of(&[
                Entry {
                    name: "manifest.csv",
                    bytes: MANIFEST.as_bytes(),
                    deflated: false,
                },
                Entry {
                    name: "orgs.csv",
                    bytes: ORGS.as_bytes(),
                    deflated: false,
                },
                Entry {
                    name: "users.csv",
                    bytes: users.as_bytes(),
                    deflated: false,
                },
                Entry {
                    name: "classes.csv",
                    bytes: crate::common::CLASSES.as_bytes(),
                    deflated: false,
                },
                Entry {
                    name: "enrollments.csv",
                    bytes: ENROLLMENTS.as_bytes(),
                    deflated: false,
                },
                Entry {
                    name: "demographics.csv",
                    bytes: crate::common::DEMOGRAPHICS.as_bytes(),
                    deflated: false,
                },
            ]),
            Read,
        ),
        (
            "UTF-16 in a zip",
            {
                let utf16 = utf16(&users);
                let mut entries: Vec<Entry<'_>> = vec![
                    Entry {
                        name: "manifest.csv",
                        bytes: MANIFEST.as_bytes(),
                        deflated: true,
                    },
                    Entry {
                        name: "orgs.csv",
                        bytes: ORGS.as_bytes(),
                        deflated: true,
                    },
                ];
                entries.push(Entry {
                    name: "users.csv",
                    bytes: &utf16,
                    deflated: true,
                });
                zip_of(&entries)
            },
            Whole("users.csv: the file is UTF-16"),
        ),
        (
            "a wrong UPN in a zip",
            one_roster(&[("users.csv", &users.replace("B801200005001", "Q207000016049"))]),
            Rows(&[2], "upn", "check letter"),
        ),
        (
            "a user without a name",
            one_roster(&[(
                "users.csv",
                &format!("{USERS_HEADER}\r\nu-1,,,,org-1,student,,{{AdmNo:1}},,,,,,,,,4,\r\n"),
            )]),
            Rows(&[2], "surname", "empty"),
        ),
        ("a CTF", CTF.into(), Rows(&[1, 2], "mis_id", "admission number")),
        (
            "an entity bomb",
            CTF.replace("<CTfile>", "<!DOCTYPE a [<!ENTITY b \"bb\">]><CTfile>")
                .into(),
            Whole("DOCTYPE"),
        ),
        (
            "an entity of nobody",
            CTF.replace("&amp;", "&b;").into(),
            Whole("&b;"),
        ),
        (
            "half a CTF",
            CTF.as_bytes()[..CTF.len() / 2].to_vec(),
            Whole("cut off"),
        ),
        ("a CTF in UTF-16", utf16(CTF), Whole("UTF-16")),
        (
            "a web page",
            b"<html><body>Sign in</body></html>".to_vec(),
            Whole("root \"html\""),
        ),
        (
            "a deep XML",
            format!("<CTfile>{}", "<a>".repeat(100_000)).into_bytes(),
            Whole("deeper than"),
        ),
        (
            "an element of a megabyte",
            CTF.replace("Bronwen", &"x".repeat(1_000_000)).into(),
            Rows(&[1], "forename", "500"),
        ),
    ]
}

/// What became of a file instead of its fate; `None` where it met it.
fn missed(bytes: &[u8], fate: &Fate) -> Option<String> {
    let read = read_roster(bytes);
    match (fate, read) {
        (Whole(words), Err(error)) => {
            let error = error.to_string();
            // The words are for a person, however long the file is.
            (!error.contains(words) || error.len() > 400).then_some(error)
        }
        (Whole(_), Ok(sheet)) => Some(format!("was read, {} rows", sheet.rows())),
        (Read | Rows(..), Err(error)) => Some(error.to_string()),
        (Read, Ok(sheet)) => {
            let plan = plan(&Roster::default(), &sheet);
            (!plan.refusals.is_empty() || plan.adds.len() < 2).then(|| plan.to_string())
        }
        (Rows(rows, field, words), Ok(sheet)) => {
            let plan = plan(&Roster::default(), &sheet);
            let of_field: Vec<_> = plan
                .refusals
                .iter()
                .filter(|found| found.field == *field)
                .collect();
            let named: Vec<usize> = of_field.iter().map(|found| found.row).collect();
            let said = of_field.iter().all(|found| found.remedy.contains(words));
            (named != *rows || !said).then(|| plan.to_string())
        }
    }
}

#[test]
fn every_bad_file_is_refused_whole_or_read_with_the_row_named() {
    let missed: Vec<String> = cases()
        .iter()
        .filter_map(|(name, bytes, fate)| Some(format!("{name}: {}", missed(bytes, fate)?)))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
