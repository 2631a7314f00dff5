//! Callers, ids and requests of the tables.

use std::collections::BTreeMap;

use axum::http::Method;
use convoke_core::ids::{AccountId, InvitationId, SessionId, UserId};
use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::document::Operation;
use crate::support::{AccountFixture, Client, PASSWORD, Rows, TestApp, TestResponse, picture_file};

/// Ids by the names of path parameters.
pub type Ids = BTreeMap<&'static str, String>;

/// Kinds of callers, in the order of the columns of the tables. The outsider has an account of their own; the removed
/// user was an administrator of the account.
pub const CALLERS: [&str; 8] = [
    "anonymous",
    "outsider",
    "removed",
    "member",
    "billing",
    "auditor",
    "admin",
    "owner",
];

/// All callers, the ids of the owner's account, and a valid body for every operation.
pub struct Fixture {
    pub test_app: TestApp,
    /// In the order of `CALLERS`.
    pub callers: Vec<Client>,
    pub ids: Ids,
    /// Of the emailed link to the invitation.
    pub token: String,
}

impl Fixture {
    pub async fn new(test_app: TestApp) -> Self {
        let mut team = AccountFixture::new(&test_app).await;
        let outsider = test_app.user("outsider@example.com", "Outsider").await;
        let mut removed = team
            .member(&test_app, "removed@example.com", &["USER_ADMIN"])
            .await;
        let path = team.path(&format!("members/{}", removed.id().await));
        team.owner.delete(&path).await.expect(204);
        let mut member = team
            .member(&test_app, "member@example.com", &["DEVELOPER"])
            .await;
        let billing = team
            .member(&test_app, "billing@example.com", &["BILLING_ADMIN"])
            .await;
        let auditor = team
            .member(&test_app, "auditor@example.com", &["USER_AUDITOR"])
            .await;
        let admin = team
            .member(&test_app, "admin@example.com", &["USER_ADMIN"])
            .await;
        let (invitation, token) = team.invite_by_mail(&test_app, "bob@example.com").await;
        let user = member.get("/me").await.text("/id");
        let session = team.owner.get("/me/sessions").await.text("/items/0/id");
        let offer =
            json!({ "user_id": user, "account_name": "Analytical Engines", "password": PASSWORD });
        team.owner
            .post(&team.path("ownership-offer"), &offer)
            .await
            .expect(201);
        test_app.deliver().await;
        let ids = BTreeMap::from([
            ("account", team.account),
            ("user", user),
            ("invitation", invitation),
            ("session", session),
            ("identity", "idn_01h455vb4pex5vsknk084sn02q".to_owned()),
            ("grant", "grt_01h455vb4pex5vsknk084sn02q".to_owned()),
        ]);
        let callers = vec![
            test_app.anonymous(),
            outsider,
            removed,
            member,
            billing,
            auditor,
            admin,
            team.owner,
        ];
        if test_app.database.folder().is_none() {
            test_app.database.save_rows();
        }
        Self {
            test_app,
            callers,
            ids,
            token,
        }
    }

    /// The client of a kind of caller.
    pub fn caller(&self, name: &str) -> &Client {
        let index = CALLERS.iter().position(|caller| *caller == name).unwrap();
        &self.callers[index]
    }

    /// An installation with the same data for one call that changes something.
    pub async fn scratch(&self) -> Scratch<'_> {
        let copy = match self.test_app.database.folder() {
            Some(_) => Some(self.test_app.copy().await),
            None => None,
        };
        Scratch {
            fixture: self,
            copy,
        }
    }

    /// A valid body.
    pub fn body(&self, operation: &Operation) -> Value {
        match operation.name().as_str() {
            "POST /registrations" => {
                json!({ "email": "new@example.com", "password": PASSWORD, "first_name": "New" })
            }
            "POST /registrations/confirm" | "POST /password-resets/confirm" => {
                json!({ "token": "cvc_unknown", "password": PASSWORD })
            }
            "POST /sessions" => json!({ "login": "ada@example.com", "password": PASSWORD }),
            "POST /password-resets" => json!({ "email": "ada@example.com" }),
            "PATCH /me" => json!({ "phone": "+49 30 1234" }),
            "POST /me/email" => json!({ "email": "new@example.com", "password": PASSWORD }),
            "POST /me/email/confirm" => json!({ "token": "cvc_unknown" }),
            "POST /me/password" => {
                json!({ "current_password": PASSWORD, "password": "another horse battery" })
            }
            "POST /accounts" => json!({ "name": "New" }),
            "PATCH /accounts/{account}" => json!({ "settings": { "registered_users_only": true } }),
            "PATCH /accounts/{account}/members/{user}" => json!({ "roles": ["LINGUIST"] }),
            "POST /accounts/{account}/ownership-offer" => {
                json!({ "user_id": self.ids["user"], "account_name": "Analytical Engines", "password": PASSWORD })
            }
            "POST /accounts/{account}/invitations" => {
                json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["new@example.com"] })
            }
            "PATCH /accounts/{account}/invitations/{invitation}" => {
                json!({ "roles": ["LINGUIST"] })
            }
            "POST /invitations/request-address" => {
                json!({ "token": self.token, "email": "new@example.com" })
            }
            name if name.starts_with("POST /invitations/") => json!({ "token": self.token }),
            _ => Value::Null,
        }
    }

    /// Calls an operation with these ids.
    pub async fn call(&self, client: &Client, operation: &Operation, ids: &Ids) -> TestResponse {
        let path = operation.path_with(|name| ids[name].clone());
        if operation.name() == "PUT /me/picture" {
            let path = format!("/api/v1{path}");
            let picture = picture_file(ImageFormat::Png, 8, 8);
            let kind = Some("image/png");
            return client.clone().raw(Method::PUT, &path, kind, picture).await;
        }
        let body = self.body(operation);
        client
            .clone()
            .send(operation.method.clone(), &path, Some(&body))
            .await
    }
}

/// The data of a fixture for one call that changes something: a copy of the SQLite file, or the database itself, whose rows are
/// restored.
pub struct Scratch<'f> {
    fixture: &'f Fixture,
    copy: Option<TestApp>,
}

impl Scratch<'_> {
    /// The same client for these data.
    pub fn client(&self, client: &Client) -> Client {
        self.copy
            .as_ref()
            .map_or_else(|| client.clone(), |copy| client.of(copy))
    }

    /// Every row of the data.
    pub fn rows(&self) -> Rows {
        let test_app = self.copy.as_ref().unwrap_or(&self.fixture.test_app);
        test_app.database.rows()
    }

    /// Ends the use.
    pub fn discard(self) {
        if self.copy.is_none() {
            self.fixture.test_app.database.restore_rows();
        }
    }
}

/// Ids of nothing that exists.
pub fn unknown() -> Ids {
    let uuid = uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
    BTreeMap::from([
        ("account", AccountId::from(uuid).to_string()),
        ("user", UserId::from(uuid).to_string()),
        ("invitation", InvitationId::from(uuid).to_string()),
        ("session", SessionId::from(uuid).to_string()),
        ("identity", "idn_01h455vb4pex5vsknk084sn02q".to_owned()),
        ("grant", "grt_01h455vb4pex5vsknk084sn02q".to_owned()),
    ])
}
