//! The catalog over a real store: what a draft becomes, what a change leaves behind, and who may see it.

use std::collections::BTreeMap;

use license_format::{DAY, LicenseType, Metric, payload::OverLimit};
use sqlx::Row as _;

use super::*;
use crate::{
    exchange::Draw,
    people::{AccountDraft, AccountId, AccountKind, Actor, Asker, People},
    problem::Problem,
    store::Store,
    testing::{Place, at, dice, store},
};

struct Shop {
    place: Place,
    store: Store,
    catalog: Catalog,
    contoso: AccountId,
    fabrikam: AccountId,
}

async fn shop() -> Shop {
    let (place, store) = store().await;
    let people = People::new(store.clone());
    let account = async |name: &str, seed| {
        let admin_email = format!("admin@{name}.example");
        let draft = AccountDraft { name: name.to_owned(), kind: AccountKind::Business, admin_email };
        people.create_account(draft, at(0), &mut dice(seed)).await.expect("an account").account.id
    };
    let (contoso, fabrikam) = (account("Contoso", 1).await, account("Fabrikam", 2).await);
    Shop { place, catalog: Catalog::new(store.clone()), store, contoso, fabrikam }
}

impl Shop {
    fn desktop(&self) -> SubscriptionDraft {
        SubscriptionDraft::new(self.contoso.clone(), LicenseType::Desktop, 250, at(0), at(365 * DAY))
    }

    async fn sold(&self) -> (Subscription, KeyRecord) {
        let sold =
            self.catalog.create_subscription(self.desktop(), &Actor::Operator, at(0), &mut dice(3)).await;
        sold.expect("a subscription")
    }

    async fn update(
        &self,
        id: &SubscriptionId,
        version: u64,
        change: SubscriptionChange,
    ) -> Result<Subscription> {
        self.catalog.update_subscription(id, version, change, &Actor::Operator, at(10)).await
    }
}

fn seats(metric: Metric, seats: u64) -> SubscriptionChange {
    SubscriptionChange { seats: BTreeMap::from([(metric, seats)]), ..SubscriptionChange::default() }
}

fn problems<T: std::fmt::Debug>(outcome: Result<T>) -> Vec<String> {
    match outcome {
        Err(CatalogError::Invalid(problems)) => {
            problems.iter().map(|problem: &Problem| problem.code.to_string()).collect()
        }
        other => panic!("not refused for its contents: {other:?}"),
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> &'static str {
    outcome.expect_err("refused").code()
}

#[tokio::test]
async fn a_subscription_comes_with_its_primary_key_and_usual_terms() {
    let shop = shop().await;
    let (subscription, key) = shop.sold().await;
    let periods = (subscription.file_days, subscription.report_days, subscription.grace_days);
    assert_eq!((periods, subscription.clock_tolerance_hours), ((90, 60, 14), 24));
    assert!(!subscription.offline_use && !subscription.suspended && !subscription.trial);
    assert_eq!(subscription.grants.len(), 1);
    assert_eq!((subscription.grants[0].metric, subscription.grants[0].seats), (Metric::ManagedDevice, 250));
    assert_eq!(subscription.grants[0].over_limit, OverLimit::Notify);
    assert_eq!((key.kind, key.quota, key.installations, key.blocked), (KeyKind::Primary, None, 1, false));
    assert_eq!(key.key.license_type(), LicenseType::Desktop);

    let asker = Asker::Staff;
    assert_eq!(shop.catalog.subscription(&asker, &subscription.id).await.expect("found"), subscription);
    assert_eq!(
        shop.catalog.subscriptions(&asker).await.expect("a list"),
        std::slice::from_ref(&subscription)
    );
    assert_eq!(shop.catalog.license_key(&asker, &key.id).await.expect("found"), key);
    assert_eq!(shop.catalog.license_keys_of(&asker, &subscription.id).await.expect("a list"), [key]);
}

/// The three guides' behaviours are rows of data, and each is read back as it was written.
#[tokio::test]
async fn each_license_type_has_its_usual_terms() {
    let shop = shop().await;
    let expected = [
        (LicenseType::Desktop, Metric::ManagedDevice, OverLimit::Notify, 0, 14),
        (LicenseType::Mobile, Metric::ManagedDevice, OverLimit::Notify, 0, 14),
        (LicenseType::Farm, Metric::ConcurrentUser, OverLimit::SuspendAfterDays(7), 30, 30),
        (LicenseType::Computers, Metric::Computer, OverLimit::Refuse, 0, 14),
    ];
    for (seed, (license_type, metric, over_limit, after_end_days, grace_days)) in (10..).zip(expected) {
        let draft = SubscriptionDraft::new(shop.contoso.clone(), license_type, 5, at(0), at(DAY));
        let sold = shop.catalog.create_subscription(draft, &Actor::Operator, at(0), &mut dice(seed)).await;
        let (sold, key) = sold.expect("sold");
        let found = shop.catalog.subscription(&Asker::Staff, &sold.id).await.expect("found");
        assert_eq!(found, sold);
        let grant = &found.grants[0];
        assert_eq!(
            (grant.metric, grant.over_limit, grant.after_end_days),
            (metric, over_limit, after_end_days)
        );
        assert_eq!(found.grace_days, grace_days);
        assert_eq!(key.key.license_type(), license_type);
    }
}

#[tokio::test]
async fn computers_and_users_mix_in_one_subscription() {
    let shop = shop().await;
    let mut draft = SubscriptionDraft::new(shop.contoso.clone(), LicenseType::Computers, 20, at(0), at(DAY));
    draft.grants.push(GrantDraft { metric: Metric::User, seats: 7, ..draft.grants[0].clone() });
    let sold =
        shop.catalog.create_subscription(draft, &Actor::Operator, at(0), &mut dice(3)).await.expect("sold").0;
    let changed = shop.update(&sold.id, 1, seats(Metric::User, 9)).await.expect("changed");
    assert_eq!((changed.seats(Metric::Computer), changed.seats(Metric::User)), (20, 9));
    assert_eq!(shop.catalog.subscriptions(&Asker::Staff).await.expect("a list"), [changed]);
}

#[tokio::test]
async fn every_problem_of_a_draft_is_told_and_nothing_is_made() {
    let shop = shop().await;
    let grant = shop.desktop().grants[0].clone();
    let draft = SubscriptionDraft {
        product: "\u{7}".to_owned(),
        start: at(0),
        end: at(0).minus(DAY),
        file_days: 0,
        report_days: 2,
        grace_days: 10_000,
        clock_tolerance_hours: 10_000,
        grants: vec![
            GrantDraft {
                seats: 0,
                over_limit: OverLimit::Refuse,
                edition: String::new(),
                after_end_days: 9999,
                ..grant.clone()
            },
            GrantDraft {
                metric: Metric::ConcurrentUser,
                over_limit: OverLimit::SuspendAfterDays(0),
                ..grant
            },
        ],
        ..shop.desktop()
    };
    let refused = shop.catalog.create_subscription(draft, &Actor::Operator, at(0), &mut dice(3)).await;
    assert_eq!(
        problems(refused),
        [
            "text",
            "dates-order",
            "end-past",
            "file-days",
            "report-days",
            "grace-days",
            "clock-tolerance",
            "text",
            "seats",
            "managed-device-stops",
            "after-end-days",
            "metric-type",
            "over-limit-days",
        ]
    );
    let none = SubscriptionDraft { grants: Vec::new(), ..shop.desktop() };
    let refused = shop.catalog.create_subscription(none, &Actor::Operator, at(0), &mut dice(3)).await;
    assert_eq!(problems(refused), ["grants-none"]);
    let mut twice = shop.desktop();
    twice.grants.push(twice.grants[0].clone());
    let refused = shop.catalog.create_subscription(twice, &Actor::Operator, at(0), &mut dice(3)).await;
    assert_eq!(problems(refused), ["metric-twice"]);
    assert!(shop.catalog.subscriptions(&Asker::Staff).await.expect("a list").is_empty());

    let nobody = SubscriptionDraft { account: AccountId::new(at(0), &mut dice(99)), ..shop.desktop() };
    let refused = shop.catalog.create_subscription(nobody, &Actor::Operator, at(0), &mut dice(3)).await;
    assert_eq!(code(refused), "not-found");
}

#[tokio::test]
async fn a_change_leaves_a_row_for_each_value_and_says_who() {
    let shop = shop().await;
    let (sold, key) = shop.sold().await;
    let change = SubscriptionChange {
        offline_use: Some(true),
        end: Some(at(730 * DAY)),
        ..seats(Metric::ManagedDevice, 300)
    };
    let user = Actor::User(crate::ids::UserId::new(at(0), &mut dice(8)));
    let changed =
        shop.catalog.update_subscription(&sold.id, 1, change, &user, at(10)).await.expect("changed");
    assert_eq!((changed.version, changed.offline_use, changed.seats(Metric::ManagedDevice)), (2, true, 300));
    assert_eq!(shop.catalog.subscription(&Asker::Staff, &sold.id).await.expect("found"), changed);

    let blocked = KeyChange { blocked: Some(true), ..KeyChange::default() };
    shop.catalog.update_license_key(&key.id, 1, blocked, &Actor::Operator, at(20)).await.expect("blocked");

    let history = shop.catalog.history(&Asker::Staff, &sold.id).await.expect("a history");
    let shown: Vec<_> = history
        .iter()
        .map(|change| {
            (change.number, change.what.as_str(), change.before.as_deref(), change.after.as_deref())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (5, "blocked", Some("off"), Some("on")),
            (4, "seats.managed-device", Some("250"), Some("300")),
            (3, "offline-use", Some("off"), Some("on")),
            (2, "end", Some("2027-11-22"), Some("2028-11-21")),
            (1, "created", None, Some("Mac Management")),
        ]
    );
    assert_eq!(
        (&history[0].who, history[0].at, history[0].license_key.as_ref()),
        (&Actor::Operator, at(20), Some(&key.id))
    );
    assert_eq!((&history[1].who, history[1].at, history[1].license_key.as_ref()), (&user, at(10), None));
}

#[tokio::test]
async fn a_change_of_nothing_is_none() {
    let shop = shop().await;
    let (sold, key) = shop.sold().await;
    let same = SubscriptionChange { offline_use: Some(false), ..seats(Metric::ManagedDevice, 250) };
    assert_eq!(shop.update(&sold.id, 1, same).await.expect("taken"), sold);
    let same =
        shop.catalog.update_license_key(&key.id, 1, KeyChange::default(), &Actor::Operator, at(1)).await;
    assert_eq!(same.expect("taken"), key);
    assert_eq!(shop.catalog.history(&Asker::Staff, &sold.id).await.expect("a history").len(), 1);
}

#[tokio::test]
async fn what_a_change_would_make_is_checked_whole() {
    let shop = shop().await;
    let (sold, _) = shop.sold().await;
    let change = SubscriptionChange {
        product: Some(String::new()),
        end: Some(at(0)),
        file_days: Some(30),
        seats: BTreeMap::from([(Metric::ManagedDevice, 0), (Metric::User, 5)]),
        ..SubscriptionChange::default()
    };
    let refused = shop.update(&sold.id, 1, change).await;
    assert_eq!(problems(refused), ["text", "dates-order", "report-days", "seats", "metric-absent"]);
    assert_eq!(shop.catalog.subscription(&Asker::Staff, &sold.id).await.expect("found"), sold);
}

#[tokio::test]
async fn a_change_decided_on_an_older_version_is_told() {
    let shop = shop().await;
    let (sold, key) = shop.sold().await;
    shop.update(&sold.id, 1, seats(Metric::ManagedDevice, 300)).await.expect("the first");
    assert_eq!(code(shop.update(&sold.id, 1, seats(Metric::ManagedDevice, 200)).await), "changed-meanwhile");
    assert_eq!(code(shop.update(&sold.id, 9, seats(Metric::ManagedDevice, 200)).await), "changed-meanwhile");
    let blocked = KeyChange { blocked: Some(true), ..KeyChange::default() };
    let late = shop.catalog.update_license_key(&key.id, 2, blocked, &Actor::Operator, at(1)).await;
    assert_eq!(code(late), "changed-meanwhile");
    // The statement says so by itself, whatever was looked at before.
    let mut transaction = shop.store.begin().await.expect("begun");
    for (version, is_shown) in [(1, false), (2, true), (3, false)] {
        let written = subscriptions::overwrite_subscription(&mut transaction, &sold, version).await;
        assert_eq!(written.expect("asked"), is_shown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_changes_at_once_one_wins() {
    let shop = shop().await;
    let (sold, _) = shop.sold().await;
    let mut tasks = Vec::new();
    for number in 1..=8 {
        let (catalog, id) = (shop.catalog.clone(), sold.id.clone());
        tasks.push(tokio::spawn(async move {
            let change = seats(Metric::ManagedDevice, number);
            catalog.update_subscription(&id, 1, change, &Actor::Operator, at(1)).await
        }));
    }
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(changed) => winners.push(changed),
            Err(error) => assert_eq!(error.code(), "changed-meanwhile"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(shop.catalog.subscription(&Asker::Staff, &sold.id).await.expect("found"), winners[0]);
    assert_eq!(shop.catalog.history(&Asker::Staff, &sold.id).await.expect("a history").len(), 2);
}

#[tokio::test]
async fn sublicenses_have_quotas_and_the_primary_key_has_none() {
    let shop = shop().await;
    let (sold, primary) = shop.sold().await;
    let draft = KeyDraft {
        subscription: sold.id.clone(),
        name: "Berlin".to_owned(),
        quota: Some(100),
        draw: Draw::Open,
        ends: None,
        note: String::new(),
        installations: 2,
    };
    let berlin = shop.catalog.create_license_key(draft.clone(), &Actor::Operator, at(5), &mut dice(4)).await;
    let berlin = berlin.expect("made");
    assert_eq!((berlin.kind, berlin.quota, berlin.installations), (KeyKind::Sublicense, Some(100), 2));
    let keys = shop.catalog.license_keys_of(&Asker::Staff, &sold.id).await.expect("a list");
    assert_eq!(keys, [primary.clone(), berlin.clone()]);

    let wrong = KeyDraft { name: "\n".to_owned(), quota: Some(251), installations: 0, ..draft };
    let refused = shop.catalog.create_license_key(wrong, &Actor::Operator, at(5), &mut dice(5)).await;
    assert_eq!(problems(refused), ["text", "quota", "installations"]);

    let change =
        KeyChange { quota: Some(None), name: Some("Berlin and Paris".to_owned()), ..KeyChange::default() };
    let changed = shop
        .catalog
        .update_license_key(&berlin.id, 1, change, &Actor::Operator, at(6))
        .await
        .expect("changed");
    assert_eq!((changed.quota, changed.name.as_str(), changed.version), (None, "Berlin and Paris", 2));
    let change = KeyChange { quota: Some(Some(5)), ..KeyChange::default() };
    let refused = shop.catalog.update_license_key(&primary.id, 1, change, &Actor::Operator, at(6)).await;
    assert_eq!(problems(refused), ["quota-primary"]);
}

#[tokio::test]
async fn an_account_sees_its_own_alone() {
    let shop = shop().await;
    let (sold, key) = shop.sold().await;
    let own = Asker::Account(shop.contoso.clone());
    assert_eq!(shop.catalog.subscriptions(&own).await.expect("a list").len(), 1);
    assert_eq!(shop.catalog.license_keys(&own).await.expect("a list"), std::slice::from_ref(&key));
    assert!(shop.catalog.history(&own, &sold.id).await.is_ok());
    assert!(shop.catalog.license_key(&own, &key.id).await.is_ok());

    let other = Asker::Account(shop.fabrikam.clone());
    assert!(shop.catalog.subscriptions(&other).await.expect("a list").is_empty());
    assert!(shop.catalog.license_keys(&other).await.expect("a list").is_empty());

    // What is another's is refused in the very words for what does not exist.
    let unknown = SubscriptionId::new(at(0), &mut dice(77));
    let unknown_key = LicenseKeyId::new(at(0), &mut dice(77));
    let said = |outcome: Result<()>| outcome.expect_err("refused").to_string();
    assert_eq!(
        said(shop.catalog.subscription(&other, &sold.id).await.map(|_| ())),
        said(shop.catalog.subscription(&other, &unknown).await.map(|_| ()))
    );
    assert_eq!(
        said(shop.catalog.license_key(&other, &key.id).await.map(|_| ())),
        said(shop.catalog.license_key(&other, &unknown_key).await.map(|_| ()))
    );
    assert_eq!(code(shop.catalog.history(&other, &sold.id).await), "not-found");
    assert_eq!(code(shop.catalog.license_keys_of(&other, &sold.id).await), "not-found");
}

#[tokio::test]
async fn the_status_follows_the_dates() {
    let shop = shop().await;
    let (mut sold, _) = shop.sold().await;
    (sold.start, sold.end) = (at(DAY), at(100 * DAY));
    let cases = [
        (0, SubscriptionStatus::Upcoming),
        (DAY - 1, SubscriptionStatus::Upcoming),
        (DAY, SubscriptionStatus::Active),
        (70 * DAY - 1, SubscriptionStatus::Active),
        (70 * DAY, SubscriptionStatus::ExpiringSoon),
        (100 * DAY - 1, SubscriptionStatus::ExpiringSoon),
        (100 * DAY, SubscriptionStatus::Expired),
    ];
    for (seconds, expected) in cases {
        assert_eq!(sold.status(at(seconds)), expected, "{seconds}");
    }
    sold.suspended = true;
    assert_eq!(sold.status(at(DAY)), SubscriptionStatus::Suspended);
    assert_eq!(sold.status(at(100 * DAY)), SubscriptionStatus::Expired);
}

/// A row that this program never writes is damage with its place, in whichever table.
#[tokio::test]
async fn damaged_rows_are_named() {
    let damages: [(&'static str, &str, &str); 5] = [
        ("UPDATE subscription SET product = ''", "subscription", "product"),
        ("UPDATE subscription SET account = 'x'", "subscription", "account"),
        ("UPDATE license_key SET key_text = 'AAAAA'", "license_key", "key_text"),
        ("UPDATE license_key SET digest = 'AAAAA'", "license_key", "digest"),
        ("UPDATE subscription_grant SET edition = ' x'", "subscription_grant", "edition"),
    ];
    for (damage, table, column) in damages {
        let shop = shop().await;
        let (_, key) = shop.sold().await;
        shop.place.damage(&shop.store, damage).await;
        match shop.catalog.license_key(&Asker::Staff, &key.id).await {
            Err(CatalogError::Store(crate::store::StoreError::Damaged {
                table: found, column: at, ..
            })) => {
                assert_eq!((found, at), (table, column), "{damage}");
            }
            other => panic!("{damage}: {other:?}"),
        }
    }
}

/// The schema refuses on its own what the types never write, whoever writes it.
#[tokio::test]
async fn the_schema_holds_without_the_program() {
    let shop = shop().await;
    shop.sold().await;
    for damage in [
        "UPDATE subscription SET offline_use = 2",
        "UPDATE subscription SET ends = starts",
        "UPDATE subscription SET report_days = file_days + 1",
        "UPDATE subscription SET license_type = 'Desktop'",
        "UPDATE subscription_grant SET seats = -1",
        "UPDATE subscription_grant SET over_limit = 'suspend'",
        "UPDATE subscription_grant SET over_limit_days = 3",
        "UPDATE license_key SET quota = 0",
        "INSERT INTO license_key SELECT 'x', subscription, kind, key_text, $1, name, quota, draw, headroom, ends, note, installations, blocked, created, deleted, version FROM license_key",
        "DELETE FROM subscription",
        "DELETE FROM account",
    ] {
        let mut connection = shop.store.read().await.expect("a connection");
        let outcome = sqlx::query(damage).bind(vec![1_u8; 32]).execute(&mut *connection).await;
        assert!(outcome.is_err(), "{damage}");
    }
    let mut connection = shop.store.read().await.expect("a connection");
    let row =
        sqlx::query("SELECT COUNT(*) FROM license_key").fetch_one(&mut *connection).await.expect("counted");
    assert_eq!(row.get::<i64, _>(0), 1);
}
