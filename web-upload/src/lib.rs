//! The counter that people walk up to: the upload page, the portal's other pages, sign-in, and the REST API.
//!
//! A file that somebody carried here is handed to [`signer::Signer::answer`], the one narrow call, and what comes back is shown and
//! handed out byte for byte. This crate decides who is asking and what they may look at; it decides nothing about licenses.
//! Absent on purpose: signing keys, the rules of the exchange, SQL, the system's clock and its randomness, which the program
//! passes in at its edge, and any script that a page needs in order to work.

mod answered;
mod api;
mod assets;
mod attempts;
mod csv;
mod deliver;
mod draft;
mod failure;
mod frame;
mod grant_fields;
mod health;
mod history;
mod holdings;
mod intake;
mod keys;
mod listing;
mod outlook;
mod pages;
mod password;
mod portal;
mod routes;
mod session;
mod show;
mod timeline;

pub use password::Passwords;
pub use portal::{Clock, EntropySource, Portal, PublicUrl, PublicUrlError};
pub use routes::router;
