//! A list names a license until that has ended by itself, so that lists do not fill up with licenses of years past.

use license_format::{DAY, LicenseId, payload::RevocationList};
use sqlx::AssertSqlSafe;

use super::{Afterwards, DESKTOP, Revoke, Site, Store, Thumbprint, UnverifiedFile, Vendor};
use super::{audit, code, common, is_revoked, licenses, list_of, revoke, two_sites};

fn newest_list(vendor: &Vendor) -> RevocationList {
    vendor.signer.trust().revocations().expect("a list").clone()
}

fn sorted(mut ids: Vec<LicenseId>) -> Vec<LicenseId> {
    ids.sort_unstable();
    ids
}

/// The next license of a site that goes on.
async fn refreshed(vendor: &mut Vendor, site: &mut Site) -> license_format::payload::License {
    site.uses(1, vendor);
    vendor.refresh(site).await.expect("a license")
}

#[tokio::test]
async fn a_license_is_named_until_it_has_ended() {
    let (mut vendor, [(mut one, first), (mut other, _)]) = two_sites().await;
    let began = vendor.now;
    assert_eq!(code(revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await), Ok(1));
    one.uses(1, &vendor);
    assert_eq!(vendor.refresh(&mut one).await.unwrap_err(), "blocked");
    assert!(is_revoked(&one));
    vendor.pass(60);
    let second = refreshed(&mut vendor, &mut other).await;

    vendor.now = first.lease_end().minus(1);
    assert_eq!(code(revoke(&vendor, &licenses(&[&second], Afterwards::Replaced)).await), Ok(2));
    assert_eq!(newest_list(&vendor).licenses, sorted(vec![first.id, second.id]));
    let third = refreshed(&mut vendor, &mut other).await;
    vendor.now = first.lease_end();
    assert_eq!(code(revoke(&vendor, &licenses(&[&third], Afterwards::Replaced)).await), Ok(3));
    assert_eq!(newest_list(&vendor).licenses, sorted(vec![second.id, third.id]));

    // A proxy whose clock stood still since is told the time by what brings the list: there, too, the license has ended.
    let request = one.proxy.refresh(DESKTOP, common::moment(began.plus(DAY), 900)).unwrap();
    let answered = vendor.given(&request).await;
    one.proxy.import(&UnverifiedFile::read(&answered.file).unwrap(), began);
    assert_eq!((list_of(&one), is_revoked(&one)), (3, false));
    assert_eq!(one.proxy.license(DESKTOP).map(|license| license.id), Some(first.id));
    let standing = one.proxy.state.status(DESKTOP, began).standing;
    assert!(
        matches!(
            standing,
            Some(verifier::evaluate::State::FileEnded | verifier::evaluate::State::ClockBehind)
        ),
        "{standing:?}"
    );
    assert!(!one.proxy.state.check(DESKTOP, 1, began).allowed);
    assert!(!one.proxy.state.check(DESKTOP, 1, vendor.now).allowed);

    // What was revoked stays in the record, and may not be revoked again.
    let found = audit(&vendor).await;
    assert_eq!(found.findings, []);
    assert_eq!(vendor.signer.revocations().all().await.unwrap().len(), 3);
    let again = licenses(&[&first], Afterwards::Blocked);
    assert_eq!(code(revoke(&vendor, &again).await), Err("revocation-known"));
}

/// Keys are named for ever: of what they might sign nobody knows the end.
#[tokio::test]
async fn a_full_list_says_so_and_has_room_again_once_a_license_has_ended() {
    let (mut vendor, [(_, first), (mut other, second)]) = two_sites().await;
    assert_eq!(code(revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await), Ok(1));
    let store = Store::open(vendor.place.data().store()).await.unwrap();
    let made = (0..1_498_u64).map(|number| {
        let mut kid = [0; 32];
        kid[..8].copy_from_slice(&number.to_be_bytes());
        let kid = Thumbprint(kid);
        match vendor.place.database() {
            Some(_) => format!("(decode('{kid}', 'hex'), 'key', 1, 'x', 'operator', 0)"),
            None => format!("(x'{kid}', 'key', 1, 'x', 'operator', 0)"),
        }
    });
    let rows = made.collect::<Vec<_>>().join(",");
    let sql = format!("INSERT INTO revocation (subject, kind, list, reason, who, created) VALUES {rows}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *store.read().await.unwrap()).await.unwrap();
    store.close().await;

    let request = other.proxy.refresh(DESKTOP, common::moment(vendor.now.plus(2 * DAY), 7)).unwrap();
    let signer::Answer::License(third) = vendor.given(&request).await.answer else { panic!("a license") };
    let refused = revoke(&vendor, &licenses(&[&second, &third], Afterwards::Replaced)).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-full");
    assert!(refused.to_string().contains("1 more"), "{refused}");
    assert!(refused.next_step().contains("Block the license keys"), "{}", refused.next_step());
    assert_eq!(code(revoke(&vendor, &licenses(&[&second], Afterwards::Replaced)).await), Ok(2));
    let one_more = Revoke::Key(other.proxy.name());
    assert_eq!(code(revoke(&vendor, &one_more).await), Err("revocation-full"));

    vendor.now = first.lease_end();
    assert_eq!(code(revoke(&vendor, &one_more).await), Ok(3));
    let list = newest_list(&vendor);
    assert_eq!((list.licenses.len(), list.keys.len()), (0, 1_499));
}
