//! What the whole-system tests stand on: a school served by the real command, tablets that are real processes or
//! the tablet library, and raw messages as somebody who does not use our tablets would send them.
#![forbid(unsafe_code)]

pub mod browser;
pub mod gallery;
pub mod support;
