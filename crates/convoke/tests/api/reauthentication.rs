//! A proof counts only in the transaction that uses it (rule V13), and nothing prepared before a change of password or
//! address survives it (rule V14).
//!
//! A race is prepared up to the moment at which each request has its proof in hand; then all their transactions are queued
//! at once, on two nodes in turn, and run in any order on the threads of the database.

use convoke_core::model::roles::StoredRoles;
use std::sync::Arc;
use std::time::Duration;

use convoke_app::config::Config;
use convoke_app::{App, Dependencies};
use convoke_core::ids::AccountId;
use convoke_core::random::SystemRandom;
use convoke_core::secret::{Secret, TokenKind, new_token, token_hash};
use convoke_domain::credentials::Reauthentication;
use convoke_domain::identities::connect_intent;
use convoke_domain::users::User;
use convoke_domain::{
    Caller, ClientInfo, Error, Tx, accounts, invitations, members, ownership, sessions, users,
    validation,
};
use convoke_store as store;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::on_both;
use crate::support::{
    AccountFixture, Client, PASSWORD, TestApp, cheap_hash, seed_user_with_password_hash,
};

const ROUNDS: usize = 200;
const REQUESTS: usize = 32;
const NEW: &str = "another fine password";

/// A user whose sessions and links a race is about.
struct Target {
    test_app: TestApp,
    /// Another node on the same database.
    other: App,
    user: User,
    hash: String,
}

impl Target {
    async fn new(test_app: TestApp) -> Self {
        let hash = cheap_hash(PASSWORD);
        let seeded = seed_user_with_password_hash(&test_app.app, "ada@example.com", &hash).await;
        let user = test_app
            .app
            .read(move |tx| Ok(store::users::find(tx.conn, seeded.user)?))
            .await
            .unwrap()
            .unwrap();
        let dependencies = Dependencies {
            clock: test_app.clock.clone(),
            random: Arc::new(SystemRandom),
        };
        let other = App::build(test_app.app.config.clone(), dependencies).unwrap();
        Self {
            test_app,
            other,
            user,
            hash,
        }
    }

    /// The node that responds to a request.
    fn node(&self, request: usize) -> &App {
        if request.is_multiple_of(2) {
            &self.test_app.app
        } else {
            &self.other
        }
    }

    /// A new session.
    async fn caller(&self) -> Caller {
        let app = &self.test_app.app;
        let password = Secret::new(PASSWORD.to_owned());
        let done = app
            .sign_in(ClientInfo::default(), "ada@example.com", password)
            .await
            .unwrap();
        Caller {
            user: done.user,
            session: done.session,
            client: ClientInfo::default(),
        }
    }

    async fn reauthentication(&self, caller: &Caller) -> Reauthentication {
        let password = Secret::new(PASSWORD.to_owned());
        let reauthentication = self.test_app.app.reauthenticate(caller, password).await;
        reauthentication.unwrap()
    }

    /// The token of a reset link, as if it had been mailed.
    async fn reset_token(&self) -> String {
        let (token, hash) = new_token(TokenKind::Reset, self.test_app.app.ctx.random.as_ref());
        let (user, email) = (self.user.id, self.user.email_canonical.clone().unwrap());
        let prepared = self.test_app.app.write(move |tx| {
            let reset = store::password_resets::PasswordReset {
                id: tx.new_id::<Uuid>(),
                email_canonical: email.clone(),
                user: None,
                created_at: tx.now,
                expires_at: tx.now.plus(std::time::Duration::from_hours(1)),
            };
            store::password_resets::insert(tx.conn, &reset)?;
            Ok(store::password_resets::update_token(
                tx.conn,
                reset.id,
                &hash,
                user,
                reset.expires_at,
            )?)
        });
        prepared.await.unwrap();
        token.expose().to_owned()
    }

    async fn reset(&self, node: usize, token: String) -> Result<(), Error> {
        let hash = self.hash.clone();
        let origin = ClientInfo::default();
        let reset = self
            .node(node)
            .write(move |tx| users::reset_password(tx, &origin, &token, &hash, None));
        reset.await
    }

    async fn change_password(
        &self,
        node: usize,
        caller: Caller,
        reauthentication: Reauthentication,
    ) -> Result<(), Error> {
        let hash = self.hash.clone();
        let change = self.node(node).write(move |tx| {
            users::change_password(tx, &caller, &reauthentication, &hash, None).map(|_| ())
        });
        change.await
    }

    async fn sessions(&self) -> usize {
        let list = self
            .test_app
            .app
            .read(|tx| {
                let all = store::Sql::same("select count(*) from sessions");
                Ok::<_, Error>(tx.conn.query_scalar::<i64>(all, &[])?)
            })
            .await;
        usize::try_from(list.unwrap()).unwrap()
    }
}

fn account_per_round(config: &mut Config) {
    config.limits.accounts_per_user = u32::try_from(ROUNDS).unwrap() + 2;
}

#[track_caller]
fn exactly_one_succeeds(results: &[Result<(), Error>]) {
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "{results:?}");
    for lost in results.iter().filter_map(|result| result.as_ref().err()) {
        let expected = matches!(
            lost,
            Error::WrongPassword | Error::SignInRequired | Error::LinkNoLongerValid
        );
        assert!(expected, "{lost:?}");
    }
}

on_both! {
    async fn no_session_survives_a_concurrent_reset(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for round in 0..ROUNDS {
            let caller = target.caller().await;
            let Reauthentication::Password(verified) = target.reauthentication(&caller).await else { panic!() };
            let token = target.reset_token().await;
            let sign_ins = (1..REQUESTS).map(|request| target.node(request).write(move |tx| {
                sessions::sign_in_by_password(tx, &verified, &ClientInfo::default()).map(|_| ())
            }));
            let (results, reset) = tokio::join!(join_all(sign_ins), target.reset(round, token));
            reset.unwrap();
            for lost in results.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, Error::InvalidCredentials), "{lost:?}");
            }
            assert_eq!(target.sessions().await, 0);
        }
    }

    async fn one_password_allows_one_change_of_password(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for _ in 0..ROUNDS {
            let caller = target.caller().await;
            let reauthentication = target.reauthentication(&caller).await;
            let changes = (0..REQUESTS).map(|request| target.change_password(request, caller.clone(), reauthentication));
            exactly_one_succeeds(&join_all(changes).await);
            assert_eq!(target.sessions().await, 1);
        }
    }

    async fn exactly_one_of_a_concurrent_password_change_and_reset_succeeds(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for round in 0..ROUNDS {
            let caller = target.caller().await;
            let reauthentication = target.reauthentication(&caller).await;
            let token = target.reset_token().await;
            let changes = (1..REQUESTS).map(|request| target.change_password(request, caller.clone(), reauthentication));
            let (mut results, reset) = tokio::join!(join_all(changes), target.reset(round, token));
            results.push(reset);
            exactly_one_succeeds(&results);
        }
    }

    async fn one_link_resets_the_password_once(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for _ in 0..ROUNDS {
            let token = target.reset_token().await;
            let resets = (0..REQUESTS).map(|request| target.reset(request, token.clone()));
            exactly_one_succeeds(&join_all(resets).await);
        }
        let resets = target.test_app.entries().await.iter().filter(|action| *action == "user.password_reset").count();
        assert_eq!(resets, ROUNDS);
    }

    async fn one_link_confirms_one_change_of_address(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for round in 0..ROUNDS {
            let caller = target.caller().await;
            let reauthentication = target.reauthentication(&caller).await;
            let email = format!("ada{}@example.com", if round % 2 == 0 { "+new" } else { "" });
            let (token, hash) = new_token(TokenKind::Confirmation, target.test_app.app.ctx.random.as_ref());
            let asker = caller.clone();
            let prepared = target.test_app.app.write(move |tx| {
                let email = validation::parse_email(&email).unwrap();
                users::request_email(tx, &asker, &reauthentication, &email)?;
                let waiting = store::Sql::same("select id from email_changes");
                let id = tx.conn.query_scalar::<Uuid>(waiting, &[])?;
                Ok(store::email_changes::update_token(tx.conn, id, &hash)?)
            });
            prepared.await.unwrap();
            let token = token.expose();
            let confirmations = (0..REQUESTS).map(|request| {
                let (caller, token) = (caller.clone(), token.to_owned());
                target.node(request).write(move |tx| users::confirm_email(tx, &caller, &token).map(|_| ()))
            });
            exactly_one_succeeds(&join_all(confirmations).await);
            assert_eq!(target.sessions().await, 1);
        }
        let changed = target.test_app.entries().await.iter().filter(|action| *action == "user.email_changed").count();
        assert_eq!(changed, ROUNDS);
    }

    async fn a_connect_intent_is_used_for_some_seconds_once(test_app: TestApp) {
        let target = Target::new(test_app).await;
        let caller = target.caller().await;
        for _ in 0..ROUNDS {
            let app = &target.test_app.app;
            let intent = connect_intent::new(caller.session.id, "work", target.test_app.now(), app.ctx.random.as_ref());
            let redeem = || async {
                let attempts = (0..REQUESTS).map(|request| {
                    let (caller, intent) = (caller.clone(), intent.clone());
                    target.node(request).write(move |tx| connect_intent::redeem(tx, &caller, "work", &intent))
                });
                join_all(attempts).await.into_iter().map(Result::unwrap).collect::<Vec<bool>>()
            };
            assert_eq!(redeem().await, [true; REQUESTS]);
            target.test_app.advance(Duration::from_secs(5));
            assert_eq!(redeem().await, [false; REQUESTS]);
        }
    }

    async fn a_concurrent_reset_voids_an_offer_or_the_offer_is_accepted(test_app: TestApp, account_per_round) {
        let target = Target::new(test_app).await;
        let app = &target.test_app.app;
        let heir = seed_user_with_password_hash(app, "bob@example.com", "none").await;
        let token = token_hash(TokenKind::Session, &heir.cookie).unwrap();
        let heir = app.read(move |tx| sessions::authenticate(tx, &token, &ClientInfo::default())).await.unwrap();
        let mut accepted = 0;
        for round in 0..ROUNDS {
            let caller = target.caller().await;
            let reauthentication = target.reauthentication(&caller).await;
            let token = target.reset_token().await;
            let (owner, to) = (caller.clone(), heir.user.clone());
            let account = app.write(move |tx| {
                let summary = convoke_domain::accounts::create(tx, &owner, "Engines")?;
                store::members::insert(tx.conn, summary.account.id, to.id, "Bob", &StoredRoles::default(), tx.now)?;
                ownership::offer(tx, &owner, &reauthentication, summary.account.id, to.id, "Engines")?;
                Ok::<_, Error>(summary.account.id)
            });
            let account = account.await.unwrap();
            let bob = heir.clone();
            let accept = target.other.write(move |tx| ownership::accept(tx, &bob, account).map(|_| ()));
            let (accept, reset) = tokio::join!(accept, target.reset(round, token));
            reset.unwrap();
            let owner = app.read(move |tx| Ok(store::accounts::find(tx.conn, account)?)).await.unwrap().unwrap().owner;
            match accept {
                Ok(()) => {
                    accepted += 1;
                    assert_eq!(owner, heir.user.id);
                }
                Err(Error::LinkNoLongerValid) => assert_eq!(owner, target.user.id),
                Err(other) => panic!("{other:?}"),
            }
        }
        let entries = target.test_app.entries().await;
        let count = |action: &str| entries.iter().filter(|entry| *entry == action).count();
        assert_eq!(count("account.ownership_transferred"), accepted);
        assert_eq!(count("account.ownership_offer_withdrawn"), ROUNDS - accepted);
    }
}

/// An operation of a caller, in an account where it is about one.
type Operation = fn(&mut Tx<'_, '_>, &Caller, AccountId) -> Result<(), Error>;

/// Everything that a client with Ada's session and password can prepare, and the resulting links.
struct Prepared {
    /// Of a change of address.
    confirm: String,
    /// Of a reset.
    reset: String,
    account: String,
    bob: Client,
}

async fn prepare(test_app: &TestApp, ada: &mut Client) -> Prepared {
    let account = test_app.account(ada, "Engines").await;
    let mut bob = test_app.member(ada, &account, "bob@example.com", &[]).await;
    let email = json!({ "email": "thief@example.com", "password": PASSWORD });
    ada.post("/me/email", &email).await.expect(202);
    let confirm = test_app
        .mailed_token("thief@example.com", "confirm-email")
        .await;
    let address = json!({ "email": "ada@example.com" });
    test_app
        .anonymous()
        .post("/password-resets", &address)
        .await
        .expect(202);
    let reset = test_app.mailed_token("ada@example.com", "reset").await;
    let offer =
        json!({ "user_id": bob.id().await, "account_name": "Engines", "password": PASSWORD });
    let path = format!("/accounts/{account}/ownership-offer");
    ada.post(&path, &offer).await.expect(201);
    Prepared {
        confirm,
        reset,
        account,
        bob,
    }
}

impl Prepared {
    /// Asserts that everything prepared is invalid, for the old caller and for a new session of the user.
    async fn is_void(&mut self, test_app: &TestApp, old: &mut Client, new: &mut Client) {
        old.get("/me").await.problem(401, "sign-in-required");
        let confirm = json!({ "token": self.confirm });
        old.post("/me/email/confirm", &confirm)
            .await
            .problem(401, "sign-in-required");
        new.post("/me/email/confirm", &confirm)
            .await
            .problem(410, "link-no-longer-valid");
        let reset = json!({ "token": self.reset, "password": "a third fine password" });
        test_app
            .anonymous()
            .post("/password-resets/confirm", &reset)
            .await
            .problem(410, "link-no-longer-valid");
        for action in ["accept", "decline"] {
            let path = format!("/me/ownership-offers/{}/{action}", self.account);
            self.bob
                .post(&path, &Value::Null)
                .await
                .problem(410, "link-no-longer-valid");
        }
        assert!(
            self.bob
                .column("/me/ownership-offers", "/account/id")
                .await
                .is_empty()
        );
    }
}

on_both! {
    async fn a_reset_voids_pending_links_and_reauthentication(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut prepared = prepare(&test_app, &mut ada).await;
        // A second request whose email is still queued.
        test_app.anonymous().post("/password-resets", &json!({ "email": "ada@example.com" })).await.expect(202);
        let body = json!({ "token": prepared.reset, "password": NEW });
        test_app.anonymous().post("/password-resets/confirm", &body).await.expect(204);
        let before = test_app.subjects_to("ada@example.com").await;
        assert!(!before[0].starts_with("Reset"), "{before:?}");
        let mut new = test_app.anonymous();
        new.post("/sessions", &json!({ "login": "ada@example.com", "password": NEW })).await.expect(201);
        prepared.is_void(&test_app, &mut ada, &mut new).await;
    }

    async fn a_change_of_password_voids_pending_links_and_reauthentication(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut thief = test_app.sign_in("ada@example.com").await;
        let mut prepared = prepare(&test_app, &mut thief).await;
        let body = json!({ "current_password": PASSWORD, "password": NEW });
        ada.post("/me/password", &body).await.expect(204);
        prepared.is_void(&test_app, &mut thief, &mut ada).await;
    }

    async fn a_change_of_address_voids_pending_links_and_reauthentication(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let mut thief = test_app.sign_in("ada@example.com").await;
        let mut prepared = prepare(&test_app, &mut thief).await;
        let email = json!({ "email": "new@example.com", "password": PASSWORD });
        ada.post("/me/email", &email).await.expect(202);
        let token = test_app.mailed_token("new@example.com", "confirm-email").await;
        ada.post("/me/email/confirm", &json!({ "token": token })).await.expect(200);
        prepared.is_void(&test_app, &mut thief, &mut ada).await;
    }

    async fn signing_in_again_ends_the_previous_session_of_the_browser(test_app: TestApp) {
        let mut kim = test_app.user("kim@example.com", "Kim").await;
        let mut old = kim.clone();
        let mut other = test_app.sign_in("kim@example.com").await;
        let body = json!({ "login": "kim@example.com", "password": PASSWORD });
        kim.post("/sessions", &body).await.expect(201);
        old.get("/me").await.problem(401, "sign-in-required");
        other.get("/me").await.expect(200);
        // The same rule in the console, for another user, and at the end of a sign-up.
        test_app.user("bob@example.com", "Bob").await;
        let mut old = kim.clone();
        kim.submit("/sign-in", &[("login", "bob@example.com"), ("password", PASSWORD)]).await.leads_to("/accounts");
        old.get("/me").await.problem(401, "sign-in-required");
        let mut old = kim.clone();
        test_app.begin_sign_up("eve@example.com", "Eve", PASSWORD).await.expect(202);
        let token = test_app.mailed_token("eve@example.com", "confirm").await;
        kim.post("/registrations/confirm", &json!({ "token": token, "password": PASSWORD })).await.expect(201);
        old.get("/me").await.problem(401, "sign-in-required");
        let mut team = AccountFixture::new(&test_app).await;
        let (_, token) = team.invite_by_mail(&test_app, "gil@example.com").await;
        let mut old = kim.clone();
        let body = json!({ "email": "gil@example.com", "password": PASSWORD, "first_name": "Gil",
            "invitation_token": token });
        kim.post("/registrations", &body).await.expect(201);
        old.get("/me").await.problem(401, "sign-in-required");
        // A failed sign-in ends no session.
        let body = json!({ "login": "kim@example.com", "password": "not her password" });
        kim.post("/sessions", &body).await.problem(401, "invalid-credentials");
        kim.get("/me").await.expect(200);
        other.get("/me").await.expect(200);
    }

    async fn the_link_of_an_ended_invitation_verifies_no_mailbox(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        for end in ["revoke", "decline", "expire"] {
            let email = format!("{end}@example.com");
            let (id, token) = team.invite_by_mail(&test_app, &email).await;
            match end {
                "revoke" => drop(team.act(&id, "revoke").await.expect(200)),
                "decline" => {
                    let body = json!({ "token": token });
                    test_app.anonymous().post("/invitations/decline", &body).await.expect(200);
                }
                _ => test_app.advance(std::time::Duration::from_hours(7 * 24)),
            }
            let body = json!({ "email": email, "password": PASSWORD, "first_name": "Bob", "invitation_token": token });
            let mut bob = test_app.anonymous();
            let response = bob.post("/registrations", &body).await.expect(202);
            assert_eq!(response.json(), json!({ "status": "confirmation_sent" }));
            assert_eq!(bob.cookie, None);
            test_app.mailed_token(&email, "confirm").await;
        }
    }
}

on_both! {
    async fn requests_of_an_ended_session_are_rejected_in_their_transaction(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account: AccountId = test_app.account(&mut ada, "Engines").await.parse().unwrap();
        test_app.member(&mut ada, &account.to_string(), "bob@example.com", &[]).await;
        let target = test_app.app.clone();
        let password = Secret::new(PASSWORD.to_owned());
        let done = target.sign_in(ClientInfo::default(), "ada@example.com", password).await.unwrap();
        let caller = Caller { user: done.user, session: done.session, client: ClientInfo::default() };
        let user = caller.user.id;
        target.write(move |tx| Ok(store::sessions::delete_all(tx.conn, user, None)?)).await.unwrap();
        let before = test_app.entries().await.len();
        // Each was authenticated before the session ended and reaches its transaction after it.
        let operations: [Operation; 10] = [
            |tx, caller, _| accounts::create(tx, caller, "Another").map(|_| ()),
            |tx, caller, account| accounts::update(tx, caller, account, &accounts::Update {
                name: Some("Other".to_owned()), registered_users_only: None,
            }).map(|_| ()),
            |tx, caller, account| invitations::create(tx, caller, account, &Err(Vec::new())).map(|_| ()),
            |tx, caller, account| members::leave(tx, caller, account),
            |tx, caller, account| ownership::withdraw(tx, caller, account),
            |tx, caller, account| ownership::accept(tx, caller, account).map(|_| ()),
            |tx, caller, _| sessions::end_others(tx, caller),
            |tx, caller, _| sessions::end(tx, caller, caller.session.id),
            |tx, caller, _| users::update_profile(tx, caller, &users::ProfileUpdate::default()).map(|_| ()),
            |tx, caller, _| users::remove_picture(tx, caller),
        ];
        for (index, operation) in operations.into_iter().enumerate() {
            let caller = caller.clone();
            let result = target.write(move |tx| operation(tx, &caller, account)).await;
            assert!(matches!(result, Err(Error::SignInRequired)), "{index}: {result:?}");
        }
        assert_eq!(test_app.entries().await.len(), before);
    }

    async fn a_user_has_a_bounded_number_of_sessions(test_app: TestApp) {
        let target = Target::new(test_app).await;
        for _ in 0..105 {
            target.caller().await;
        }
        assert_eq!(target.sessions().await, 100);
    }

    async fn an_ended_invitation_gets_no_reminder(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("bob@example.com").await;
        team.act(&id, "revoke").await.expect(200);
        let due = test_app.app.read(|tx| {
            let due = store::Sql::same("select count(*) from invitations where remind_at is not null");
            Ok::<_, Error>(tx.conn.query_scalar::<i64>(due, &[])?)
        });
        assert_eq!(due.await.unwrap(), 0);
    }
}
