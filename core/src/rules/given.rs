//! A value as it was given, or not, and from where.

use super::error::Said;
use super::origin::{Explained, Ground, Origin};
use crate::session::Date;

/// A value with its origin.
#[derive(Debug, Clone)]
pub(super) struct Stated<T> {
    /// The value.
    pub(super) value: T,
    /// Who says so.
    pub(super) origin: Origin,
    /// Whether it was read. Where it was not, the default stands in so that the other mistakes are found too, and no
    /// conflict with it is reported.
    pub(super) sound: bool,
}

impl<T> Stated<T> {
    /// What was read.
    pub(super) fn at(value: T, origin: Origin) -> Self {
        Self {
            value,
            origin,
            sound: true,
        }
    }

    /// For a conflict: the key, the value and the place.
    pub(super) fn said(&self, key: &str, print: impl FnOnce(&T) -> String) -> Said {
        Said {
            key: key.to_owned(),
            value: print(&self.value),
            origin: self.origin.clone(),
        }
    }

    /// For an explanation: the same as the set of a date sees it.
    pub(super) fn explain(&self, key: &str, date: Date, print: impl FnOnce(&T) -> String) -> Explained {
        Explained {
            key: key.to_owned(),
            value: print(&self.value),
            origin: self.origin.seen_from(date),
        }
    }
}

/// What is known of a value after a set was read.
#[derive(Debug, Clone, Default)]
pub(super) enum Leaf<T> {
    /// Nothing said it.
    #[default]
    Unsaid,
    /// It was said, and could not be read.
    Broken,
    /// It was said.
    Said(Stated<T>),
}

impl<T: Clone> Leaf<T> {
    /// What holds: what was said, or else the default.
    pub(super) fn or(&self, default: T, ground: Ground) -> Stated<T> {
        match self {
            Self::Said(stated) => stated.clone(),
            Self::Unsaid | Self::Broken => Stated {
                value: default,
                origin: Origin::Default(ground),
                sound: matches!(self, Self::Unsaid),
            },
        }
    }

    /// The same, where the default is worked out from another value and is no sounder than that.
    pub(super) fn or_worked_out(&self, default: T, ground: Ground, is_sound: bool) -> Stated<T> {
        let mut stated = self.or(default, ground);
        stated.sound &= is_sound || matches!(self, Self::Said(_));
        stated
    }

    /// Whether anything was said.
    pub(super) fn is_said(&self) -> bool {
        !matches!(self, Self::Unsaid)
    }
}
