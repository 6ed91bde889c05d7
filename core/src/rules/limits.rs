//! Every bound of a school's rules, and whose it is.

/// The longest file, in bytes. Five years of yearly sets with every key are a tenth of it.
pub const FILE_BYTES_MAX: usize = 64 * 1024;
/// The most dots in a line of the file. Dotted keys nest tables, and what nests without end cannot be read.
pub const LINE_DOTS_MAX: usize = 16;
/// The most sets of rules.
pub const SETS_MAX: usize = 64;
/// The most bands in a set.
pub const BANDS_MAX: usize = 20;
/// The most letters and other steps in a set.
pub const STEPS_MAX: usize = 40;
/// The longest name of a band or a step, in bytes.
pub const NAME_BYTES_MAX: usize = 100;
/// The most mistakes that are listed; the others are counted.
pub const ERRORS_MAX: usize = 100;
/// The most characters of a value that a mistake repeats.
pub const QUOTED_CHARS_MAX: usize = 40;

/// For how many minutes a register may stay open: statutory guidance, Working together to improve school attendance.
pub const OPEN_MINUTES_MAX: u32 = 30;
/// Within how many school days the reason for an `N` is owed: SI 2024/208, regulation 10(7) to (9).
pub const REASON_SCHOOL_DAYS_MAX: u16 = 5;
/// After how many school days without leave the authority is told: SI 2024/208, regulation 13.
pub const ABSENCE_RETURN_SCHOOL_DAYS_MAX: u16 = 10;
/// After how many school days of illness the authority is told: SI 2024/208, regulation 13.
pub const SICKNESS_RETURN_SCHOOL_DAYS_MAX: u16 = 15;
/// For how many years an entry is kept at least: SI 2024/208, regulation 7.
pub const RETENTION_YEARS_MIN: u16 = 6;
/// For how many years a file may ask at most: longer than anybody's life is a slip of the pen.
pub const RETENTION_YEARS_MAX: u16 = 100;
/// The school days of a year: 190 in a maintained school.
pub const SCHOOL_DAYS_MAX: u16 = 190;
/// The sessions of a year.
pub const SESSIONS_MAX: u16 = 380;
/// The school weeks of a year, with room.
pub const SCHOOL_WEEKS_MAX: u16 = 52;
/// The most people who make a home visit together.
pub const VISITORS_MAX: u16 = 10;
/// The most seconds of doubt: past a quarter of an hour no mark would ever be sure.
pub const CLOCK_DOUBT_SECONDS_MAX: u16 = 900;
