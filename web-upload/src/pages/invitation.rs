//! An invitation link, shown once: only its digest is kept. Making one is for staff, since whoever sees the link can take the person's
//! place until it is used.

use askama::Template;
use axum::{Form, extract::State, http::StatusCode, response::Response};
use signer::people::{Account, AccountId, Invited, PeopleError, Role, UserId};

use super::{At, account};
use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::{Staff, User},
    show::Day,
};

/// The link, or the word that none is needed.
#[derive(Debug, Template)]
#[template(path = "invitation.html")]
pub(super) struct InvitationPage {
    frame: Frame,
    title: String,
    account: String,
    account_name: String,
    email: String,
    /// One of the vendor's, for whom no page makes a link.
    staff: bool,
    link: Option<Link>,
}

#[derive(Debug)]
struct Link {
    url: String,
    expires: Day,
}

/// `POST /accounts/{account}/members`: somebody joins an account.
pub(super) async fn add(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(account): At<AccountId>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let role = Role::from_name(form.value("role")).unwrap_or(Role::Member);
    let people = portal.signer().people();
    let of = people.account(&account).await?;
    let added =
        people.add_member(&account, form.value("email"), role, portal.now(), &mut portal.entropy()).await;
    match added {
        Ok(invited) => {
            let title = format!("{} joins {}", invited.user.email, of.name);
            let page = InvitationPage::new(&portal, &user, title, &of, invited);
            Ok(deliver::page(StatusCode::CREATED, &page))
        }
        Err(PeopleError::Invalid(problems)) => {
            account::show(&portal, &user, &account, form.refused(problems), StatusCode::UNPROCESSABLE_ENTITY)
                .await
        }
        Err(error @ PeopleError::AlreadyMember { .. }) => {
            let mut form = form;
            form.note("email", error.code(), error.to_string(), error.next_step().to_owned());
            account::show(&portal, &user, &account, form, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /accounts/{account}/members/{user}/invite`: a new link, for somebody who forgot the password or lost the first one.
pub(super) async fn again(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At((account, member)): At<(AccountId, UserId)>,
) -> Result<Response, Failure> {
    let people = portal.signer().people();
    let of = people.account(&account).await?;
    let invited = people.invite_member(&account, &member, portal.now(), &mut portal.entropy()).await?;
    let title = format!("New link for {}", invited.user.email);
    let page = InvitationPage::new(&portal, &user, title, &of, invited);
    Ok(deliver::page(StatusCode::CREATED, &page))
}

impl InvitationPage {
    pub(super) fn new(
        portal: &Portal,
        user: &User,
        title: String,
        account: &Account,
        invited: Invited,
    ) -> InvitationPage {
        let base = portal.public_url().as_str();
        InvitationPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts),
            title,
            account: account.id.to_string(),
            account_name: account.name.to_string(),
            email: invited.user.email.to_string(),
            staff: invited.user.staff && !invited.user.has_password,
            link: invited.invitation.map(|invitation| Link {
                url: format!("{base}/join/{}", invitation.token.expose()),
                expires: Day::new(invitation.expires, portal.now()),
            }),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for InvitationPage {
    fn samples() -> Vec<InvitationPage> {
        let [_, _, frame] = Frame::samples();
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let page = |staff, link| InvitationPage {
            frame: frame.clone(),
            title: "Contoso <Ltd> is set up".to_owned(),
            account: "0193f2a0-a".to_owned(),
            account_name: "Contoso <Ltd>".to_owned(),
            email: "ana@contoso.example".to_owned(),
            staff,
            link,
        };
        let url = "https://licenses.example.com/join/abc".to_owned();
        let expires = Day::new(now.plus(7 * license_format::DAY), now);
        vec![page(false, None), page(true, None), page(false, Some(Link { url, expires }))]
    }
}
