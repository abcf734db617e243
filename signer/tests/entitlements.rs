//! Who may have how many, where and until when, through the real signer and its store: the guides' worked cases, and the arithmetic by
//! hand. Each scenario reads as it would be told.

mod common;
#[path = "entitlements/custody.rs"]
mod custody;

use common::{Site, Vendor};
use license_format::{
    DAY, LicenseType, Metric,
    payload::{License, OverLimit},
};
use signer::{
    Asker, Reason,
    catalog::{
        CatalogError, Draw, Effect, GrantChange, KeyChange, KeyDraft, OverdraftDraft, SubscriptionChange,
    },
    exchange::{Instant, Seats},
    paging::Part,
    people::Actor,
    second_person::{RiskyAction, SecondPersonError},
};

const DEVICES: Metric = Metric::ManagedDevice;

fn because(text: &str) -> Reason {
    text.parse().unwrap()
}

fn seats(license: &License) -> u64 {
    license.grants[0].seats
}

/// The subscription's timeline: day, free, and what is over.
async fn timeline(vendor: &Vendor) -> Vec<Instant> {
    let timelines =
        vendor.signer.catalog().timeline(&Asker::Staff, &vendor.subscription.id, vendor.now).await;
    timelines.unwrap().into_values().next().unwrap()
}

/// Device management, *Create sublicenses*: two licenses, of which one goes to a division by a key of its own, "1 out of 2".
#[tokio::test]
async fn a_sublicense_takes_one_out_of_two() {
    let mut vendor = Vendor::sells(LicenseType::Mobile, 2, |_| {}).await;
    let half_a_year = vendor.now.plus(180 * DAY);
    let division = vendor
        .sublicense(|draft| {
            draft.quota = Some(1);
            draft.draw = Draw::Reserved;
            draft.ends = Some(half_a_year);
        })
        .await;

    // The one is kept for the division although it has not come yet.
    let mut headquarters = vendor.site(1);
    let primary = vendor.primary.key.clone();
    assert_eq!(seats(&vendor.activate(&mut headquarters, &primary).await.unwrap()), 1);
    let mut branch = vendor.site(2);
    let license = vendor.activate(&mut branch, &division.key).await.unwrap();
    assert_eq!(seats(&license), 1);
    assert_eq!(license.contract_end(), half_a_year, "the contract of that key ends on its own date");

    // The division's key ends before the subscription; its license goes back to the primary key's pool when its file has ended too.
    vendor.pass(80);
    vendor.refresh(&mut branch).await.unwrap();
    vendor.refresh(&mut headquarters).await.unwrap();
    vendor.pass(101);
    assert_eq!(vendor.refresh(&mut branch).await.unwrap_err(), "license-key-ended");
    assert_eq!(
        seats(&vendor.refresh(&mut headquarters).await.unwrap()),
        1,
        "the division's file is in its grace"
    );
    vendor.pass(15);
    assert_eq!(seats(&vendor.refresh(&mut headquarters).await.unwrap()), 2);
}

/// Remote application server, *Overuse* and *Grace period*: seven days over the limit, armed again by buying more; thirty days after the
/// end.
#[tokio::test]
async fn a_farm_has_seven_days_over_its_limit_and_thirty_after_its_end() {
    let mut vendor = Vendor::sells(LicenseType::Farm, 10, |_| {}).await;
    let mut farm = vendor.site(1);
    let key = vendor.primary.key.clone();
    vendor.activate(&mut farm, &key).await.unwrap();

    farm.uses(12, &vendor);
    vendor.pass(6);
    assert_eq!(farm.standing(&vendor), "Active", "within the seven days more users may connect");
    vendor.pass(1);
    assert_eq!(farm.standing(&vendor), "Suspended");
    farm.uses(10, &vendor);
    assert_eq!(farm.standing(&vendor), "Active", "at the limit again, without anybody's doing");
    farm.uses(11, &vendor);
    assert_eq!(farm.standing(&vendor), "Suspended", "the grace is spent");

    // More are bought, which arms the grace again. Nothing is activated anew.
    vendor.change_grant(GrantChange { seats: Some(15), ..GrantChange::default() }).await;
    assert_eq!(seats(&vendor.refresh(&mut farm).await.unwrap()), 15);
    farm.uses(16, &vendor);
    vendor.pass(6);
    assert_eq!(farm.standing(&vendor), "Active");
    vendor.pass(1);
    assert_eq!(farm.standing(&vendor), "Suspended");
    farm.uses(15, &vendor);

    // The contract ends 365 days after its start; the farm goes on for thirty more, and not a day longer.
    for days in [80, 80, 80, 80] {
        vendor.pass(days);
        vendor.refresh(&mut farm).await.unwrap();
    }
    vendor.pass(365 - 14 - 320);
    assert_eq!(vendor.refresh(&mut farm).await.unwrap_err(), "subscription-ended");
    assert_ne!(farm.standing(&vendor), "Ended");
    vendor.pass(29);
    assert_ne!(farm.standing(&vendor), "Ended");
    vendor.pass(1);
    assert_eq!(farm.standing(&vendor), "Ended");
}

/// Other terms are agreed upon: what happens over the limit and after the end, and what the product may do. Each farm has the old ones
/// until its next refresh, and nobody activates anew.
#[tokio::test]
async fn other_terms_come_with_the_next_refresh() {
    let mut vendor = Vendor::sells(LicenseType::Farm, 10, |_| {}).await;
    let mut farm = vendor.site(1);
    let key = vendor.primary.key.clone();
    let old = vendor.activate(&mut farm, &key).await.unwrap();
    assert_eq!(old.grants[0].over_limit, OverLimit::SuspendAfterDays(7));
    assert!(old.grants[0].features.is_empty());

    let longer = GrantChange {
        over_limit: Some(OverLimit::SuspendAfterDays(21)),
        after_end_days: Some(60),
        features: Some("support=gold\nprinting\ngateways=4".to_owned()),
        ..GrantChange::default()
    };
    let (catalog, id) = (vendor.signer.catalog().clone(), vendor.subscription.id.clone());
    let change = SubscriptionChange::of_grant(Metric::ConcurrentUser, longer.clone());
    let preview = catalog.preview_subscription(&Asker::Staff, &id, &change, vendor.now).await.unwrap();
    assert_eq!((preview.effect, preview.installations, preview.over), (Effect::Terms, 1, 0));
    vendor.change_grant(longer).await;

    // Before the refresh the seven days hold, and after it the twenty-one.
    farm.uses(12, &vendor);
    vendor.pass(8);
    assert_eq!(farm.standing(&vendor), "Suspended");
    let new = vendor.refresh(&mut farm).await.unwrap();
    let grant = &new.grants[0];
    assert_eq!((grant.over_limit, grant.after_end_days), (OverLimit::SuspendAfterDays(21), 60));
    let features: Vec<String> =
        grant.features.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    assert_eq!(
        features,
        [r#"support Text(Label("gold"))"#, "gateways Number(4)", "printing Flag(true)"],
        "by length, then by name"
    );
    assert_eq!(farm.standing(&vendor), "Active", "nothing else was done to it");
    assert_eq!((grant.seats, new.contract_end()), (10, old.contract_end()));

    let history = catalog.changes(&Asker::Staff, &id, &Part::first(3)).await.unwrap();
    let said: Vec<[&str; 3]> = history
        .rows
        .iter()
        .map(|change| [&change.what, change.before.as_ref().unwrap(), change.after.as_ref().unwrap()])
        .map(|said| said.map(String::as_str))
        .collect();
    assert_eq!(
        said,
        [
            ["features.concurrent-user", "none", "support=gold, gateways=4, printing=true"],
            ["after-end-days.concurrent-user", "30", "60"],
            ["over-limit.concurrent-user", "suspend after 7 days", "suspend after 21 days"],
        ]
    );

    // What no license may say is refused whole, and changes nothing.
    let wrong = GrantChange {
        over_limit: Some(OverLimit::SuspendAfterDays(0)),
        after_end_days: Some(4000),
        features: Some("Printing".to_owned()),
        ..GrantChange::default()
    };
    let wrong = SubscriptionChange::of_grant(Metric::ConcurrentUser, wrong);
    let refused = catalog.update_subscription(&id, 2, wrong, &Actor::Operator, vendor.now).await.unwrap_err();
    let CatalogError::Invalid(problems) = refused else { panic!("{refused}") };
    let codes: Vec<&str> = problems.iter().map(|problem| &*problem.code).collect();
    assert_eq!(codes, ["features", "over-limit-days", "after-end-days"]);
    assert_eq!(catalog.subscription(&Asker::Staff, &id).await.unwrap().version, 2);
}

/// Desktop Business, *Reserved or dynamic*: reserved licenses are one key's alone; dynamic keys compete with the primary one, and what a
/// dynamic key does not use goes back with its refresh.
#[tokio::test]
async fn a_dynamic_key_competes_with_the_primary_one() {
    let mut vendor = Vendor::sells(LicenseType::Computers, 10, |_| {}).await;
    let lab = vendor.sublicense(|draft| draft.draw = Draw::Dynamic { headroom: 2 }).await;
    let kept = vendor
        .sublicense(|draft| {
            draft.quota = Some(3);
            draft.draw = Draw::Reserved;
        })
        .await;

    let mut first = vendor.site(1);
    assert_eq!(
        seats(&vendor.activate(&mut first, &lab.key).await.unwrap()),
        2,
        "nothing is in use there yet"
    );
    first.uses(2, &vendor);
    assert_eq!(seats(&vendor.refresh(&mut first).await.unwrap()), 4, "two in use, and two more");

    let mut second = vendor.site(2);
    let primary = vendor.primary.key.clone();
    let rest = vendor.activate(&mut second, &primary).await.unwrap();
    assert_eq!(seats(&rest), 3, "ten, less four in the lab, less three that are kept");
    first.uses(9, &vendor);
    assert_eq!(seats(&vendor.refresh(&mut first).await.unwrap()), 4, "nothing else is free");

    // Fewer are in use; what was used at most in the period counts, then what is free goes to whoever comes first.
    vendor.pass(1);
    first.uses(1, &vendor);
    vendor.refresh(&mut first).await.unwrap();
    vendor.pass(1);
    assert_eq!(seats(&vendor.refresh(&mut first).await.unwrap()), 3, "one in use, and two more");
    // The four are counted until the lab shows that it has the three.
    assert_eq!(seats(&vendor.refresh(&mut second).await.unwrap()), 3);
    vendor.refresh(&mut first).await.unwrap();
    assert_eq!(seats(&vendor.refresh(&mut second).await.unwrap()), 4);

    let mut third = vendor.site(3);
    assert_eq!(seats(&vendor.activate(&mut third, &kept.key).await.unwrap()), 3, "kept all the time");
}

/// Seats that staff grant until a date are given out, and end with it: no license that uses them is honoured any longer.
#[tokio::test]
async fn granted_overdraft_ends_with_the_files_that_use_it() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let mut first = vendor.site(1);
    let primary = vendor.primary.key.clone();
    assert_eq!(seats(&vendor.activate(&mut first, &primary).await.unwrap()), 10);
    let branch = vendor.sublicense(|_| {}).await;
    let mut second = vendor.site(2);
    assert_eq!(vendor.activate(&mut second, &branch.key).await.unwrap_err(), "no-seats");

    let grant = |days: u64, vendor: &Vendor| OverdraftDraft {
        subscription: vendor.subscription.id.clone(),
        metric: None,
        seats: 5,
        ends: vendor.now.plus(days * DAY),
        reason: "Moving house".to_owned(),
    };
    let second_person = vendor.signer.second_person().clone();
    let action = RiskyAction::Overdraft(grant(15, &vendor));
    let short = second_person.take(action, &Actor::Operator, vendor.now).await.unwrap_err();
    let SecondPersonError::Catalog(CatalogError::Invalid(problems)) = short else { panic!("{short}") };
    assert_eq!(
        problems[0].code, "overdraft-short",
        "fourteen days of grace and one of tolerance, and one to carry it"
    );

    let ends = vendor.now.plus(40 * DAY);
    let action = RiskyAction::Overdraft(grant(40, &vendor));
    second_person.take(action, &Actor::Operator, vendor.now).await.unwrap();
    let license = vendor.activate(&mut second, &branch.key).await.unwrap();
    assert_eq!(seats(&license), 5);
    assert_eq!(license.good_until, vendor.now.plus(25 * DAY));
    assert_eq!(license.lease_end(), ends, "not honoured past the grant");
    for instant in timeline(&vendor).await {
        assert!(instant.leased <= instant.limit() || instant.at >= vendor.subscription.end, "{instant:?}");
    }

    // When it has ended, what was bought is all there is.
    vendor.pass(41);
    assert_eq!(vendor.refresh(&mut second).await.unwrap_err(), "no-seats");
    assert_eq!(seats(&vendor.refresh(&mut first).await.unwrap()), 10);
}

/// Seats that are granted until a near date shorten nobody's file who does without them: only what was in use asks for them.
#[tokio::test]
async fn a_grant_shortens_only_the_files_that_need_it() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 210, |_| {}).await;
    let mut site = vendor.site(1);
    let primary = vendor.primary.key.clone();
    vendor.activate(&mut site, &primary).await.unwrap();
    let granted = OverdraftDraft {
        subscription: vendor.subscription.id.clone(),
        metric: None,
        seats: 20,
        ends: vendor.now.plus(54 * DAY),
        reason: "Moving house".to_owned(),
    };
    let action = RiskyAction::Overdraft(granted);
    vendor.signer.second_person().take(action, &Actor::Operator, vendor.now).await.unwrap();
    site.uses(210, &vendor);
    let license = vendor.refresh(&mut site).await.unwrap();
    assert_eq!((seats(&license), license.good_until), (210, vendor.now.plus(90 * DAY)));
    site.uses(211, &vendor);
    let license = vendor.refresh(&mut site).await.unwrap();
    assert_eq!((seats(&license), license.good_until), (230, vendor.now.plus(39 * DAY)));
}

/// From per computer to per user, and from Business to Enterprise: with the next refresh, and no seat is there twice meanwhile.
#[tokio::test]
async fn metric_and_edition_change_with_the_next_refresh() {
    let mut vendor = Vendor::sells(LicenseType::Computers, 10, |_| {}).await;
    let half = vendor.sublicense(|draft| draft.quota = Some(5)).await;
    let mut one = vendor.site(1);
    let mut two = vendor.site(2);
    vendor.activate(&mut one, &half.key).await.unwrap();
    let primary = vendor.primary.key.clone();
    assert_eq!(seats(&vendor.activate(&mut two, &primary).await.unwrap()), 5);

    vendor
        .change_grant(GrantChange {
            edition: Some("Enterprise".to_owned()),
            metric: Some(Metric::User),
            ..GrantChange::default()
        })
        .await;
    assert_eq!(timeline(&vendor).await[0].free(), 0, "computers in the field count as users");
    for site in [&one, &two] {
        let rows = vendor.signer.installations();
        let view = rows.show(&Asker::Staff, &site.proxy.name(), vendor.now).await.unwrap().unwrap();
        let counted: Vec<&Seats> = view.slots[0].counted.iter().map(|counted| &counted.seats).collect();
        assert_eq!(counted, [&Seats::from([(Metric::User, 5)])]);
    }
    let license = vendor.refresh(&mut two).await.unwrap();
    let grant = &license.grants[0];
    assert_eq!((grant.metric, grant.seats, grant.edition.as_str()), (Metric::User, 5, "Enterprise"));
    assert_eq!(vendor.refresh(&mut one).await.map(|license| seats(&license)), Ok(5));
    vendor.refresh(&mut one).await.unwrap();
    vendor.refresh(&mut two).await.unwrap();
    let now = timeline(&vendor).await[0];
    assert_eq!((now.leased, now.free()), (10, 0));
}

/// A code is typed in place of the key, by one person, until its date; there may be more codes than seats.
#[tokio::test]
async fn activation_codes_are_served_first_come_first_served() {
    let mut vendor = Vendor::sells(LicenseType::Computers, 2, |_| {}).await;
    let key = vendor
        .sublicense(|draft| {
            draft.draw = Draw::Dynamic { headroom: 1 };
            draft.installations = 10;
        })
        .await;
    let people: Vec<String> = ["ana", "ben", "cem"].map(|name| format!("{name}@contoso.example")).into();
    let (catalog, by, week) = (vendor.signer.catalog().clone(), vendor.by(), vendor.now.plus(7 * DAY));
    let mut dice = vendor.dice();
    let codes = catalog
        .create_codes(&key.id, &people, week, (&by.asker, &by.actor), vendor.now, &mut dice)
        .await
        .unwrap();
    let mut sites: Vec<Site> = (1..=4).map(|number| vendor.site(number)).collect();
    let license = vendor.activate(&mut sites[0], &codes[0].code).await.unwrap();
    assert_eq!(license.license_key.digest, codes[0].code.digest(), "the real key is shown nowhere");
    assert_eq!(vendor.activate(&mut sites[1], &codes[0].code).await.unwrap_err(), "code-used");
    assert_eq!(vendor.activate(&mut sites[1], &codes[1].code).await.map(|license| seats(&license)), Ok(1));
    assert_eq!(vendor.activate(&mut sites[2], &codes[2].code).await.unwrap_err(), "no-seats");

    // Who has begun goes on after the code's date; who has not comes too late.
    vendor.pass(8);
    sites[0].uses(1, &vendor);
    let again = vendor.refresh(&mut sites[0]).await.unwrap();
    assert_eq!(again.license_key.digest, codes[0].code.digest());
    assert_eq!(vendor.activate(&mut sites[3], &codes[2].code).await.unwrap_err(), "code-expired");
    let listed = catalog.codes(&by.asker, &key.id).await.unwrap();
    assert_eq!(listed.iter().filter(|code| code.used_by.is_some()).count(), 2);
    let used = catalog.withdraw_code(&key.id, &codes[0].code, (&by.asker, &by.actor), vendor.now).await;
    assert_eq!(used.unwrap_err().code(), "not-found");
    catalog.withdraw_code(&key.id, &codes[2].code, (&by.asker, &by.actor), vendor.now).await.unwrap();
    assert_eq!(vendor.activate(&mut sites[3], &codes[2].code).await.unwrap_err(), "license-key-unknown");
}

/// Fewer seats are sold than are out: allowed, with the date from which it holds, and who is affected. Deleting a key says the same.
#[tokio::test]
async fn a_change_is_previewed_with_dates_and_names() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let branch = vendor.sublicense(|draft| draft.quota = Some(4)).await;
    let mut one = vendor.site(1);
    let mut two = vendor.site(2);
    vendor.activate(&mut one, &branch.key).await.unwrap();
    vendor.pass(10);
    let primary = vendor.primary.key.clone();
    vendor.activate(&mut two, &primary).await.unwrap();

    let catalog = vendor.signer.catalog().clone();
    let fewer = GrantChange { seats: Some(7), ..GrantChange::default() };
    let fewer = SubscriptionChange::of_grant(DEVICES, fewer);
    let preview =
        catalog.preview_subscription(&Asker::Staff, &vendor.subscription.id, &fewer, vendor.now).await;
    let preview = preview.unwrap();
    let life = 90 + 14 + 1;
    assert_eq!(preview.over, 3);
    assert_eq!(
        preview.over_until,
        Some(vendor.now.plus((life - 10) * DAY)),
        "when the branch's file has ended"
    );
    let names: Vec<(&str, u64)> = preview.affected.iter().map(|one| (one.name.as_str(), one.seats)).collect();
    assert_eq!(names, [("PROXY2", 6), ("PROXY1", 4)]);
    let next: Vec<Option<u64>> = preview.affected.iter().map(|one| one.next).collect();
    assert_eq!(next, [Some(3), Some(1)], "what the other leaves of the 7, for whoever comes first");
    vendor.change(fewer).await;
    assert_eq!(seats(&vendor.refresh(&mut two).await.unwrap()), 3, "nobody is given more than there is");

    let preview = catalog.preview_license_key(&Asker::Staff, &branch.id, None, vendor.now).await.unwrap();
    assert_eq!((preview.over, preview.installations), (4, 1));
    assert_eq!(preview.over_until, Some(vendor.now.plus((life - 10) * DAY)));
    catalog.delete_license_key(&branch.id, branch.version, &Actor::Operator, vendor.now).await.unwrap();
    assert_eq!(vendor.refresh(&mut one).await.unwrap_err(), "license-unknown");
    assert_eq!(
        timeline(&vendor).await[0].leased,
        10,
        "4 that nobody can call back, and 6 until the 3 are shown"
    );
    let again = catalog.delete_license_key(&branch.id, branch.version, &Actor::Operator, vendor.now).await;
    assert_eq!(again.unwrap_err().code(), "not-found");
    let primary = catalog.delete_license_key(&vendor.primary.id, 1, &Actor::Operator, vendor.now).await;
    assert_eq!(primary.unwrap_err().code(), "key-primary");
    let blocked = KeyChange { blocked: Some(true), ..KeyChange::default() };
    vendor.change_key(&vendor.primary.id.clone(), blocked).await;
    assert_eq!(vendor.refresh(&mut two).await.unwrap_err(), "blocked");
}

/// What a key keeps for itself others miss, and the preview says who; what is asked for is checked before anything is said.
#[tokio::test]
async fn what_is_kept_for_one_key_is_previewed_with_whom_it_is_missing() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let mut one = vendor.site(1);
    let primary = vendor.primary.key.clone();
    vendor.activate(&mut one, &primary).await.unwrap();
    one.uses(9, &vendor);
    vendor.refresh(&mut one).await.unwrap();

    let catalog = vendor.signer.catalog().clone();
    let mut draft = KeyDraft::new(vendor.subscription.id.clone(), "Branch");
    (draft.quota, draft.draw) = (Some(4), Draw::Reserved);
    let preview = catalog.preview_new_license_key(&Asker::Staff, &draft, vendor.now).await.unwrap();
    assert_eq!((preview.effect, preview.over), (Effect::Fewer(Some(6)), 4));
    assert_eq!(
        preview.over_until,
        Some(vendor.now.plus((90 + 14 + 1) * DAY)),
        "when the file of the other has ended"
    );
    let one_is = &preview.affected[0];
    assert_eq!((one_is.name.as_str(), one_is.used, one_is.next), ("PROXY1", Some(9), Some(6)));
    assert_eq!(preview.timelines[&DEVICES][0].reserved, 4);
    let keys = catalog.license_keys_of(&Asker::Staff, &vendor.subscription.id).await.unwrap();
    assert_eq!(keys.len(), 1, "nothing was made");

    draft.quota = Some(11);
    let wrong = catalog.preview_new_license_key(&Asker::Staff, &draft, vendor.now).await.unwrap_err();
    assert!(matches!(wrong, CatalogError::Invalid(problems) if problems[0].code == "quota"));
    let change = KeyChange { quota: Some(Some(11)), ..KeyChange::default() };
    let wrong =
        catalog.preview_license_key(&Asker::Staff, &vendor.primary.id, Some(&change), vendor.now).await;
    assert!(matches!(wrong.unwrap_err(), CatalogError::Invalid(_)));
    let primary = catalog.preview_license_key(&Asker::Staff, &vendor.primary.id, None, vendor.now).await;
    assert_eq!(primary.unwrap_err().code(), "key-primary");

    // A suspension ends all, an edition changes all, more seats touch nobody.
    let about = async |change: SubscriptionChange| {
        let id = &vendor.subscription.id;
        let preview = catalog.preview_subscription(&Asker::Staff, id, &change, vendor.now).await.unwrap();
        (preview.effect, preview.installations)
    };
    let suspended = SubscriptionChange { suspended: Some(true), ..Default::default() };
    assert_eq!(about(suspended).await, (Effect::Ends, 1));
    let edition = GrantChange { edition: Some("Enterprise".to_owned()), ..GrantChange::default() };
    let edition = SubscriptionChange::of_grant(DEVICES, edition);
    assert_eq!(about(edition).await, (Effect::Terms, 1));
    let more = GrantChange { seats: Some(20), ..GrantChange::default() };
    let more = SubscriptionChange::of_grant(DEVICES, more);
    assert_eq!(about(more).await, (Effect::None, 0));

    // What is decided about an installation stands in the history, with its reason.
    let rows = vendor.signer.installations().clone();
    rows.block(&one.proxy.name(), &vendor.primary.id, &because("left"), &vendor.by(), vendor.now)
        .await
        .unwrap();
    rows.allow(&one.proxy.name(), &vendor.primary.id, &because("came back"), &vendor.by(), vendor.now)
        .await
        .unwrap();
    let history = catalog.changes(&Asker::Staff, &vendor.subscription.id, &Part::first(2)).await.unwrap();
    let said: Vec<(&str, &str)> =
        history.rows.iter().map(|change| (change.what.as_str(), change.after.as_deref().unwrap())).collect();
    assert_eq!(said[0].0, "installation-allowed");
    assert!(said[0].1.ends_with("PROXY1: came back") && said[1].1.ends_with("PROXY1: left"), "{said:?}");
    assert!(history.next.is_some());
}
