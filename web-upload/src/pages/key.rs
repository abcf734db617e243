//! `/accounts/{account}/keys/{key}`: one license key: what it may have, what is out through it, where, and what can be decided about it.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use signer::{
    LicenseKeyId,
    catalog::KeyUse,
    exchange::COUNTED_MOVES,
    installations::{Query as Lines, Scope},
    paging::Part,
    people::AccountId,
};

use super::{At, Flash, Listing, subscription};
use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    holdings::Row,
    keys::{self, KeyRow},
    portal::Portal,
    session::User,
    show::{Facts, Notice, Tone},
};

/// One key.
#[derive(Debug, Template)]
#[template(path = "key.html")]
pub(super) struct KeyPage {
    frame: Frame,
    notice: Option<Notice>,
    here: String,
    crumbs: Vec<(String, String)>,
    manages: bool,
    primary: bool,
    blocked: bool,
    key: KeyRow,
    facts: Facts,
    license_type: &'static str,
    /// The whole key, for those who may see it.
    whole: Option<String>,
    open: bool,
    rows: Vec<Row>,
    /// The address of the next page of those.
    next: Option<String>,
}

/// What was just done, for the notice on the page that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Created,
    Changed,
    Blocked,
    Unblocked,
}

impl Done {
    const ALL: [Done; 4] = [Done::Created, Done::Changed, Done::Blocked, Done::Unblocked];

    /// As it stands in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Done::Created => "created",
            Done::Changed => "changed",
            Done::Blocked => "blocked",
            Done::Unblocked => "unblocked",
        }
    }

    fn notice(self) -> Notice {
        let says = match self {
            Done::Created => {
                "The sublicense is ready. Give its key to whoever activates with it, or make codes for them."
            }
            Done::Changed => {
                "Saved. It holds for new licenses from now on, and for each installation with its next refresh."
            }
            Done::Blocked => {
                "Blocked. It gives no new licenses; what is out through it goes on until its files end."
            }
            Done::Unblocked => {
                "It gives licenses again. Requests that were refused for it may be uploaded again."
            }
        };
        Notice::new(Tone::Ok, says)
    }
}

pub(super) type Ids = (AccountId, LicenseKeyId);

/// The page's address.
pub(super) fn address((account, id): &Ids) -> String {
    format!("/accounts/{account}/keys/{id}")
}

/// The way here, from the account on, the key itself last.
pub(super) async fn crumbs(
    portal: &Portal,
    user: &User,
    ids: &Ids,
    used: &KeyUse,
) -> Result<Vec<(String, String)>, Failure> {
    let (account, _) = ids;
    let of = portal.signer().people().account(account).await?;
    let id = used.key.subscription.clone();
    let subscription = portal.signer().catalog().subscription(&user.eyes(account)?, &id).await?;
    Ok(vec![
        (format!("/accounts/{account}"), of.name.to_string()),
        (subscription::address(&(account.clone(), id)), subscription.product.to_string()),
        (address(ids), used.key.name.to_string()),
    ])
}

/// Installations on one page of this.
const LINES: usize = 20;

/// `GET /accounts/{account}/keys/{key}`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<Ids>,
    Query(Flash { done }): Query<Flash>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let done = Done::ALL.into_iter().find(|known| known.name() == done);
    let page = KeyPage::load(&portal, &user, &ids, &listing).await?;
    let open = done == Some(Done::Created);
    Ok(deliver::page(StatusCode::OK, &KeyPage { notice: done.map(Done::notice), open, ..page }))
}

impl KeyPage {
    async fn load(portal: &Portal, user: &User, ids: &Ids, listing: &Listing) -> Result<KeyPage, Failure> {
        let (account, id) = ids;
        let (eyes, now) = (user.eyes(account)?, portal.now());
        let used = portal.signer().catalog().key_use(&eyes, id, now).await?;
        let scope = Scope::Key(id.clone());
        let part = Part { rows: LINES, ..listing.part() };
        let query = Lines { scope, part, ..Lines::default() };
        let lines = portal.signer().installations().lines(&eyes, &query, now).await?;
        let manages = user.manages(account);
        let folder = format!("/accounts/{account}/installations");
        let mut crumbs = crumbs(portal, user, ids, &used).await?;
        crumbs.pop();
        Ok(KeyPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            here: address(ids),
            crumbs,
            manages,
            primary: used.is_primary(),
            blocked: used.key.blocked,
            key: KeyRow::of(account, &used, now),
            facts: facts(&used),
            license_type: used.key.key.license_type().name(),
            whole: manages.then(|| used.key.key.to_string()),
            open: false,
            rows: lines.rows.iter().map(|line| Row::of(line, &folder, now)).collect(),
            next: lines.next.map(|cursor| format!("?after={cursor}#where")),
        })
    }
}

fn facts(used: &KeyUse) -> Facts {
    let key = &used.key;
    let left = COUNTED_MOVES.saturating_sub(used.moves);
    let mut lines = vec![
        ("May have", keys::share(key)),
        ("Leased through it", crate::show::seats(used.seats.clone())),
        (
            "At home at",
            format!("{} of {} at once", used.homes, crate::show::count_of(key.installations, "installation")),
        ),
        (
            "Counted moves",
            format!(
                "{}, {left} left: each lets a lost server's key go on elsewhere at once",
                keys::moves(used.moves)
            ),
        ),
        ("Ends", key.ends.map_or_else(|| "with the subscription".to_owned(), |ends| ends.date())),
        ("Created", key.created.date()),
    ];
    if !key.note.is_empty() {
        lines.push(("Note", key.note.clone()));
    }
    Facts { lines: lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}

#[cfg(test)]
impl crate::pages::Sample for KeyPage {
    fn samples() -> Vec<KeyPage> {
        let [_, customer, staff] = Frame::samples();
        let page = |frame, manages: bool| KeyPage {
            frame,
            notice: manages.then(|| Done::Created.notice()),
            here: "/accounts/a/keys/k".to_owned(),
            crumbs: vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())],
            manages,
            primary: !manages,
            blocked: manages,
            key: super::keys::sample_rows().remove(0),
            facts: Facts { lines: vec![("May have".to_owned(), "40 <1>".to_owned())] },
            license_type: "desktop",
            whole: manages.then(|| "D0000-00000-00000-00000-7QW2Z".to_owned()),
            open: manages,
            rows: vec![],
            next: manages.then(|| "?after=aa#where".to_owned()),
        };
        vec![page(customer, false), page(staff, true)]
    }
}
