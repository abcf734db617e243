//! `/accounts/{account}/installations/{thumbprint}`, and `/installations/{thumbprint}` for staff: one proxy with its slots.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use license_format::{Thumbprint, Timestamp};
use signer::{
    exchange::{Bar, COUNTED_MOVES},
    installations::{BarView, HomeView, InstallationView, SlotView},
    people::{AccountId, Asker},
};

use super::{At, Flash, custody::Deed};
use crate::{
    answered::site,
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    holdings::{self, amount},
    portal::Portal,
    session::{Staff, User},
    show::{Day, Facts, Notice, Status, ThreeDates, Tone, count_of, grouped, seats},
};

/// One installation.
#[derive(Debug, Template)]
#[template(path = "installation.html")]
pub(super) struct InstallationPage {
    frame: Frame,
    notice: Option<Notice>,
    list: String,
    here: String,
    /// Where the pages of license keys are, if it is somebody's.
    keys: Option<String>,
    title: String,
    facts: Facts,
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

/// A key that is at home here.
#[derive(Debug)]
struct Home {
    id: String,
    name: String,
    masked: String,
    seats: String,
    ends: Day,
    moves: String,
    movable: bool,
    /// It may not use it any more.
    barred: bool,
    exchanged_to: Option<String>,
    /// How many of its licenses were revoked, in words.
    revoked: Option<String>,
    revocable: bool,
}

/// A key that it may not use.
#[derive(Debug)]
struct Barred {
    id: String,
    name: String,
    masked: String,
    why: Status,
    note: String,
    since: Day,
}

#[derive(Debug)]
struct Fork {
    counter: u64,
    seen: Day,
    first: String,
    second: String,
    /// Whether the one who looks may decide: an administrator of the account, and nobody else.
    decides: bool,
}

#[derive(Debug)]
struct Slot {
    license_type: &'static str,
    status: Status,
    license: Option<Newest>,
    used: String,
    peak: String,
    remaining: String,
    leases: Vec<Lease>,
}

/// The newest license that was given for a slot.
#[derive(Debug)]
struct Newest {
    seats: String,
    product: String,
    dates: ThreeDates,
    key: String,
    issued: Day,
    counter: u64,
    digest: String,
}

#[derive(Debug)]
struct Lease {
    counter: u64,
    seats: String,
    ends: Day,
    held: bool,
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
        "note" => Some("The note is saved."),
        other => Deed::from_name(other).map(Deed::notice),
    };
    let notice = notice.map(|says| Notice::new(Tone::Ok, says));
    in_account(&portal, &user, &ids, notice, StatusCode::OK).await
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

async fn in_account(
    portal: &Portal,
    user: &User,
    (account, id): &Ids,
    notice: Option<Notice>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let eyes = user.eyes(account)?;
    let found = portal.signer().installations().show(&eyes, id, portal.now()).await?;
    let installation = found.ok_or(Failure::NotFound)?;
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Installations).about(account);
    let list = format!("/accounts/{account}/installations");
    let may = (user.administers(account), user.manages(account));
    let page = InstallationPage::new(frame, &list, &installation, may, portal.now());
    Ok(deliver::page(status, &InstallationPage { notice, revokes: user.is_staff(), ..page }))
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
            keys: installation.account.as_ref().map(|account| format!("/accounts/{account}/keys")),
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
            clock_behind: installation.clock_behind,
            fork: installation.fork.as_ref().map(|fork| Fork {
                counter: fork.counter,
                seen: Day::new(fork.seen, now),
                first: fork.first.short(),
                second: fork.second.short(),
                decides,
            }),
            slots: installation.slots.iter().map(|slot| Slot::of(slot, now)).collect(),
            manages,
            revokes: false,
            homes: installation.homes.iter().map(|home| Home::of(home, &installation.barred, now)).collect(),
            bars: installation.barred.iter().map(|bar| Barred::of(bar, now)).collect(),
        }
    }
}

impl Home {
    fn of(home: &HomeView, barred: &[BarView], now: Timestamp) -> Home {
        Home {
            barred: barred.iter().any(|bar| bar.key.id == home.key.id),
            id: home.key.id.to_string(),
            name: home.key.name.to_string(),
            masked: home.key.masked.clone(),
            seats: seats(home.seats.clone()),
            ends: Day::new(home.ends, now),
            moves: crate::keys::moves(home.key.moves),
            movable: home.key.moves < COUNTED_MOVES,
            exchanged_to: home.exchanged_to.as_ref().map(|to| format!("{} ({})", to.name, to.masked)),
            revoked: (home.revoked > 0).then(|| count_of(home.revoked, "license")),
            revocable: !home.licenses.is_empty(),
        }
    }
}

impl Barred {
    fn of(bar: &BarView, now: Timestamp) -> Barred {
        Barred {
            id: bar.key.id.to_string(),
            name: bar.key.name.to_string(),
            masked: bar.key.masked.clone(),
            why: match bar.why {
                Bar::Blocked => Status::new(Tone::Stop, "Blocked here"),
                Bar::Moved => Status::new(Tone::Idle, "Moved away"),
            },
            note: bar.note.clone(),
            since: Day::new(bar.since, now),
        }
    }
}

impl Slot {
    fn of(slot: &SlotView, now: Timestamp) -> Slot {
        let number = |count: Option<u64>| count.map_or_else(|| "not reported".to_owned(), grouped);
        // The report counts what the first grant counts.
        let granted =
            slot.license.as_ref().and_then(|license| license.grants.first()).map(|grant| grant.seats);
        let remaining = granted.zip(slot.used).map_or_else(
            || "not reported".to_owned(),
            |(granted, used)| match used.checked_sub(granted) {
                Some(over @ 1..) => format!("{} over the limit", grouped(over)),
                _ => grouped(granted - used),
            },
        );
        Slot {
            license_type: slot.license_type.title(),
            status: holdings::status(slot, now),
            license: slot.license.as_ref().map(|license| Newest {
                seats: seats(license.grants.iter().map(|grant| (grant.metric, grant.seats))),
                product: license.product.to_string(),
                dates: ThreeDates::of(license, now),
                key: license.license_key.last_group.masked(),
                issued: Day::new(license.issued, now),
                counter: license.counter,
                digest: license.answers.to_string(),
            }),
            used: number(slot.used),
            peak: number(slot.peak),
            remaining,
            leases: slot
                .counted
                .iter()
                .map(|counted| Lease {
                    counter: counted.counter,
                    seats: amount(counted.seats.clone()),
                    held: counted.held,
                    ends: Day::new(counted.ends, now),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for InstallationPage {
    fn samples() -> Vec<InstallationPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let [_, customer, staff] = Frame::samples();
        let mut quiet = sample();
        quiet.fork = None;
        quiet.clock_behind = false;
        quiet.slots.clear();
        let notice = Some(Notice::new(Tone::Ok, "Decided: the first branch lives on."));
        let list = "/accounts/0193f2a0-a/installations";
        vec![
            InstallationPage::new(customer, list, &sample(), (true, true), now),
            InstallationPage::new(staff.clone(), list, &sample(), (false, false), now),
            InstallationPage {
                notice,
                revokes: true,
                ..InstallationPage::new(staff, "/installations", &quiet, (false, true), now)
            },
        ]
    }
}

/// A forked installation with a slot that is over its limit and one that was deactivated.
#[cfg(test)]
pub(super) fn sample() -> InstallationView {
    use license_format::{
        DAY, Digest, LicenseId, LicenseKey, LicenseType, Metric,
        payload::{Floor, Grant, InstallationName, License, LicenseKeyRef, OverLimit},
    };
    use signer::installations::{CountedView, ForkView, SlotState};

    let now = Timestamp::parse("2026-11-01").unwrap();
    let key = LicenseKey::from_random(LicenseType::Desktop, &[7; 18]);
    let key_name = signer::installations::KeyName {
        id: "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap(),
        subscription: "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap(),
        name: "Berlin <b>".parse().unwrap(),
        masked: key.last_group().masked(),
        license_type: LicenseType::Desktop,
        moves: 1,
    };
    let thumbprint = Thumbprint([0x7f; 32]);
    let license = License {
        id: LicenseId([1; 16]),
        floor: Floor { bundle: 1, revocations: 0 },
        grace: 14 * DAY,
        grants: vec![Grant {
            seats: 250,
            trial: false,
            metric: Metric::ManagedDevice,
            edition: "Standard".parse().unwrap(),
            features: Default::default(),
            after_end_days: 0,
            over_limit: OverLimit::Notify,
            contract_end: now.plus(365 * DAY),
            contract_start: now,
        }],
        issued: now,
        record: 1,
        vendor: "Northwind Software".parse().unwrap(),
        answers: Digest([2; 32]),
        counter: 3,
        product: "Mac <Management>".parse().unwrap(),
        version: 1,
        good_until: now.plus(90 * DAY),
        report_due: now.plus(60 * DAY),
        time_reset: None,
        license_key: LicenseKeyRef { digest: key.digest(), last_group: key.last_group() },
        installation: InstallationName {
            name: "CM01 <b>".parse().unwrap(),
            site_code: "PS1".parse().unwrap(),
            thumbprint,
            site_description: Some("Headquarters".parse().unwrap()),
        },
        license_type: LicenseType::Desktop,
        clock_tolerance: DAY,
    };
    let slot = |license_type, state, license: Option<License>, used, counted: &[(u64, u64)]| SlotView {
        license_type,
        state,
        license,
        used,
        peak: used,
        counted: counted
            .iter()
            .map(|(counter, seats)| CountedView {
                counter: *counter,
                seats: [(Metric::ManagedDevice, *seats)].into(),
                ends: now.plus(105 * DAY),
                held: *counter == 1,
            })
            .collect(),
    };
    InstallationView {
        thumbprint,
        account: None,
        name: "CM01 <b>".parse().unwrap(),
        site_code: "PS1".parse().unwrap(),
        site_description: Some("Headquarters".parse().unwrap()),
        product: "waybill-proxy".parse().unwrap(),
        version: "0.1.0".parse().unwrap(),
        first_seen: now,
        last_report: now.plus(10 * DAY),
        clock_behind: true,
        fork: Some(ForkView {
            counter: 4,
            first: Digest([4; 32]),
            second: Digest([5; 32]),
            seen: now.plus(11 * DAY),
        }),
        homes: vec![HomeView {
            key: key_name.clone(),
            seats: [(Metric::ManagedDevice, 250)].into(),
            ends: now.plus(105 * DAY),
            exchanged_to: Some(key_name.clone()),
            licenses: vec![LicenseId([1; 16])],
            revoked: 1,
        }],
        barred: vec![BarView {
            key: key_name,
            why: Bar::Blocked,
            note: "left the <b>company".to_owned(),
            since: now,
        }],
        slots: vec![
            slot(LicenseType::Desktop, SlotState::Active, Some(license), Some(262), &[(1, 100), (3, 250)]),
            slot(LicenseType::Mobile, SlotState::Deactivated, None, None, &[]),
        ],
    }
}
