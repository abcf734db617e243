//! `/sign-in` and `/sign-out`.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    password::LONGEST,
    portal::Portal,
    session::{self, Peer, Visitor, is_local_path},
    show::{Notice, Tone},
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    frame: Frame,
    notice: Option<Notice>,
    email: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub(super) async fn get(
    State(portal): State<Portal>,
    axum::Extension(visitor): axum::Extension<Visitor>,
    Query(Next { next }): Query<Next>,
) -> Response {
    if visitor.0.is_some() {
        return Redirect::to(local(&next)).into_response();
    }
    let notice = (!next.is_empty())
        .then(|| Notice::new(Tone::Wait, "Sign in to see that page. You will come back to it."));
    let page = SignInPage::new(&portal, notice, "", &next);
    deliver::page(StatusCode::OK, &page)
}

/// `POST /sign-in`
pub(super) async fn post(
    State(portal): State<Portal>,
    Peer(address): Peer,
    jar: CookieJar,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let email = form.value("email").to_owned();
    let refuse = |status, says: String| {
        let page = SignInPage::new(&portal, Some(Notice::new(Tone::Stop, says)), &email, form.value("next"));
        Ok(deliver::page(status, &page))
    };
    if let Err(until) = portal.attempts().take(address, &email, portal.now()) {
        return refuse(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "Too many wrong passwords for this address. The next attempt is possible at {}.",
                until.minute()
            ),
        );
    }
    let known = portal.signer().people().credentials(&email).await?;
    let (user, stored) = known.map_or((None, None), |(user, stored)| (Some(user), stored));
    let password = form.typed("password").to_owned();
    let fits = password.len() <= LONGEST
        && portal.with_passwords(move |passwords| passwords.verify(&password, stored.as_ref())).await?;
    let Some(user) = user.filter(|_| fits) else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "E-mail and password do not fit each other. Check both; after several wrong passwords you have to wait."
                .to_owned(),
        );
    };
    portal.attempts().forget(address, &email);
    // A session that was there before is not carried over, whoever planted it.
    if let Some(earlier) = session::token(portal.public_url(), &jar) {
        portal.signer().people().end_session(&earlier).await?;
    }
    let people = portal.signer().people();
    let (token, _) = people.start_session(&user.id, portal.now(), &mut portal.entropy()).await?;
    let jar = jar.add(session::cookie(portal.public_url(), &token));
    Ok((jar, Redirect::to(local(form.value("next")))).into_response())
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(portal): State<Portal>, jar: CookieJar) -> Result<Response, Failure> {
    if let Some(token) = session::token(portal.public_url(), &jar) {
        portal.signer().people().end_session(&token).await?;
    }
    let jar = jar.add(session::removal(portal.public_url()));
    Ok((jar, Redirect::to("/sign-in")).into_response())
}

impl SignInPage {
    fn new(portal: &Portal, notice: Option<Notice>, email: &str, next: &str) -> SignInPage {
        SignInPage {
            frame: Frame::new(portal, None, Here::Elsewhere),
            notice,
            email: email.to_owned(),
            next: local(next).to_owned(),
        }
    }
}

/// Where to go after signing in: a page of ours, whatever the address bar was made to say.
fn local(next: &str) -> &str {
    if is_local_path(next) { next } else { "/" }
}

#[cfg(test)]
impl crate::pages::Sample for SignInPage {
    fn samples() -> Vec<SignInPage> {
        let [frame, ..] = Frame::samples();
        let page = |notice| SignInPage {
            frame: frame.clone(),
            notice,
            email: "ana@\"contoso\".example".to_owned(),
            next: "/accounts".to_owned(),
        };
        vec![page(None), page(Some(Notice::new(Tone::Stop, "E-mail and password do not fit each other.")))]
    }
}
