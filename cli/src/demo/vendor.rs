//! The vendor and its customer, made from nothing: keys, store, an account with two subscriptions, and the portal in front.

use std::path::Path;

use license_format::{DAY, LicenseKey, LicenseType, Timestamp};
use signer::{
    Signer,
    catalog::{GrantChange, Subscription, SubscriptionChange, SubscriptionDraft},
    init::{DataDir, InitOptions},
    keys::Passphrase,
    people::{AccountDraft, AccountKind, Actor, Invited},
};
use tokio::task::JoinHandle;
use web_upload::PublicUrl;
use zeroize::Zeroizing;

use crate::{
    edge, files,
    outcome::{Exit, Failure},
    portal::{self, Door},
};

/// The vendor's name.
pub(crate) const VENDOR: &str = "Northwind Software";
/// The customer's.
pub(crate) const CUSTOMER: &str = "Contoso";
/// Who administers the customer's account.
pub(crate) const CUSTOMER_EMAIL: &str = "ana@contoso.example";
/// One of the vendor's staff.
pub(crate) const STAFF_EMAIL: &str = "sam@northwind.example";

/// The vendor's side, at work.
pub(crate) struct Vendor {
    pub(crate) signer: Signer,
    pub(crate) url: PublicUrl,
    pub(crate) desktop: (Subscription, LicenseKey),
    pub(crate) mobile: (Subscription, LicenseKey),
    /// Path of the page on which the customer sets a password; and the staff's.
    pub(crate) join_paths: [String; 2],
    pub(crate) serving: JoinHandle<Result<(), Failure>>,
}

impl Vendor {
    /// Makes all of it in two new places: a data directory, and a file with the passphrase of its keys.
    pub(crate) async fn make(
        data_dir: &Path,
        passphrase_file: &Path,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Vendor, Failure> {
        let secret = secret();
        files::reserve(passphrase_file)?.fill(format!("{}\n", *secret).as_bytes())?;
        let passphrase = Passphrase::new(secret.to_string())?;
        let dir = DataDir::new(data_dir);
        let options = InitOptions { vendor: VENDOR.to_owned(), passphrase: passphrase.clone() };
        let now = edge::now();
        signer::init::init(&dir, &options, now, &mut edge::entropy).await?;
        let signer = Signer::open(&dir, &passphrase, now).await?;

        let people = signer.people();
        let staff = people.create_staff(STAFF_EMAIL, now, &mut edge::entropy).await?;
        let draft = AccountDraft {
            name: CUSTOMER.to_owned(),
            kind: AccountKind::Business,
            admin_email: CUSTOMER_EMAIL.to_owned(),
        };
        let customer = people.create_account(draft, now, &mut edge::entropy).await?;
        let mut sold = Vec::new();
        for (license_type, seats) in [(LicenseType::Desktop, 250), (LicenseType::Mobile, 100)] {
            let (start, end) = one_year(now);
            let mut draft =
                SubscriptionDraft::new(customer.account.id.clone(), license_type, seats, start, end);
            draft.offline_use = true;
            let catalog = signer.catalog();
            let (subscription, key) =
                catalog.create_subscription(draft, &Actor::Operator, now, &mut edge::entropy).await?;
            sold.push((subscription, key.key));
        }
        let [desktop, mobile] = <[_; 2]>::try_from(sold).expect("two were sold");

        let door = Door::open(([127, 0, 0, 1], 0).into()).await?;
        let url: PublicUrl = door.url().parse()?;
        let serving = tokio::spawn(door.serve(signer.clone(), url.clone(), stop));
        let join_paths = [join_path(&customer.administrator)?, join_path(&staff)?];
        Ok(Vendor { signer, url, desktop, mobile, join_paths, serving })
    }

    /// `waybill subscription update --seats`.
    pub(crate) async fn sell_seats(&self, seats: u64) -> Result<(), Failure> {
        let (subscription, _) = &self.desktop;
        let change = GrantChange { seats: Some(seats), ..GrantChange::default() };
        let change = SubscriptionChange::of_grant(subscription.grants[0].metric, change);
        let catalog = self.signer.catalog();
        let update = catalog.update_subscription(
            &subscription.id,
            subscription.version,
            change,
            &Actor::Operator,
            edge::now(),
        );
        update.await?;
        Ok(())
    }
}

/// A passphrase or password that nobody else has.
pub(crate) fn secret() -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = Zeroizing::new([0; 16]);
    edge::entropy(random.as_mut_slice());
    Zeroizing::new(random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 0x1f)])).collect())
}

/// From today on.
fn one_year(now: Timestamp) -> (Timestamp, Timestamp) {
    let today = Timestamp::parse(&now.date()).expect("a date");
    (today, today.plus(365 * DAY))
}

fn join_path(invited: &Invited) -> Result<String, Failure> {
    let invitation = invited.invitation.as_ref().ok_or_else(|| {
        Failure::new(Exit::CouldNotTell, "demo-step", "nobody was invited", "This is a defect of Waybill.")
    })?;
    Ok(portal::join_path(&invitation.token))
}
