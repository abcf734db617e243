//! `/accounts/{account}/installations/{thumbprint}/{deed}`: what is decided about an installation and one of its keys.
//! Each is a page that says what happens and from when, asks why, and then does it.

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use license_format::Thumbprint;
use serde::Deserialize;
use signer::{
    LicenseKeyId,
    catalog::KeyUse,
    exchange::{Bar, COUNTED_MOVES},
    installations::{Decider, HomeView, InstallationView},
    link::{AboutKey, Decided, Decision},
    paging::{MOST_ROWS, Part},
    people::AccountId,
    revocation::{Afterwards, Revoke},
};

use super::{
    At,
    confirm::{self, Choice, ConfirmPage, refused},
};
use crate::{
    answered::site,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::User,
    show::{Notice, count_of, seats},
};

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Block,
    Allow,
    Move,
    Exchange,
    /// The vendor's staff alone: a list has room for few, and is for ever.
    Revoke,
}

impl Deed {
    const ALL: [Deed; 5] = [Deed::Block, Deed::Allow, Deed::Move, Deed::Exchange, Deed::Revoke];

    /// As it stands in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Deed::Block => "block",
            Deed::Allow => "allow",
            Deed::Move => "move",
            Deed::Exchange => "exchange",
            Deed::Revoke => "revoke",
        }
    }

    /// From its name.
    pub(super) fn from_name(name: &str) -> Option<Deed> {
        Deed::ALL.into_iter().find(|deed| deed.name() == name)
    }

    fn button(self) -> &'static str {
        match self {
            Deed::Block => "Block it here",
            Deed::Allow => "Allow it here again",
            Deed::Move => "Move the key away",
            Deed::Exchange => "Exchange the key",
            Deed::Revoke => "Revoke its licenses",
        }
    }

    fn title(self, key: &str, site: &str) -> String {
        match self {
            Deed::Block => format!("Block the key {key} at {site}?"),
            Deed::Allow => format!("Allow the key {key} at {site} again?"),
            Deed::Move => format!("Move the key {key} away from {site}?"),
            Deed::Exchange => format!("Exchange the key {key} at {site}?"),
            Deed::Revoke => format!("Revoke the licenses of the key {key} at {site}?"),
        }
    }

    /// What was done, on the page that follows.
    pub(super) fn notice(self) -> &'static str {
        match self {
            Deed::Block => {
                "Blocked: it gets no new license of this key. The one that it has goes on until its file ends, and counts."
            }
            Deed::Allow => {
                "Allowed: it may use this key again. A request that was refused for it may be uploaded again."
            }
            Deed::Move => {
                "Moved: the key can be activated elsewhere now, and one counted move is spent. Deactivate here if the server is ever found."
            }
            Deed::Exchange => {
                "Saved: its next refresh brings a license of the other key. Nobody types anything there."
            }
            Deed::Revoke => {
                "Revoked: every new answer brings the list from now on, and the one to this installation's next request does too."
            }
        }
    }
}

type Ids = (AccountId, Thumbprint, String);

#[derive(Debug, Deserialize)]
pub(super) struct About {
    key: Option<LicenseKeyId>,
}

/// `GET …/{deed}?key=…`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At((account, id, deed)): At<Ids>,
    Query(About { key }): Query<About>,
) -> Result<Response, Failure> {
    let deed = allowed(&deed, &user)?;
    // Whoever had to sign in on the way comes back without it.
    let Some(key) = key else {
        return Ok(Redirect::to(&format!("/accounts/{account}/installations/{id}")).into_response());
    };
    ask(&portal, &user, &(account, id), (deed, &key), Draft::default(), None).await
}

/// `POST …/{deed}`
pub(super) async fn post(
    State(portal): State<Portal>,
    user: User,
    At((account, id, deed)): At<Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let deed = allowed(&deed, &user)?;
    let by = decider(deed, &user, &account)?;
    let key: LicenseKeyId = form.value("key").parse().map_err(|_| Failure::Malformed)?;
    let Some(reason) = confirm::reason(&mut form) else {
        return ask(&portal, &user, &(account, id), (deed, &key), form, None).await;
    };
    let about = AboutKey { installation: id, key: key.clone(), reason };
    let decision = match deed {
        Deed::Block => Decision::Block(about),
        Deed::Allow => Decision::Allow(about),
        Deed::Move => Decision::MoveKey(about),
        Deed::Exchange => {
            let to: LicenseKeyId = form.value("to").parse().map_err(|_| Failure::Malformed)?;
            Decision::ExchangeKey { about, to }
        }
        Deed::Revoke => {
            let found = portal.signer().installations().show(&by.asker, &id, portal.now()).await?;
            let homes = found.ok_or(Failure::NotFound)?.homes;
            let home = homes.into_iter().find(|home| home.key.id == key);
            let then = match form.value("then") {
                "replaced" => Afterwards::Replaced,
                _ => Afterwards::Blocked,
            };
            let what = Revoke::Licenses { ids: home.map_or_else(Vec::new, |home| home.licenses), then };
            Decision::Revoke { what, reason: about.reason }
        }
    };
    match portal.signer().decide(decision, &by, portal.now()).await {
        Ok(Decided::Waits { proposal }) => {
            Ok(Redirect::to(&format!("/proposals/{proposal}")).into_response())
        }
        Ok(Decided::Done) => Ok(after(&account, &id, deed)),
        Err(error) => {
            let notice = Some(refused(error)?);
            ask(&portal, &user, &(account, id), (deed, &key), form, notice).await
        }
    }
}

/// A deed by its name, if it is one for who asks.
fn allowed(name: &str, user: &User) -> Result<Deed, Failure> {
    match Deed::from_name(name).ok_or(Failure::NotFound)? {
        Deed::Revoke => user.staff().map(|_| Deed::Revoke),
        deed => Ok(deed),
    }
}

/// Somebody who decides about a deed. What is revoked, and what is allowed again after that, no customer decides: staff do it with the vendor's
/// eyes, and all else with the account's.
fn decider(deed: Deed, user: &User, account: &AccountId) -> Result<Decider, Failure> {
    match deed {
        Deed::Revoke => Ok(user.staff()?.decider()),
        Deed::Allow if user.is_staff() => Ok(user.staff()?.decider()),
        Deed::Allow | Deed::Block | Deed::Move | Deed::Exchange => user.decider(account),
    }
}

/// The page after a deed.
fn after(account: &AccountId, id: &Thumbprint, deed: Deed) -> Response {
    Redirect::to(&format!("/accounts/{account}/installations/{id}?done={}", deed.name())).into_response()
}

/// The page to confirm, on the installation as it stands now.
async fn ask(
    portal: &Portal,
    user: &User,
    (account, id): &(AccountId, Thumbprint),
    (deed, key): (Deed, &LicenseKeyId),
    form: Draft,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let (by, now) = (user.decider(account)?, portal.now());
    let found = portal.signer().installations().show(&by.asker, id, now).await?;
    let installation = found.ok_or(Failure::NotFound)?;
    let catalog = portal.signer().catalog();
    let used = catalog.key_use(&by.asker, key, now).await?;
    let here = format!("/accounts/{account}/installations/{id}");
    let site = site(installation.site_code.as_str(), installation.site_description.as_ref());
    let home = installation.homes.iter().find(|home| home.key.id == *key);
    let says = match deed {
        Deed::Block => block_says(home),
        Deed::Allow => allow_says(&installation, key),
        Deed::Move => move_says(home, &used, installation.clock_behind),
        Deed::Exchange => exchange_says(home),
        Deed::Revoke => revoke_says(home),
    };
    let choice = match deed {
        Deed::Exchange => {
            let part = Part::first(MOST_ROWS);
            let mut options = Vec::new();
            for subscription in catalog.subscriptions(&by.asker).await? {
                if subscription.license_type != used.key.key.license_type() {
                    continue;
                }
                let keys = catalog.key_uses(&by.asker, &subscription.id, "", &part, now).await?;
                let others = keys.rows.into_iter().filter(|other| other.key.id != *key && !other.key.blocked);
                options.extend(others.map(|other| {
                    let KeyUse { key, .. } = &other;
                    let name = format!(
                        "{} ({}), {}",
                        key.name,
                        key.key.last_group().masked(),
                        crate::keys::share(key)
                    );
                    (key.id.to_string(), name)
                }));
            }
            Some(Choice { field: "to", label: "It goes on with", options })
        }
        Deed::Revoke => {
            let option = |name: &str, says: &str| (name.to_owned(), says.to_owned());
            let options = vec![
                option("blocked", "is refused: the key is blocked here"),
                option("replaced", "brings a new license in place of the revoked one"),
            ];
            Some(Choice { field: "then", label: "Its next refresh", options })
        }
        _ => None,
    };
    let carried = Draft::with(&[
        ("key", key.as_str()),
        ("reason", form.value("reason")),
        ("to", form.value("to")),
        ("then", form.value("then")),
    ]);
    let crumbs = vec![
        (format!("/accounts/{account}/installations"), "Installations".to_owned()),
        (here.clone(), site.clone()),
    ];
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Installations).about(account);
    let title = deed.title(used.key.name.as_str(), &site);
    let page = ConfirmPage {
        notice,
        says,
        choice,
        reason: true,
        takes: matches!(deed, Deed::Block | Deed::Move | Deed::Revoke),
        form: carried.refused(form.problems().to_vec()),
        ..ConfirmPage::new(frame, crumbs, title, format!("{here}/{}", deed.name()), deed.button())
    };
    Ok(page.response())
}

/// What a home holds, in words.
pub(super) fn holds(home: &HomeView) -> String {
    format!("{} until {}", seats(home.seats.clone()), home.ends.date())
}

fn block_says(home: Option<&HomeView>) -> Vec<String> {
    let mut says = vec![
        "From now on this installation gets no new license of this key. Others go on with it, and it can be allowed here again at any time."
            .to_owned(),
    ];
    says.push(match home {
        Some(home) => format!(
            "What it has cannot be called back: its license goes on until its file ends, and holds {} at the latest.",
            holds(home)
        ),
        None => "It has no license of this key now.".to_owned(),
    });
    says
}

fn allow_says(installation: &InstallationView, key: &LicenseKeyId) -> Vec<String> {
    let why = match installation.barred.iter().find(|bar| bar.key.id == *key) {
        Some(bar) => {
            let note = if bar.note.is_empty() { String::new() } else { format!(": “{}”", bar.note) };
            match bar.why {
                Bar::Blocked => format!("It was blocked here on {}{note}.", bar.since.date()),
                Bar::Moved => format!("The key moved away from here on {}{note}.", bar.since.date()),
            }
        }
        None => "It is allowed to use this key as it is.".to_owned(),
    };
    let says = "From now on its requests with this key get licenses again, as far as seats are free and the key has room for one more \
                installation.";
    vec![why, says.to_owned()]
}

fn move_says(home: Option<&HomeView>, used: &KeyUse, clock_behind: bool) -> Vec<String> {
    let left = COUNTED_MOVES.saturating_sub(used.moves);
    let moves = format!(
        "For a server that is lost, stolen or was set up anew, and cannot deactivate any more. It spends one of the key's {COUNTED_MOVES} \
         counted moves: {left} {} left.",
        if left == 1 { "is" } else { "are" }
    );
    let Some(home) = home else {
        return vec![moves, "This key is not at home here, so nothing has to move.".to_owned()];
    };
    let mut says = vec![
        moves,
        "The key can be activated elsewhere at once. The old server gets no new license of it.".to_owned(),
        format!(
            "What the old server may still honour is booked beyond what was bought: {}, or until the old server proves that it let go. \
             Nobody else loses seats by it.",
            holds(home)
        ),
    ];
    if clock_behind {
        says.push(
            "The clock of the old server is behind, so its license does not lapse by the calendar."
                .to_owned(),
        );
    }
    says
}

fn exchange_says(home: Option<&HomeView>) -> Vec<String> {
    let mut says = vec![
        "Its next refresh brings a license of the other key; nobody types anything there. Until then it goes on with the key that it has."
            .to_owned(),
        "The seats of its old key are free when it proves with a later request that it has the new license.".to_owned(),
    ];
    if let Some(home) = home {
        says.push(format!("Now it holds {} at the latest.", holds(home)));
        if let Some(to) = &home.exchanged_to {
            says.push(format!(
                "It was to go on with {} ({}); the new choice replaces that.",
                to.name, to.masked
            ));
        }
    }
    says
}

fn revoke_says(home: Option<&HomeView>) -> Vec<String> {
    let Some(home) = home.filter(|home| !home.licenses.is_empty()) else {
        return vec!["It has no license of this key that could be revoked.".to_owned()];
    };
    vec![
        format!(
            "{} of this key in the field {} revoked, for ever. A list says so, and every new answer to anybody brings it from now on.",
            count_of(home.licenses.len() as u64, "license"),
            if home.licenses.len() == 1 { "is" } else { "are" }
        ),
        "The installation hears of it with the answer to its next request. From then on nothing new is added there by these licenses; what is \
         managed already stays managed. Until then nobody can call them back."
            .to_owned(),
        format!("They hold {} at the latest, or until the proxy proves that it let go.", holds(home)),
        "To give no new license and leave the old ones alone, block the key here instead.".to_owned(),
    ]
}
