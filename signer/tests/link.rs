//! A portal and its signer in two tasks that share nothing but a socket and a store: what goes over the link comes back as from a signer in
//! the same process, and nothing that is sent stops the signer.
#![cfg(unix)]

mod common;

use std::{fs, io, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use common::{Place, Vendor, certificates::Authority, dice, moment, passphrase};
use license_format::{DAY, Digest, LicenseType, UnverifiedFile};
use signer::{
    Answer, Asker, Signer,
    catalog::OverdraftDraft,
    init::{InitOptions, init},
    installations::Decider,
    link::{
        AboutKey, Call, CallError, Decision, Door, Envelope, FRAME_BYTES, Fault, Link, PortalSide,
        PortalStore, SocketMode, TlsFiles, VERSION, serve,
    },
    people::Actor,
    store::Store,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::oneshot,
    task::JoinHandle,
};

/// A signer behind a door, and what stops it.
struct Apart {
    address: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Apart {
    fn behind(door: Door, vendor: &Vendor) -> Apart {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, now) = (door.address(), vendor.now);
        let stopped = async move { drop(stopped.await) };
        let serving = tokio::spawn(serve(door, vendor.signer.clone(), Arc::new(move || now), stopped));
        Apart { address, stop, serving }
    }

    async fn ends(self) {
        drop(self.stop);
        self.serving.await.expect("it ends");
    }
}

fn socket(vendor: &Vendor) -> PathBuf {
    vendor.place.path().join("signer.socket")
}

async fn behind_socket(vendor: &Vendor) -> Apart {
    Apart::behind(Door::socket(socket(vendor), SocketMode::Owner).await.expect("a door"), vendor)
}

async fn portal(vendor: &Vendor, address: &str, tls: Option<&TlsFiles>) -> PortalSide {
    let store = PortalStore::open(vendor.place.data().store()).await.expect("a store");
    store.with_signer(Link::new(address, tls).expect("an address"))
}

fn eyes(vendor: &Vendor) -> Asker {
    Asker::Account(vendor.account.clone())
}

#[tokio::test]
async fn answers_are_those_of_a_signer_in_the_same_process() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let apart = behind_socket(&vendor).await;
    let portal = portal(&vendor, &apart.address, None).await;
    assert_eq!(portal.vendor(), vendor.signer.vendor());
    assert_eq!(portal.health(vendor.now).await.expect("healthy").vendor, *vendor.signer.vendor());

    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let request = site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap();
    let asker = eyes(&vendor);
    // The link's time is the signer's own: what a portal says makes no difference.
    let there = portal.answer(&request, &asker, vendor.now.plus(300 * DAY)).await.expect("answered");
    let here = vendor.given(&request).await;
    assert_eq!((there.repeated, here.repeated), (false, true));
    assert_eq!((&there.file, &there.file_name, there.digest), (&here.file, &here.file_name, here.digest));
    assert_eq!((&there.answer, &there.request), (&here.answer, &here.request));
    assert!(matches!(&there.answer, Answer::License(license) if license.issued == vendor.now));
    let stored = portal.answer_file(&there.digest, &asker).await.expect("asked");
    assert_eq!(stored, Some((there.file.clone(), there.file_name)));
    // Others do not get to see it, nor to know of it.
    let stranger = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().expect("an id");
    assert_eq!(portal.answer_file(&there.digest, &Asker::Account(stranger)).await, Ok(None));
    assert_eq!(portal.answer_file(&Digest([9; 32]), &Asker::Staff).await, Ok(None));
    // What is no request says why, wherever it is found out.
    for file in [&b"not a file"[..], &there.file] {
        let theirs = portal.answer(file, &asker, vendor.now).await.expect_err("refused");
        let ours = vendor.signer.answer(file, &asker, vendor.now).await.expect_err("refused");
        assert_eq!(theirs, CallError::from(ours));
        assert_eq!(theirs.fault, Fault::Unreadable);
    }
    apart.ends().await;
    vendor.pass(1);
}

#[tokio::test]
async fn decisions_are_made_at_the_signer() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let apart = behind_socket(&vendor).await;
    let portal = portal(&vendor, &apart.address, None).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    assert_eq!(vendor.activate(&mut site, &key).await.expect("a license").grants[0].seats, 40);

    let about = |reason: &str| AboutKey {
        installation: site.proxy.name(),
        key: vendor.primary.id.clone(),
        reason: reason.parse().expect("a reason"),
    };
    let by = vendor.by();
    let decide = async |decision| portal.decide(decision, &by, vendor.now).await;
    decide(Decision::Block(about("lost"))).await.expect("blocked");
    let barred = portal.installations().show(&by.asker, &site.proxy.name(), vendor.now).await.unwrap();
    assert_eq!(barred.expect("it is there").barred.len(), 1);
    decide(Decision::Allow(about("found"))).await.expect("allowed");
    decide(Decision::MoveKey(about("burnt"))).await.expect("moved");
    let again = decide(Decision::MoveKey(about("burnt"))).await.expect_err("refused");
    assert_eq!((again.fault, again.code.as_ref()), (Fault::Refused, "not-at-home"));
    let fork =
        Decision::ResolveFork { installation: site.proxy.name(), lives: signer::exchange::Lives::First };
    assert_eq!(decide(fork).await.expect_err("refused").code, "no-fork");

    // Every problem of a form, with the field that it is about.
    let staff = Decider { asker: Asker::Staff, actor: Actor::Operator };
    let draft = OverdraftDraft {
        subscription: vendor.subscription.id.clone(),
        metric: None,
        seats: 5,
        ends: vendor.now.plus(DAY),
        reason: String::new(),
    };
    let error = portal
        .decide(Decision::GrantOverdraft(draft.clone()), &staff, vendor.now)
        .await
        .expect_err("refused");
    let fields: Vec<&str> = error.problems.iter().map(|problem| problem.field.as_ref()).collect();
    assert_eq!((error.fault, fields), (Fault::Invalid, vec!["until", "reason"]));
    let draft = OverdraftDraft { ends: vendor.now.plus(200 * DAY), reason: "burnt".to_owned(), ..draft };
    portal.decide(Decision::GrantOverdraft(draft), &staff, vendor.now).await.expect("granted");
    let entries = portal.catalog().overdraft(&Asker::Staff, &vendor.subscription.id, vendor.now).await;
    assert_eq!(entries.expect("listed").iter().filter(|entry| entry.granted).count(), 1);
    apart.ends().await;
}

/// A signer that is away is a sentence and a next step, and simply there again when it is.
#[tokio::test]
async fn a_signer_that_was_away_is_there_again() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let address = format!("unix:{}", socket(&vendor).display());
    let portal = portal(&vendor, &address, None).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let request = site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap();
    for _ in 0..2 {
        let away = portal.answer(&request, &eyes(&vendor), vendor.now).await.expect_err("nobody is there");
        assert_eq!((away.fault, away.code.as_ref()), (Fault::Ours, "signer-unreachable"));
        assert!(away.next_step.contains("Nothing was taken"), "{}", away.next_step);
        assert_eq!(portal.health(vendor.now).await.expect_err("not healthy").code, "signer-unreachable");
        // It reads all the same.
        portal.people().accounts().await.expect("listed");
        let apart = behind_socket(&vendor).await;
        portal.answer(&request, &eyes(&vendor), vendor.now).await.expect("answered");
        apart.ends().await;
        assert!(!socket(&vendor).exists(), "the socket goes with its signer");
    }
}

/// A signer that goes while it works: of an answer it is said that the same file may come again, of a decision that one must look.
#[tokio::test]
async fn a_signer_that_hangs_up_is_told_from_one_that_is_away() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let listener = tokio::net::UnixListener::bind(socket(&vendor)).expect("bound");
    let hanging_up = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let mut head = [0; 8];
            stream.read_exact(&mut head).await.expect("a call");
        }
    });
    let portal = portal(&vendor, &format!("unix:{}", socket(&vendor).display()), None).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let request = site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap();
    let lost = portal.answer(&request, &eyes(&vendor), vendor.now).await.expect_err("hung up");
    assert_eq!(lost.code, "signer-lost");
    assert!(lost.next_step.contains("same answer"), "{}", lost.next_step);
    let about = AboutKey {
        installation: site.proxy.name(),
        key: vendor.primary.id.clone(),
        reason: "x".parse().expect("a reason"),
    };
    let lost = portal.decide(Decision::Block(about), &vendor.by(), vendor.now).await.expect_err("hung up");
    assert_eq!(lost.code, "signer-lost");
    assert!(lost.next_step.contains("not known"), "{}", lost.next_step);
    hanging_up.await.expect("it ends");
}

/// A signer of another version reads no call, so nothing was done, whatever was asked; and it is said which of the two to update.
#[tokio::test]
async fn the_older_of_two_versions_is_to_be_updated() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let listener = tokio::net::UnixListener::bind(socket(&vendor)).expect("bound");
    let portal = portal(&vendor, &format!("unix:{}", socket(&vendor).display()), None).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let request = site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap();
    let block = Decision::Block(AboutKey {
        installation: site.proxy.name(),
        key: vendor.primary.id.clone(),
        reason: "x".parse().expect("a reason"),
    });
    for (version, older) in [(VERSION + 1, "Update the portal"), (VERSION - 1, "Update the signer")] {
        let signer = async {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.expect("a caller");
                stream.read_exact(&mut [0; 8]).await.expect("a call");
                // What stands in it is of that version too.
                stream.write_all(&[b'W', b'B', b'L', version, 0, 0, 0, 1, 0xff]).await.expect("written");
                // It hangs up with what it has not read.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        };
        let asking = async {
            let answer = portal.answer(&request, &eyes(&vendor), vendor.now).await.expect_err("unread");
            [answer, portal.decide(block.clone(), &vendor.by(), vendor.now).await.expect_err("unread")]
        };
        let (told, ()) = tokio::join!(asking, signer);
        for error in told {
            assert_eq!((error.fault, error.code.as_ref()), (Fault::Ours, "link-version"));
            assert!(error.next_step.starts_with("Nothing was done."), "{}", error.next_step);
            assert!(error.next_step.contains(older), "{version}: {}", error.next_step);
        }
    }
}

/// What is longer than any call is not sent, so it is known that nothing was done; not even a signer has to be there.
#[tokio::test]
async fn what_is_too_long_for_the_link_is_not_sent() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let link = Link::new(&format!("unix:{}", socket(&vendor).display()), None).expect("an address");
    let record = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().expect("an id");
    let call = Call::Answer { file: vec![0; FRAME_BYTES + 1], asker: Asker::Staff };
    let unsent = link.call(&record, call).await.expect_err("not sent");
    assert_eq!(unsent.code, "link-too-large");
    assert!(unsent.next_step.starts_with("Nothing was done."), "{}", unsent.next_step);
}

/// A caller who hangs up while the signer is busy is not waited for by the others: the file is passed over, and answered when it comes again.
#[tokio::test]
async fn nobody_is_answered_who_does_not_wait() {
    let mut vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let apart = behind_socket(&vendor).await;
    let portal = portal(&vendor, &apart.address, None).await;
    let mut sites = [1, 2, 3].map(|number| vendor.site(number));
    // A key for each, so that each is given a license, which is kept.
    let mut files = Vec::new();
    for site in &mut sites {
        let key = vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
        files.push(site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap());
    }
    let [first, left, last] = files.try_into().expect("three");
    let digest = |file: &[u8]| UnverifiedFile::read(file).expect("it reads").document.digest();
    let asker = eyes(&vendor);

    // Another program has the store, so the first call waits for it, and the second one for the first.
    let store = Store::open(vendor.place.data().store()).await.expect("a store");
    let busy = store.begin().await.expect("begun");
    let waits = portal.answer(&first, &asker, vendor.now);
    let leaves = async {
        let record = store.vendor().await.expect("read").expect("claimed").id;
        let call = Call::Answer { file: left.clone(), asker: asker.clone() };
        let mut body = Vec::new();
        ciborium::into_writer(&Envelope { record, call }, &mut body).expect("encoded");
        let mut stream = UnixStream::connect(socket(&vendor)).await.expect("connected");
        stream.write_all(&[b'W', b'B', b'L', VERSION]).await.expect("written");
        stream.write_all(&(body.len() as u32).to_be_bytes()).await.expect("written");
        stream.write_all(&body).await.expect("written");
        stream.shutdown().await.expect("hung up");
        // The signer has seen it when it hangs up too.
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.expect("nothing is said"), 0);
        drop(busy);
    };
    let (answered, ()) = tokio::join!(waits, leaves);
    answered.expect("the first is answered");
    portal.answer(&last, &asker, vendor.now).await.expect("and who comes later");
    let stored =
        async |file: &[u8]| portal.answer_file(&digest(file), &asker).await.expect("asked").is_some();
    assert!(stored(&first).await && stored(&last).await);
    assert!(!stored(&left).await, "nobody waited for this");
    assert!(!portal.answer(&left, &asker, vendor.now).await.expect("it comes again").repeated);
    apart.ends().await;
}

/// What a socket is sent that is no call is refused, with a reason where there is somebody who could read it; the signer lives on.
#[tokio::test]
async fn whatever_comes_the_signer_lives_on() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let apart = behind_socket(&vendor).await;
    let portal = portal(&vendor, &apart.address, None).await;
    let send = async |bytes: &[u8]| {
        let mut stream = UnixStream::connect(socket(&vendor)).await.expect("connected");
        // It may be refused before it is all written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        String::from_utf8_lossy(&reply).into_owned()
    };
    let frame = |version: u8, length: usize, body: &[u8]| {
        let mut frame = b"WBL".to_vec();
        frame.push(version);
        frame.extend((length as u32).to_be_bytes());
        frame.extend(body);
        frame
    };
    let http = b"GET / HTTP/1.1\r\nHost: signer\r\n\r\n";
    for (what, bytes, told) in [
        ("another protocol", http.to_vec(), "link-garbled"),
        ("another version", frame(VERSION + 1, 3, b"abc"), "link-version"),
        ("a length beyond all bounds", frame(VERSION, FRAME_BYTES + 1, &[0; 64]), "link-too-large"),
        ("the longest of lengths", frame(VERSION, u32::MAX as usize, &[]), "link-too-large"),
        ("no CBOR", frame(VERSION, 4, b"\xff\xff\xff\xff"), "link-garbled"),
        ("CBOR that is no call", frame(VERSION, 1, b"\xa0"), "link-garbled"),
        ("nested without end", frame(VERSION, 50_000, &[0x81; 50_000]), "link-garbled"),
        ("an array of a million million", frame(VERSION, 9, b"\x9b\0\0\x01\0\0\0\0\0"), "link-garbled"),
        ("half a message", frame(VERSION, 100, &[0; 50]), ""),
        ("half a head", b"WB".to_vec(), ""),
        ("nothing", Vec::new(), ""),
    ] {
        let reply = send(&bytes).await;
        assert!(reply.contains(told), "{what}: {reply:?}");
        assert!(!told.is_empty() || reply.is_empty(), "{what}: {reply:?}");
        portal.health(vendor.now).await.unwrap_or_else(|error| panic!("after {what}: {error}"));
    }
    apart.ends().await;
}

/// A portal before another record than its signer's gets nothing done.
#[tokio::test]
async fn portal_and_signer_have_the_same_record_before_them() {
    let (ours, theirs) = (Vendor::sells(LicenseType::Desktop, 40, |_| ()).await, {
        // Another `init`, with other dice.
        let place = Place::new().await;
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let options = InitOptions { vendor: "Somebody Else".to_owned(), passphrase: passphrase() };
        init(&place.data(), &options, now, &mut dice(77)).await.unwrap();
        place
    });
    let apart = behind_socket(&ours).await;
    let store = PortalStore::open(theirs.data().store()).await.expect("a store");
    let portal = store.with_signer(Link::new(&apart.address, None).expect("an address"));
    assert_eq!(portal.health(ours.now).await.expect_err("refused").code, "signer-another-record");
    let answered = portal.answer_file(&Digest([1; 32]), &Asker::Staff).await;
    assert_eq!(answered.expect_err("refused").code, "signer-another-record");
    apart.ends().await;
}

/// Who may connect is decided before anybody can; and a name is taken from the dead alone.
#[tokio::test]
async fn a_socket_is_for_its_owner_and_one_signer() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let mode = |path: &PathBuf| fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o777;
    let path = socket(&vendor);
    let first = Door::socket(&path, SocketMode::Owner).await.expect("a door");
    assert_eq!(mode(&path), 0o600);
    let second = Door::socket(&path, SocketMode::Owner).await.err().expect("refused");
    assert_eq!(second.code(), "socket-in-use");
    drop(first);
    // What a killed signer leaves is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
    assert!(path.exists());
    let after = Door::socket(&path, SocketMode::Group).await.expect("a door");
    assert_eq!(mode(&path), 0o660);
    drop(after);
    fs::write(&path, "a file").expect("written");
    let refused = Door::socket(&path, SocketMode::Owner).await.err().expect("refused");
    assert_eq!(refused.code(), "socket-not-one");
    assert_eq!(fs::read_to_string(&path).expect("untouched"), "a file");
    let nowhere = vendor.place.path().join("no-such-folder/signer.socket");
    // Nothing is made on the way to it.
    assert_eq!(Door::socket(&nowhere, SocketMode::Owner).await.err().expect("refused").code(), "socket");
    assert!(!vendor.place.path().join("no-such-folder").exists());
}

/// Over TCP each end shows a certificate of the authority that the other one believes, for the name that it was called by.
#[tokio::test]
async fn certificates_of_another_authority_are_refused() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let (ours, theirs) = (Authority::new(), Authority::new());
    let at = |name: &str| vendor.place.path().join(name);
    let anywhere: SocketAddr = ([127, 0, 0, 1], 0).into();
    let server = ours.certifies("127.0.0.1", &at("server"));
    let apart = Apart::behind(Door::tls(anywhere, &server).await.expect("a door"), &vendor);

    let good = ours.certifies("portal", &at("portal"));
    let portal = portal(&vendor, &apart.address, Some(&good)).await;
    portal.health(vendor.now).await.expect("healthy");
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let request = site.proxy.activate(LicenseType::Desktop, &key, moment(vendor.now, 1)).unwrap();
    let there = portal.answer(&request, &eyes(&vendor), vendor.now).await.expect("answered");
    assert_eq!(there.file, vendor.given(&request).await.file);

    // The portal's certificate is of another authority, though it claims ours; or the signer's is, for all that the portal knows.
    let stranger =
        TlsFiles { authority: good.authority.clone(), ..theirs.certifies("portal", &at("stranger")) };
    let misled = TlsFiles { authority: theirs.certifies("x", &at("x")).authority, ..good.clone() };
    for (what, files) in [("a stranger's", &stranger), ("one for a stranger", &misled)] {
        let portal = self::portal(&vendor, &apart.address, Some(files)).await;
        assert_eq!(portal.health(vendor.now).await.expect_err("refused").code, "signer-untrusted", "{what}");
    }
    // The right authority, and another machine's certificate.
    let elsewhere = ours.certifies("other.example", &at("elsewhere"));
    let other = Apart::behind(Door::tls(anywhere, &elsewhere).await.expect("a door"), &vendor);
    let refused = self::portal(&vendor, &other.address, Some(&good)).await.health(vendor.now).await;
    assert_eq!(refused.expect_err("refused").code, "signer-untrusted");
    // Without TLS nobody is spoken to.
    let mut plain = tokio::net::TcpStream::connect(&apart.address).await.expect("connected");
    plain.write_all(b"WBL\x01\0\0\0\x01\xa0").await.expect("written");
    let mut reply = Vec::new();
    let _: io::Result<usize> = plain.read_to_end(&mut reply).await;
    assert!(!String::from_utf8_lossy(&reply).contains("link-"), "{reply:?}");
    portal.health(vendor.now).await.expect("healthy still");

    fs::set_permissions(&good.key, fs::Permissions::from_mode(0o644)).expect("set");
    let loose = Link::new(&apart.address, Some(&good)).expect_err("refused");
    assert_eq!(loose.code(), "certificate-key-loose");
    // Who forgot the certificates is not sent to look for a mistake in the address.
    let bare = Link::new("signer.example:8443", None).expect_err("refused");
    assert_eq!(bare.code(), "certificates-missing");
    assert!(bare.next_step().contains("--tls-cert, --tls-key and --signer-ca"), "{}", bare.next_step());
    assert_eq!(Link::new("unix:s", Some(&server)).expect_err("refused").code(), "certificates-needless");
    for address in ["", "unix:", "signer.example", "signer.example:port", "127.0.0.1:99999"] {
        assert_eq!(Link::new(address, None).expect_err("refused").code(), "signer-address", "{address:?}");
        assert_eq!(Link::new(address, Some(&server)).expect_err("refused").code(), "signer-address");
    }
    apart.ends().await;
    other.ends().await;
}

/// Whoever only connects keeps no portal away: neither its place nor its patience is a portal's.
#[tokio::test]
async fn strangers_keep_no_portal_from_its_signer() {
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let authority = Authority::new();
    let anywhere: SocketAddr = ([127, 0, 0, 1], 0).into();
    let server = authority.certifies("127.0.0.1", &vendor.place.path().join("server"));
    let apart = Apart::behind(Door::tls(anywhere, &server).await.expect("a door"), &vendor);
    let files = authority.certifies("portal", &vendor.place.path().join("portal"));
    let portal = portal(&vendor, &apart.address, Some(&files)).await;
    // More than there are places for calls, and than there are for handshakes.
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(tokio::net::TcpStream::connect(&apart.address).await.expect("connected"));
    }
    for _ in 0..3 {
        portal.health(vendor.now).await.expect("a portal's call comes through");
    }
    // The first of them had to make way; the last was left to its patience.
    let (first, last) = (idle.remove(0), idle.pop().expect("many"));
    let mut byte = [0];
    assert!(matches!({ first }.read(&mut byte).await, Ok(0) | Err(_)));
    assert_eq!(last.try_read(&mut byte).expect_err("nothing is said").kind(), io::ErrorKind::WouldBlock);
    apart.ends().await;
}

/// Tables are the signer's to make. A portal that is newer than they are waits for it.
#[tokio::test]
async fn a_portal_makes_no_tables() {
    let place = Place::new().await;
    let refused = PortalStore::open(place.data().store()).await.err().expect("there is nothing");
    assert!(["store-empty", "store-unreachable"].contains(&refused.code()), "{}", refused.code());
    let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    let Vendor { signer, place, .. } = vendor;
    Signer::close(signer).await;
    PortalStore::open(place.data().store()).await.expect("a store");
}
