//! The pages: one file each, with its get and its post, and a template of the same name beside it in `templates/`.
//! A page asks the signer, puts what it heard into words, and shows it.

mod account;
mod account_new;
mod accounts;
mod answer_list;
mod answers;
mod codes;
mod confirm;
mod custody;
mod failed;
mod fork;
mod history;
mod installation;
mod installations;
mod invitation;
mod join;
mod key;
mod key_end;
mod key_form;
mod keys;
mod overdraft;
mod proposals;
mod record;
mod refusals;
mod sign_in;
mod subscription;
mod subscription_edit;
mod subscription_new;
mod upload;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path},
    http::request::Parts,
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};

pub(crate) use failed::{around, failure_of};

pub(crate) use crate::listing::Listing;
use crate::{failure::Failure, intake::UPLOAD_BYTES, portal::Portal};

/// Bytes of any form but the upload.
const FORM_BYTES: usize = 64 * 1024;

/// Bytes of a form with a thousand addresses.
const CODES_BYTES: usize = 256 * 1024;

/// Bytes of the form that carries an answer back: base 64 of a file, and escapes for its `+` and `/`.
const ANSWER_FORM_BYTES: usize = 2 * license_format::limits::FILE_BYTES;

/// All pages by their addresses.
pub(crate) fn routes() -> Router<Portal> {
    let account = "/accounts/{account}";
    let under = |path: &str| format!("{account}{path}");
    Router::new()
        .route("/upload", post(upload::post).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route(
            "/answers",
            get(answer_list::of_all).post(answers::post).layer(DefaultBodyLimit::max(ANSWER_FORM_BYTES)),
        )
        .merge(
            Router::new()
                .route("/", get(upload::get))
                .route("/answers/{digest}", get(answers::get))
                .route("/refusals", get(refusals::get))
                .route("/record", get(record::get))
                .route("/record/checkpoint", get(record::checkpoint))
                .route("/record/checkpoint.waybill", get(record::checkpoint_file))
                .route("/proposals", get(proposals::list))
                .route("/proposals/{number}", get(proposals::get).post(proposals::post))
                .route("/sign-in", get(sign_in::get).post(sign_in::post))
                .route("/sign-out", post(sign_in::sign_out))
                .route("/join/{token}", get(join::get).post(join::post))
                .route("/accounts", get(accounts::get))
                .route("/accounts/new", get(account_new::get).post(account_new::post))
                .route(account, get(account::get))
                .route(&under("/members"), post(invitation::add))
                .route(&under("/members/{user}/invite"), post(invitation::again))
                .route(&under("/subscriptions/new"), get(subscription_new::get).post(subscription_new::post))
                .nest(&under("/subscriptions/{subscription}"), subscription_routes())
                .nest(&under("/keys/{key}"), key_routes())
                .route(&under("/answers"), get(answer_list::of_account))
                .route(&under("/answers.csv"), get(answer_list::file_of_account))
                .route(&under("/installations"), get(installations::of_account))
                .route(&under("/installations.csv"), get(installations::file_of_account))
                .nest(&under("/installations/{thumbprint}"), installation_routes())
                .route("/installations", get(installations::of_all))
                .route("/installations.csv", get(installations::file_of_all))
                .route("/installations/{thumbprint}", get(installation::of_all))
                .layer(DefaultBodyLimit::max(FORM_BYTES)),
        )
        .route(
            &under("/keys/{key}/codes"),
            get(codes::get).post(codes::create).layer(DefaultBodyLimit::max(CODES_BYTES)),
        )
        .fallback(failed::not_found)
}

fn subscription_routes() -> Router<Portal> {
    Router::new()
        .route("/", get(subscription::get))
        .route("/edit", get(subscription_edit::get).post(subscription_edit::post))
        .route("/offline-use", post(subscription_edit::offline_use))
        .route("/overdraft", get(overdraft::get).post(overdraft::post))
        .route("/history", get(history::get))
        .route("/keys", get(keys::get))
        .route("/keys/new", get(key_form::new).post(key_form::create))
}

fn key_routes() -> Router<Portal> {
    Router::new()
        .route("/", get(key::get))
        .route("/edit", get(key_form::edit).post(key_form::update))
        .route("/codes.csv", get(codes::file))
        .route("/codes/withdraw", post(codes::withdraw))
        .route("/{deed}", get(key_end::get).post(key_end::post))
}

fn installation_routes() -> Router<Portal> {
    Router::new()
        .route("/", get(installation::of_account))
        .route("/remarks", post(installation::remark))
        .route("/fork", get(fork::get).post(fork::post))
        .route("/{deed}", get(custody::get).post(custody::post))
}

/// What was just done, for the notice on the page that follows.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Flash {
    #[serde(default)]
    pub(crate) done: String,
}

/// What an address names. One that cannot name anything is not found, rather than malformed: nobody types such addresses.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Portal> for At<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let Path(named) = Path::from_request_parts(parts, portal).await.map_err(|_| Failure::NotFound)?;
        Ok(At(named))
    }
}

/// A template with examples of itself, so that a test can render each.
#[cfg(test)]
pub(crate) trait Sample: askama::Template + Sized {
    /// Enough of them to reach every branch that matters.
    fn samples() -> Vec<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renders<T: Sample>(name: &str) {
        let samples = T::samples();
        assert!(!samples.is_empty(), "{name} has no samples");
        for (at, sample) in samples.iter().enumerate() {
            let html = sample.render().unwrap();
            let count = |needle: &str| html.matches(needle).count();
            let name = format!("{name} {at}");
            keep(&name, &html);
            assert_eq!(count("<h1"), 1, "{name}: one heading tells what the page is");
            assert_eq!(count("<main"), 1, "{name}");
            assert!(html.contains("<title>") && !html.contains("<title> ·"), "{name}: a title");
            assert!(html.contains("lang=\"en\""), "{name}");
            for inline in [" style=", "<style", " onclick", " onsubmit", " onload", "javascript:", "hx-on"] {
                assert_eq!(count(inline), 0, "{name}: {inline} would need a laxer policy");
            }
            assert_eq!(
                count("<script"),
                count("<script src=\"/assets/"),
                "{name}: scripts are files of ours"
            );
            for text in ["<b>", "<Ltd>", "<Management>", "<1>", "<script>alert"] {
                assert_eq!(count(text), 0, "{name}: {text} was not escaped");
            }
            for field in fields(&html) {
                let id = attribute(field, "id");
                let labelled = field.contains("type=\"hidden\"")
                    || field.contains("aria-label=")
                    || field.contains("type=\"radio\"")
                    || field.contains("type=\"checkbox\"")
                    || id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
                assert!(labelled, "{name}: nothing labels {field}");
            }
        }
    }

    /// The tags of things that are filled in.
    fn fields(html: &str) -> Vec<&str> {
        ["<input", "<select", "<textarea"]
            .iter()
            .flat_map(|tag| html.match_indices(tag))
            .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()])
            .collect()
    }

    fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    }

    /// With `KEEP_SAMPLES=DIR` the pages can be looked at.
    fn keep(name: &str, html: &str) {
        if let Some(dir) = std::env::var_os("KEEP_SAMPLES") {
            let name = name.replace(' ', "-");
            std::fs::write(std::path::Path::new(&dir).join(format!("{name}.html")), html).unwrap();
        }
    }

    #[test]
    fn every_template_renders_and_keeps_the_rules() {
        renders::<account::AccountPage>("account");
        renders::<account_new::AccountNewPage>("account-new");
        renders::<accounts::AccountsPage>("accounts");
        renders::<answer_list::AnswerListPage>("answer-list");
        renders::<codes::CodesPage>("codes");
        renders::<confirm::ConfirmPage>("confirm");
        renders::<failed::FailedPage>("failed");
        renders::<history::HistoryPage>("history");
        renders::<installation::InstallationPage>("installation");
        renders::<installations::InstallationsPage>("installations");
        renders::<invitation::InvitationPage>("invitation");
        renders::<join::JoinPage>("join");
        renders::<join::UsedPage>("join-used");
        renders::<key::KeyPage>("key");
        renders::<key_form::KeyFormPage>("key-form");
        renders::<keys::KeysPage>("keys");
        renders::<overdraft::OverdraftPage>("overdraft");
        renders::<record::RecordPage>("record");
        renders::<proposals::ProposalsPage>("proposals");
        renders::<refusals::RefusalsPage>("refusals");
        renders::<sign_in::SignInPage>("sign-in");
        renders::<subscription::SubscriptionPage>("subscription");
        renders::<subscription_edit::SubscriptionEditPage>("subscription-edit");
        renders::<subscription_new::SubscriptionNewPage>("subscription-new");
        renders::<upload::ResultsPage>("results");
        renders::<upload::UploadPage>("upload");
    }

    /// The files in `templates/` and the templates that a test renders are the same.
    #[test]
    fn every_template_file_is_used() {
        let mut sources = String::new();
        for dir in ["src", "src/pages", "templates"] {
            let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    sources.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        for entry in std::fs::read_dir(templates).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(sources.contains(&format!("\"{name}\"")), "no page uses templates/{name}");
        }
    }
}
