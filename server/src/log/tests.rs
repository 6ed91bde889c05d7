//! What the hub writes is what others verify: the tree against core and against the RFC's own words, the files
//! against what can happen to files.

mod files;
mod trees;
