//! `/accounts/{account}/subscriptions/{subscription}`: what was bought, its license keys, where it is used, and what changed: the newest of
//! each, with ways to all of it. What changes it is a page of its own.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use license_format::payload::OverLimit;
use signer::{
    catalog::{Subscription, SubscriptionId},
    exchange::Instant,
    installations,
    paging::Part,
    people::AccountId,
};

use super::{At, Flash, account::status_of};
use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    history::HistoryLine,
    holdings::{Row, amount},
    keys::KeyRow,
    portal::Portal,
    session::User,
    show::{Day, Notice, Status, Tone, count_of, days, seats},
    timeline::Timeline,
};

/// Everything about one subscription.
#[derive(Debug, Template)]
#[template(path = "subscription.html")]
pub(super) struct SubscriptionPage {
    frame: Frame,
    notice: Option<Notice>,
    staff: bool,
    manages: bool,
    account: String,
    account_name: String,
    here: String,
    version: u64,
    product: String,
    license_type: &'static str,
    trial: bool,
    status: Status,
    offline_use: bool,
    start: Day,
    end: Day,
    seats: String,
    leased: String,
    free: String,
    terms: Vec<(&'static str, String)>,
    primary: Option<Primary>,
    /// Whether the primary key stands open: right after it was made.
    keys_open: bool,
    keys: Vec<KeyRow>,
    more_keys: bool,
    timelines: Vec<Timeline>,
    rows: Vec<Row>,
    more_rows: bool,
    changes: Vec<HistoryLine>,
    more_changes: bool,
}

/// The key that came with the subscription.
#[derive(Debug)]
struct Primary {
    masked: String,
    /// The whole key, for those who may see it.
    whole: Option<String>,
}

/// What was just done, for the notice on the page that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Created,
    Changed,
    OfflineOn,
    OfflineOff,
    Granted,
    KeyDeleted,
}

impl Done {
    const ALL: [Done; 6] =
        [Done::Created, Done::Changed, Done::OfflineOn, Done::OfflineOff, Done::Granted, Done::KeyDeleted];

    /// As it stands in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Done::Created => "created",
            Done::Changed => "changed",
            Done::OfflineOn => "offline-on",
            Done::OfflineOff => "offline-off",
            Done::Granted => "granted",
            Done::KeyDeleted => "key-deleted",
        }
    }

    fn notice(self) -> Notice {
        let says = match self {
            Done::Created => "The subscription and its license key are ready.",
            Done::Changed => "Saved. Each proxy gets it with its next refresh.",
            Done::OfflineOn => {
                "Offline use is allowed. Requests that were refused for it may be uploaded again."
            }
            Done::OfflineOff => {
                "No new license files are given. Those that are out stay good until their own dates."
            }
            Done::Granted => "Granted. Proxies get those seats with their next refresh.",
            Done::KeyDeleted => {
                "The license key is deleted; it gives no new licenses. What is out through it goes on until its files end."
            }
        };
        Notice::new(Tone::Ok, says)
    }
}

pub(super) type Ids = (AccountId, SubscriptionId);

/// The page's address.
pub(super) fn address((account, id): &Ids) -> String {
    format!("/accounts/{account}/subscriptions/{id}")
}

/// `GET /accounts/{account}/subscriptions/{subscription}`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<Ids>,
    Query(Flash { done }): Query<Flash>,
) -> Result<Response, Failure> {
    let done = Done::ALL.into_iter().find(|known| known.name() == done);
    let page = SubscriptionPage::load(&portal, &user, &ids).await?;
    let keys_open = done == Some(Done::Created);
    let page = SubscriptionPage { notice: done.map(Done::notice), keys_open, ..page };
    Ok(deliver::page(StatusCode::OK, &page))
}

/// Lines of each list on this page; the lists have pages of their own.
const LINES: usize = 10;

impl SubscriptionPage {
    async fn load(portal: &Portal, user: &User, ids: &Ids) -> Result<SubscriptionPage, Failure> {
        let (account, id) = ids;
        let eyes = user.eyes(account)?;
        let now = portal.now();
        let signer = portal.signer();
        let subscription = signer.catalog().subscription(&eyes, id).await?;
        let of = signer.people().account(account).await?;
        let first = Part::first(LINES);
        let keys = signer.catalog().key_uses(&eyes, id, "", &first, now).await?;
        let scope = installations::Scope::Subscription(id.clone());
        let query = installations::Query { scope, part: first.clone(), ..installations::Query::default() };
        let lines = signer.installations().lines(&eyes, &query, now).await?;
        let history = signer.catalog().changes(&eyes, id, &first).await?;
        let members = signer.people().members(account).await?;
        let manages = user.manages(account);
        let folder = format!("/accounts/{account}/installations");
        let timelines = signer.catalog().timeline(&eyes, id, now).await?;
        let at_first = |seats: fn(&Instant) -> u64| {
            let now =
                timelines.iter().map(move |(metric, timeline)| (*metric, timeline.first().map_or(0, seats)));
            amount(now)
        };
        let primary = keys.rows.iter().find(|used| used.is_primary()).map(|used| Primary {
            masked: used.key.key.last_group().masked(),
            whole: manages.then(|| used.key.key.to_string()),
        });
        Ok(SubscriptionPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            staff: user.is_staff(),
            manages,
            account: account.to_string(),
            account_name: of.name.to_string(),
            here: address(ids),
            version: subscription.version,
            product: subscription.product.to_string(),
            license_type: subscription.license_type.title(),
            trial: subscription.trial,
            status: status_of(&subscription, now),
            offline_use: subscription.offline_use,
            start: Day::new(subscription.start, now),
            end: Day::new(subscription.end, now),
            seats: seats(subscription.grants.iter().map(|grant| (grant.metric, grant.seats))),
            free: at_first(Instant::free),
            leased: at_first(|instant| instant.leased),
            timelines: timelines
                .iter()
                .map(|(metric, timeline)| Timeline::new(*metric, timeline, now))
                .collect(),
            terms: terms_of(&subscription),
            primary,
            keys_open: false,
            keys: keys.rows.iter().map(|used| KeyRow::of(account, used, now)).collect(),
            more_keys: keys.next.is_some(),
            rows: lines.rows.iter().map(|line| Row::of(line, &folder, now)).collect(),
            more_rows: lines.next.is_some(),
            changes: history.rows.iter().map(|change| HistoryLine::of(change, user, &members, now)).collect(),
            more_changes: history.next.is_some(),
        })
    }
}

/// The terms in words: section 5 of the design, as a customer reads them.
fn terms_of(subscription: &Subscription) -> Vec<(&'static str, String)> {
    let mut terms = vec![
        ("A file is good for", format!("{}, never past the contract's end", days(subscription.file_days))),
        ("A report is due after", days(subscription.report_days)),
        ("Grace after a file's end", days(subscription.grace_days)),
        ("Clock may be set back by", count_of(subscription.clock_tolerance_hours, "hour")),
    ];
    for grant in &subscription.grants {
        let over = match grant.over_limit {
            OverLimit::Notify => "it is said, and nothing stops".to_owned(),
            OverLimit::SuspendAfterDays(limit) => {
                format!("suspended after {} over the limit, until use is at or under it", days(limit))
            }
            OverLimit::Refuse => "what would go over is refused".to_owned(),
        };
        terms.push(("Over the limit", over));
        if grant.after_end_days > 0 {
            terms
                .push(("After the contract's end", format!("holds for {} more", days(grant.after_end_days))));
        }
        terms.push(("Edition", grant.edition.to_string()));
        if !grant.features.is_empty() {
            terms.push(("Features", grant.features.to_string().replace('\n', ", ")));
        }
    }
    terms
}

#[cfg(test)]
impl crate::pages::Sample for SubscriptionPage {
    fn samples() -> Vec<SubscriptionPage> {
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let page = |frame: Frame, notice: Option<Notice>| {
            let staff = frame.who.as_ref().unwrap().staff;
            SubscriptionPage {
                frame,
                notice,
                staff,
                manages: staff,
                account: "0193f2a0-a".to_owned(),
                account_name: "Contoso <Ltd>".to_owned(),
                here: "/accounts/0193f2a0-a/subscriptions/0193f2a0-b".to_owned(),
                version: 3,
                product: "Mac <Management>".to_owned(),
                license_type: "Desktop",
                trial: true,
                status: Status::new(Tone::Ok, "Active"),
                offline_use: staff,
                start: Day::new(now, now),
                end: Day::new(now.plus(365 * license_format::DAY), now),
                seats: "250 managed devices".to_owned(),
                leased: "100".to_owned(),
                free: "150".to_owned(),
                terms: vec![("Grace after a file's end", "14 days".to_owned())],
                primary: Some(Primary {
                    masked: "*****-*****-*****-*****-7QW2Z".to_owned(),
                    whole: staff.then(|| "D0000-00000-00000-00000-7QW2Z".to_owned()),
                }),
                keys: super::keys::sample_rows(),
                more_keys: staff,
                keys_open: staff,
                timelines: vec![Timeline::new(license_format::Metric::ManagedDevice, &[], now)],
                rows: vec![],
                more_rows: false,
                changes: vec![HistoryLine {
                    at: Day::new(now, now),
                    who: "You".to_owned(),
                    what: "Seats <b>".to_owned(),
                    before: "100".to_owned(),
                    after: "250".to_owned(),
                }],
                more_changes: staff,
            }
        };
        let [_, customer, staff] = Frame::samples();
        vec![page(customer, None), page(staff, Some(Done::Created.notice()))]
    }
}
