//! A vendor with one customer, and servers of that customer that go to it and come back.

use license_format::{DAY, LicenseKey, LicenseType, Timestamp, UnverifiedFile, payload::License};
use signer::{
    AccountId, Answer, Answered, Asker, LicenseKeyId, Signer,
    catalog::{
        GrantChange, KeyChange, KeyDraft, KeyRecord, Subscription, SubscriptionChange, SubscriptionDraft,
    },
    init::{InitOptions, init},
    installations::Decider,
    people::{AccountDraft, AccountKind, Actor},
};

use super::{Place, Proxy, dice, moment, passphrase};

/// A vendor's signer, and what a customer bought there.
pub(crate) struct Vendor {
    pub(crate) signer: Signer,
    pub(crate) account: AccountId,
    pub(crate) subscription: Subscription,
    pub(crate) primary: KeyRecord,
    pub(crate) now: Timestamp,
    seed: u64,
    pub(crate) place: Place,
}

/// A server of the customer's.
pub(crate) struct Site {
    pub(crate) proxy: Proxy,
    slot: LicenseType,
}

impl Vendor {
    /// A customer bought so many seats for a year. The draft may be changed before it is sold.
    pub(crate) async fn sells(
        license_type: LicenseType,
        seats: u64,
        change: impl FnOnce(&mut SubscriptionDraft),
    ) -> Vendor {
        let place = Place::new().await;
        let now = Timestamp::parse("2026-11-22").unwrap();
        let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
        init(&place.data(), &options, now, &mut dice(1)).await.unwrap();
        let signer = Signer::open(&place.data(), &passphrase(), now).await.unwrap();
        let draft = AccountDraft {
            name: "Contoso".to_owned(),
            kind: AccountKind::Business,
            admin_email: "admin@contoso.example".to_owned(),
        };
        let account = signer.people().create_account(draft, now, &mut dice(2)).await.unwrap().account.id;
        let mut draft =
            SubscriptionDraft::new(account.clone(), license_type, seats, now, now.plus(365 * DAY));
        draft.offline_use = true;
        change(&mut draft);
        let sold = signer.catalog().create_subscription(draft, &Actor::Operator, now, &mut dice(3)).await;
        let (subscription, primary) = sold.unwrap();
        Vendor { signer, account, subscription, primary, now, seed: 100, place }
    }

    pub(crate) fn by(&self) -> Decider {
        Decider { asker: Asker::Account(self.account.clone()), actor: Actor::Operator }
    }

    pub(crate) fn dice(&mut self) -> impl FnMut(&mut [u8]) + Send + use<> {
        self.seed += 1;
        dice(self.seed)
    }

    /// A part of the subscription, with its own key.
    pub(crate) async fn sublicense(&mut self, change: impl FnOnce(&mut KeyDraft)) -> KeyRecord {
        let mut draft = KeyDraft::new(self.subscription.id.clone(), "Branch");
        change(&mut draft);
        let mut dice = self.dice();
        let made =
            self.signer.catalog().create_license_key(draft, &Actor::Operator, self.now, &mut dice).await;
        made.unwrap()
    }

    pub(crate) async fn change_key(&self, id: &LicenseKeyId, change: KeyChange) {
        let catalog = self.signer.catalog();
        let version = catalog.license_key(&Asker::Staff, id).await.unwrap().version;
        catalog.update_license_key(id, version, change, &Actor::Operator, self.now).await.unwrap();
    }

    pub(crate) async fn change(&self, change: SubscriptionChange) {
        let (catalog, id) = (self.signer.catalog(), &self.subscription.id);
        let version = catalog.subscription(&Asker::Staff, id).await.unwrap().version;
        catalog.update_subscription(id, version, change, &Actor::Operator, self.now).await.unwrap();
    }

    /// A change of the one grant that was sold.
    pub(crate) async fn change_grant(&self, change: GrantChange) {
        self.change(SubscriptionChange::of_grant(self.subscription.grants[0].metric, change)).await;
    }

    pub(crate) fn pass(&mut self, days: u64) {
        self.now = self.now.plus(days * DAY);
    }

    /// A new server of the customer's, with this number.
    pub(crate) fn site(&self, number: u8) -> Site {
        Site {
            proxy: Proxy::new(number, &self.signer.trust(), self.now),
            slot: self.subscription.license_type,
        }
    }

    /// One file there and back: the license, or the code of the refusal.
    pub(crate) async fn answer(&self, site: &mut Site, request: &[u8]) -> Result<License, String> {
        let answered = self.given(request).await;
        site.proxy.import(&UnverifiedFile::read(&answered.file).unwrap(), self.now);
        match answered.answer {
            Answer::License(license) => Ok(license),
            Answer::Receipt(_) => Err("receipt".to_owned()),
            Answer::Refusal(refusal) => Err(refusal.code.to_string()),
        }
    }

    /// What the signer says to a request, which nobody carries home.
    pub(crate) async fn given(&self, request: &[u8]) -> Answered {
        self.signer.answer(request, &Asker::Account(self.account.clone()), self.now).await.unwrap()
    }

    pub(crate) async fn activate(&mut self, site: &mut Site, key: &LicenseKey) -> Result<License, String> {
        self.seed += 1;
        let request = site.proxy.activate(site.slot, key, moment(self.now, self.seed)).unwrap();
        self.answer(site, &request).await
    }

    pub(crate) async fn refresh(&mut self, site: &mut Site) -> Result<License, String> {
        self.seed += 1;
        let request = site.proxy.refresh(site.slot, moment(self.now, self.seed)).unwrap();
        self.answer(site, &request).await
    }

    pub(crate) async fn deactivate(&mut self, site: &mut Site) -> Result<License, String> {
        self.seed += 1;
        let request = site.proxy.deactivate(site.slot, moment(self.now, self.seed)).unwrap();
        self.answer(site, &request).await
    }
}

impl Site {
    pub(crate) fn uses(&mut self, seats: u64, vendor: &Vendor) {
        self.proxy.use_seats(self.slot, seats, vendor.now);
    }

    /// How the slot stands: the state of what is in force, as its status says it.
    pub(crate) fn standing(&self, vendor: &Vendor) -> String {
        let status = self.proxy.state.status(self.slot, vendor.now);
        status.standing.map_or_else(|| format!("{:?}", status.state), |standing| format!("{standing:?}"))
    }
}
