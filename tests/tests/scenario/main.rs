//! A school day from outside: real processes, real HTTP, asserted by what the two commands print.

mod amendments;
mod day;
mod desk;
mod handover;
mod marks_meet;
mod office;
mod policy;
mod sign_off;
mod trips;
mod visits;
