//! `/join/{token}`: the one-time link of an invitation sets the password.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use signer::people::{PeopleError, Token, User};

use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    password::{LONGEST, SHORTEST},
    portal::Portal,
    session,
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "join.html")]
pub(super) struct JoinPage {
    frame: Frame,
    email: String,
    /// Whether there was a password before.
    again: bool,
    shortest: usize,
    form: Draft,
}

/// A link that does not open anything, any more or at all.
#[derive(Debug, Template)]
#[template(path = "join_used.html")]
pub(super) struct UsedPage {
    frame: Frame,
}

/// `GET /join/{token}`
pub(super) async fn get(
    State(portal): State<Portal>,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    match invited(&portal, &token).await? {
        Some((_, user)) => {
            let page = JoinPage::new(&portal, &user, Draft::default());
            Ok(deliver::page(StatusCode::OK, &page))
        }
        None => Ok(used(&portal)),
    }
}

/// `POST /join/{token}`
pub(super) async fn post(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    jar: CookieJar,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let Some((token, user)) = invited(&portal, &token).await? else {
        return Ok(used(&portal));
    };
    let password = form.typed("password").to_owned();
    check(&mut form, &password);
    if !form.problems().is_empty() {
        let page = JoinPage::new(&portal, &user, form);
        return Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let mut entropy = portal.entropy();
    let hash = portal.with_passwords(move |passwords| passwords.hash(&password, &mut entropy)).await?;
    let people = portal.signer().people();
    let user = match people.redeem_invitation(&token, &hash, portal.now()).await {
        Ok(user) => user,
        Err(PeopleError::InvitationUsed) => return Ok(used(&portal)),
        Err(error) => return Err(error.into()),
    };
    let (token, _) = people.start_session(&user.id, portal.now(), &mut portal.entropy()).await?;
    let jar = jar.add(session::cookie(portal.public_url(), &token));
    Ok((jar, Redirect::to("/")).into_response())
}

async fn invited(portal: &Portal, token: &str) -> Result<Option<(Token, User)>, Failure> {
    let Some(token) = Token::parse(token) else {
        return Ok(None);
    };
    match portal.signer().people().invited(&token, portal.now()).await {
        Ok(user) => Ok(Some((token, user))),
        Err(PeopleError::InvitationUsed) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn used(portal: &Portal) -> Response {
    let page = UsedPage { frame: Frame::new(portal, None, Here::Elsewhere) };
    deliver::page(StatusCode::GONE, &page)
}

fn check(form: &mut Draft, password: &str) {
    if password.chars().count() < SHORTEST {
        form.note(
            "password",
            "password-short",
            format!("The password has fewer than {SHORTEST} characters."),
            "Take a longer one; several words are easy to type and hard to guess.",
        );
    } else if password.len() > LONGEST {
        form.note(
            "password",
            "password-long",
            format!("The password has more than {LONGEST} bytes."),
            "Take a shorter one.",
        );
    } else if form.typed("again") != password {
        form.note("again", "password-differs", "The two passwords differ.", "Type the same one twice.");
    }
}

impl JoinPage {
    fn new(portal: &Portal, user: &User, form: Draft) -> JoinPage {
        JoinPage {
            frame: Frame::new(portal, None, Here::Elsewhere),
            email: user.email.to_string(),
            again: user.has_password,
            shortest: SHORTEST,
            form,
        }
    }
}

#[cfg(test)]
mod samples {
    use super::*;
    use crate::pages::Sample;

    impl Sample for JoinPage {
        fn samples() -> Vec<JoinPage> {
            let [frame, ..] = Frame::samples();
            let page = |form, again| JoinPage {
                frame: frame.clone(),
                email: "ana@contoso.example".to_owned(),
                again,
                shortest: SHORTEST,
                form,
            };
            let mut refused = Draft::default();
            check(&mut refused, "short");
            vec![page(Draft::default(), false), page(refused, true)]
        }
    }

    impl Sample for UsedPage {
        fn samples() -> Vec<UsedPage> {
            Frame::samples().map(|frame| UsedPage { frame }).into()
        }
    }

    #[test]
    fn a_password_is_long_enough_and_typed_twice() {
        let codes = |password: &str, again: &str| {
            let mut form = Draft::with(&[("again", again)]);
            check(&mut form, password);
            form.problems().iter().map(|problem| problem.code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(codes("elevenchars", "elevenchars"), ["password-short"]);
        assert_eq!(codes("twelve chars", "twelve chars"), [""; 0]);
        assert_eq!(codes("twelve chars", "twelve charz"), ["password-differs"]);
        assert_eq!(codes(&"x".repeat(257), ""), ["password-long"]);
    }
}
