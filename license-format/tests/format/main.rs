//! What the format promises, one file for each question.

mod allocation;
mod any;
mod armour;
mod bytes;
mod laws;
mod license_keys;
mod limits;
mod second_opinion;
mod sentences;
