//! The `waybill` command with its store in PostgreSQL: a life of a license, two machines, a database that goes away, and a password that
//! nobody gets to see. Needs the server that `WAYBILL_TEST_DATABASE_URL` names; `scripts/suites/postgres` starts one.

#[allow(dead_code, reason = "the signer's tests use all of it")]
#[path = "../../signer/tests/common/database.rs"]
mod database;
mod support;

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
};

use database::Database;
use support::{Run, Vendor, waybill};

/// Databases are made by a client that must be waited for.
fn wait<T>(doing: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(doing)
}

/// A vendor whose store is in a database, which is named in a file.
fn vendor(folder: &Path, database: &Database) -> Vendor {
    let url_file = folder.join("database-url");
    fs::write(&url_file, database.url() + "\n").expect("written");
    let arguments = ["--database-url-file", url_file.to_str().expect("text")].map(str::to_owned);
    Vendor::with_store(None, arguments.to_vec())
}

fn cut_off(database: &Database, connections: bool) {
    let name = database.name();
    wait(database.ask(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {connections}")));
    wait(
        database
            .ask(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")),
    );
}

/// A second machine of a vendor: a copy of its data directory.
fn second_machine(vendor: &Vendor) -> Vendor {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("vendor");
    fs::create_dir_all(data_dir.join("keys")).expect("made");
    for name in ["keys/root-1.key", "keys/issuing-1.key", "keys/log-1.key", "trust.waybill", "witness"] {
        fs::copy(vendor.data_dir.join(name), data_dir.join(name)).expect("copied");
    }
    Vendor {
        data_dir,
        folder,
        passphrase: vendor.passphrase.clone(),
        trust: vendor.trust.clone(),
        database: vendor.database.clone(),
    }
}

#[test]
fn two_portals_share_one_record_and_outlive_their_database() {
    let (folder, database) = (tempfile::tempdir().expect("a folder"), wait(Database::new()));
    let vendor = vendor(folder.path(), &database);
    assert!(!vendor.data_dir.join("waybill.db").exists());
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let second = second_machine(&vendor);
    let (portal, other) = (vendor.serves(), second.serves());

    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let answer = vendor.answer(&portal, &contoso, &request);
    let again = request.with_extension("again");
    Run::command(support::connect_command(&other, &contoso, &request, &again)).exits(0);
    assert_eq!(fs::read(&answer).unwrap(), fs::read(&again).unwrap(), "same-answer");
    assert_eq!(site.imports(&answer), "installed");
    let elsewhere = vendor.site("PS2", "Branch").activation("desktop", &key, "activation");
    let (_, refused) = second.connect(&other, &contoso, &elsewhere);
    assert_eq!(refused.exits(1).error_code(), "key-in-use");
    // A command beside them, on either machine; and on one that has no keys.
    assert_eq!(second.sees(&site)["slots"][0]["counted"].as_array().unwrap().len(), 1);
    let bare = Run::of(
        &waybill(),
        &[&["--json", "--data-dir", "nowhere"], &vendor_arguments(&vendor)[..], &["account", "list"]]
            .concat(),
    );
    assert_eq!(bare.exits(0).json()["accounts"].as_array().unwrap().len(), 1);

    // The database goes away, and comes back. Nobody starts anything anew.
    cut_off(&database, false);
    let refresh = site.refresh("desktop", "refresh");
    let (path, run) = vendor.connect(&portal, &contoso, &refresh);
    assert_eq!(run.exits(3).error_code(), "store-unreachable");
    assert!(!path.exists());
    assert_eq!(vendor.run(&["account", "list"]).exits(3).error_code(), "store-unreachable");
    cut_off(&database, true);
    for (vendor, portal) in [(&vendor, &portal), (&second, &other)] {
        vendor.answer(portal, &contoso, &refresh);
    }
    assert_eq!(site.imports(&path), "installed");
    assert_eq!(portal.stop().1, 0);
}

/// A portal and a signer in two processes, each with its own role in the database; the portal has no data directory to speak of.
#[test]
fn two_processes_share_one_record_with_a_role_each() {
    let (folder, database) = (tempfile::tempdir().expect("a folder"), wait(Database::new()));
    let mut vendor = vendor(folder.path(), &database);
    let roles = vendor.run(&["signer", "--print-roles"]).exits(0).json();
    wait(async {
        let mut connection = database.connect().await;
        let mut run = async |sql: &str| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("run");
        };
        run(roles["sql"].as_str().expect("text")).await;
        run("ALTER ROLE waybill_signer PASSWORD 's'; ALTER ROLE waybill_portal PASSWORD 'p'").await;
    });
    let role = |role: &str| {
        let url =
            database.url().replace("user=postgres", &format!("user=waybill_{role}&password={}", &role[..1]));
        vec!["--database-url".to_owned(), url]
    };
    vendor.database = role("signer");
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let signer = vendor.signs();
    let portal = vendor.portal_apart(&role("portal"));
    assert!(fs::read_dir(vendor.path("portal")).expect("a folder").next().is_none());

    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    site.uses("desktop", 12);
    let refresh = site.refresh("desktop", "refresh");
    signer.kill();
    let (_, away) = vendor.connect(&portal, &contoso, &refresh);
    assert_eq!(away.exits(3).error_code(), "signer-unreachable");
    let signer = vendor.signs();
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &refresh)), "installed");
    let deactivation = site.deactivation("desktop", "deactivation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &deactivation)), "deactivation-confirmed");
    vendor.run(&["log", "verify"]).exits(0);
    // The role that shows does not sign.
    vendor.database = role("portal");
    let passphrase = vendor.passphrase.to_str().expect("text");
    let refused = vendor.run(&["signer", "--socket", "s", "--passphrase-file", passphrase]);
    assert_eq!(refused.exits(3).error_code(), "store-unreachable");
    assert_eq!(portal.stop().1, 0);
    assert_eq!(signer.stop().1, 0);
}

fn vendor_arguments(vendor: &Vendor) -> Vec<&str> {
    vendor.database.iter().map(String::as_str).collect()
}

/// What is named together belongs together, or nothing is done.
#[test]
fn data_directory_and_database_are_one_pair() {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, another, empty) =
        wait(async { (Database::new().await, Database::new().await, Database::new().await) });
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    for folder in [&ours, &theirs] {
        fs::create_dir(folder).expect("made");
    }
    let vendor = vendor(&ours, &database);
    let stranger = self::vendor(&theirs, &another);
    let passphrase = vendor.passphrase.to_str().expect("text");
    let with = |vendor: &Vendor, database: &Database, arguments: &[&str]| {
        let data_dir = vendor.data_dir.to_str().expect("text");
        let url = database.url();
        let mut all = vec!["--json", "--data-dir", data_dir, "--database-url", &url];
        all.extend(arguments);
        Run::of(&waybill(), &all)
    };

    // A database that is somebody's, or nobody's; and none.
    let init = ["init", "--vendor", "Northwind Software", "--passphrase-file", passphrase];
    assert_eq!(with(&vendor, &database, &init).exits(1).error_code(), "already-initialized");
    assert_eq!(with(&vendor, &another, &init).exits(1).error_code(), "store-claimed");
    assert_eq!(with(&vendor, &empty, &init).exits(1).error_code(), "data-dir-incomplete");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--passphrase-file", passphrase];
    for (database, code, exit) in [(&another, "store-another-record", 1), (&empty, "store-empty", 2)] {
        assert_eq!(with(&vendor, database, &serve).exits(exit).error_code(), code);
        assert_eq!(with(&vendor, database, &["account", "list"]).exits(exit).error_code(), code);
    }
    let mut forgotten = Vendor { database: Vec::new(), ..second_machine(&vendor) };
    let refused = forgotten.run(&serve).exits(2);
    assert_eq!(refused.error_code(), "store-missing");
    assert!(refused.json()["error"]["next_step"].as_str().unwrap().contains("--database-url"));
    assert_eq!(forgotten.run(&["account", "list"]).exits(2).error_code(), "store-missing");
    // The bundle is no secret of the store's.
    forgotten.run(&["trust", "export", "--output", vendor.path("again.waybill").to_str().unwrap()]).exits(0);
    forgotten.database = stranger.database.clone();
    assert_eq!(forgotten.run(&["account", "list"]).exits(1).error_code(), "store-another-record");
    // Nothing was made in the empty one.
    let tables = wait(async {
        use sqlx::Row as _;
        let row = sqlx::query("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'");
        row.fetch_one(&mut empty.connect().await).await.expect("counted").get::<i64, _>(0)
    });
    assert_eq!(tables, 0);
}

/// The password comes from a file and goes to the server; nothing that is printed has it.
#[test]
fn a_password_is_never_shown() {
    const PASSWORD: &str = "p@ss/w?rd #%";
    const ESCAPED: &str = "p%40ss%2Fw%3Frd%20%23%25";
    let (folder, database) = (tempfile::tempdir().expect("a folder"), wait(Database::new()));
    let role = format!("{}_role", database.name());
    wait(async {
        database.ask(&format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")).await;
        let sql = format!("CREATE SCHEMA AUTHORIZATION {role}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut database.connect().await).await.expect("made");
    });
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    let file = |name: &str, text: &str| -> String {
        let path: PathBuf = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let (password, wrong) = (file("password", &format!("{PASSWORD}\n")), file("wrong", "p@ss"));
    let (passphrase, url_file) = (file("passphrase", "across the gap\n"), file("url", &url));
    let with_password = format!("{url}&password={ESCAPED}");
    let data_dir = folder.path().join("vendor");
    let run = |json: &[&str], database: &[&str], arguments: &[&str]| {
        let data_dir = data_dir.to_str().expect("text");
        let run = Run::of(&waybill(), &[json, &["--data-dir", data_dir], database, arguments].concat());
        for shown in [&run.out, &run.err] {
            for secret in [PASSWORD, ESCAPED, "p@ss", "p%40ss", "w?rd"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        run
    };
    let init = ["init", "--vendor", "Northwind Software", "--passphrase-file", &passphrase];
    let list = ["account", "list"];
    let from_files =
        ["--database-url-file", url_file.as_str(), "--database-password-file", password.as_str()];
    for json in [&["--json"][..], &[]] {
        // Wrong in every way that may repeat what was typed.
        let typed = |text: &str| text.replace("SECRET", ESCAPED);
        for (address, exit) in [
            ("postgres://u:SECRET@db.invalid/w", 3),
            ("postgres://u:SECRET@127.0.0.1:1/w", 3),
            ("postgres://u:SECRET@127.0.0.1:99999/w", 2),
            ("mysql://u:SECRET@localhost/w", 2),
            ("postgres://localhost/w?passwd=SECRET", 2),
            ("postgres://u:p@ss/w?rd@localhost/w", 2),
            ("SECRET", 2),
        ] {
            let address = typed(address);
            run(json, &["--database-url", &address], &init).exits(exit);
            run(json, &["--database-url", &address], &["no-such-command"]).exits(2);
        }
        run(json, &["--database-url-file", &url_file, "--database-url", &with_password], &list).exits(2);
        run(json, &["--database-url", &with_password, "--database-password-file", &password], &list).exits(2);
        run(json, &["--database-password-file", &password], &list).exits(2);
        run(json, &["--database-url-file", &url_file], &list).exits(3);
        run(json, &["--database-url-file", &url_file, "--database-password-file", &wrong], &list).exits(3);
    }
    let made = run(&[], &from_files, &init).exits(0);
    assert!(made.out.contains(&role) && made.out.contains("postgres:///"), "{}", made.out);
    assert!(made.out.contains("--database-url-file"), "{}", made.out);
    for database in [&from_files[..], &["--database-url", &with_password]] {
        run(&["--json"], database, &list).exits(0);
    }
    wait(async {
        database.ask(&format!("DROP DATABASE {} WITH (FORCE)", database.name())).await;
        database.ask(&format!("DROP ROLE {role}")).await;
    });
}
