//! `/accounts/{account}/installations/{thumbprint}`, and `/installations/{thumbprint}` for staff: one proxy with its slots.

mod parts;
#[cfg(test)]
mod sample;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::{Thumbprint, Timestamp};
use signer::{
    catalog::CatalogError,
    installations::{InstallationView, Remarks, RemarksChange},
    people::{AccountId, Asker},
};

use self::parts::{Barred, Fork, Home, Slot};
use super::{At, Flash, confirm::changed, custody::Deed};
use crate::{
    answered::site,
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::{Staff, User},
    show::{Facts, Notice, Tone},
};

/// One installation.
#[derive(Debug, Template)]
#[template(path = "installation.html")]
pub(super) struct InstallationPage {
    frame: Frame,
    notice: Option<Notice>,
    list: String,
    here: String,
    /// The page of its account, if it is somebody's.
    account: Option<String>,
    title: String,
    facts: Facts,
    remarks: Remarks,
    /// What was typed for those, and what is wrong with it.
    form: Draft,
    clock_behind: bool,
    fork: Option<Fork>,
    slots: Vec<Slot>,
    /// Whether the one who looks decides about its keys.
    manages: bool,
    /// Whether it is the vendor's staff, who revoke.
    revokes: bool,
    homes: Vec<Home>,
    bars: Vec<Barred>,
}

type Ids = (AccountId, Thumbprint);

/// `GET /accounts/{account}/installations/{thumbprint}`
pub(super) async fn of_account(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<Ids>,
    Query(Flash { done }): Query<Flash>,
) -> Result<Response, Failure> {
    let notice = match done.as_str() {
        "first" => Some(
            "Decided: the first branch lives on. The copy needs `waybill-proxy setup`, and is a new installation then.",
        ),
        "second" => Some(
            "Decided: the second branch lives on. Upload the request that was refused once more; nothing is typed again.",
        ),
        "remarks" => Some("Saved, for everybody of the account and the vendor's staff."),
        other => Deed::from_name(other).map(Deed::notice),
    };
    let notice = notice.map(|says| Notice::new(Tone::Ok, says));
    let page = load(&portal, &user, &ids).await?;
    Ok(deliver::page(StatusCode::OK, &InstallationPage { notice, ..page }))
}

/// `POST /accounts/{account}/installations/{thumbprint}/remarks`: what people call it, and what they note.
pub(super) async fn remark(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<Ids>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let (by, edits) = (user.decider(account)?, form.version()?);
    let change = RemarksChange {
        alias: Some(form.value("alias").to_owned()),
        // Browsers end lines as mail does.
        note: Some(form.value("note").replace("\r\n", "\n")),
    };
    match portal.signer().installations().remark(id, edits, &change, &by, portal.now()).await {
        Ok(_) => {
            let to = format!("/accounts/{account}/installations/{id}?done=remarks");
            Ok(Redirect::to(&to).into_response())
        }
        Err(CatalogError::Invalid(problems)) => {
            let page = load(&portal, &user, &ids).await?;
            let page = InstallationPage { form: form.refused(problems), ..page };
            Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(CatalogError::Changed { .. }) => {
            let page = load(&portal, &user, &ids).await?;
            let notice = Some(changed("installation"));
            Ok(deliver::page(StatusCode::CONFLICT, &InstallationPage { notice, ..page }))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /installations/{thumbprint}`
pub(super) async fn of_all(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(id): At<Thumbprint>,
) -> Result<Response, Failure> {
    let found = portal.signer().installations().show(&Asker::Staff, &id, portal.now()).await?;
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations);
    let installation = found.ok_or(Failure::NotFound)?;
    let mut page = InstallationPage::new(frame, "/installations", &installation, (false, true), portal.now());
    // What is decided is decided on the account's own page.
    match &installation.account {
        Some(account) => page.here = format!("/accounts/{account}/installations/{id}"),
        None => page.manages = false,
    }
    page.revokes = page.manages;
    Ok(deliver::page(StatusCode::OK, &page))
}

async fn load(portal: &Portal, user: &User, (account, id): &Ids) -> Result<InstallationPage, Failure> {
    let eyes = user.eyes(account)?;
    let found = portal.signer().installations().show(&eyes, id, portal.now()).await?;
    let installation = found.ok_or(Failure::NotFound)?;
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Installations).about(account);
    let list = format!("/accounts/{account}/installations");
    let may = (user.administers(account), user.manages(account));
    let page = InstallationPage::new(frame, &list, &installation, may, portal.now());
    Ok(InstallationPage { revokes: user.is_staff(), ..page })
}

/// The form as the remarks stand.
fn form_of(remarks: &Remarks) -> Draft {
    let alias = remarks.alias.as_ref().map_or("", |alias| alias.as_str());
    Draft::with(&[("version", &remarks.edits.to_string()), ("alias", alias), ("note", &remarks.note)])
}

impl InstallationPage {
    fn new(
        frame: Frame,
        list: &str,
        installation: &InstallationView,
        (decides, manages): (bool, bool),
        now: Timestamp,
    ) -> InstallationPage {
        let fact = |name: &str, value: String| (name.to_owned(), value);
        InstallationPage {
            frame,
            notice: None,
            list: list.to_owned(),
            account: installation.account.as_ref().map(|account| format!("/accounts/{account}")),
            here: format!("{list}/{}", installation.thumbprint),
            title: site(installation.site_code.as_str(), installation.site_description.as_ref()),
            facts: Facts {
                lines: vec![
                    fact("Server", installation.name.to_string()),
                    fact("Installation", installation.thumbprint.short()),
                    fact("Program", format!("{} {}", installation.product, installation.version)),
                    fact("First seen", installation.first_seen.minute()),
                    fact("Last report", installation.last_report.minute()),
                ],
            },
            form: form_of(&installation.remarks),
            remarks: installation.remarks.clone(),
            clock_behind: installation.clock_behind,
            fork: installation.fork.as_ref().map(|fork| Fork::of(fork, decides, now)),
            slots: installation.slots.iter().map(|slot| Slot::of(slot, now)).collect(),
            manages,
            revokes: false,
            homes: installation.homes.iter().map(|home| Home::of(home, &installation.barred, now)).collect(),
            bars: installation.barred.iter().map(|bar| Barred::of(bar, now)).collect(),
        }
    }
}
