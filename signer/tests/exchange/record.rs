//! A record with a store, to live over: SQLite, or PostgreSQL.

use license_format::DAY;
use signer::{
    Signer,
    catalog::{KeyDraft, KeyRecord, Subscription, SubscriptionDraft},
    exchange::{Draw, SoldKey, SubscriptionRecord},
    init::{InitOptions, init},
    people::{AccountDraft, AccountKind, Actor},
};
use tokio::runtime::Runtime;

use crate::{
    common::{Backup, Place, dice, passphrase},
    world::{Desk, KEYS, SEATS, World, empty_book, now, sold_key, subscription},
};

/// A record to begin lives from: made once, since unlocking keys takes long.
pub(crate) struct Record {
    place: Place,
    fresh: Backup,
    subscriptions: Vec<Subscription>,
    keys: Vec<KeyRecord>,
}

impl Record {
    pub(crate) async fn new() -> Record {
        let place = Place::new().await;
        let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
        init(&place.data(), &options, now(), &mut dice(1)).await.unwrap();
        let signer = Signer::open(&place.data(), &passphrase(), now()).await.unwrap();
        let draft = AccountDraft {
            name: "Contoso".to_owned(),
            kind: AccountKind::Business,
            admin_email: "admin@contoso.example".to_owned(),
        };
        let account = signer.people().create_account(draft, now(), &mut dice(2)).await.unwrap().account.id;
        let catalog = signer.catalog();
        let (mut subscriptions, mut keys) = (Vec::<Subscription>::new(), Vec::new());
        for (seed, license_type) in (10..).zip(KEYS) {
            let sold = subscriptions.iter().find(|sold| sold.license_type == license_type).cloned();
            let sold = match sold {
                Some(sold) => sold,
                None => {
                    let end = now().plus(3000 * DAY);
                    let mut draft = SubscriptionDraft::new(account.clone(), license_type, SEATS, now(), end);
                    draft.offline_use = true;
                    let mut dice = dice(seed);
                    let created = catalog.create_subscription(draft, &Actor::Operator, now(), &mut dice);
                    let (sold, _) = created.await.unwrap();
                    subscriptions.push(sold.clone());
                    sold
                }
            };
            let draft = KeyDraft {
                subscription: sold.id.clone(),
                name: format!("Branch {seed}"),
                quota: None,
                draw: Draw::Open,
                ends: None,
                note: String::new(),
                installations: 1,
            };
            let mut dice = dice(100 + seed);
            let key = catalog.create_license_key(draft, &Actor::Operator, now(), &mut dice);
            keys.push(key.await.unwrap());
        }
        signer.close().await;
        Record { fresh: place.back_up().await, place, subscriptions, keys }
    }

    /// A world of its own over a copy.
    pub(crate) fn world<'a>(&self, runtime: &'a Runtime) -> World<'a> {
        let (place, signer) = runtime.block_on(async {
            let place = self.place.like(&self.fresh).await;
            let signer = Signer::open(&place.data(), &passphrase(), now()).await.unwrap();
            (place, signer)
        });
        let mut book = empty_book();
        for sold in &self.subscriptions {
            let record = SubscriptionRecord {
                product: sold.product.clone(),
                ..subscription(sold.license_type, now())
            };
            book.subscriptions.insert(sold.id.clone(), record);
        }
        for (number, key) in self.keys.iter().enumerate() {
            let sold = SoldKey {
                id: key.id.clone(),
                account: self.subscriptions[0].account.clone(),
                subscription: key.subscription.clone(),
                ..sold_key(&key.key, number as u64)
            };
            book.keys.insert(key.key.digest(), sold);
        }
        let trust = signer.trust().clone();
        let ids = self.keys.iter().map(|key| key.id.clone()).collect();
        let desk = Desk::Signer { runtime, signer: Box::new(signer), keys: ids, _place: place };
        World::with(desk, book, self.keys.iter().map(|key| key.key.clone()).collect(), &trust)
    }
}
