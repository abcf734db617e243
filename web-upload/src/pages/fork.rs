//! `/accounts/{account}/installations/{thumbprint}/fork`: which of two branches of a copied or put-back installation lives on.

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use license_format::Thumbprint;
use serde::Deserialize;
use signer::{
    exchange::{COUNTED_MOVES, Lives},
    link::Decision,
    people::AccountId,
};

use super::{
    At,
    confirm::{ConfirmPage, refused},
    custody::holds,
};
use crate::{
    answered::site,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::User,
    show::{Notice, count_of},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Branch {
    #[serde(default)]
    lives: String,
}

/// `GET …/fork?lives=first|second`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<(AccountId, Thumbprint)>,
    Query(Branch { lives }): Query<Branch>,
) -> Result<Response, Failure> {
    ask(&portal, &user, &ids, &lives, None).await
}

/// `POST …/fork`: an administrator says which branch lives on; the vendor's staff leave it to the account.
pub(super) async fn post(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<(AccountId, Thumbprint)>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let by = user.decider(account)?;
    let lives = form.value("lives");
    let branch = branch(&user, account, lives)?;
    let decision = Decision::ResolveFork { installation: *id, lives: branch };
    match portal.signer().decide(decision, &by, portal.now()).await {
        Ok(_) => {
            let to = format!("/accounts/{account}/installations/{id}?done={lives}");
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let notice = refused(error)?;
            ask(&portal, &user, &ids, lives, Some(notice)).await
        }
    }
}

fn branch(user: &User, account: &AccountId, lives: &str) -> Result<Lives, Failure> {
    if !user.administers(account) {
        return Err(Failure::AdministratorsOnly);
    }
    match lives {
        "first" => Ok(Lives::First),
        "second" => Ok(Lives::Second),
        _ => Err(Failure::Malformed),
    }
}

async fn ask(
    portal: &Portal,
    user: &User,
    (account, id): &(AccountId, Thumbprint),
    lives: &str,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let by = user.decider(account)?;
    let branch = branch(user, account, lives)?;
    let found = portal.signer().installations().show(&by.asker, id, portal.now()).await?;
    let installation = found.ok_or(Failure::NotFound)?;
    let site = site(installation.site_code.as_str(), installation.site_description.as_ref());
    let (title, button, effect) = match branch {
        Lives::First => (
            format!("Let the first branch of {site} live?"),
            "Let the first live",
            "The first goes on as it is. The other server is a copy: it gets no license until it is set up with a key of its own \
             (waybill-proxy setup), and is a new installation then."
                .to_owned(),
        ),
        Lives::Second => {
            let booked: Vec<String> = installation.homes.iter().map(holds).collect();
            let booked = if booked.is_empty() { "nothing now".to_owned() } else { booked.join("; ") };
            (
                format!("Let the second branch of {site} live?"),
                "Let the second live",
                format!(
                    "The second becomes the one on record with its next request, and nothing is typed again; the first is refused from now \
                     on. One counted move of its key is spent. What only the abandoned branch can hold is booked beyond what was bought, \
                     at most {booked}."
                ),
            )
        }
    };
    let here = format!("/accounts/{account}/installations/{id}");
    let crumbs = vec![
        (format!("/accounts/{account}/installations"), "Installations".to_owned()),
        (here.clone(), site),
    ];
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Installations).about(account);
    let spent = installation.homes.iter().map(|home| home.key.moves).max().unwrap_or(0);
    let left = count_of(COUNTED_MOVES.saturating_sub(spent), "counted move");
    let page = ConfirmPage {
        notice,
        says: vec![effect, format!("The key has {left} left."), "It cannot be undone.".to_owned()],
        takes: true,
        form: Draft::with(&[("lives", lives)]),
        ..ConfirmPage::new(frame, crumbs, title, format!("{here}/fork"), button)
    };
    Ok(page.response())
}
