//! People over a real store: what is told once, what works once, and what ends when.

use super::*;
use crate::{
    store::Store,
    testing::{Place, at, dice, store},
};

async fn people() -> (Place, People) {
    let (place, store) = store().await;
    (place, People::new(store))
}

fn contoso() -> AccountDraft {
    AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "Ann@Contoso.Example".to_owned(),
    }
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id${text}"))
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    use sqlx::Row as _;
    let mut connection = store.read().await.expect("a connection");
    sqlx::query(sql).fetch_one(&mut *connection).await.expect(sql).get(0)
}

#[tokio::test]
async fn an_account_comes_with_an_administrator_who_is_invited() {
    let (_place, people) = people().await;
    let created = people.create_account(contoso(), at(0), &mut dice(1)).await.expect("created");
    let invitation = created.administrator.invitation.expect("no password yet");
    assert_eq!(invitation.expires, at(INVITATION_LENGTH));
    assert!(!created.administrator.user.has_password && !created.administrator.user.staff);

    assert_eq!(people.accounts().await.expect("a list"), std::slice::from_ref(&created.account));
    assert_eq!(people.account(&created.account.id).await.expect("found"), created.account);
    let members = people.members(&created.account.id).await.expect("a list");
    assert_eq!(members, [Member { user: created.administrator.user.clone(), role: Role::Administrator }]);

    // Looking does not use the invitation up; redeeming does.
    let token = Token::parse(invitation.token.expose()).expect("a token");
    assert_eq!(people.invited(&token, at(1)).await.expect("valid").email.as_str(), "Ann@Contoso.Example");
    let user = people.redeem_invitation(&token, &hash("one"), at(2)).await.expect("redeemed");
    assert!(user.has_password);
    for code in [
        people.invited(&token, at(3)).await.map_err(|error| error.code()),
        people.redeem_invitation(&token, &hash("two"), at(3)).await.map_err(|error| error.code()),
    ] {
        assert_eq!(code.map(|_| ()), Err("invitation-used"));
    }
    let (found, stored) = people.credentials(" ann@contoso.example ").await.expect("read").expect("known");
    assert_eq!((found.id, stored), (user.id, Some(hash("one"))));
}

#[tokio::test]
async fn every_problem_of_a_draft_is_told_and_nothing_is_made() {
    let (_place, people) = people().await;
    let draft = AccountDraft {
        name: " \u{202e} ".to_owned(),
        kind: AccountKind::Business,
        admin_email: "ann".to_owned(),
    };
    let error = people.create_account(draft, at(0), &mut dice(1)).await.expect_err("refused");
    let PeopleError::Invalid(problems) = &error else { panic!("{error}") };
    let codes: Vec<_> =
        problems.iter().map(|problem| (problem.field.as_ref(), problem.code.as_ref())).collect();
    assert_eq!(codes, [("name", "text"), ("admin_email", "email")]);
    assert!(people.accounts().await.expect("a list").is_empty());
    assert!(people.credentials("ann").await.expect("read").is_none());
}

#[tokio::test]
async fn one_person_may_belong_to_several_accounts() {
    let (_place, people) = people().await;
    let first = people.create_account(contoso(), at(0), &mut dice(1)).await.expect("created");
    let token = first.administrator.invitation.expect("invited").token;
    let ann = people.redeem_invitation(&token, &hash("one"), at(1)).await.expect("redeemed");

    let fabrikam = AccountDraft {
        name: "Fabrikam".to_owned(),
        admin_email: "ANN@contoso.example".to_owned(),
        ..contoso()
    };
    let second = people.create_account(fabrikam, at(2), &mut dice(2)).await.expect("created");
    assert!(second.administrator.invitation.is_none(), "they have a password and just sign in");
    assert_eq!(second.administrator.user.id, ann.id);

    let (session, _) = people.start_session(&ann.id, at(3), &mut dice(3)).await.expect("started");
    let signed_in = people.signed_in(&session, at(3)).await.expect("read").expect("signed in");
    let names: Vec<_> =
        signed_in.memberships.iter().map(|membership| membership.account.name.as_str()).collect();
    assert_eq!(names, ["Contoso", "Fabrikam"]);
    assert_eq!(signed_in.role_in(&first.account.id), Some(Role::Administrator));

    let again =
        people.add_member(&first.account.id, "ann@contoso.example", Role::Member, at(4), &mut dice(4)).await;
    assert_eq!(again.map_err(|error| error.code()).err(), Some("already-member"));
    let bob =
        people.add_member(&first.account.id, "bob@contoso.example", Role::Member, at(4), &mut dice(5)).await;
    let bob = bob.expect("added");
    assert!(bob.invitation.is_some());
    let roles: Vec<_> = people
        .members(&first.account.id)
        .await
        .expect("a list")
        .into_iter()
        .map(|member| member.role)
        .collect();
    assert_eq!(roles, [Role::Administrator, Role::Member]);
    assert_eq!(signed_in.role_in(&second.account.id), Some(Role::Administrator));
}

#[tokio::test]
async fn staff_are_made_once() {
    let (_place, people) = people().await;
    let invited = people.create_staff("staff@localhost", at(0), &mut dice(1)).await.expect("made");
    assert!(invited.user.staff && invited.invitation.is_some());
    let again = people.create_staff("Staff@localhost", at(1), &mut dice(2)).await;
    assert_eq!(again.map_err(|error| error.code()).err(), Some("already-staff"));
    assert!(people.user(&invited.user.id).await.expect("found").staff);
}

/// Whoever made a link for somebody may have used it. So none is made for staff but by command, and who becomes staff begins anew.
#[tokio::test]
async fn nobody_signs_in_as_a_colleague() {
    let (_place, people) = people().await;
    let account = people.create_account(contoso(), at(0), &mut dice(1)).await.expect("created").account.id;
    let added = people.add_member(&account, "tess@localhost", Role::Member, at(1), &mut dice(2)).await;
    let tess = added.expect("added");
    let token = tess.invitation.expect("invited").token;
    people.redeem_invitation(&token, &hash("known to another"), at(2)).await.expect("redeemed");
    let session = people.start_session(&tess.user.id, at(3), &mut dice(3)).await.expect("started").0;

    let staff = people.create_staff("tess@localhost", at(4), &mut dice(4)).await.expect("made");
    assert!(staff.user.staff && !staff.user.has_password && staff.invitation.is_some());
    assert_eq!(people.signed_in(&session, at(5)).await.expect("read"), None);
    let (_, hash_now) = people.credentials("tess@localhost").await.expect("read").expect("known");
    assert!(hash_now.is_none(), "the old password is of no use");
    let link = people.invite_member(&account, &tess.user.id, at(5), &mut dice(5)).await;
    assert_eq!(link.map_err(|error| error.code()).err(), Some("staff-by-command"));
    let other = people
        .create_account(AccountDraft { name: "Fabrikam".to_owned(), ..contoso() }, at(6), &mut dice(6))
        .await
        .expect("created")
        .account
        .id;
    let joined = people.add_member(&other, "tess@localhost", Role::Member, at(7), &mut dice(7)).await;
    assert!(joined.expect("added").invitation.is_none());
    let stranger = people.invite_member(&other, &UserId::new(at(0), &mut dice(9)), at(8), &mut dice(8)).await;
    assert_eq!(stranger.map_err(|error| error.code()).err(), Some("not-found"));
}

#[tokio::test]
async fn invitations_end_and_are_replaced() {
    let (_place, people) = people().await;
    let invited = people.create_staff("staff@localhost", at(0), &mut dice(1)).await.expect("made");
    let first = invited.invitation.expect("invited");
    let late = people.redeem_invitation(&first.token, &hash("x"), at(INVITATION_LENGTH)).await;
    assert_eq!(late.map_err(|error| error.code()).err(), Some("invitation-used"), "the end is exclusive");

    let second = people.invite_again(&invited.user.id, at(5), &mut dice(2)).await.expect("invited again");
    let replaced = people.invited(&first.token, at(6)).await;
    assert_eq!(replaced.map_err(|error| error.code()).err(), Some("invitation-used"));
    let session = people.start_session(&invited.user.id, at(6), &mut dice(3)).await.expect("started").0;
    people.redeem_invitation(&second.token, &hash("y"), at(7)).await.expect("redeemed");
    assert_eq!(
        people.signed_in(&session, at(8)).await.expect("read"),
        None,
        "a new password ends all sessions"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_is_redeemed_by_one() {
    let (_place, people) = people().await;
    let invited = people.create_staff("staff@localhost", at(0), &mut dice(1)).await.expect("made");
    let token = invited.invitation.expect("invited").token;
    let mut tasks = Vec::new();
    for number in 0..8 {
        let (people, token) = (people.clone(), token.clone());
        tasks.push(tokio::spawn(async move {
            people.redeem_invitation(&token, &hash(&number.to_string()), at(1)).await.map(|_| number)
        }));
    }
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(number) => winners.push(number),
            Err(error) => assert_eq!(error.code(), "invitation-used"),
        }
    }
    let [winner] = winners[..] else { panic!("{winners:?}") };
    let stored = people.credentials("staff@localhost").await.expect("read").expect("known").1;
    assert_eq!(stored, Some(hash(&winner.to_string())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_person_added_at_once_is_one_person() {
    let (_place, people) = people().await;
    let mut tasks = Vec::new();
    for number in 0..8 {
        let people = people.clone();
        tasks.push(tokio::spawn(async move {
            let draft = AccountDraft { name: format!("Account {number}"), ..contoso() };
            people
                .create_account(draft, at(0), &mut dice(number))
                .await
                .map(|created| created.administrator.user.id)
        }));
    }
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.expect("no panic").expect("created"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(people.accounts().await.expect("a list").len(), 8);
}

#[tokio::test]
async fn sessions_end_when_idle_and_after_a_day() {
    let (_place, people) = people().await;
    let user = people.create_staff("staff@localhost", at(0), &mut dice(1)).await.expect("made").user;
    let (idle, ends) = people.start_session(&user.id, at(0), &mut dice(2)).await.expect("started");
    assert_eq!(ends, at(SESSION_LENGTH));
    assert!(
        people.signed_in(&idle, at(SESSION_IDLE - 1)).await.expect("read").is_some(),
        "and is noted as seen"
    );
    assert!(people.signed_in(&idle, at(2 * SESSION_IDLE - 2)).await.expect("read").is_some());
    assert!(people.signed_in(&idle, at(4 * SESSION_IDLE)).await.expect("read").is_none());

    let (busy, _) = people.start_session(&user.id, at(0), &mut dice(3)).await.expect("started");
    for hour in 1..12 {
        assert!(people.signed_in(&busy, at(hour * 3600)).await.expect("read").is_some(), "hour {hour}");
    }
    assert!(people.signed_in(&busy, at(SESSION_LENGTH)).await.expect("read").is_none());

    // The next sign-in clears away what has ended.
    let (last, _) = people.start_session(&user.id, at(SESSION_LENGTH), &mut dice(4)).await.expect("started");
    assert_eq!(count(&people.store, "SELECT COUNT(*) FROM session").await, 1);
    people.end_session(&last).await.expect("ended");
    assert!(people.signed_in(&last, at(SESSION_LENGTH + 1)).await.expect("read").is_none());
    people.end_session(&last).await.expect("ending twice is no error");
}

#[tokio::test]
async fn an_invitation_is_no_session_and_a_session_is_no_api_token() {
    let (_place, people) = people().await;
    let invited = people.create_staff("staff@localhost", at(0), &mut dice(1)).await.expect("made");
    let (session, _) = people.start_session(&invited.user.id, at(0), &mut dice(2)).await.expect("started");
    let invitation = invited.invitation.expect("invited").token;
    assert!(people.signed_in(&invitation, at(1)).await.expect("read").is_none());
    assert!(people.token(&session, at(1)).await.expect("read").is_none());
    assert!(people.invited(&session, at(1)).await.is_err());
}

#[tokio::test]
async fn api_tokens_expire_are_revoked_and_are_told_once() {
    let (_place, people) = people().await;
    let account = people.create_account(contoso(), at(0), &mut dice(1)).await.expect("created").account;
    let (secret, token) = people
        .create_token(&account.id, "courier", TokenRights::Bring, Some(at(1000)), at(0), &mut dice(2))
        .await
        .expect("made");
    assert!(secret.expose().starts_with(&token.prefix));
    assert_eq!(people.tokens(&account.id).await.expect("a list"), std::slice::from_ref(&token));

    assert_eq!(
        people.token(&secret, at(10)).await.expect("read").map(|token| token.account),
        Some(account.id.clone())
    );
    let used = people.tokens(&account.id).await.expect("a list")[0].last_used;
    assert_eq!(used, Some(at(10)));
    people.token(&secret, at(30)).await.expect("read").expect("valid");
    let used = people.tokens(&account.id).await.expect("a list")[0].last_used;
    assert_eq!(used, Some(at(10)), "noted once a minute");
    assert!(people.token(&secret, at(1000)).await.expect("read").is_none());

    let other = AccountDraft { name: "Fabrikam".to_owned(), ..contoso() };
    let other = people.create_account(other, at(0), &mut dice(3)).await.expect("created").account;
    let foreign = people.revoke_token(&other.id, &token.id).await;
    assert_eq!(foreign.map_err(|error| error.code()), Err("not-found"));
    people.revoke_token(&account.id, &token.id).await.expect("revoked");
    assert!(people.token(&secret, at(20)).await.expect("read").is_none());

    let bad = people
        .create_token(&account.id, "", TokenRights::Bring, Some(at(0)), at(0), &mut dice(4))
        .await
        .expect_err("refused");
    let PeopleError::Invalid(problems) = bad else { panic!("{bad}") };
    assert_eq!(problems.iter().map(|problem| &*problem.code).collect::<Vec<_>>(), ["text", "expires-past"]);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let (_place, people) = people().await;
    let id = AccountId::new(at(0), &mut dice(9));
    let user = UserId::new(at(0), &mut dice(9));
    let codes = [
        people.account(&id).await.map(|_| ()),
        people.members(&id).await.map(|_| ()),
        people.add_member(&id, "a@b", Role::Member, at(0), &mut dice(1)).await.map(|_| ()),
        people.create_token(&id, "x", TokenRights::Bring, None, at(0), &mut dice(1)).await.map(|_| ()),
        people.user(&user).await.map(|_| ()),
        people.invite_again(&user, at(0), &mut dice(1)).await.map(|_| ()),
        people.set_password(&user, &hash("x")).await,
    ];
    for outcome in codes {
        assert_eq!(outcome.map_err(|error| error.code()), Err("not-found"));
    }
    assert_eq!(count(&people.store, "SELECT COUNT(*) FROM users").await, 0, "a refusal has made nobody");
}

/// The store must be of no use to whoever reads it: no secret is in it, only digests.
#[tokio::test]
async fn no_secret_is_in_the_store() {
    let (place, people) = people().await;
    let created = people.create_account(contoso(), at(0), &mut dice(1)).await.expect("created");
    let invitation = created.administrator.invitation.expect("invited").token;
    let (session, _) =
        people.start_session(&created.administrator.user.id, at(0), &mut dice(2)).await.expect("started");
    let (api, _) = people
        .create_token(&created.account.id, "x", TokenRights::Manage, None, at(0), &mut dice(3))
        .await
        .expect("made");
    people.store.close().await;
    let bytes = place.everything().await;
    assert!(bytes.windows(7).any(|part| part == b"Contoso"), "the store was looked at in the right state");
    for secret in [invitation, session, api] {
        let text = secret.expose().as_bytes();
        assert!(!bytes.windows(text.len()).any(|part| part == text));
    }
}
