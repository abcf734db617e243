//! The exchange (design, section 4): what the signer does with a request, as pure functions of the record, the request and the time.
//!
//! [`Book`] is the part of the record that some requests touch. [`Book::answer`] is the table of ten rows; everything that it changes
//! is in the book afterwards and in the list of [`Change`]s that the store writes. Absent on purpose: the store, keys and signatures,
//! randomness, the clock. A model of the exchange drives these very functions.

mod book;
mod capacity;
mod change;
mod decide;
mod features;
mod moves;
mod refusal;
mod resolve;
mod tally;
mod terms;
mod timeline;

pub use book::{
    ActivationCode, Bar, Book, Branch, Draw, InstallationRecord, Lease, Overdraft, Recovery, Reserve, Seats,
    SlotRecord, SoldGrant, SoldKey, SubscriptionRecord, Terms,
};
pub use capacity::SHORTEST_FILE;
pub use change::Change;
pub use decide::{Incoming, Outcome};
pub use features::{Features, FeaturesError};
pub use moves::{MoveError, Moved};
pub use refusal::{COUNTED_MOVES, RefusalCode};
pub use resolve::{Lives, Replaced, Resolution, ResolveError};
pub use tally::{Lapses, Standing, Tally};
pub use timeline::{Instant, Leased};
