//! What the office prints, read by a program that shares nothing with ours.

use std::process::Command;

use super::School;

/// The letters of a sheet's code: three groups of four.
const CODE_GROUPS: usize = 3;

impl School {
    /// The text of a class's printed register for two weeks.
    pub fn printed_register(&self, class: &str, from: &str) -> String {
        let pdf = self.path("register-of-a-class.pdf");
        let to = pdf.to_string_lossy().into_owned();
        self.office(&[
            "print", "register", "--class", class, "--from", from, "--output", &to,
        ])
        .done();
        let read = Command::new("pdftotext")
            .arg("-layout")
            .arg(&pdf)
            .arg("-")
            .output();
        let read = read.expect("pdftotext is needed for this test: install poppler-utils");
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        String::from_utf8(read.stdout).expect("text")
    }

    /// The code that is printed on that sheet.
    pub fn sheet_code(&self, class: &str, from: &str) -> String {
        let text = self.printed_register(class, from);
        let is_code = |word: &&str| {
            let groups: Vec<&str> = word.split('-').collect();
            let letters =
                |group: &&str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_uppercase());
            groups.len() == CODE_GROUPS && groups.iter().all(letters)
        };
        let code = text.split_whitespace().find(is_code);
        code.unwrap_or_else(|| panic!("no code on the sheet: {text}"))
            .to_owned()
    }
}
