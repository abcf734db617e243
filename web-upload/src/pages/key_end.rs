//! `/accounts/{account}/keys/{key}/block`, `/unblock` and `/delete`: whether a license key gives licenses. Each is a page to confirm.

use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use signer::catalog::{CatalogError, KeyChange};

use super::{
    At,
    confirm::{ConfirmPage, changed},
    key, subscription,
};
use crate::{
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    outlook::Outlook,
    portal::Portal,
    session::User,
    show::Notice,
};

/// What is to be done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Block,
    Unblock,
    Delete,
}

impl Deed {
    const ALL: [Deed; 3] = [Deed::Block, Deed::Unblock, Deed::Delete];

    fn name(self) -> &'static str {
        match self {
            Deed::Block => "block",
            Deed::Unblock => "unblock",
            Deed::Delete => "delete",
        }
    }

    fn title(self, name: &str) -> String {
        match self {
            Deed::Block => format!("Block the key {name}?"),
            Deed::Unblock => format!("Unblock the key {name}?"),
            Deed::Delete => format!("Delete the sublicense {name}?"),
        }
    }

    fn button(self) -> &'static str {
        match self {
            Deed::Block => "Block it",
            Deed::Unblock => "Unblock it",
            Deed::Delete => "Delete it",
        }
    }

    /// What it means beside what the preview says.
    fn says(self) -> &'static str {
        match self {
            Deed::Block => "It can be unblocked at any time.",
            Deed::Unblock => {
                "Requests that were refused for it get their licenses when they are uploaded again."
            }
            Deed::Delete => {
                "It cannot be undone: whoever still has the key or one of its codes cannot activate with it. To keep installations going, \
                 exchange their key for another one first, on their own pages."
            }
        }
    }

    fn change(self) -> Option<KeyChange> {
        let blocked = match self {
            Deed::Block => true,
            Deed::Unblock => false,
            Deed::Delete => return None,
        };
        Some(KeyChange { blocked: Some(blocked), ..KeyChange::default() })
    }
}

type Ids = (signer::AccountId, signer::LicenseKeyId, String);

/// `GET …/{deed}`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At((account, id, deed)): At<Ids>,
) -> Result<Response, Failure> {
    ask(&portal, &user, &(account, id), known(&deed)?, None).await
}

/// `POST …/{deed}`
pub(super) async fn post(
    State(portal): State<Portal>,
    user: User,
    At((account, id, deed)): At<Ids>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let (ids, deed) = ((account, id), known(&deed)?);
    let (account, id) = &ids;
    let by = user.decider(account)?;
    let (catalog, now, version) = (portal.signer().catalog(), portal.now(), form.version()?);
    // Only with the account's own eyes: the address must name both rightly.
    let before = catalog.license_key(&by.asker, id).await?;
    let done = match deed.change() {
        Some(change) => catalog.update_license_key(id, version, change, &by.actor, now).await,
        None => catalog.delete_license_key(id, version, &by.actor, now).await,
    };
    let to = match (done, deed) {
        (Ok(_), Deed::Delete) => {
            let of = subscription::address(&(account.clone(), before.subscription));
            format!("{of}?done={}", subscription::Done::KeyDeleted.name())
        }
        (Ok(_), Deed::Block) => format!("{}?done={}", key::address(&ids), key::Done::Blocked.name()),
        (Ok(_), Deed::Unblock) => format!("{}?done={}", key::address(&ids), key::Done::Unblocked.name()),
        (Err(CatalogError::Changed { .. }), _) => {
            return ask(&portal, &user, &ids, deed, Some(changed("license key"))).await;
        }
        (Err(error), _) => return Err(error.into()),
    };
    Ok(Redirect::to(&to).into_response())
}

/// The page to confirm, on the key as it stands now.
async fn ask(
    portal: &Portal,
    user: &User,
    ids: &key::Ids,
    deed: Deed,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let (account, id) = ids;
    let by = user.decider(account)?;
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    let used = catalog.key_use(&by.asker, id, now).await?;
    let preview = catalog.preview_license_key(&by.asker, id, deed.change().as_ref(), now).await?;
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account);
    let crumbs = key::crumbs(portal, user, ids, &used).await?;
    let action = format!("{}/{}", key::address(ids), deed.name());
    let title = deed.title(used.key.name.as_str());
    let page = ConfirmPage {
        notice,
        says: vec![deed.says().to_owned()],
        outlook: Some(Outlook::new(account, &preview, now)),
        takes: deed != Deed::Unblock,
        form: Draft::with(&[("version", &used.key.version.to_string())]),
        ..ConfirmPage::new(frame, crumbs, title, action, deed.button())
    };
    Ok(page.response())
}

fn known(deed: &str) -> Result<Deed, Failure> {
    Deed::ALL.into_iter().find(|known| known.name() == deed).ok_or(Failure::NotFound)
}
