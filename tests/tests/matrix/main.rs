//! Who may do what: every route, every caller, every document. The routes come from the server's own `OpenAPI` document;
//! what must come of each cell is written down here by hand, apart from the code that decides it.

mod cast;
mod cells;
mod paper;
mod routes;
mod streams;
mod sync;
