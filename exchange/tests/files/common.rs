//! Made-up files, and a small writer of zips that shares nothing with our reader.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A file of a zip.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) deflated: bool,
}

/// A zip of deflated files.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<_> = files
        .iter()
        .map(|(name, text)| Entry {
            name,
            bytes: text.as_bytes(),
            deflated: true,
        })
        .collect();
    zip_of(&entries)
}

/// A zip, as its specification (APPNOTE 4.3) has it.
pub(crate) fn zip_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut list = Vec::new();
    for entry in entries {
        let packed = if entry.deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(entry.bytes).expect("a Vec");
            encoder.finish().expect("a Vec")
        } else {
            entry.bytes.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(entry.bytes);
        let at = u32::try_from(out.len()).expect("short");
        let short = |length: usize| u32::try_from(length).expect("short").to_le_bytes();
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, if entry.deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend(short(packed.len()));
        common.extend(short(entry.bytes.len()));
        common.extend(&short(entry.name.len())[..2]);
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(entry.name.as_bytes());
        out.extend(&packed);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&common);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(entry.name.as_bytes());
    }
    let start = u32::try_from(out.len()).expect("short");
    out.extend(&list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
    out.extend(count);
    out.extend(count);
    out.extend(u32::try_from(list.len()).expect("short").to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

pub(crate) const MANIFEST: &str = "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\n\
    file.academicSessions,absent\r\nfile.orgs,bulk\r\nfile.users,bulk\r\nfile.courses,absent\r\n\
    file.classes,bulk\r\nfile.enrollments,bulk\r\nfile.demographics,bulk\r\nsource.systemName,Made up\r\n";
pub(crate) const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\n\
    org-1,,,Larkfield Primary,school,123456,\r\n";
pub(crate) const USERS_HEADER: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,\
    givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password";
pub(crate) const CLASSES: &str = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
    schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\r\n\
    c-4b,,,Year 4 Badgers,04,co,4B,homeroom,,org-1,t,,,\r\n\
    c-ma,,,Maths 4,04,co,Ma4,scheduled,,org-1,t,,,\r\n";
pub(crate) const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,\
    primary,beginDate,endDate\r\n\
    e1,,,c-4b,org-1,u-1,student,false,,\r\ne2,,,c-ma,org-1,u-1,student,false,,\r\n\
    e3,,,c-4b,org-1,u-2,student,false,,\r\ne4,,,c-4b,org-1,u-9,teacher,true,,\r\n";
pub(crate) const DEMOGRAPHICS: &str = "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,\
    blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,\
    hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\r\n\
    u-1,,,2016-11-03,,,,,,,,,,,,\r\nu-2,,,2017-02-03,,,,,,,,,,,,\r\n";

/// Two pupils and a teacher.
pub(crate) fn users() -> String {
    format!(
        "\u{feff}{USERS_HEADER}\r\n\
         u-1,,,true,org-1,student,,\"{{UPN:B801200005001}},{{AdmissionNumber:0042}}\",Bronwen,O'Déa,,,,,,,04,\r\n\
         u-2,,,true,org-1,student,,,Sam,Okafor,,7,,,,,4,\r\n\
         u-9,,,true,org-1,teacher,,,Anika,Shah,,,,,,,,\r\n"
    )
}

/// The files of a whole export, of which a test may exchange some.
pub(crate) fn one_roster(changed: &[(&str, &str)]) -> Vec<u8> {
    let users = users();
    let mut files = vec![
        ("manifest.csv", MANIFEST),
        ("orgs.csv", ORGS),
        ("users.csv", &users),
        ("classes.csv", CLASSES),
        ("enrollments.csv", ENROLLMENTS),
        ("demographics.csv", DEMOGRAPHICS),
    ];
    for (name, text) in changed {
        for file in &mut files {
            if file.0 == *name {
                file.1 = text;
            }
        }
    }
    zip(&files)
}

pub(crate) const CTF: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CTfile>\n<Header><DocumentName>Common Transfer \
    File</DocumentName><CTFversion>24.0</CTFversion></Header>\n<CTFpupilData>\n<Pupil><UPN>B801200005001</UPN>\
    <Surname>O&apos;D&#233;a-Ng&amp;Co</Surname><Forename>Bronwen</Forename><DOB>2016-11-03</DOB><Sex>F</Sex>\
    <BasicDetails><PreferredForename>Bron</PreferredForename></BasicDetails></Pupil>\n<Pupil><UPN>H886200024001</UPN>\
    <Surname><![CDATA[Okafor]]></Surname><Forename>Sam</Forename><DOB>2017-02-03</DOB></Pupil>\n</CTFpupilData>\n\
    </CTfile>\n";

pub(crate) const CSV: &str = "UPN,Adm No,Legal Surname,Forename,Reg Group,Year,DOB\r\n\
    B801200005001,0042,O'Déa,Bronwen,4B,4,03/11/2016\r\nH886200024001,7,Okafor,Sam,4B,4,03/02/2017\r\n";
