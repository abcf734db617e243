//! Why there is no page, or no answer of the API: one type, mapped to a status and to words in one place. How it looks is decided by
//! the layer around the pages, or the one around the API.
//!
//! A refusal of the signer is not in here: it is an answer.

use std::borrow::Cow;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use license_format::limits;
use signer::{
    catalog::CatalogError,
    link::{CallError, Fault},
    people::PeopleError,
    problem::Problem,
    second_person::SecondPersonError,
    store::StoreError,
};

/// One cause each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in. Pages send the browser to sign in, and then back to `next`.
    #[error("sign in to see this page")]
    SignInNeeded {
        /// The local path to come back to.
        next: String,
    },
    /// No API token, or one that is unknown, revoked or expired: the three are not told apart.
    #[error("this needs the API token of an account, and none that is valid was given")]
    TokenNeeded,
    /// An API token that may bring files, and nothing else.
    #[error("this API token brings request files, and may not see or change anything else")]
    TokenBringsOnly,
    /// A page for the vendor's staff.
    #[error("this page is for the vendor's staff")]
    StaffOnly,
    /// Something that an account's administrators decide.
    #[error("only an administrator of the account decides this")]
    AdministratorsOnly,
    /// Nothing is at this address, or nothing that the one who asks may see: the two are not told apart.
    #[error("there is nothing at this address")]
    NotFound,
    /// A form of another site.
    #[error("this came from another site's page, so nothing was done")]
    CrossSite,
    /// The address exists, and takes other requests.
    #[error("this address does not take such a request")]
    Method,
    /// A request that is no proper HTTP form or body.
    #[error("the request could not be read")]
    Malformed,
    /// A body of a media type that is not taken here.
    #[error("the request is of a media type that is not taken here")]
    MediaType,
    /// The whole request is longer than a request of its kind can be.
    #[error("this is longer than anything that belongs here")]
    TooLarge,
    /// More files than are taken at once.
    #[error("{found} files came at once; at most {limit} are taken")]
    TooManyFiles {
        /// How many came, at least.
        found: usize,
        /// How many are taken.
        limit: usize,
    },
    /// The bytes are no genuine request file.
    #[error("{says}")]
    Unreadable {
        /// The code of the rule.
        code: Cow<'static, str>,
        /// The rule in a sentence.
        says: String,
        /// What to do.
        next_step: String,
    },
    /// Things that were filled in are wrong, and no form is there to show them in.
    #[error("{}", says(.0))]
    Wrong(Vec<Problem>),
    /// Something that was sent is wrong, and no form is there to show it in.
    #[error("{says}")]
    Invalid {
        /// The stable code.
        code: Cow<'static, str>,
        /// All of it, in sentences.
        says: String,
        /// What to do.
        next_step: String,
    },
    /// A rule says no, and what was asked is as it was.
    #[error("{says}")]
    Refused {
        /// The stable code.
        code: Cow<'static, str>,
        /// The rule in a sentence.
        says: String,
        /// What to do.
        next_step: String,
    },
    /// Somebody else changed the same thing meanwhile.
    #[error("somebody changed this meanwhile")]
    Changed,
    /// The work took too long.
    #[error("this took too long and was stopped")]
    TimedOut,
    /// The store or the signer could not do its part.
    #[error("{says}")]
    Ours {
        /// The stable code.
        code: Cow<'static, str>,
        /// What happened, in a sentence.
        says: String,
        /// What to do.
        next_step: String,
    },
    /// A defect of the portal.
    #[error("something went wrong on our side")]
    Panicked,
}

impl Failure {
    /// A file that the signer was asked about, and did not answer in time.
    pub(crate) fn unanswered() -> Failure {
        Failure::Ours {
            code: "timed-out".into(),
            says: "the signer took too long over this file".to_owned(),
            next_step:
                "Send it again in a minute. The same file gets the same answer, so nothing is taken twice."
                    .to_owned(),
        }
    }

    /// A file that the signer was not asked about, because those before it in the same upload took all the time.
    pub(crate) fn not_asked() -> Failure {
        Failure::Ours {
            code: "not-asked".into(),
            says: "the signer was slow, and was not asked about this file any more".to_owned(),
            next_step: "Nothing was taken for it. Upload it again in a minute, with fewer files at a time."
                .to_owned(),
        }
    }

    /// The one place where causes become statuses.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Failure::SignInNeeded { .. } => StatusCode::SEE_OTHER,
            Failure::TokenNeeded => StatusCode::UNAUTHORIZED,
            Failure::TokenBringsOnly
            | Failure::StaffOnly
            | Failure::AdministratorsOnly
            | Failure::CrossSite => StatusCode::FORBIDDEN,
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::Method => StatusCode::METHOD_NOT_ALLOWED,
            Failure::Malformed => StatusCode::BAD_REQUEST,
            Failure::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Failure::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::TooManyFiles { .. }
            | Failure::Unreadable { .. }
            | Failure::Wrong(_)
            | Failure::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::Changed | Failure::Refused { .. } => StatusCode::CONFLICT,
            Failure::TimedOut | Failure::Ours { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        match self {
            Failure::SignInNeeded { .. } => "sign-in-needed",
            Failure::TokenNeeded => "token-needed",
            Failure::TokenBringsOnly => "token-brings-only",
            Failure::StaffOnly => "staff-only",
            Failure::AdministratorsOnly => "administrators-only",
            Failure::NotFound => "not-found",
            Failure::CrossSite => "cross-site",
            Failure::Method => "method-not-allowed",
            Failure::Malformed => "malformed-request",
            Failure::MediaType => "media-type",
            Failure::TooLarge => "too-large",
            Failure::TooManyFiles { .. } => "too-many-files",
            Failure::Wrong(_) => "invalid",
            Failure::Unreadable { code, .. }
            | Failure::Invalid { code, .. }
            | Failure::Refused { code, .. }
            | Failure::Ours { code, .. } => code,
            Failure::Changed => "changed-meanwhile",
            Failure::TimedOut => "timed-out",
            Failure::Panicked => "internal-error",
        }
    }

    /// A few words for a heading.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Failure::SignInNeeded { .. } => "Sign in first",
            Failure::TokenNeeded => "An API token is needed",
            Failure::TokenBringsOnly => "Not with this token",
            Failure::StaffOnly => "For the vendor's staff",
            Failure::AdministratorsOnly => "For administrators",
            Failure::NotFound => "Page not found",
            Failure::CrossSite => "Not from this portal",
            Failure::Method | Failure::Malformed | Failure::MediaType => "Not understood",
            Failure::TooLarge => "Too large",
            Failure::TooManyFiles { .. } => "Too many files",
            Failure::Unreadable { .. } => "Not a request file",
            Failure::Wrong(_) | Failure::Invalid { .. } | Failure::Refused { .. } => "Not accepted",
            Failure::Changed => "Changed meanwhile",
            Failure::TimedOut | Failure::Ours { .. } => "Not possible just now",
            Failure::Panicked => "Our mistake",
        }
    }

    /// What to do.
    pub(crate) fn next_step(&self) -> String {
        match self {
            Failure::SignInNeeded { .. } => "Sign in; you will come back to this page.".to_owned(),
            Failure::TokenNeeded => {
                "Send `Authorization: Bearer` and a token; `waybill token create` makes one.".to_owned()
            }
            Failure::TokenBringsOnly => {
                "Use a token that manages the account; `waybill token create --manage` makes one.".to_owned()
            }
            Failure::StaffOnly => {
                "If you are staff, sign in with that address; else go back to your own pages.".to_owned()
            }
            Failure::AdministratorsOnly => {
                "Ask an administrator of the account; its first page lists them.".to_owned()
            }
            Failure::NotFound => {
                "Check the address, or start from the first page. If a link led here, it may be for another account."
                    .to_owned()
            }
            Failure::CrossSite => "Open the portal itself, sign in there, and do it again.".to_owned(),
            Failure::Method | Failure::Malformed | Failure::MediaType => {
                "Go back and send the form again.".to_owned()
            }
            Failure::TooLarge => format!(
                "Request files are small, mostly a few KiB, and never more than {} KiB. Choose the .waybill file itself, not an \
                 archive, picture or folder; with many files, send some at a time.",
                limits::FILE_BYTES / 1024
            ),
            Failure::TooManyFiles { limit, .. } => format!("Nothing was done. Send at most {limit} files at a time."),
            Failure::Wrong(problems) => {
                problems.iter().map(|problem| problem.next_step.as_ref()).collect::<Vec<_>>().join(" ")
            }
            Failure::Unreadable { next_step, .. }
            | Failure::Invalid { next_step, .. }
            | Failure::Refused { next_step, .. }
            | Failure::Ours { next_step, .. } => next_step.clone(),
            Failure::Changed => "Look at it as it is now, and make your change again if it is still needed.".to_owned(),
            Failure::TimedOut => LOOK_FIRST.to_owned(),
            Failure::Panicked => format!("{LOOK_FIRST} If it comes back, tell the vendor."),
        }
    }

    /// Everything that is wrong with what was filled in.
    pub(crate) fn problems(&self) -> &[Problem] {
        match self {
            Failure::Wrong(problems) => problems,
            _ => &[],
        }
    }

    /// The failure that a bare status stands for, where a library made the response.
    pub(crate) fn of_status(status: StatusCode) -> Failure {
        match status {
            StatusCode::NOT_FOUND => Failure::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Failure::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::MediaType,
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => Failure::TimedOut,
            status if status.is_client_error() => Failure::Malformed,
            _ => Failure::Panicked,
        }
    }
}

/// After a request of which nobody knows how far it came.
const LOOK_FIRST: &str = "If you were changing something, it is not known whether that was done: look at the page as it is now, and do it \
    again if it was not. A request file can be sent again in any case, and gets the same answer.";

/// A bare status that carries its cause; the layers around pages and API give it a body.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Failure::SignInNeeded { next } = &self {
            let to = if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={next}") };
            if let Ok(to) = to.parse() {
                response.headers_mut().insert(header::LOCATION, to);
            }
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        CallError::from(error).into()
    }
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Failure {
        match error {
            PeopleError::NotFound { .. } => Failure::NotFound,
            PeopleError::Store(error) => error.into(),
            PeopleError::Invalid(problems) => Failure::Wrong(problems),
            other => Failure::Invalid {
                code: other.code().into(),
                says: other.to_string(),
                next_step: other.next_step().to_string(),
            },
        }
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Failure {
        CallError::from(error).into()
    }
}

impl From<SecondPersonError> for Failure {
    fn from(error: SecondPersonError) -> Failure {
        CallError::from(error).into()
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Failure {
        let CallError { fault, code, says, next_step, problems } = error;
        match fault {
            Fault::Unreadable => Failure::Unreadable { code, says, next_step },
            Fault::NotFound => Failure::NotFound,
            Fault::Invalid => Failure::Wrong(problems),
            Fault::Changed => Failure::Changed,
            Fault::Refused => Failure::Refused { code, says, next_step },
            Fault::Ours => Failure::Ours { code, says, next_step },
        }
    }
}

fn says(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.says.as_str()).collect::<Vec<_>>().join("; ")
}
