//! What an installation makes of a file: what it refuses changes nothing, and what it takes leads forward.

use std::{collections::HashSet, sync::LazyLock};

use license_format::{
    DAY, LicenseId, LicenseType, Nonce, UnverifiedDocument, UnverifiedFile,
    payload::{DeactivationReceipt, License, Refusal},
};
use verifier::{
    installation::{Installation, Moment, OwnRequest, Prepared},
    testing::{self, TestKey},
};

use crate::{Law, seeds};

pub(crate) const LAW: Law = Law {
    name: "import",
    says: "a file that an installation refuses changes nothing, and one that it takes leads forward, once",
    check,
    seeds: || seeds::distinct(WORLD.answers.iter().map(UnverifiedFile::encode).chain(seeds::files())),
};

fn check(input: &[u8]) {
    let Ok(file) = UnverifiedFile::read(input) else { return };
    let World { site, genuine, .. } = &*WORLD;
    let now = testing::now().plus(DAY);
    let before = site.clone();
    let done = site.import(&file, now);
    assert_eq!(*site, before, "looking at a file changed the state");
    assert_eq!(
        site.review(&file, now),
        done.clone().map(|(_, outcome)| outcome),
        "what was shown is not what is done"
    );

    let Ok((after, outcome)) = done else { return };
    assert!(genuine.contains(&file.document.encode()), "nobody signed this answer, and it is taken");
    if !outcome.changes() {
        assert_eq!(after, before, "nothing changes, it is said");
        return;
    }
    assert_eq!(
        after.import(&file, now).map(|(again, _)| again).as_ref(),
        Ok(&after),
        "a second time changes more"
    );
    leads_forward(&before, &after);
}

fn leads_forward(before: &Installation, after: &Installation) {
    let number = |state: &Installation| state.trust().expect("what was verified").bundle().number;
    assert!(number(after) >= number(before), "the trust went back");
    assert!(after.high_water() >= before.high_water(), "the time went back, and nobody reset it");
    assert!(after.record() >= before.record(), "the signer's record went back");
    assert_eq!(
        (after.counter(), after.facts()),
        (before.counter(), before.facts()),
        "an answer changed who asks"
    );
    for license_type in LicenseType::ALL {
        let (old, new) = (before.slot(license_type), after.slot(license_type));
        assert!(new.ended() >= old.ended(), "a deactivation was forgotten");
        let counter = |license: Option<&License>| license.map_or(0, |license| license.counter);
        assert!(counter(new.license()) >= counter(old.license()), "a license went back");
    }
}

/// An installation that has asked for much, and what the vendor answered, and might have.
struct World {
    site: Installation,
    answers: Vec<UnverifiedFile>,
    /// What the vendor signed.
    genuine: HashSet<Vec<u8>>,
}

/// Desktop is active and asked for a newer license, Mobile was asked for, and Farm was active and is given back.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    use LicenseType::{Desktop, Farm, Mobile};
    let mut site = Site::new();
    let desktop = site.activate(Desktop);
    let farm = site.activate(Farm);
    site.take(&site.grant(&desktop));
    site.take(&site.grant(&farm));
    let refresh = site.prepare(|state, moment| state.prepare_refresh(Desktop, moment, sign));
    let mobile = site.activate(Mobile);
    let release = site.prepare(|state, moment| state.prepare_deactivation(Farm, moment, sign));

    let mut answers: Vec<UnverifiedFile> = [&desktop, &farm, &refresh, &mobile, &release]
        .into_iter()
        .map(|request| site.grant(request))
        .collect();
    answers.extend([&refresh, &mobile, &release].into_iter().flat_map(|request| {
        ["no-seats", "record-behind"]
            .into_iter()
            .flat_map(|code| [false, true].map(|is_final| (code, is_final)))
            .map(|(code, is_final)| {
                let code = code.parse().expect("a token");
                let (answers, counter) = (request.digest(), request.counter());
                let refusal = testing::refusal(request.license_type());
                testing::seal_answer(&Refusal { code, is_final, answers, counter, ..refusal })
            })
    }));
    answers.extend([&refresh, &release].map(|request| {
        let receipt = testing::receipt(request.license_type());
        let (answers, counter) = (request.digest(), request.counter());
        testing::seal_answer(&DeactivationReceipt { answers, counter, ..receipt })
    }));
    let elsewhere = testing::facts(&TestKey::named("installation 2")).named();
    answers.push(testing::seal_answer(&License { installation: elsewhere, ..site.license(&refresh) }));
    answers.push(testing::seal_answer(&License { counter: 999, ..site.license(&refresh) }));

    // The same with news, which revokes the license in force.
    let mut bundle = testing::next_bundle(&testing::trust_bundle(), |next| next.issued = testing::now());
    bundle.threshold = 1;
    let mut list = testing::revocation_list();
    list.licenses = vec![site.license(&desktop).id];
    let news = vec![testing::root().seal(&bundle), testing::record().seal(&list)];
    let with_news = |file: &UnverifiedFile| UnverifiedFile { trust: news.clone(), ..file.clone() };
    answers.extend(answers.iter().map(with_news).collect::<Vec<_>>());

    // The vectors' documents are of the same vendor, for the same installation.
    let genuine = answers.iter().map(|file| file.document.encode());
    let genuine = genuine.chain(seeds::documents().iter().map(UnverifiedDocument::encode)).collect();
    World { site: site.0, answers, genuine }
});

/// An installation while its story is told.
struct Site(Installation);

impl Site {
    fn new() -> Site {
        let facts = testing::facts(&testing::installation());
        Site(Installation::set_up(facts, &testing::trust(), testing::now()))
    }

    fn prepare<E: std::fmt::Debug>(
        &mut self,
        ask: impl FnOnce(&Installation, Moment) -> Result<(Installation, Prepared), E>,
    ) -> OwnRequest {
        let moment = Moment { now: testing::now(), nonce: Nonce([self.0.counter() as u8; 16]) };
        let (state, prepared) = ask(&self.0, moment).expect("it may ask");
        self.0 = state;
        prepared.request
    }

    fn activate(&mut self, slot: LicenseType) -> OwnRequest {
        let key = testing::license_key(slot);
        self.prepare(|state, moment| state.prepare_activation(slot, &key, moment, sign))
    }

    fn take(&mut self, answer: &UnverifiedFile) {
        self.0 = self.0.import(answer, testing::now()).expect("an answer").0;
    }

    fn license(&self, request: &OwnRequest) -> License {
        let id = LicenseId::from_slice(&request.digest().0[..16]).expect("16 bytes");
        let (answers, counter) = (request.digest(), request.counter());
        License { id, answers, counter, ..testing::license(request.license_type()) }
    }

    fn grant(&self, request: &OwnRequest) -> UnverifiedFile {
        testing::seal_answer(&self.license(request))
    }
}

fn sign(bytes: &[u8]) -> [u8; 64] {
    testing::installation().sign(bytes)
}
