//! An installation to show in tests.

use license_format::{
    DAY, Digest, LicenseId, LicenseKey, LicenseType, Metric, Thumbprint, Timestamp,
    payload::{Floor, Grant, InstallationName, License, LicenseKeyRef, OverLimit},
};
use signer::{
    exchange::Bar,
    installations::{
        BarView, CountedView, ForkView, HomeView, InstallationView, KeyName, Remarks, SlotState, SlotView,
    },
};

use super::InstallationPage;
use crate::{
    frame::Frame,
    show::{Notice, Tone},
};

impl crate::pages::Sample for InstallationPage {
    fn samples() -> Vec<InstallationPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let [_, customer, staff] = Frame::samples();
        let mut quiet = sample();
        quiet.fork = None;
        quiet.clock_behind = false;
        quiet.slots.clear();
        let notice = Some(Notice::new(Tone::Ok, "Decided: the first branch lives on."));
        let list = "/accounts/0193f2a0-a/installations";
        vec![
            InstallationPage::new(customer, list, &sample(), (true, true), now),
            InstallationPage::new(staff.clone(), list, &sample(), (false, false), now),
            InstallationPage {
                notice,
                revokes: true,
                ..InstallationPage::new(staff, "/installations", &quiet, (false, true), now)
            },
        ]
    }
}

/// A forked installation with a slot that is over its limit and one that was deactivated.
pub(in crate::pages) fn sample() -> InstallationView {
    let now = Timestamp::parse("2026-11-01").unwrap();
    let key = LicenseKey::from_random(LicenseType::Desktop, &[7; 18]);
    let key_name = KeyName {
        id: "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap(),
        subscription: "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap(),
        name: "Berlin <b>".parse().unwrap(),
        masked: key.last_group().masked(),
        license_type: LicenseType::Desktop,
        moves: 1,
    };
    let thumbprint = Thumbprint([0x7f; 32]);
    let license = License {
        id: LicenseId([1; 16]),
        floor: Floor { bundle: 1, revocations: 0 },
        grace: 14 * DAY,
        grants: vec![Grant {
            seats: 250,
            trial: false,
            metric: Metric::ManagedDevice,
            edition: "Standard".parse().unwrap(),
            features: Default::default(),
            after_end_days: 0,
            over_limit: OverLimit::Notify,
            contract_end: now.plus(365 * DAY),
            contract_start: now,
        }],
        issued: now,
        record: 1,
        vendor: "Northwind Software".parse().unwrap(),
        answers: Digest([2; 32]),
        counter: 3,
        product: "Mac <Management>".parse().unwrap(),
        version: 1,
        good_until: now.plus(90 * DAY),
        report_due: now.plus(60 * DAY),
        time_reset: None,
        license_key: LicenseKeyRef { digest: key.digest(), last_group: key.last_group() },
        installation: InstallationName {
            name: "CM01 <b>".parse().unwrap(),
            site_code: "PS1".parse().unwrap(),
            thumbprint,
            site_description: Some("Headquarters".parse().unwrap()),
        },
        license_type: LicenseType::Desktop,
        clock_tolerance: DAY,
    };
    let slot = |license_type, state, license: Option<License>, used, counted: &[(u64, u64)]| SlotView {
        license_type,
        state,
        license,
        used,
        peak: used,
        counted: counted
            .iter()
            .map(|(counter, seats)| CountedView {
                counter: *counter,
                seats: [(Metric::ManagedDevice, *seats)].into(),
                ends: now.plus(105 * DAY),
                held: *counter == 1,
            })
            .collect(),
    };
    InstallationView {
        thumbprint,
        account: None,
        name: "CM01 <b>".parse().unwrap(),
        site_code: "PS1".parse().unwrap(),
        site_description: Some("Headquarters".parse().unwrap()),
        product: "waybill-proxy".parse().unwrap(),
        version: "0.1.0".parse().unwrap(),
        first_seen: now,
        last_report: now.plus(10 * DAY),
        clock_behind: true,
        remarks: Remarks {
            alias: Some("Berlin <cellar>".parse().unwrap()),
            note: "Ask <Ana>\nfor the key.".to_owned(),
            edits: 2,
        },
        fork: Some(ForkView {
            counter: 4,
            first: Digest([4; 32]),
            second: Digest([5; 32]),
            seen: now.plus(11 * DAY),
        }),
        homes: vec![HomeView {
            licenses: vec![LicenseId([1; 16])],
            revoked: 1,
            key: key_name.clone(),
            seats: [(Metric::ManagedDevice, 250)].into(),
            ends: now.plus(105 * DAY),
            exchanged_to: Some(key_name.clone()),
        }],
        barred: vec![BarView {
            key: key_name,
            why: Bar::Blocked,
            note: "left the <b>company".to_owned(),
            since: now,
        }],
        slots: vec![
            slot(LicenseType::Desktop, SlotState::Active, Some(license), Some(262), &[(1, 100), (3, 250)]),
            slot(LicenseType::Mobile, SlotState::Deactivated, None, None, &[]),
        ],
    }
}
