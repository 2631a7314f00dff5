//! An account with its owner, and common operations of the owner.

use serde_json::{Value, json};

use super::{Client, TestApp, TestResponse};

/// An account of Ada's.
pub struct AccountFixture {
    pub owner: Client,
    pub account: String,
}

/// The body of a request to invite to the platform.
pub fn invite_body(roles: &[&str], emails: &[&str]) -> Value {
    json!({ "product": "platform", "roles": roles, "emails": emails })
}

impl AccountFixture {
    /// Ada Lovelace and her account "Analytical Engines".
    pub async fn new(test_app: &TestApp) -> Self {
        let mut owner = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut owner, "Analytical Engines").await;
        Self { owner, account }
    }

    /// A path below the account.
    pub fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/{rest}", self.account)
    }

    /// A path below an invitation.
    pub fn of(&self, invitation: &str, act: &str) -> String {
        self.path(&format!("invitations/{invitation}/{act}"))
    }

    /// A member who has joined with these roles.
    pub async fn member(&mut self, test_app: &TestApp, email: &str, roles: &[&str]) -> Client {
        test_app
            .member(&mut self.owner, &self.account, email, roles)
            .await
    }

    /// Asks to invite developers.
    pub async fn ask(&mut self, emails: &[&str]) -> TestResponse {
        let path = self.path("invitations");
        self.owner
            .post(&path, &invite_body(&["DEVELOPER"], emails))
            .await
    }

    /// Invites one developer and gives the invitation's id.
    pub async fn invite(&mut self, email: &str) -> String {
        self.ask(&[email])
            .await
            .expect(201)
            .text("/results/0/invitation/id")
    }

    /// Invites one developer; gives the invitation's id and the mailed link's token.
    pub async fn invite_by_mail(&mut self, test_app: &TestApp, email: &str) -> (String, String) {
        let id = self.invite(email).await;
        (id, test_app.mailed_token(email, "invitations").await)
    }

    /// Does something with an invitation as the owner.
    pub async fn act(&mut self, invitation: &str, act: &str) -> TestResponse {
        let path = self.of(invitation, act);
        self.owner.post(&path, &Value::Null).await
    }

    /// An invitation as the owner sees it.
    pub async fn shown(&mut self, invitation: &str) -> Value {
        let path = self.path(&format!("invitations/{invitation}"));
        self.owner.get(&path).await.expect(200).json()
    }

    /// The token of a copied link.
    pub async fn copied_token(&mut self, invitation: &str) -> String {
        let url = self.act(invitation, "links").await.expect(201).text("/url");
        super::token_in(&url, "invitations")
    }

    /// The seats: limit, members, pending invitations, available.
    pub async fn seats(&mut self) -> [i64; 4] {
        let path = format!("/accounts/{}", self.account);
        let usage = self.owner.get(&path).await.expect(200).json()["usage"].clone();
        ["limit", "members", "pending_invitations", "available"]
            .map(|name| usage[name].as_i64().unwrap())
    }

    /// The account's activity, newest first, as dotted names.
    pub async fn actions(&mut self) -> Vec<String> {
        let entries = self.activity().await;
        entries
            .iter()
            .map(|entry| entry["action"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The account's activity, newest first.
    pub async fn activity(&mut self) -> Vec<Value> {
        let path = self.path("activity?limit=100");
        let page = self.owner.get(&path).await.expect(200).json();
        page["items"].as_array().unwrap().clone()
    }
}
