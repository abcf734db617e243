//! `/accounts/{account}/subscriptions/{subscription}`: what was bought, its license keys, where it is used, and what changed. Staff
//! change it here; a change names the version that was shown, so that nobody overwrites what they have not seen.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::{Metric, Timestamp, payload::OverLimit};
use serde::Deserialize;
use signer::{
    catalog::{CatalogError, Change, KeyKind, KeyRecord, Subscription, SubscriptionChange, SubscriptionId},
    exchange::Instant,
    people::{AccountId, Actor, Member},
};

use super::{At, account::status_of};
use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    holdings::{self, amount, using},
    portal::Portal,
    session::{Staff, User},
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
    keys: Vec<Key>,
    /// Whether the keys stand open: right after they were made.
    keys_open: bool,
    timelines: Vec<Timeline>,
    rows: Vec<holdings::Row>,
    changes: Vec<HistoryLine>,
    metrics: Vec<Metric>,
    form: Draft,
}

#[derive(Debug)]
struct Key {
    kind: &'static str,
    name: String,
    masked: String,
    /// The whole key, for those who may see it.
    whole: Option<String>,
    quota: String,
    blocked: bool,
}

#[derive(Debug)]
struct HistoryLine {
    at: Day,
    who: String,
    what: String,
    before: Option<String>,
    after: Option<String>,
}

/// What was just done, for the notice on the page that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Created,
    Terms,
    OfflineOn,
    OfflineOff,
}

impl Done {
    const ALL: [Done; 4] = [Done::Created, Done::Terms, Done::OfflineOn, Done::OfflineOff];

    /// As it stands in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Done::Created => "created",
            Done::Terms => "terms",
            Done::OfflineOn => "offline-on",
            Done::OfflineOff => "offline-off",
        }
    }

    fn notice(self) -> Notice {
        let says = match self {
            Done::Created => "The subscription and its license key are ready.",
            Done::Terms => "Saved. Each proxy gets it with its next refresh.",
            Done::OfflineOn => {
                "Offline use is allowed. Requests that were refused for it may be uploaded again."
            }
            Done::OfflineOff => {
                "No new license files are given. Those that are out stay good until their own dates."
            }
        };
        Notice::new(Tone::Ok, says)
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Flash {
    #[serde(default)]
    done: String,
}

type Ids = (AccountId, SubscriptionId);

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

/// `POST …/terms`: seats and end.
pub(super) async fn terms(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(ids): At<Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let mut change = SubscriptionChange { end: form.day("end", "the end"), ..SubscriptionChange::default() };
    for (metric, field) in SEAT_FIELDS {
        if let Some(seats) = form.number(field, "the number of seats") {
            change.seats.insert(metric, seats);
        }
    }
    if !form.problems().is_empty() {
        return again(&portal, &user, &ids, form, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    }
    update(&portal, &user, &ids, form, change, Done::Terms).await
}

/// `POST …/offline-use`: the switch.
pub(super) async fn offline_use(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(ids): At<Ids>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let allow = form.value("allow") == "on";
    let change = SubscriptionChange { offline_use: Some(allow), ..SubscriptionChange::default() };
    let done = if allow { Done::OfflineOn } else { Done::OfflineOff };
    update(&portal, &user, &ids, form, change, done).await
}

async fn update(
    portal: &Portal,
    user: &User,
    ids: &Ids,
    form: Draft,
    change: SubscriptionChange,
    done: Done,
) -> Result<Response, Failure> {
    let (account, id) = ids;
    // Only with the account's own eyes: the address must name both rightly.
    portal.signer().catalog().subscription(&user.eyes(account)?, id).await?;
    let version = form.value("version").parse().map_err(|_| Failure::Malformed)?;
    let catalog = portal.signer().catalog();
    match catalog.update_subscription(id, version, change, &user.actor(), portal.now()).await {
        Ok(_) => {
            let to = format!("/accounts/{account}/subscriptions/{id}?done={}", done.name());
            Ok(Redirect::to(&to).into_response())
        }
        Err(CatalogError::Invalid(problems)) => {
            let form = form.refused(problems);
            again(portal, user, ids, form, StatusCode::UNPROCESSABLE_ENTITY, None).await
        }
        Err(CatalogError::Changed { .. }) => {
            let notice = Notice::new(
                Tone::Stop,
                "Changed meanwhile: somebody else changed this subscription after you opened the page, so your change was not made. \
                 Here it is as it stands now; make your change again if it is still needed.",
            );
            again(portal, user, ids, Draft::default(), StatusCode::CONFLICT, Some(notice)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The page once more, with what was typed and what is wrong with it.
async fn again(
    portal: &Portal,
    user: &User,
    ids: &Ids,
    form: Draft,
    status: StatusCode,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let page = SubscriptionPage::load(portal, user, ids).await?;
    let form = if form.problems().is_empty() { page.form } else { form };
    Ok(deliver::page(status, &SubscriptionPage { notice, form, ..page }))
}

impl SubscriptionPage {
    async fn load(portal: &Portal, user: &User, (account, id): &Ids) -> Result<SubscriptionPage, Failure> {
        let eyes = user.eyes(account)?;
        let now = portal.now();
        let signer = portal.signer();
        let subscription = signer.catalog().subscription(&eyes, id).await?;
        let of = signer.people().account(account).await?;
        let keys = signer.catalog().license_keys_of(&eyes, id).await?;
        let installations = signer.installations().list(&eyes, now).await?;
        let history = signer.catalog().history(&eyes, id).await?;
        let members = signer.people().members(account).await?;
        let reveal = user.may_reveal_keys(account);
        let folder = format!("/accounts/{account}/installations");
        let used_by: Vec<_> = using(&installations, &keys).collect();
        let timelines = signer.catalog().timeline(&eyes, id, now).await?;
        let at_first = |seats: fn(&Instant) -> u64| {
            let now =
                timelines.iter().map(move |(metric, timeline)| (*metric, timeline.first().map_or(0, seats)));
            amount(now)
        };
        Ok(SubscriptionPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            staff: user.is_staff(),
            account: account.to_string(),
            account_name: of.name.to_string(),
            here: format!("/accounts/{account}/subscriptions/{id}"),
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
            keys: keys.iter().map(|key| Key::of(key, reveal)).collect(),
            keys_open: false,
            rows: used_by
                .iter()
                .map(|(installation, slot)| holdings::Row::of(installation, slot, &folder, now))
                .collect(),
            changes: history.iter().map(|change| HistoryLine::of(change, user, &members, now)).collect(),
            metrics: subscription.grants.iter().map(|grant| grant.metric).collect(),
            form: form_of(&subscription),
        })
    }
}

/// The field of each metric's seats.
const SEAT_FIELDS: [(Metric, &str); 4] = [
    (Metric::ManagedDevice, "seats-managed-device"),
    (Metric::ConcurrentUser, "seats-concurrent-user"),
    (Metric::Computer, "seats-computer"),
    (Metric::User, "seats-user"),
];

/// The form as the subscription stands.
fn form_of(subscription: &Subscription) -> Draft {
    let end = subscription.end.date();
    let seats: Vec<(&str, String)> = SEAT_FIELDS
        .into_iter()
        .filter_map(|(metric, field)| {
            let grant = subscription.grants.iter().find(|grant| grant.metric == metric)?;
            Some((field, grant.seats.to_string()))
        })
        .collect();
    let mut values: Vec<(&str, &str)> = seats.iter().map(|(field, value)| (*field, value.as_str())).collect();
    values.push(("end", &end));
    Draft::with(&values)
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
    }
    terms
}

impl Key {
    fn of(key: &KeyRecord, reveal: bool) -> Key {
        Key {
            kind: match key.kind {
                KeyKind::Primary => "Primary key",
                KeyKind::Sublicense => "Sublicense",
            },
            name: key.name.to_string(),
            masked: key.key.last_group().masked(),
            whole: reveal.then(|| key.key.to_string()),
            quota: key
                .quota
                .map_or_else(|| "all seats".to_owned(), |quota| format!("up to {}", count_of(quota, "seat"))),
            blocked: key.blocked,
        }
    }
}

impl HistoryLine {
    /// Customers see that staff did something, and not who of them.
    fn of(change: &Change, user: &User, members: &[Member], now: Timestamp) -> HistoryLine {
        let who = match &change.who {
            who if *who == user.actor() => "You".to_owned(),
            Actor::User(id) => members
                .iter()
                .find(|member| member.user.id == *id)
                .map_or_else(|| "Vendor's staff".to_owned(), |member| member.user.email.to_string()),
            Actor::ApiToken(_) => "A program, with an API token".to_owned(),
            Actor::Operator => "Vendor's command line".to_owned(),
        };
        HistoryLine {
            at: Day::new(change.at, now),
            who,
            what: change.what.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for SubscriptionPage {
    fn samples() -> Vec<SubscriptionPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let page = |frame: Frame, notice: Option<Notice>, form| {
            let staff = frame.who.as_ref().unwrap().staff;
            SubscriptionPage {
                frame,
                notice,
                staff,
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
                keys: vec![Key {
                    kind: "Primary key",
                    name: "Primary".to_owned(),
                    masked: "*****-*****-*****-*****-7QW2Z".to_owned(),
                    whole: staff.then(|| "D0000-00000-00000-00000-7QW2Z".to_owned()),
                    quota: "all seats".to_owned(),
                    blocked: !staff,
                }],
                keys_open: staff,
                timelines: vec![Timeline::new(Metric::ManagedDevice, &[], now)],
                rows: vec![],
                changes: vec![HistoryLine {
                    at: Day::new(now, now),
                    who: "You".to_owned(),
                    what: "seats <managed-device>".to_owned(),
                    before: Some("100".to_owned()),
                    after: Some("250".to_owned()),
                }],
                metrics: vec![Metric::ManagedDevice],
                form,
            }
        };
        let [_, customer, staff] = Frame::samples();
        let mut refused = Draft::with(&[("seats-managed-device", "\"many\"")]);
        refused.number("seats-managed-device", "the number of seats");
        vec![
            page(customer, None, Draft::default()),
            page(staff.clone(), Some(Done::Created.notice()), Draft::default()),
            page(staff, None, refused),
        ]
    }
}
