//! `/accounts/{account}`: an account's first page. Customers see what they bought; staff see the same, and can add to it.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use license_format::Timestamp;
use signer::{
    catalog::{Subscription, SubscriptionStatus},
    installations::{Line, LineState, Query, Scope},
    paging::{Paged, Part},
    people::{AccountId, Member, Role},
};

use super::At;
use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    holdings::amount,
    portal::Portal,
    session::User,
    show::{Day, Status, Tone, seats},
};

/// The cards and the people.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    frame: Frame,
    id: String,
    name: String,
    staff: bool,
    cards: Vec<SubscriptionCard>,
    /// Installations with a fork that nobody has decided.
    forks: Vec<(String, String)>,
    people: Vec<Person>,
    form: Draft,
}

#[derive(Debug)]
struct SubscriptionCard {
    href: String,
    product: String,
    license_type: &'static str,
    trial: bool,
    status: Status,
    seats: String,
    leased: String,
    installed_at: Vec<String>,
    end: Day,
    offline_use: bool,
}

#[derive(Debug)]
struct Person {
    id: String,
    email: String,
    role: &'static str,
    has_password: bool,
}

/// `GET /accounts/{account}`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
) -> Result<Response, Failure> {
    show(&portal, &user, &account, Draft::default(), StatusCode::OK).await
}

/// The page, with what was typed into its form.
pub(super) async fn show(
    portal: &Portal,
    user: &User,
    id: &AccountId,
    form: Draft,
    status: StatusCode,
) -> Result<Response, Failure> {
    let eyes = user.eyes(id)?;
    let now = portal.now();
    let signer = portal.signer();
    let account = signer.people().account(id).await?;
    let subscriptions = signer.catalog().subscriptions(&eyes).await?;
    let mut cards = Vec::with_capacity(subscriptions.len());
    for subscription in &subscriptions {
        let timelines = signer.catalog().timeline(&eyes, &subscription.id, now).await?;
        let leased =
            timelines.iter().map(|(metric, timeline)| (*metric, timeline.first().map_or(0, |at| at.leased)));
        let scope = Scope::Subscription(subscription.id.clone());
        let query = Query { scope, part: Part::first(SITES), ..Query::default() };
        let lines = signer.installations().lines(&eyes, &query, now).await?;
        cards.push(SubscriptionCard::of(subscription, amount(leased), &lines, now));
    }
    let members = signer.people().members(id).await?;
    let page = AccountPage {
        frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(id),
        id: id.to_string(),
        name: account.name.to_string(),
        staff: user.is_staff(),
        cards,
        forks: signer
            .installations()
            .forks(id)
            .await?
            .into_iter()
            .map(|(thumbprint, site)| (thumbprint.to_string(), site.to_string()))
            .collect(),
        people: members.iter().map(Person::of).collect(),
        form,
    };
    Ok(deliver::page(status, &page))
}

/// Sites that a card names.
const SITES: usize = 4;

/// How a subscription's status looks.
pub(super) fn status_of(subscription: &Subscription, now: Timestamp) -> Status {
    let status = subscription.status(now);
    let tone = match status {
        SubscriptionStatus::Active => Tone::Ok,
        SubscriptionStatus::Upcoming => Tone::Wait,
        SubscriptionStatus::ExpiringSoon => Tone::Warn,
        SubscriptionStatus::Expired | SubscriptionStatus::Suspended => Tone::Stop,
    };
    Status::new(tone, status.title())
}

impl SubscriptionCard {
    fn of(
        subscription: &Subscription,
        leased: String,
        lines: &Paged<Line>,
        now: Timestamp,
    ) -> SubscriptionCard {
        let licensed = |line: &&Line| line.license.is_some() && line.state == LineState::Used;
        let mut installed_at: Vec<String> =
            lines.rows.iter().filter(licensed).map(|line| line.site_code.to_string()).collect();
        installed_at.dedup();
        if lines.next.is_some() {
            installed_at.push("more".to_owned());
        }
        SubscriptionCard {
            href: format!("/accounts/{}/subscriptions/{}", subscription.account, subscription.id),
            product: subscription.product.to_string(),
            license_type: subscription.license_type.title(),
            trial: subscription.trial,
            status: status_of(subscription, now),
            seats: seats(subscription.grants.iter().map(|grant| (grant.metric, grant.seats))),
            leased,
            installed_at,
            end: Day::new(subscription.end, now),
            offline_use: subscription.offline_use,
        }
    }
}

impl Person {
    fn of(member: &Member) -> Person {
        Person {
            id: member.user.id.to_string(),
            email: member.user.email.to_string(),
            role: match member.role {
                Role::Administrator => "Administrator",
                Role::Member => "Member",
            },
            has_password: member.user.has_password,
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for AccountPage {
    fn samples() -> Vec<AccountPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let card = |offline_use: bool, installed_at: &[&str]| SubscriptionCard {
            href: "/accounts/0193f2a0-a/subscriptions/0193f2a0-b".to_owned(),
            product: "Mac <Management>".to_owned(),
            license_type: "Desktop",
            trial: !offline_use,
            status: Status::new(Tone::Warn, "Expiring soon"),
            seats: "250 managed devices".to_owned(),
            leased: "100".to_owned(),
            installed_at: installed_at.iter().map(|site| (*site).to_owned()).collect(),
            end: Day::new(now.plus(12 * license_format::DAY), now),
            offline_use,
        };
        let person = |email: &str, has_password| Person {
            id: "0193f2a0-c".to_owned(),
            email: email.to_owned(),
            role: "Administrator",
            has_password,
        };
        let [_, customer, staff] = Frame::samples();
        let page = |frame: Frame, cards| AccountPage {
            id: "0193f2a0-a".to_owned(),
            name: "Contoso <Ltd>".to_owned(),
            staff: frame.who.as_ref().unwrap().staff,
            frame,
            cards,
            forks: vec![("7f3a".to_owned(), "PS1".to_owned())],
            people: vec![person("ana@contoso.example", true), person("<b>@contoso.example", false)],
            form: Draft::default(),
        };
        vec![
            page(customer.clone(), vec![card(true, &["PS1", "PS2"]), card(false, &[])]),
            page(customer, vec![]),
            page(staff.clone(), vec![card(true, &[])]),
            page(staff, vec![]),
        ]
    }
}
