//! A portal and its signer, in one process or in two.
//!
//! ```text
//!  portal process                                    signer process
//!  PortalSide ── reads rows, writes people and       server ── Signer: keys, queue, witness
//!      │         what was sold ──▶ store ◀────────────────────┘ writes all the rest
//!      └─ Link ── one framed Call, one Reply ──▶ Door (Unix socket, or TCP with mutual TLS)
//! ```
//!
//! A portal holds no key, and in a database it uses a role that cannot write what was issued (`roles.sql`). Whatever touches that is a
//! [`Call`], of which there are few. A connection carries one call and its reply: so there is nothing to keep alive, and a signer that was
//! away is simply there again. The signer goes by its own clock, and believes its portal who asks: who may sign in is the portal's to say.
//! Where that is too much to believe of the second person, this one confirms elsewhere (`second_person::Rule::AtSigner`).

mod call;
mod client;
mod decide;
mod door;
mod error;
mod frame;
mod portal_side;
mod server;
mod strangers;
mod tls;

pub use call::{AboutKey, Call, Decided, Decision, Envelope, Health, Reply, Stored, Told, Warning};
pub use client::Link;
pub use door::{Door, SocketMode};
pub use error::{CallError, Fault, LinkError};
pub use frame::{FRAME_BYTES, VERSION};
pub use portal_side::{PortalSide, PortalStore};
pub use server::{Clock, serve};
pub use tls::{TlsFiles, TlsPeer};
