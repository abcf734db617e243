//! `waybill subscription`: what customers bought. Each comes with its primary license key.

mod terms;

use license_format::{LicenseType, Metric, Timestamp};
use serde_json::{Value, json};
use signer::{
    AccountId, SubscriptionId,
    catalog::{Catalog, GrantChange, Subscription as Row, SubscriptionChange, SubscriptionDraft},
    people::{Actor, Asker},
};

use self::terms::{GrantTerms, Terms, agreed};
use super::{license_key, overdraft::Overdraft, sublicense, timeline::Timeline};
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subscription {
    /// Create a subscription and its primary license key
    Create(Create),
    /// Change what was bought
    Update(Update),
    /// Grant seats beyond those bought, or list what is granted and booked
    Overdraft(Overdraft),
    /// Show its seats over time: sold, reserved, leased, free
    Timeline(Timeline),
    /// List all subscriptions, the newest first
    List,
    /// Show one subscription, its keys and its history
    Show {
        /// The subscription's id
        id: SubscriptionId,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The account that bought it
    #[arg(long, value_name = "ID")]
    account: AccountId,
    /// desktop, mobile, farm or computers
    #[arg(long, value_name = "TYPE")]
    license_type: LicenseType,
    /// How many seats
    #[arg(long, value_name = "N")]
    seats: u64,
    /// The first day, such as 2026-11-22
    #[arg(long, value_name = "DATE", value_parser = date)]
    start: Timestamp,
    /// The day on which it is over
    #[arg(long, value_name = "DATE", value_parser = date)]
    end: Timestamp,
    /// The product's name; that of the license type when absent
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// It is a trial
    #[arg(long)]
    trial: bool,
    /// Allow offline use, without which no request file is answered
    #[arg(long)]
    offline_use: bool,
    #[command(flatten)]
    grant: GrantTerms,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// The subscription's id
    id: SubscriptionId,
    /// How many seats from now on
    #[arg(long, value_name = "N")]
    seats: Option<u64>,
    /// The day on which it is over
    #[arg(long, value_name = "DATE", value_parser = date)]
    end: Option<Timestamp>,
    /// Allow or stop offline use
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    offline_use: Option<bool>,
    /// It is a trial, or no trial any more
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    trial: Option<bool>,
    /// Give no new licenses for now, or give them again
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    suspended: Option<bool>,
    /// What a seat is for from the next refresh on: managed-device, concurrent-user, computer or user
    #[arg(long, value_name = "METRIC", value_parser = metric)]
    metric: Option<Metric>,
    /// Only say what that would do
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    grant: GrantTerms,
    #[command(flatten)]
    terms: Terms,
}

impl Subscription {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let store = context.data_dir.store().await?;
        let catalog = Catalog::new(store.clone());
        match self {
            Subscription::Create(create) => create.run(&catalog).await,
            Subscription::Update(update) => update.run(&catalog).await,
            Subscription::Overdraft(overdraft) => overdraft.run(&catalog, &store).await,
            Subscription::Timeline(timeline) => timeline.run(&catalog).await,
            Subscription::List => list(&catalog).await,
            Subscription::Show { id } => show_one(&catalog, &id).await,
        }
    }
}

impl Create {
    async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let Create { account, license_type, seats, start, end, product, trial, offline_use, grant } = self;
        let mut draft = SubscriptionDraft::new(account, license_type, seats, start, end);
        draft.product = product.unwrap_or(draft.product);
        draft.trial = trial;
        draft.offline_use = offline_use;
        grant.fill(&mut draft.grants);
        let now = edge::now();
        let (subscription, key) =
            catalog.create_subscription(draft, &Actor::Operator, now, &mut edge::entropy).await?;
        let text = details(&subscription, now) + &show::fields(&[("license key", &key.key)]);
        let json = json!({ "subscription": row(&subscription, now), "license_key": license_key::row(&key) });
        Ok(Report::new(text, json))
    }
}

impl Update {
    async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let Update { id, seats, end, offline_use, trial, suspended, metric, preview, grant, terms } = self;
        let mut change = SubscriptionChange { end, trial, offline_use, suspended, ..terms.change() };
        let before = catalog.subscription(&Asker::Staff, &id).await?;
        let grant = GrantChange { seats, metric, ..grant.change() };
        if let Some(sold) = before.grants.first().filter(|_| grant != GrantChange::default()) {
            change.grants.insert(sold.metric, grant);
        }
        if change == SubscriptionChange::default() {
            let next = "Give --seats, --end, --offline-use, another value, or one of the terms.";
            return Err(Failure::misuse("nothing-to-change", "nothing was said to change", next));
        }
        let now = edge::now();
        let effect = catalog.preview_subscription(&Asker::Staff, &id, &change, now).await?;
        if preview {
            return Ok(sublicense::told(&effect));
        }
        let after = catalog.update_subscription(&id, before.version, change, &Actor::Operator, now).await?;
        let text = details(&after, now) + &sublicense::warning(&effect);
        let json = json!({ "subscription": row(&after, now), "effect": sublicense::effect(&effect) });
        Ok(Report::new(text, json))
    }
}

async fn list(catalog: &Catalog) -> Result<Report, Failure> {
    let now = edge::now();
    let subscriptions = catalog.subscriptions(&Asker::Staff).await?;
    let cells = |subscription: &Row| {
        vec![
            subscription.id.to_string(),
            subscription.license_type.title().to_owned(),
            seats(subscription),
            subscription.start.date(),
            subscription.end.date(),
            subscription.status(now).title().to_owned(),
            if subscription.offline_use { "allowed" } else { "off" }.to_owned(),
        ]
    };
    let header = ["id", "type", "seats", "start", "end", "status", "offline use"];
    let empty = "There is no subscription yet. Make one with `waybill subscription create`.";
    let text = show::table(&header, subscriptions.iter().map(cells).collect(), empty);
    let rows: Vec<Value> = subscriptions.iter().map(|subscription| row(subscription, now)).collect();
    Ok(Report::new(text, json!({ "subscriptions": rows })))
}

async fn show_one(catalog: &Catalog, id: &SubscriptionId) -> Result<Report, Failure> {
    let now = edge::now();
    let subscription = catalog.subscription(&Asker::Staff, id).await?;
    let keys = catalog.license_keys_of(&Asker::Staff, id).await?;
    let history = catalog.history(&Asker::Staff, id).await?;
    let changes = history.iter().map(|change| {
        let from_to = [&change.before, &change.after].map(|value| value.as_deref().unwrap_or("-").to_owned());
        let [before, after] = from_to;
        vec![change.at.minute(), change.who.to_string(), change.what.clone(), before, after]
    });
    let changes =
        show::table(&["when", "who", "what", "before", "after"], changes.collect(), "No change yet.");
    let text = [&details(&subscription, now), "\n", &license_key::table(&keys), "\n", &changes].concat();
    let json = json!({
        "subscription": row(&subscription, now),
        "license_keys": keys.iter().map(license_key::masked_row).collect::<Vec<_>>(),
        "history": history.iter().map(|change| json!({
            "at": change.at.rfc3339(),
            "who": change.who.to_string(),
            "what": change.what,
            "before": change.before,
            "after": change.after,
        })).collect::<Vec<_>>(),
    });
    Ok(Report::new(text, json))
}

fn details(subscription: &Row, now: Timestamp) -> String {
    let Row { id, account, product, license_type, start, end, trial, offline_use, .. } = subscription;
    let terms: Vec<String> = subscription.grants.iter().map(agreed).collect();
    show::fields(&[
        ("subscription", id),
        ("account", account),
        ("product", &format!("{product}, {}{}", license_type.title(), if *trial { ", trial" } else { "" })),
        ("seats", &seats(subscription)),
        ("contract", &format!("{} to {}", start.date(), end.date())),
        ("status", &subscription.status(now).title()),
        ("offline use", &if *offline_use { "allowed" } else { "off: requests will be refused" }),
        (
            "files",
            &format!(
                "good for {} days, report due after {}, grace {}",
                subscription.file_days, subscription.report_days, subscription.grace_days
            ),
        ),
        ("terms", &terms.join("; ")),
    ])
}

fn seats(subscription: &Row) -> String {
    show::seats(subscription.grants.iter().map(|grant| (grant.metric, grant.seats)))
}

fn row(subscription: &Row, now: Timestamp) -> Value {
    json!({
        "id": subscription.id,
        "account": subscription.account,
        "product": subscription.product,
        "license_type": subscription.license_type,
        "created": subscription.created.rfc3339(),
        "start": subscription.start.rfc3339(),
        "end": subscription.end.rfc3339(),
        "status": subscription.status(now).name(),
        "trial": subscription.trial,
        "offline_use": subscription.offline_use,
        "suspended": subscription.suspended,
        "file_days": subscription.file_days,
        "report_days": subscription.report_days,
        "grace_days": subscription.grace_days,
        "clock_tolerance_hours": subscription.clock_tolerance_hours,
        "grants": subscription.grants.iter().map(|grant| json!({
            "metric": grant.metric,
            "seats": grant.seats,
            "edition": grant.edition,
            "over_limit": grant.over_limit,
            "after_end_days": grant.after_end_days,
            "features": grant.features.facts(),
        })).collect::<Vec<_>>(),
    })
}

/// A day, or an instant in RFC 3339.
pub(super) fn date(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a date is typed as 2026-11-22".to_owned())
}

pub(super) fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is on or off".to_owned()),
    }
}

pub(super) fn metric(text: &str) -> Result<Metric, String> {
    Metric::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        format!("it is one of {}", names.join(", "))
    })
}
