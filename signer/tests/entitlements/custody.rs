//! What people decide about an installation, and say of it.

use signer::installations::{Query, RemarksChange};

use super::*;

/// A server burns down: its key goes on elsewhere at once, three times at most. What the old one may still honour is booked.
#[tokio::test]
async fn a_lost_server_s_key_moves_and_its_seats_are_booked() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let key = vendor.primary.clone();
    let mut lost = vendor.site(1);
    vendor.activate(&mut lost, &key.key).await.unwrap();
    let mut new = vendor.site(2);
    assert_eq!(vendor.activate(&mut new, &key.key).await.unwrap_err(), "key-in-use");

    let rows = vendor.signer.installations().clone();
    rows.move_key(&lost.proxy.name(), &key.id, &because("burnt down"), &vendor.by(), vendor.now)
        .await
        .unwrap();
    let now = timeline(&vendor).await[0];
    assert_eq!((now.leased, now.booked, now.free()), (0, 10, 10));
    assert_eq!(seats(&vendor.activate(&mut new, &key.key).await.unwrap()), 10, "served at once");

    // It was only stolen, and comes back: not with this key, and what it lets go of is not booked any longer.
    assert_eq!(vendor.refresh(&mut lost).await.unwrap_err(), "moved");
    assert_eq!(vendor.deactivate(&mut lost).await.unwrap_err(), "receipt");
    assert_eq!(vendor.activate(&mut lost, &key.key).await.unwrap_err(), "moved");
    let now = timeline(&vendor).await[0];
    assert_eq!((now.leased, now.booked), (10, 0));

    // Moving back is a counted move too, and needs somebody's word.
    rows.allow(&lost.proxy.name(), &key.id, &because("found"), &vendor.by(), vendor.now).await.unwrap();
    rows.move_key(&new.proxy.name(), &key.id, &because("found"), &vendor.by(), vendor.now).await.unwrap();
    assert_eq!(seats(&vendor.activate(&mut lost, &key.key).await.unwrap()), 10);
    rows.move_key(&lost.proxy.name(), &key.id, &because("third"), &vendor.by(), vendor.now).await.unwrap();
    let mut last = vendor.site(3);
    vendor.activate(&mut last, &key.key).await.unwrap();
    let spent = rows
        .move_key(&last.proxy.name(), &key.id, &because("fourth"), &vendor.by(), vendor.now)
        .await
        .unwrap_err();
    assert_eq!(spent.code(), "moves-spent");
    let nowhere = rows
        .move_key(&new.proxy.name(), &key.id, &because("no"), &vendor.by(), vendor.now)
        .await
        .unwrap_err();
    assert_eq!(nowhere.code(), "not-at-home");
    let stranger =
        signer::installations::Decider { asker: other_account(&mut vendor).await, actor: Actor::Operator };
    let unseen = rows
        .move_key(&last.proxy.name(), &key.id, &because("mine"), &stranger, vendor.now)
        .await
        .unwrap_err();
    assert_eq!(unseen.code(), "installation-unknown");
}

async fn other_account(vendor: &mut Vendor) -> Asker {
    let draft = signer::people::AccountDraft {
        name: "Fabrikam".to_owned(),
        kind: signer::people::AccountKind::Business,
        admin_email: "admin@fabrikam.example".to_owned(),
    };
    let mut dice = vendor.dice();
    let made = vendor.signer.people().create_account(draft, vendor.now, &mut dice).await.unwrap();
    Asker::Account(made.account.id)
}

/// An administrator blocks one installation for a key; others go on with it, and what it has counts until it ends.
#[tokio::test]
async fn a_blocked_installation_gets_no_new_license_of_that_key() {
    let mut vendor = Vendor::sells(LicenseType::Computers, 10, |_| {}).await;
    let key = vendor.sublicense(|draft| {
        draft.installations = 2;
        draft.quota = Some(6);
    });
    let key = key.await;
    let mut one = vendor.site(1);
    let mut two = vendor.site(2);
    assert_eq!(seats(&vendor.activate(&mut one, &key.key).await.unwrap()), 6);
    assert_eq!(
        vendor.activate(&mut two, &key.key).await.unwrap_err(),
        "no-seats",
        "the key's quota is one for both"
    );

    let rows = vendor.signer.installations().clone();
    rows.block(&one.proxy.name(), &key.id, &because("left the company"), &vendor.by(), vendor.now)
        .await
        .unwrap();
    assert_eq!(vendor.refresh(&mut one).await.unwrap_err(), "blocked");
    assert_eq!(timeline(&vendor).await[0].leased, 6, "nobody can call a file back");
    vendor.deactivate(&mut one).await.unwrap_err();
    assert_eq!(vendor.activate(&mut one, &key.key).await.unwrap_err(), "blocked");
    assert_eq!(
        vendor.activate(&mut one, &vendor.primary.key.clone()).await.map(|license| seats(&license)),
        Ok(10)
    );
    rows.allow(&one.proxy.name(), &key.id, &because("came back"), &vendor.by(), vendor.now).await.unwrap();
    vendor.deactivate(&mut one).await.unwrap_err();
    assert_eq!(vendor.activate(&mut one, &key.key).await.map(|license| seats(&license)), Ok(6));
}

/// The site goes on with another key from its next refresh: nobody types anything there.
#[tokio::test]
async fn an_installation_is_exchanged_to_another_key() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let branch = vendor.sublicense(|draft| draft.quota = Some(4)).await;
    let mut site = vendor.site(1);
    let primary = vendor.primary.clone();
    vendor.activate(&mut site, &primary.key).await.unwrap();
    let rows = vendor.signer.installations().clone();
    let (by, name) = (vendor.by(), site.proxy.name());
    rows.exchange_key(&name, &primary.id, &branch.id, &because("split"), &by, vendor.now).await.unwrap();
    let license = vendor.refresh(&mut site).await.unwrap();
    assert_eq!((seats(&license), license.license_key.digest), (4, branch.key.digest()));
    let refused =
        rows.exchange_key(&name, &primary.id, &primary.id, &because("again"), &by, vendor.now).await;
    assert!(refused.is_ok(), "a license of the primary key is still remembered");

    // Once the site has shown the new license, the primary key is free for another.
    vendor.refresh(&mut site).await.unwrap();
    let mut other = vendor.site(2);
    assert_eq!(seats(&vendor.activate(&mut other, &primary.key).await.unwrap()), 6);
}

/// A server gets a name that its people know, and a note: shown wherever it is, in the history, and gone over by nobody unseen.
#[tokio::test]
async fn an_installation_is_called_and_noted_as_its_people_say() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 10, |_| {}).await;
    let mut site = vendor.site(1);
    let primary = vendor.primary.key.clone();
    vendor.activate(&mut site, &primary).await.unwrap();
    let (rows, by, name) = (vendor.signer.installations().clone(), vendor.by(), site.proxy.name());
    let change = |alias: Option<&str>, note: Option<&str>| RemarksChange {
        alias: alias.map(str::to_owned),
        note: note.map(str::to_owned),
    };
    let said = change(Some(" Berlin, cellar "), Some("Ask Ana for the door's key.\nTwo disks."));
    let remarks = rows.remark(&name, 0, &said, &by, vendor.now).await.unwrap();
    assert_eq!((remarks.alias.as_ref().unwrap().as_str(), remarks.edits), ("Berlin, cellar", 1));
    // The next report leaves them as they are.
    vendor.pass(1);
    vendor.refresh(&mut site).await.unwrap();
    let view = rows.show(&by.asker, &name, vendor.now).await.unwrap().unwrap();
    assert_eq!(view.remarks, remarks);
    let line = rows.lines(&by.asker, &Query::default(), vendor.now).await.unwrap().rows.remove(0);
    assert_eq!(line.alias, remarks.alias);

    // Somebody else was faster; nothing new is nothing; what is wrong is told at once; an empty alias takes it away.
    let late = rows.remark(&name, 0, &change(Some("Attic"), None), &by, vendor.now).await.unwrap_err();
    assert_eq!(late.code(), "changed-meanwhile");
    assert_eq!(rows.remark(&name, 1, &said, &by, vendor.now).await.unwrap(), remarks);
    let wrong = change(Some("two\nlines"), Some(&"x".repeat(2001)));
    let CatalogError::Invalid(problems) = rows.remark(&name, 1, &wrong, &by, vendor.now).await.unwrap_err()
    else {
        panic!("it is wrong")
    };
    assert_eq!(problems.iter().map(|problem| &*problem.code).collect::<Vec<_>>(), ["text", "note"]);
    let stranger = signer::installations::Decider { asker: other_account(&mut vendor).await, ..by.clone() };
    let unseen = rows.remark(&name, 1, &change(Some("mine"), None), &stranger, vendor.now).await.unwrap_err();
    assert_eq!(unseen.code(), "not-found");
    let none = rows.remark(&name, 1, &change(Some(""), None), &by, vendor.now).await.unwrap();
    assert_eq!((none.alias, none.note, none.edits), (None, remarks.note, 2));

    let catalog = vendor.signer.catalog();
    let history = catalog.changes(&Asker::Staff, &vendor.subscription.id, &Part::first(3)).await.unwrap();
    let said: Vec<[&str; 3]> = history
        .rows
        .iter()
        .map(|change| [&change.what, change.before.as_ref().unwrap(), change.after.as_ref().unwrap()])
        .map(|said| said.map(String::as_str))
        .collect();
    assert_eq!(
        said,
        [
            ["installation-alias", "Berlin, cellar", "P01 PROXY1: "],
            ["installation-note", "", "P01 PROXY1: Ask Ana for the door's key.\nTwo disks."],
            ["installation-alias", "", "P01 PROXY1: Berlin, cellar"],
        ]
    );
}
