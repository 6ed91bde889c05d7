//! The columns of pupils, and the headers that other systems have for them.

use super::table::Column;

const fn column(name: &'static str, also: &'static [&'static str], required: bool) -> Column {
    Column { name, also, required }
}

/// The columns, with the headers that the exports of SIMS, Arbor, Bromcom and `ScholarPack` are known to have for
/// them. None of the vendors promises its headers, so the list grows with what schools show us.
pub(crate) const COLUMNS: &[Column] = &[
    column("upn", &["uniquepupilnumber", "studentupn", "pupilupn"], false),
    column(
        "mis_id",
        &[
            "admno",
            "adno",
            "admnumber",
            "admissionno",
            "admissionnumber",
            "admissionsnumber",
            "schooladmissionnumber",
        ],
        true,
    ),
    column(
        "surname",
        &[
            "legalsurname",
            "lastname",
            "legallastname",
            "familyname",
            "pupilsurname",
            "studentsurname",
        ],
        true,
    ),
    column(
        "forename",
        &[
            "legalforename",
            "firstname",
            "legalfirstname",
            "givenname",
            "pupilforename",
            "studentforename",
        ],
        true,
    ),
    column(
        "preferred_forename",
        &[
            "preferredfirstname",
            "preferredname",
            "chosenforename",
            "chosenfirstname",
            "chosenname",
            "knownas",
            "knownasforename",
        ],
        false,
    ),
    column("dob", &["dateofbirth", "birthdate", "birthday"], false),
    column(
        "year",
        &[
            "yeargroup",
            "ncyear",
            "nationalcurriculumyear",
            "nationalcurriculumyeargroup",
            "curriculumyear",
            "yeartaughtin",
            "yr",
        ],
        true,
    ),
    column(
        "class",
        &[
            "classname",
            "reg",
            "reggroup",
            "regform",
            "registrationgroup",
            "registrationform",
            "registrationclass",
            "form",
            "formgroup",
            "tutorgroup",
            "currentclass",
            "currentregistrationform",
        ],
        true,
    ),
    column(
        "family_ref",
        &["family", "familyid", "familynumber", "familycode", "siblinggroup"],
        false,
    ),
    column(
        "start_date",
        &[
            "admissiondate",
            "dateofadmission",
            "doa",
            "dateofentry",
            "entrydate",
            "enrolmentdate",
            "enrolmentstartdate",
            "datejoined",
            "onrolldate",
        ],
        false,
    ),
    column(
        "leave_date",
        &[
            "leavingdate",
            "dateofleaving",
            "dol",
            "leaverdate",
            "dateleft",
            "enrolmentenddate",
            "offrolldate",
        ],
        false,
    ),
];

/// The place of a column in [`COLUMNS`], for those who fill rows from other kinds of file.
pub(crate) fn place(name: &str) -> usize {
    COLUMNS
        .iter()
        .position(|column| column.name == name)
        .expect("only names of this file are asked for")
}
