//! Bad input: each is answered by an error or an irregularity that names the thing, with the server alive and its store
//! unchanged.

mod frames;
mod mutations;
mod office;
mod planted;
