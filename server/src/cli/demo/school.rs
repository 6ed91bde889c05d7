//! The made-up school: 420 pupils in 14 classes, and their staff. No name is a real person's.

use std::fmt::Write;

use daymark_core::upn::Upn;

const SURNAMES: [&str; 40] = [
    "Abara", "Ashby", "Barlow", "Begum", "Bhatt", "Brook", "Carver", "Chand", "Cole", "Dale", "Diaz", "Dunn",
    "Evans", "Farah", "Fenn", "Grant", "Hale", "Haq", "Hobbs", "Idowu", "Jarvis", "Kaur", "Keane", "Lister",
    "Marsh", "Moyo", "Nash", "Novak", "Okafor", "Osman", "Patel", "Quill", "Rahman", "Reid", "Sato", "Shah",
    "Thorne", "Umar", "Vance", "Wren",
];
const FORENAMES: [&str; 42] = [
    "Ada", "Aidan", "Amara", "Bea", "Ben", "Callum", "Chloe", "Daisy", "Dev", "Eliza", "Ewan", "Faith",
    "Finn", "Gus", "Hana", "Harry", "Idil", "Imogen", "Isaac", "Jay", "Joni", "Kai", "Kezia", "Leo", "Lila",
    "Mae", "Milo", "Nadia", "Ned", "Ola", "Omar", "Pia", "Quinn", "Rafi", "Rosa", "Sam", "Sara", "Tariq",
    "Theo", "Una", "Will", "Zoe",
];

/// The classes, youngest first: two to a year.
pub(super) const CLASSES: [&str; 14] = [
    "RA", "RB", "1A", "1B", "2A", "2B", "3A", "3B", "4A", "4B", "5A", "5B", "6A", "6B",
];
/// Pupils in each class.
pub(super) const CLASS_SIZE: usize = 30;
const FIRST_NUMBER: usize = 1001;

/// The number of a pupil by class and place, both from 0 up.
pub(super) fn number(class: usize, place: usize) -> usize {
    FIRST_NUMBER + class * CLASS_SIZE + place
}

/// The roster as the CSV file that an import reads. `school_year` is the year in which it began.
pub(super) fn pupils_csv(school_year: i32) -> String {
    let mut csv =
        "upn,mis_id,surname,forename,preferred_forename,dob,year,class,family_ref,start_date,leave_date\r\n"
            .to_owned();
    for (class, name) in CLASSES.iter().enumerate() {
        for place in 0..CLASS_SIZE {
            let pupil = class * CLASS_SIZE + place;
            // Families: the same surname and reference at the same place of some classes.
            let family = (place * 7 + (class / 2) * 3) % (SURNAMES.len() * 9);
            let surname = SURNAMES[family % SURNAMES.len()];
            let forename = FORENAMES[(pupil * 11 + class) % FORENAMES.len()];
            let age = 4 + i32::try_from(class / 2).unwrap_or_default();
            let (month, day) = (1 + pupil % 8, 1 + pupil % 28);
            let year = &name[..1];
            let _ = writeln!(
                csv,
                "{},{:06},{surname},{forename},,{}-{month:02}-{day:02},{year},{name},F{family:03},{school_year}-09-01,\r",
                upn(pupil),
                number(class, place),
                school_year - age,
            );
        }
    }
    csv
}

/// A made-up UPN with its right check letter: the only one of 23 that is accepted.
fn upn(pupil: usize) -> String {
    let body = format!("9992000{:02}{pupil:03}", 24);
    "ABCDEFGHJKLMNPQRTUVWXYZ"
        .chars()
        .map(|letter| format!("{letter}{body}"))
        .find(|upn| upn.parse::<Upn>().is_ok())
        .unwrap_or_default()
}

/// The staff as the CSV file that an import reads.
pub(super) const STAFF_CSV: &str = "staff_id,name,position,role\r\n\
    a-shah,Mrs A Shah,Teacher,teacher\r\n\
    m-lee,Mr M Lee,Teaching assistant,teacher\r\n\
    d-brook,Miss D Brook,PE teacher,teacher\r\n\
    t-quill,Mr T Quill,Teacher,teacher\r\n\
    c-dale,Mr C Dale,Teacher,teacher\r\n\
    g-hobbs,Mrs G Hobbs,Gate supervisor,gate\r\n\
    k-osman,Mr K Osman,Attendance officer,team\r\n\
    p-fenn,Ms P Fenn,Family liaison officer,team\r\n\
    j-roe,Mrs J Roe,Office manager,office\r\n\
    s-vance,Mrs S Vance,Designated safeguarding lead,lead\r\n\
    h-nash,Mr H Nash,Headteacher,head\r\n";

#[cfg(test)]
mod tests {
    use super::*;
    use daymark_core::roster::Roster;
    use daymark_exchange::roster::{plan, read_pupils, read_staff};

    #[test]
    fn the_made_up_school_is_imported_whole() {
        let sheet = read_pupils(pupils_csv(2026).as_bytes()).expect("a readable file");
        let pupils = plan(&Roster::default(), &sheet);
        assert!(pupils.refusals.is_empty(), "{:?}", pupils.refusals.first());
        let roster = pupils.apply(&Roster::default());
        assert_eq!(roster.pupils.len(), 420);
        let staff = plan(
            &roster,
            &read_staff(STAFF_CSV.as_bytes()).expect("a readable file"),
        );
        assert!(staff.refusals.is_empty());
        assert_eq!(staff.apply(&roster).staff.len(), 11);
    }
}
