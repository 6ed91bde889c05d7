//! Walks the tables of a file: which key is there, on which line, and what nobody asked for.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Conflict, RuleError, RuleFault, Said};
use super::given::{Leaf, Stated};
use super::limits::QUOTED_CHARS_MAX;
use super::nearest::nearest;
use super::origin::Origin;
use crate::session::Date;

/// The key of the sets.
pub(super) const SETS: &str = "rules";

/// Whose text is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// The school's, in the set of a date.
    File(Date),
    /// A profile's.
    Profile(&'static str),
}

/// A value and the key it stands under.
pub(super) type Found<'a, 't> = (&'a Spanned<toml::de::DeString<'t>>, &'a Spanned<DeValue<'t>>);

/// A text that is being read, and what is wrong with it so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    /// Whose text it is.
    pub(super) source: Source,
    /// Mistakes in the order in which they were met.
    pub(super) errors: Vec<RuleError>,
}

impl<'t> Reader<'t> {
    /// The reader of a text.
    pub(super) fn new(text: &'t str, source: Source) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            line_starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect(),
            source,
            errors: Vec::new(),
        }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// What stands in a place, cut short.
    pub(super) fn quoted(&self, span: std::ops::Range<usize>) -> String {
        let whole = self.text.get(span).unwrap_or_default();
        let first_line = whole.lines().next().unwrap_or_default();
        let mut quoted: String = first_line.chars().take(QUOTED_CHARS_MAX).collect();
        if quoted.len() < whole.len() {
            quoted.push_str("...");
        }
        quoted
    }

    /// Where something that begins at one byte and ends before another was said.
    pub(super) fn origin(&self, start: usize, end: usize) -> Origin {
        let line = self.line_at(start);
        match self.source {
            Source::File(set) => Origin::File {
                line,
                set,
                kept: false,
            },
            Source::Profile(profile) => Origin::Profile {
                profile,
                line,
                section: self.section(end),
            },
        }
    }

    /// In a profile, each line ends with the section of the policy that it comes from.
    fn section(&self, end: usize) -> String {
        let rest = self.text.get(end..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        rest.rsplit_once("# ")
            .map(|(_, section)| section.trim().to_owned())
            .unwrap_or_default()
    }

    /// Notes a mistake on the line of a byte.
    pub(super) fn fault(&mut self, offset: usize, fault: RuleFault) {
        let line = self.line_at(offset);
        self.errors.push(RuleError { line, fault });
    }
}

/// A table of the file, the keys that were asked for, and where it stands.
pub(super) struct Section<'a, 't> {
    path: String,
    table: &'a DeTable<'t>,
    at: std::ops::Range<usize>,
    asked: Vec<&'static str>,
}

impl<'a, 't> Section<'a, 't> {
    /// The table of the whole file, or of a set.
    pub(super) fn top(table: &'a DeTable<'t>, at: std::ops::Range<usize>) -> Self {
        Self::named(String::new(), table, at)
    }

    fn named(path: String, table: &'a DeTable<'t>, at: std::ops::Range<usize>) -> Self {
        Self {
            path,
            table,
            at,
            asked: Vec::new(),
        }
    }

    /// The same table with keys of its own, as each set has them.
    pub(super) fn into_top(self) -> Self {
        Self::top(self.table, self.at)
    }

    /// A key of this table as the whole file would write it.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Where the table stands.
    pub(super) fn at(&self) -> std::ops::Range<usize> {
        self.at.clone()
    }

    /// The value of a key, which from now on is a known one.
    pub(super) fn find(&mut self, key: &'static str) -> Option<Found<'a, 't>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get_key_value(key)
    }

    /// Reads the value of a key; a mistake is noted, and the value is then no longer sound.
    pub(super) fn leaf<T>(
        &mut self,
        reader: &mut Reader<'t>,
        key: &'static str,
        into: &mut Leaf<T>,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) {
        let Some((name, value)) = self.find(key) else {
            return;
        };
        *into = match read(value.get_ref()) {
            Ok(read) => Leaf::Said(Stated::at(
                read,
                reader.origin(name.span().start, value.span().end),
            )),
            Err(remedy) => {
                self.refuse(reader, key, value, remedy);
                Leaf::Broken
            }
        };
    }

    /// Notes that a value cannot stand.
    pub(super) fn refuse(
        &self,
        reader: &mut Reader<'t>,
        key: &str,
        value: &Spanned<DeValue<'t>>,
        remedy: String,
    ) {
        let fault = RuleFault::Value {
            key: self.path_of(key),
            value: reader.quoted(value.span()),
            remedy,
        };
        reader.fault(value.span().start, fault);
    }

    /// The table of a key.
    pub(super) fn table(&mut self, reader: &mut Reader<'t>, key: &'static str) -> Option<Section<'a, 't>> {
        let (name, value) = self.find(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Section::named(self.path_of(key), table, name.span()));
        }
        let remedy = format!("write a table, such as {key} = {{ ... }} or [{SETS}.{key}]");
        self.refuse(reader, key, value, remedy);
        None
    }

    /// The tables of a list, with where the list stands. Items that are no tables are noted and left out.
    pub(super) fn tables(
        &mut self,
        reader: &mut Reader<'t>,
        key: &'static str,
        count_max: usize,
    ) -> Option<(Vec<Section<'a, 't>>, Origin)> {
        let (name, value) = self.find(key)?;
        let path = self.path_of(key);
        let DeValue::Array(items) = value.get_ref() else {
            let remedy = if key == SETS {
                "write [[rules]], with two brackets on each side".to_owned()
            } else {
                format!("write a list of tables, such as [[{SETS}.{key}]]")
            };
            self.refuse(reader, key, value, remedy);
            return None;
        };
        if items.len() > count_max {
            let fault = RuleFault::TooMany {
                key: path,
                count: items.len(),
                max: count_max,
            };
            reader.fault(name.span().start, fault);
            return None;
        }
        let mut tables = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let item_key = format!("{key}[{}]", at + 1);
            if let DeValue::Table(table) = item.get_ref() {
                tables.push(Section::named(self.path_of(&item_key), table, item.span()));
            } else {
                self.refuse(reader, &item_key, item, "write a table".to_owned());
            }
        }
        let origin = reader.origin(name.span().start, value.span().end);
        Some((tables, origin))
    }

    /// Notes a key that must be in the table and is not.
    pub(super) fn missing(&self, reader: &mut Reader<'t>, key: &str, remedy: &str) {
        let fault = RuleFault::Missing {
            key: self.path_of(key),
            remedy: remedy.to_owned(),
        };
        reader.fault(self.at.start, fault);
    }

    /// Notes two keys of which only one can stand, on the later line of the two.
    pub(super) fn beside(&self, reader: &mut Reader<'t>, key: &'static str, other: &'static str) {
        let (Some(said), Some(against)) = (self.said(reader, key), self.said(reader, other)) else {
            return;
        };
        let line = said.origin.line().max(against.origin.line());
        let line = line.unwrap_or_else(|| reader.line_at(self.at.start));
        let fault = RuleFault::Conflict {
            said,
            conflict: Conflict::TwoConditions,
            against,
        };
        reader.errors.push(RuleError { line, fault });
    }

    /// Where a key stands, for a conflict.
    fn said(&self, reader: &Reader<'t>, key: &'static str) -> Option<Said> {
        let (name, value) = self.table.get_key_value(key)?;
        Some(Said {
            key: self.path_of(key),
            value: reader.quoted(value.span()),
            origin: reader.origin(name.span().start, value.span().end),
        })
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self, reader: &mut Reader<'t>) {
        for (name, _) in self.table {
            let key: &str = name.get_ref();
            if self.asked.contains(&key) {
                continue;
            }
            let remedy = match nearest(key, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("the keys here are {}", self.asked.join(", ")),
            };
            let short: String = key.chars().take(QUOTED_CHARS_MAX).collect();
            let fault = RuleFault::UnknownKey {
                key: self.path_of(&short),
                remedy,
            };
            reader.fault(name.span().start, fault);
        }
    }
}
