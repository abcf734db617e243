//! What goes wrong: with a call, in words that cross the link; and with the link itself, where it is set up.

use std::{borrow::Cow, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    answer::AnswerError,
    catalog::CatalogError,
    installations::CustodyError,
    problem::{Problem, sentences},
    revocation::RevokeError,
    second_person::SecondPersonError,
    store::StoreError,
};

/// Why a call came to nothing: what a page or a program is told. The rooms' own errors become this on the signer's side, wherever that
/// is, so that no page can tell the difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{says}")]
#[serde(deny_unknown_fields)]
pub struct CallError {
    /// Whose fault it is.
    pub fault: Fault,
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// In a sentence.
    pub says: String,
    /// What to do.
    pub next_step: String,
    /// With [`Fault::Invalid`]: everything that is wrong, field by field.
    pub problems: Vec<Problem>,
}

/// Whose fault it is that a call came to nothing, or that nobody knows what it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The bytes are no genuine request.
    Unreadable,
    /// There is no such thing, or not for who asks.
    NotFound,
    /// What was filled in is wrong.
    Invalid,
    /// Somebody else changed it meanwhile.
    Changed,
    /// A rule says no.
    Refused,
    /// The signer, its store, or the way there.
    Ours,
}

/// Where nothing was done, and whoever asked can do nothing about it.
pub(super) const TRY_AGAIN: &str =
    "Nothing was taken. Try the same again in a moment; if it stays so, tell the vendor the code.";

/// Where a file was brought, and may have been answered.
pub(super) const SAME_FILE: &str =
    "Send the same again in a moment. The same file gets the same answer, so nothing is taken twice.";

/// Where something was decided, and may have been done.
pub(super) const LOOK_FIRST: &str =
    "It is not known whether this was done. Look at the page as it is now, and decide again if it was not.";

impl CallError {
    pub(super) fn new(
        fault: Fault,
        code: impl Into<Cow<'static, str>>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> CallError {
        CallError {
            fault,
            code: code.into(),
            says: says.into(),
            next_step: next_step.into(),
            problems: Vec::new(),
        }
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> CallError {
        // Addresses and a driver's words are for those who run it.
        tracing::error!(code = error.code(), %error, next_step = %error.next_step(), "the store failed");
        let (says, next_step) = match &error {
            StoreError::Unreachable(_) | StoreError::Failed(_) => {
                ("the portal's record cannot be read or written just now".to_owned(), TRY_AGAIN)
            }
            StoreError::Unsettled(_) => {
                ("the record did not say whether it has kept this".to_owned(), LOOK_FIRST)
            }
            said => (said.to_string(), said.next_step()),
        };
        CallError::new(Fault::Ours, error.code(), says, next_step)
    }
}

impl From<AnswerError> for CallError {
    fn from(error: AnswerError) -> CallError {
        match error {
            AnswerError::Store(error @ StoreError::Unsettled(_)) => {
                CallError { next_step: SAME_FILE.to_owned(), ..error.into() }
            }
            AnswerError::Store(error) => error.into(),
            AnswerError::Unreadable(_) => {
                CallError::new(Fault::Unreadable, error.code(), error.to_string(), error.next_step())
            }
            // Paths of keys and names of tokens are for those who run it; who brings a file is told the code alone.
            error => {
                let (code, next_step) = (error.code(), error.next_step());
                tracing::error!(code, %error, next_step, "the signer could not answer");
                let says = "the signer cannot answer requests just now";
                CallError::new(Fault::Ours, code, says, TRY_AGAIN)
            }
        }
    }
}

impl From<CatalogError> for CallError {
    fn from(error: CatalogError) -> CallError {
        let fault = match error {
            CatalogError::Store(error) => return error.into(),
            CatalogError::Invalid(problems) => {
                let says = sentences(&problems);
                let told =
                    CallError::new(Fault::Invalid, "invalid", says, "Mend what is listed, then try again.");
                return CallError { problems, ..told };
            }
            CatalogError::NotFound { .. } => Fault::NotFound,
            CatalogError::Changed { .. } => Fault::Changed,
            CatalogError::Primary => Fault::Refused,
        };
        CallError::new(fault, error.code(), error.to_string(), error.next_step())
    }
}

impl From<CustodyError> for CallError {
    fn from(error: CustodyError) -> CallError {
        let fault = match error {
            CustodyError::Store(error) => return error.into(),
            // What is another account's does not exist.
            CustodyError::NoInstallation | CustodyError::NoKey => Fault::NotFound,
            _ => Fault::Refused,
        };
        CallError::new(fault, error.code(), error.to_string(), error.next_step())
    }
}

impl From<SecondPersonError> for CallError {
    fn from(error: SecondPersonError) -> CallError {
        let fault = match error {
            SecondPersonError::Store(error) => return error.into(),
            SecondPersonError::Catalog(error) => return error.into(),
            SecondPersonError::Revoke(error) => return (*error).into(),
            SecondPersonError::NotFound { .. } => Fault::NotFound,
            _ => Fault::Refused,
        };
        CallError::new(fault, error.code(), error.to_string(), error.next_step())
    }
}

impl From<RevokeError> for CallError {
    fn from(error: RevokeError) -> CallError {
        match error {
            RevokeError::Answer(AnswerError::Store(error)) => error.into(),
            // Staff alone revoke, and they may read what is wrong.
            error @ (RevokeError::Answer(_) | RevokeError::Durable { .. }) => {
                tracing::error!(code = error.code(), %error, "the signer could not revoke this as it should");
                CallError::new(Fault::Ours, error.code(), error.to_string(), error.next_step())
            }
            RevokeError::SecondPerson(error) => (*error).into(),
            other => CallError::new(Fault::Refused, other.code(), other.to_string(), other.next_step()),
        }
    }
}

/// Why a portal and its signer cannot be put in touch. Nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The socket's file cannot be made.
    #[error("cannot listen on {}: {source}", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another signer answers there.
    #[error("a signer answers on {} already", path.display())]
    SocketInUse {
        /// Where.
        path: PathBuf,
    },
    /// Something that is no socket has that name.
    #[error("{} is there, and is no socket", path.display())]
    NoSocket {
        /// Where.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// What stands for the signer is no address.
    #[error("{text:?} is neither unix:PATH nor HOST:PORT")]
    Address {
        /// What was typed.
        text: String,
    },
    /// Over a network both ends show certificates.
    #[error("a signer at {address} is asked with certificates, and none were given")]
    CertificatesMissing {
        /// Where.
        address: String,
    },
    /// A socket's file has permissions, and nothing to show a certificate to.
    #[error("a signer at a socket is asked without certificates, and some were given")]
    CertificatesNeedless,
    /// A certificate or its key cannot be used.
    #[error("cannot use {}: {detail}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// Others may read the key of a certificate.
    #[error("{} may be read by others (mode {mode:03o})", path.display())]
    KeyLoose {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The portal's store is of an older version than the portal.
    #[error("the store is of an older version than this program")]
    StoreOlder,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LinkError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LinkError::Socket { .. } => "socket",
            LinkError::SocketInUse { .. } => "socket-in-use",
            LinkError::NoSocket { .. } => "socket-not-one",
            LinkError::Listen { .. } => "listen",
            LinkError::Address { .. } => "signer-address",
            LinkError::CertificatesMissing { .. } => "certificates-missing",
            LinkError::CertificatesNeedless => "certificates-needless",
            LinkError::Certificate { .. } => "certificate",
            LinkError::KeyLoose { .. } => "certificate-key-loose",
            LinkError::StoreOlder => "store-older",
            LinkError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            LinkError::Socket { .. } => "Name a path in a folder that this user may write, of at most 90 characters.".to_owned(),
            LinkError::SocketInUse { .. } => "Stop the other signer first, or name another path.".to_owned(),
            LinkError::NoSocket { .. } => "Name another path, or move that file away.".to_owned(),
            LinkError::Listen { .. } => "Choose another address with --listen.".to_owned(),
            LinkError::Address { .. } => "Give the address that `waybill signer` said when it started.".to_owned(),
            LinkError::CertificatesMissing { .. } => "Give --tls-cert, --tls-key and --signer-ca too, or unix:PATH for a signer on this machine.".to_owned(),
            LinkError::CertificatesNeedless => "Leave --tls-cert, --tls-key and --signer-ca out, or give HOST:PORT.".to_owned(),
            LinkError::Certificate { .. } => "Give PEM files: a certificate (with those above it), its key in PKCS #8, and the authority's certificate.".to_owned(),
            LinkError::KeyLoose { path, .. } => format!("Take it from the others: chmod 600 {}", path.display()),
            LinkError::StoreOlder => "Start `waybill signer` of this version first: it brings the store up to date.".to_owned(),
            LinkError::Store(error) => error.next_step().to_owned(),
        }
    }
}
