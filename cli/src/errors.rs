//! The rooms' errors as the command line's: which exit code each has. Their codes, sentences and next steps are their own.

use license_format::FormatError;
use signer::{
    AnswerError, OpenError,
    catalog::CatalogError,
    ceremony::CeremonyError,
    init::InitError,
    installations::CustodyError,
    keys::{KeyError, TokenError},
    link::LinkError,
    log::LogError,
    people::PeopleError,
    revocation::RevokeError,
    second_person::SecondPersonError,
    store::StoreError,
    trust::TrustError,
    witness::WitnessError,
};
use verifier::VerifyError;
use waybill_proxy::ProxyError;
use web_upload::PublicUrlError;

use crate::outcome::{Exit, Failure, Problem};

macro_rules! failures {
    ($($error:ty => $exit:expr;)*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                let exit: fn(&$error) -> Exit = $exit;
                Failure::new(exit(&error), error.code(), error.to_string(), error.next_step())
            }
        }
    )*};
}

failures! {
    FormatError => |_| Exit::Refused;
    VerifyError => |_| Exit::Refused;
    KeyError => key;
    TrustError => trust;
    StoreError => store;
    WitnessError => |_| Exit::CouldNotTell;
    InitError => init;
    CeremonyError => ceremony;
    OpenError => open;
    LinkError => link;
    LogError => |error| if error.is_refusal() { Exit::Refused } else { Exit::CouldNotTell };
    AnswerError => |error| if error.is_the_askers() { Exit::Refused } else { Exit::CouldNotTell };
    CustodyError => custody;
    RevokeError => |error| if error.is_refusal() { Exit::Refused } else { Exit::CouldNotTell };
    PublicUrlError => |_| Exit::Misuse;
    ProxyError => |error| if error.is_refusal() { Exit::Refused } else { Exit::CouldNotTell };
}

fn custody(error: &CustodyError) -> Exit {
    match error {
        CustodyError::Store(error) => store(error),
        _ => Exit::Refused,
    }
}

/// A form's problems are told one by one.
macro_rules! forms {
    ($($error:ident;)*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                let exit = match &error {
                    $error::Invalid(problems) => {
                        let problems = problems.iter().map(|problem| Problem {
                            code: problem.code.to_string(),
                            says: problem.says.clone(),
                            next_step: problem.next_step.to_string(),
                        });
                        return Failure { exit: Exit::Misuse, problems: problems.collect() };
                    }
                    $error::Store(_) => Exit::CouldNotTell,
                    _ => Exit::Refused,
                };
                Failure::new(exit, error.code(), error.to_string(), error.next_step())
            }
        }
    )*};
}

forms! {
    PeopleError;
    CatalogError;
}

impl From<SecondPersonError> for Failure {
    fn from(error: SecondPersonError) -> Failure {
        let exit = match error {
            SecondPersonError::Store(error) => return error.into(),
            SecondPersonError::Catalog(error) => return error.into(),
            SecondPersonError::Revoke(error) => return (*error).into(),
            _ => Exit::Refused,
        };
        Failure::new(exit, error.code(), error.to_string(), error.next_step())
    }
}

fn key(error: &KeyError) -> Exit {
    match error {
        KeyError::PassphraseEmpty | KeyError::PassphraseShort { .. } | KeyError::PassphraseText { .. } => {
            Exit::Misuse
        }
        KeyError::Read { .. } | KeyError::Write { .. } | KeyError::Settings { .. } => Exit::CouldNotTell,
        KeyError::Token(error) => token(error),
        _ => Exit::Refused,
    }
}

fn token(error: &TokenError) -> Exit {
    match error {
        TokenError::PinText { .. } | TokenError::PinNeeded { .. } => Exit::Misuse,
        TokenError::Module { .. }
        | TokenError::NoToken { .. }
        | TokenError::Gone { .. }
        | TokenError::Signature { .. }
        | TokenError::Failed { .. } => Exit::CouldNotTell,
        _ => Exit::Refused,
    }
}

fn trust(error: &TrustError) -> Exit {
    match error {
        TrustError::Text(_) => Exit::Misuse,
        TrustError::Key(error) => key(error),
        TrustError::Damaged { .. } | TrustError::File { .. } => Exit::CouldNotTell,
        _ => Exit::Refused,
    }
}

fn store(error: &StoreError) -> Exit {
    match error {
        StoreError::Empty { .. } => Exit::Misuse,
        StoreError::Newer
        | StoreError::Foreign { .. }
        | StoreError::Unfit(_)
        | StoreError::AnotherRecord { .. } => Exit::Refused,
        _ => Exit::CouldNotTell,
    }
}

fn link(error: &LinkError) -> Exit {
    match error {
        LinkError::Address { .. }
        | LinkError::NoSocket { .. }
        | LinkError::CertificatesMissing { .. }
        | LinkError::CertificatesNeedless => Exit::Misuse,
        LinkError::KeyLoose { .. } | LinkError::SocketInUse { .. } | LinkError::StoreOlder => Exit::Refused,
        LinkError::Store(error) => store(error),
        _ => Exit::CouldNotTell,
    }
}

fn init(error: &InitError) -> Exit {
    match error {
        InitError::VendorName => Exit::Misuse,
        InitError::File { .. } | InitError::Busy { .. } | InitError::SelfCheck(_) | InitError::Witness(_) => {
            Exit::CouldNotTell
        }
        InitError::Key(error) => key(error),
        InitError::Trust(error) => trust(error),
        InitError::Store(error) => store(error),
        _ => Exit::Refused,
    }
}

fn ceremony(error: &CeremonyError) -> Exit {
    match error {
        CeremonyError::Text(_) | CeremonyError::Plan(_) => Exit::Misuse,
        CeremonyError::File { .. } => Exit::CouldNotTell,
        CeremonyError::Key(error) => key(error),
        CeremonyError::Trust(error) => trust(error),
        CeremonyError::Exists { .. } | CeremonyError::SamePassphrase(..) | CeremonyError::TokenKey { .. } => {
            Exit::Refused
        }
    }
}

fn open(error: &OpenError) -> Exit {
    match error {
        OpenError::NotInitialized(_) => Exit::Misuse,
        OpenError::Key(error) => key(error),
        OpenError::Store(error) => store(error),
        OpenError::Trust(error) => trust(error),
        _ => Exit::CouldNotTell,
    }
}
