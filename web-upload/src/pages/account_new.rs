//! `/accounts/new`: the vendor's staff open an account for a customer.

use askama::Template;
use axum::{Form, extract::State, http::StatusCode, response::Response};
use signer::people::{AccountDraft, AccountKind, PeopleError};

use super::invitation::InvitationPage;
use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::{Staff, User},
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "account_new.html")]
pub(super) struct AccountNewPage {
    frame: Frame,
    form: Draft,
}

/// `GET /accounts/new`
pub(super) async fn get(State(portal): State<Portal>, Staff(user): Staff) -> Response {
    let form = Draft::with(&[("kind", AccountKind::Business.name())]);
    deliver::page(StatusCode::OK, &AccountNewPage::new(&portal, &user, form))
}

/// `POST /accounts/new`
pub(super) async fn post(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let draft = AccountDraft {
        name: form.value("name").to_owned(),
        kind: AccountKind::from_name(form.value("kind")).unwrap_or(AccountKind::Business),
        admin_email: form.value("admin_email").to_owned(),
    };
    let people = portal.signer().people();
    match people.create_account(draft, portal.now(), &mut portal.entropy()).await {
        Ok(created) => {
            let title = format!("{} is set up", created.account.name);
            let page = InvitationPage::new(&portal, &user, title, &created.account, created.administrator);
            Ok(deliver::page(StatusCode::CREATED, &page))
        }
        Err(PeopleError::Invalid(problems)) => {
            let page = AccountNewPage::new(&portal, &user, form.refused(problems));
            Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

impl AccountNewPage {
    fn new(portal: &Portal, user: &User, form: Draft) -> AccountNewPage {
        AccountNewPage { frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts), form }
    }
}

#[cfg(test)]
impl crate::pages::Sample for AccountNewPage {
    fn samples() -> Vec<AccountNewPage> {
        let [_, _, frame] = Frame::samples();
        let mut refused = Draft::with(&[("name", "<b>"), ("kind", "personal"), ("admin_email", "x")]);
        refused.note(
            "admin_email",
            "email",
            "this is no e-mail address",
            "Type one such as ana@contoso.example.",
        );
        [Draft::default(), refused].map(|form| AccountNewPage { frame: frame.clone(), form }).into()
    }
}
