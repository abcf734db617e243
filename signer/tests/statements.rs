//! What an answer asks of the store, counted and not timed: the same for a license key that does not exist and for one of another
//! account, and no more for an installation with a long history than for one with a short one.
//!
//! sqlx tells `tracing` each statement with its rows, from whichever thread; so one test at a time listens.

mod common;

use std::sync::{Mutex, MutexGuard, Once};

use common::{Vendor, dice, moment};
use license_format::{Digest, LicenseKey, LicenseType, UnverifiedFile, payload::Refusal};
use signer::{
    Answer, Answered, Asker,
    people::{AccountDraft, AccountKind, Actor},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

const DESKTOP: LicenseType = LicenseType::Desktop;

static HEARD: Mutex<Vec<Statement>> = Mutex::new(Vec::new());
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A statement that was run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Statement {
    sql: String,
    rows: u64,
}

/// Hears what sqlx says.
struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        heard().push(statement);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Statement {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // The statement stands there when it is longer than its summary.
        if field.name() == "db.statement" && !value.is_empty() || field.name() == "summary" {
            self.sql = value.trim().to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

fn heard() -> MutexGuard<'static, Vec<Statement>> {
    HEARD.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What is asked of the store while something is done.
async fn asked<T>(done: impl Future<Output = T>) -> (T, Vec<Statement>) {
    static EAR: Once = Once::new();
    EAR.call_once(|| tracing::subscriber::set_global_default(Ear).expect("nobody else listens"));
    heard().clear();
    let done = done.await;
    (done, std::mem::take(&mut heard()))
}

fn refusal(answered: &Answered) -> Refusal {
    let Answer::Refusal(refusal) = &answered.answer else { panic!("not refused") };
    // All that may differ is which request it answers.
    Refusal { answers: Digest([0; 32]), ..refusal.clone() }
}

#[tokio::test]
async fn a_foreign_license_key_is_refused_as_one_that_does_not_exist() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mut vendor = Vendor::sells(DESKTOP, 10, |_| {}).await;
    let mut home = vendor.site(1);
    let key = vendor.primary.key.clone();
    vendor.activate(&mut home, &key).await.expect("a license");
    let catalog = vendor.signer.catalog();
    let until = vendor.now.plus(license_format::DAY);
    let by = (&Asker::Staff, &Actor::Operator);
    let (to, mut dice_40) = (["bea@contoso.example".to_owned()], dice(40));
    let codes = catalog.create_codes(&vendor.primary.id, &to, until, by, vendor.now, &mut dice_40);
    let code = codes.await.expect("made").remove(0).code;
    let draft = AccountDraft {
        name: "Fabrikam".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@fabrikam.example".to_owned(),
    };
    let people = vendor.signer.people();
    let fabrikam = people.create_account(draft, vendor.now, &mut dice(41)).await.expect("made").account.id;
    let asker = Asker::Account(fabrikam);
    let nowhere = LicenseKey::from_random(DESKTOP, &[7; 18]);

    let stranger = vendor.site(2).proxy;
    let mut answers = Vec::new();
    for key in [&nowhere, &key, &code, &nowhere] {
        let request = stranger.clone().activate(DESKTOP, key, moment(vendor.now, 9)).expect("prepared");
        answers.push(asked(vendor.signer.answer(&request, &asker, vendor.now)).await);
    }
    let (unknown, statements) = &answers[0];
    let unknown = unknown.as_ref().expect("answered");
    assert_eq!(refusal(unknown).code.as_str(), "license-key-unknown");
    assert!(statements.len() > 5, "sqlx was heard: {statements:?}");
    for (answered, asked) in &answers[1..] {
        let answered = answered.as_ref().expect("answered");
        assert_eq!(refusal(answered), refusal(unknown));
        // What travels along and the proof are the log's and not the key's.
        let length = |answered: &Answered| {
            UnverifiedFile::read(&answered.file).expect("a file").document.encode().len()
        };
        assert_eq!(length(answered), length(unknown));
        let sql = |statements: &[Statement]| -> Vec<String> {
            statements.iter().map(|statement| statement.sql.clone()).collect()
        };
        assert_eq!(sql(asked), sql(statements), "the same work");
    }
}

#[tokio::test]
async fn a_long_history_costs_no_more_than_a_short_one() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mut vendor = Vendor::sells(DESKTOP, 10, |_| {}).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    vendor.activate(&mut site, &key).await.expect("a license");
    let mut costs = Vec::new();
    for turn in 1..=40 {
        site.uses(turn % 5, &vendor);
        let request = site.proxy.refresh(DESKTOP, moment(vendor.now, turn)).expect("prepared");
        let (answered, statements) = asked(vendor.given(&request)).await;
        site.proxy.import(&UnverifiedFile::read(&answered.file).expect("a file"), vendor.now);
        let rows: u64 = statements.iter().map(|statement| statement.rows).sum();
        costs.push((statements.len(), rows));
    }
    println!("statements and rows of a refresh: {:?}", costs[3]);
    if std::env::var_os("WAYBILL_STATEMENTS").is_some() {
        site.uses(7, &vendor);
        let request = site.proxy.refresh(DESKTOP, moment(vendor.now, 41)).expect("prepared");
        for statement in asked(vendor.given(&request)).await.1 {
            println!("{:>4} {}", statement.rows, statement.sql);
        }
    }
    let (statements, rows) = costs[3];
    // Every sixteenth leaf completes a node of the log that is kept, which is one statement more.
    let is_the_same =
        |cost: &&(usize, u64)| cost.1 == rows && (statements..=statements + 1).contains(&cost.0);
    assert_eq!(costs[3..].iter().filter(is_the_same).count(), costs.len() - 3, "{costs:?}");
}
