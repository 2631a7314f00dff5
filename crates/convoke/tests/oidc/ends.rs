//! Grants that end with what they depend on: with the reason, an activity entry and a logout token, in the same transaction.

use std::collections::BTreeSet;

use convoke::jobs;
use convoke_core::ids::{GrantId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_domain::oauth2::{self, EndCause};
use convoke_domain::{Error, users};
use serde_json::{Value, json};

use super::products::{IDLE, code, deliveries, grants, products, redeem, sign_in};
use crate::on_both;
use crate::support::{Client, PASSWORD, TestApp};

const BO: &str = "bo@northwind.example";
/// The address that Bo changes to.
const BOS_NEW: &str = "bo@contoso.example";

/// Ana owns Northwind; Bo and Cy are members with a role of each product.
struct Fixture {
    test_app: TestApp,
    ana: Client,
    bo: Client,
    account: String,
    /// The account that Bo has of their own.
    bos_account: String,
    /// Grants of other users, accounts and products, which must not end.
    others: BTreeSet<GrantId>,
}

const ROLES: [&str; 4] = ["DEVELOPER", "CLERK", "EDITOR", "USER_AUDITOR"];

async fn of(test_app: TestApp) -> Fixture {
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let mut bo = test_app.member(&mut ana, &account, BO, &ROLES).await;
    let cy = test_app
        .member(&mut ana, &account, "cy@northwind.example", &ROLES)
        .await;
    let bos_account = test_app.account(&mut bo, "Bo's").await;
    let mut others = BTreeSet::new();
    for product in ["platform", "desk", "wiki"] {
        let grant = sign_in(&test_app, &cy, product, &account).await;
        others.insert(grant.active.grant.id);
    }
    Fixture {
        test_app,
        ana,
        bo,
        account,
        bos_account,
        others,
    }
}

impl Fixture {
    /// Signs Bo in to a product for Northwind.
    async fn grant(&self, product: &str) -> GrantId {
        let issued = sign_in(&self.test_app, &self.bo, product, &self.account).await;
        issued.active.grant.id
    }

    /// Signs Bo in to a product for their own account.
    async fn own_grant(&self, product: &str) -> GrantId {
        let issued = sign_in(&self.test_app, &self.bo, product, &self.bos_account).await;
        issued.active.grant.id
    }

    async fn live(&self) -> BTreeSet<GrantId> {
        let all = grants(&self.test_app.app).await;
        let live = all.into_iter().filter(|grant| grant.ended_at.is_none());
        live.map(|grant| grant.id).collect()
    }

    /// Whether exactly these grants have ended since `live`, for this reason, each with a delivery where the product takes any, and an
    /// entry in the activity of its account and of its user.
    async fn ended(&mut self, live: &BTreeSet<GrantId>, ended: &[GrantId], reason: GrantEnd) {
        let all = grants(&self.test_app.app).await;
        let sent = deliveries(&self.test_app.app).await;
        for grant in &all {
            if ended.contains(&grant.id) {
                assert_eq!(grant.end_reason, Some(reason), "{}", grant.client);
                assert_eq!(grant.ended_at, Some(self.test_app.now()));
                let count = sent.iter().filter(|sent| sent.grant == grant.id).count();
                assert_eq!(
                    count,
                    usize::from(grant.client != "plain"),
                    "{}",
                    grant.client
                );
                let delivery = sent.iter().find(|sent| sent.grant == grant.id);
                if let Some(delivery) = delivery {
                    assert_eq!(
                        (&delivery.client, delivery.user),
                        (&grant.client, grant.user)
                    );
                    assert_eq!(
                        (delivery.available_at, delivery.attempts),
                        (self.test_app.now(), 0)
                    );
                }
            } else if live.contains(&grant.id) {
                assert_eq!(
                    (grant.ended_at, grant.end_reason),
                    (None, None),
                    "{} {reason:?}",
                    grant.client
                );
                assert!(sent.iter().all(|sent| sent.grant != grant.id));
            }
        }
        assert!(self.live().await.is_superset(&self.others));
        let path = format!(
            "/accounts/{}/activity?action=grant.ended&limit=100",
            self.account
        );
        let entries = self.ana.get(&path).await.expect(200).json();
        for grant in all.iter().filter(|grant| ended.contains(&grant.id)) {
            let of_account = grant.account.to_string() == self.account;
            let expected =
                json!({ "grant": grant.id, "product": grant.client, "reason": reason.as_str() });
            let items = entries["items"].as_array().unwrap();
            let count = items
                .iter()
                .filter(|entry| entry["after"] == expected)
                .count();
            assert_eq!(count, usize::from(of_account), "{reason:?}");
        }
    }

    async fn bo_id(&mut self) -> String {
        self.bo.id().await
    }

    async fn member_path(&mut self) -> String {
        let id = self.bo_id().await;
        format!("/accounts/{}/members/{id}", self.account)
    }

    async fn change_email(&mut self, email: &str) {
        let body = json!({ "email": email, "password": PASSWORD });
        self.bo.post("/me/email", &body).await.expect(202);
        let token = self.test_app.mailed_token(email, "confirm-email").await;
        let body = json!({ "token": token });
        self.bo.post("/me/email/confirm", &body).await.expect(200);
    }

    /// Bo in another browser, or in the same one again.
    async fn sign_in_again(&mut self) {
        self.bo = self.test_app.sign_in(BO).await;
    }
}

on_both! {
    async fn a_session_takes_its_grants_with_it(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        // One of several.
        let first = [fixture.grant("platform").await, fixture.grant("plain").await, fixture.own_grant("platform").await];
        let mut first_browser = fixture.bo.clone();
        fixture.sign_in_again().await;
        let second = fixture.grant("platform").await;
        let live = fixture.live().await;
        first_browser.delete("/sessions/current").await.expect(204);
        fixture.ended(&live, &first, GrantEnd::SessionEnded).await;
        assert!(fixture.live().await.contains(&second));
        // All others.
        let second_browser = fixture.bo.clone();
        fixture.sign_in_again().await;
        let third = fixture.grant("platform").await;
        let live = fixture.live().await;
        fixture.bo.delete("/me/sessions").await.expect(204);
        fixture.ended(&live, &[second], GrantEnd::SessionEnded).await;
        drop(second_browser);
        // Another sign-in in the same browser: that of the same user goes on in the session.
        let live = fixture.live().await;
        for login in [BO, "cy@northwind.example"] {
            assert_eq!(fixture.live().await, live);
            let body = json!({ "login": login, "password": PASSWORD });
            fixture.bo.post("/sessions", &body).await.expect(201);
        }
        fixture.ended(&live, &[third], GrantEnd::SessionEnded).await;
        fixture.sign_in_again().await;
        // The clock, without a request.
        let fourth = fixture.grant("desk").await;
        fixture.test_app.advance(IDLE);
        fixture.ana = fixture.test_app.sign_in("ana@northwind.example").await;
        let cy = fixture.test_app.sign_in("cy@northwind.example").await;
        fixture.others = BTreeSet::new();
        let other = sign_in(&fixture.test_app, &cy, "desk", &fixture.account).await.active.grant.id;
        let live: BTreeSet<GrantId> = [fourth, other].into();
        jobs::end_expired_sessions(&fixture.test_app.app).await.unwrap();
        fixture.ended(&live, &[fourth], GrantEnd::SessionExpired).await;
    }

    async fn sessions_beyond_the_hundredth_end_with_their_grants(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let first = fixture.grant("platform").await;
        let live = fixture.live().await;
        let user = fixture.test_app.app.read(|tx| users::find_any(tx, BO)).await.unwrap().user;
        for _ in 0..100 {
            fixture.test_app.advance(crate::support::MILLISECOND);
            let user = user.clone();
            let client = convoke_domain::ClientInfo::default();
            let begun = fixture.test_app.app
                .write(move |tx| convoke_domain::sessions::create(tx, user.clone(), &client, None));
            begun.await.unwrap();
        }
        fixture.ended(&live, &[first], GrantEnd::SessionEnded).await;
    }

    async fn new_credentials_end_all_grants_of_a_user(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        // Also in another session, and those of the session that goes on.
        let other = fixture.own_grant("desk").await;
        fixture.sign_in_again().await;
        let own = fixture.grant("platform").await;
        let live = fixture.live().await;
        let change = json!({ "current_password": PASSWORD, "password": "another horse battery" });
        fixture.bo.post("/me/password", &change).await.expect(204);
        fixture.ended(&live, &[other, own], GrantEnd::CredentialsChanged).await;
        // A reset.
        let own = fixture.grant("platform").await;
        let live = fixture.live().await;
        let mut anonymous = fixture.test_app.anonymous();
        anonymous.post("/password-resets", &json!({ "email": BO })).await.expect(202);
        let token = fixture.test_app.mailed_token(BO, "reset").await;
        let body = json!({ "token": token, "password": PASSWORD });
        anonymous.post("/password-resets/confirm", &body).await.expect(204);
        fixture.ended(&live, &[own], GrantEnd::CredentialsChanged).await;
        // Another address.
        fixture.sign_in_again().await;
        let own = fixture.grant("platform").await;
        let live = fixture.live().await;
        fixture.change_email(BOS_NEW).await;
        fixture.ended(&live, &[own], GrantEnd::CredentialsChanged).await;
        // Disabled by the operator.
        let own = [fixture.grant("platform").await, fixture.own_grant("plain").await];
        let live = fixture.live().await;
        let id: UserId = fixture.bo_id().await.parse().unwrap();
        fixture.test_app.app.write(move |tx| users::disable(tx, id)).await.unwrap();
        fixture.ended(&live, &own, GrantEnd::UserDisabled).await;
    }

    async fn a_membership_takes_its_grants_with_it(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let elsewhere = fixture.own_grant("platform").await;
        let here = [fixture.grant("platform").await, fixture.grant("desk").await, fixture.grant("plain").await];
        // In another session too.
        fixture.sign_in_again().await;
        let there = fixture.grant("platform").await;
        let live = fixture.live().await;
        let path = fixture.member_path().await;
        fixture.ana.delete(&path).await.expect(204);
        let mut ended = here.to_vec();
        ended.push(there);
        fixture.ended(&live, &ended, GrantEnd::MemberRemoved).await;
        assert!(fixture.live().await.contains(&elsewhere));
        let id = fixture.test_app.invite(&mut fixture.ana, &fixture.account, BO, &ROLES).await;
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        let here = fixture.grant("wiki").await;
        let live = fixture.live().await;
        fixture.bo.post(&format!("/accounts/{}/leave", fixture.account), &Value::Null).await.expect(204);
        fixture.ended(&live, &[here], GrantEnd::MemberLeft).await;
    }

    async fn a_change_of_roles_ends_what_it_must(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let path = fixture.member_path().await;
        let platform = fixture.grant("platform").await;
        let elsewhere = fixture.own_grant("wiki").await;
        let (desk, wiki) = (fixture.grant("desk").await, fixture.grant("wiki").await);
        // A role of another product concerns neither.
        let live = fixture.live().await;
        fixture.ana.patch(&path, &json!({ "roles": ["CLERK", "EDITOR", "USER_AUDITOR"] })).await.expect(200);
        fixture.ended(&live, &[], GrantEnd::RolesChanged).await;
        // The last role of one that is for role holders.
        fixture.ana.patch(&path, &json!({ "roles": ["EDITOR", "USER_AUDITOR"] })).await.expect(200);
        fixture.ended(&live, &[desk], GrantEnd::RoleLost).await;
        // A General role is in the tokens of each product.
        let live = fixture.live().await;
        fixture.ana.patch(&path, &json!({ "roles": ["EDITOR"] })).await.expect(200);
        fixture.ended(&live, &[wiki], GrantEnd::RolesChanged).await;
        assert!(fixture.live().await.is_superset(&[platform, elsewhere].into()));
    }

    async fn an_invitation_that_adds_a_role_ends_what_it_must(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        // A member is invited by an address that they do not have yet.
        let id = fixture.test_app.invite(&mut fixture.ana, &fixture.account, BOS_NEW, &["BILLING_ADMIN"]).await;
        fixture.change_email(BOS_NEW).await;
        let (platform, wiki) = (fixture.grant("platform").await, fixture.grant("wiki").await);
        let live = fixture.live().await;
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        fixture.ended(&live, &[wiki], GrantEnd::RolesChanged).await;
        assert!(fixture.live().await.contains(&platform));
    }

    async fn ownership_that_changes_hands_ends_what_it_must(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let bo = fixture.bo_id().await;
        let path = fixture.member_path().await;
        fixture.ana.patch(&path, &json!({ "roles": ["DEVELOPER"] })).await.expect(200);
        // The owner is admitted to a product for role holders without a role.
        let of_ana = sign_in(&fixture.test_app, &fixture.ana, "desk", &fixture.account).await.active.grant.id;
        let stays = sign_in(&fixture.test_app, &fixture.ana, "platform", &fixture.account).await.active.grant.id;
        let wiki = fixture.grant("wiki").await;
        let live = fixture.live().await;
        let offer = json!({ "user_id": bo, "account_name": "Northwind Traders", "password": PASSWORD });
        let path = format!("/accounts/{}/ownership-offer", fixture.account);
        fixture.ana.post(&path, &offer).await.expect(201);
        let path = format!("/me/ownership-offers/{}/accept", fixture.account);
        fixture.bo.post(&path, &Value::Null).await.expect(200);
        let without = |ended: &GrantId| live.iter().copied().filter(|id| id != ended).collect();
        fixture.ended(&without(&wiki), &[of_ana], GrantEnd::RoleLost).await;
        fixture.ended(&without(&of_ana), &[wiki], GrantEnd::RolesChanged).await;
        assert!(fixture.live().await.contains(&stays));
    }

    async fn a_product_for_one_account_moves_with_the_newest_invitation(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let (path, invite) = (fixture.member_path().await, json!({ "product": "vault", "roles": ["KEEPER"], "emails": [BO] }));
        fixture.ana.delete(&path).await.expect(204);
        let path = format!("/accounts/{}/invitations", fixture.account);
        let id = fixture.ana.post(&path, &invite).await.expect(201).text("/results/0/invitation/id");
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        let vault = fixture.grant("vault").await;
        let platform = fixture.grant("platform").await;
        let other = fixture.test_app.account(&mut fixture.ana, "Contoso").await;
        let path = format!("/accounts/{other}/invitations");
        let live = fixture.live().await;
        // An invitation to another product says nothing.
        let third = fixture.test_app.account(&mut fixture.ana, "Fabrikam").await;
        let id = fixture.test_app.invite(&mut fixture.ana, &third, BO, &["DEVELOPER"]).await;
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        fixture.ended(&live, &[], GrantEnd::NewerInvitation).await;
        let id = fixture.ana.post(&path, &invite).await.expect(201).text("/results/0/invitation/id");
        fixture.bo.post(&format!("/me/invitations/{id}/accept"), &Value::Null).await.expect(200);
        fixture.ended(&live, &[vault], GrantEnd::NewerInvitation).await;
        assert!(fixture.live().await.contains(&platform));
    }

    async fn reuse_revocation_and_the_operator_end_one_grant(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        let other = fixture.grant("desk").await;
        let app = fixture.test_app.app.clone();
        let used = code(&fixture.test_app, &fixture.bo, "platform", &fixture.account).await.unwrap();
        let grant = redeem(&fixture.test_app, "platform", &used).await.unwrap().active.grant.id;
        let live = fixture.live().await;
        assert!(redeem(&fixture.test_app, "platform", &used).await.is_none());
        fixture.ended(&live, &[grant], GrantEnd::CodeReused).await;
        let issued = sign_in(&fixture.test_app, &fixture.bo, "platform", &fixture.account).await;
        let live = fixture.live().await;
        let token = issued.refresh_token.unwrap().expose().to_owned();
        for _ in 0..2 {
            let token = token.clone();
            let refreshed = app.write(move |tx| oauth2::refresh(tx, "platform", &token, None));
            drop(refreshed.await.unwrap());
        }
        fixture.ended(&live, &[issued.active.grant.id], GrantEnd::RefreshTokenReused).await;
        let grant = fixture.grant("platform").await;
        let live = fixture.live().await;
        app.write(move |tx| oauth2::end(tx, "platform", grant, GrantEnd::Revoked)).await.unwrap();
        fixture.ended(&live, &[grant], GrantEnd::Revoked).await;
        let grant = fixture.grant("platform").await;
        let live = fixture.live().await;
        let end = move || {
            let app = app.clone();
            async move {
                app.write(move |tx| oauth2::end_grant(tx, grant, EndCause::by_system(GrantEnd::EndedByOperator))).await.unwrap()
            }
        };
        assert!(end().await);
        assert!(!end().await);
        fixture.ended(&live, &[grant], GrantEnd::EndedByOperator).await;
        assert!(fixture.live().await.contains(&other));
    }

    async fn nothing_ends_or_is_sent_when_the_change_fails(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        fixture.grant("platform").await;
        let live = fixture.live().await;
        let id: UserId = fixture.bo_id().await.parse().unwrap();
        let failed: Result<(), Error> = fixture.test_app.app
            .write(move |tx| {
                users::disable(tx, id)?;
                assert!(tx.has_logout_deliveries);
                Err(Error::VersionConflict)
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(fixture.live().await, live);
        assert!(deliveries(&fixture.test_app.app).await.is_empty());
    }

    async fn a_grant_without_tokens_needs_no_logout_token(test_app: TestApp, products) {
        let mut fixture = of(test_app).await;
        code(&fixture.test_app, &fixture.bo, "platform", &fixture.account).await.unwrap();
        fixture.bo.delete("/sessions/current").await.expect(204);
        assert_eq!(fixture.live().await, fixture.others);
        assert!(deliveries(&fixture.test_app.app).await.is_empty());
    }
}
