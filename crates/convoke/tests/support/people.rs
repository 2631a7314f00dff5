//! Helpers for common user actions.

use convoke_core::secret::{TokenKind, token_hash};
use convoke_domain::{Caller, ClientInfo, sessions};
use convoke_store::{Error, Sql};
use serde_json::{Value, json};

use super::{Client, PASSWORD, TestApp, TestResponse};

impl TestApp {
    /// Starts a sign-up; its email stays in the outbox.
    pub async fn begin_sign_up(
        &self,
        email: &str,
        first_name: &str,
        password: &str,
    ) -> TestResponse {
        let body = json!({ "email": email, "password": password, "first_name": first_name });
        self.anonymous().post("/registrations", &body).await
    }

    /// Signs in by login and password.
    pub async fn try_sign_in(&self, login: &str, password: &str) -> TestResponse {
        let body = json!({ "login": login, "password": password });
        self.anonymous().post("/sessions", &body).await
    }

    /// Another session of a user.
    pub async fn sign_in(&self, login: &str) -> Client {
        let mut client = self.anonymous();
        let body = json!({ "login": login, "password": PASSWORD });
        client.post("/sessions", &body).await.expect(201);
        client
    }

    /// The caller of a client's session.
    pub async fn caller(&self, client: &Client) -> Caller {
        let token = client.cookie.as_deref().unwrap();
        let token = token_hash(TokenKind::Session, token).unwrap();
        let caller = self
            .app
            .read(move |tx| sessions::authenticate(tx, &token, &ClientInfo::default()));
        caller.await.unwrap()
    }

    /// Delivers, then returns the subjects of the emails to an address, newest first.
    pub async fn subjects_to(&self, email: &str) -> Vec<String> {
        self.deliver().await;
        let mails = self.mails_to(email);
        mails.into_iter().map(|mail| mail.subject).collect()
    }

    /// Delivers, then gives the text of the newest mail to an address.
    pub async fn last_text_to(&self, email: &str) -> String {
        self.deliver().await;
        let mail = self.mails_to(email).into_iter().next();
        mail.unwrap_or_else(|| panic!("no mail to {email}")).text
    }

    /// A new user who signed up by an emailed invitation link, so without a second email.
    pub async fn joiner(
        &self,
        owner: &mut Client,
        account: &str,
        (email, name): (&str, &str),
        roles: &[&str],
    ) -> Client {
        self.invite(owner, account, email, roles).await;
        let token = self.mailed_token(email, "invitations").await;
        let (first, last) = name
            .split_once(' ')
            .map_or((name, None), |(a, b)| (a, Some(b)));
        let body = json!({ "email": email, "password": PASSWORD, "first_name": first,
            "last_name": last, "invitation_token": token, "accept_invitation": true });
        let mut client = self.anonymous();
        let response = client.post("/registrations", &body).await.expect(201);
        assert!(
            response.json()["membership"].is_object(),
            "{}",
            response.body()
        );
        client
    }

    /// Every recorded action, of accounts and users, oldest first.
    pub async fn entries(&self) -> Vec<String> {
        let actions = Sql::same("select action from activity order by id");
        self.app
            .db
            .read(move |conn| {
                conn.query_all(actions, &[], |row| {
                    let action: String = row.get()?;
                    Ok(action)
                })
            })
            .await
            .map_err(|error: Error| error)
            .unwrap()
    }

    /// Runs a statement that no operation offers.
    pub async fn run_sql(&self, text: &'static str) {
        self.app
            .db
            .write(move |conn| conn.execute(Sql::same(text), &[]))
            .await
            .map_err(|error: Error| error)
            .unwrap();
    }
}

impl Client {
    /// The signed-in user's id.
    pub async fn id(&mut self) -> String {
        self.get("/me").await.expect(200).text("/id")
    }

    /// The default account of the signed-in user.
    pub async fn default_account(&mut self) -> String {
        let accounts = self.get("/accounts").await.expect(200).json();
        let all = accounts["items"].as_array().unwrap();
        let account = all.iter().find(|account| account["default"] == true);
        account.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// One text of every item of a list, by JSON pointer.
    pub async fn column(&mut self, path: &str, pointer: &str) -> Vec<String> {
        let list = self.get(path).await.expect(200).json();
        column(&list, pointer)
    }

    /// Every item of a list, read page by page.
    pub async fn list_all(&mut self, path: &str, limit: u8) -> Vec<Value> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = format!("{path}{mark}limit={limit}&cursor={cursor}");
            let page = self.get(&page).await.expect(200).json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return items,
            }
        }
    }
}

/// One text of every item of a list's page, by JSON pointer.
pub fn column(list: &Value, pointer: &str) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    let text = |item: &Value| item.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    items.iter().map(text).collect()
}

impl TestResponse {
    /// The body without the request id, the only difference between indistinguishable responses.
    pub fn anonymous(&self) -> (u16, Value) {
        let mut body = self.json();
        if let Some(map) = body.as_object_mut() {
            map.remove("request_id");
        }
        (self.status, body)
    }

    /// A header's text.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().unwrap()
    }
}
