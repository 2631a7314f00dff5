//! Users, accounts and invitations for the screens of the console.

use std::time::Duration;

use axum::http::Method;
use convoke_app::config::Config;
use convoke_infra::identity_providers::ProviderKind;
use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Provider, Site, TestApp, picture_file};

const MEMBERS: [(&str, &str, &[&str]); 11] = [
    (
        "bo.li@northwind.example",
        "Bo Li",
        &["USER_ADMIN", "DEVELOPER"],
    ),
    (
        "cara.okafor@northwind.example",
        "Cara Okafor",
        &["CONTENT_MANAGER", "AGENT_OPERATOR"],
    ),
    (
        "dmitri@partners.example",
        "Dmitri Petrov",
        &["DEVELOPER", "LINGUIST", "SYSTEM_ADMIN", "KHUB_EDITOR"],
    ),
    (
        "elif.sahin-mueller@very-long-subsidiary-name.northwind.example",
        "Elif Şahin-Müller",
        &["LINGUIST"],
    ),
    (
        "hana.sato@northwind.example",
        "Hana Sato",
        &["USER_AUDITOR"],
    ),
    (
        "jun.park@northwind.example",
        "Jun Park",
        &["AGENT_OPERATOR"],
    ),
    (
        "kofi@northwind.example",
        "Kofi Mensah",
        &["AGENT_SUPERVISOR"],
    ),
    ("maria@northwind.example", "Maria Silva", &["KHUB_READER"]),
    (
        "nikolai@northwind.example",
        "Николай Орлов",
        &["OUTBOUND_MANAGER"],
    ),
    ("omar@northwind.example", "Omar Haddad", &["BILLING_ADMIN"]),
    ("sofia@northwind.example", "Sofia Lindgren", &["DEVELOPER"]),
];

/// An invitation's id and the token of its mailed link.
pub struct Link {
    pub id: String,
    pub token: String,
}

/// The seeded data that screens refer to.
pub struct Fixtures {
    pub site: Site,
    pub service: Provider,
    /// The owner of the account that most screens are of.
    pub ana: Client,
    /// An invited user.
    pub fay: Client,
    /// The owner of another account, where only registered users can be invited.
    pub lone: Client,
    /// A user without an address, who signed up through a provider.
    pub gil: Client,
    /// A member without a General role, and an auditor.
    pub member: Client,
    pub auditor: Client,
    /// The user who accepted the invitation "accepted".
    pub priya: Client,
    /// A user with nine accounts, a picture, and a pending ownership offer.
    pub many: Client,
    /// A user who has just signed up.
    pub fresh: Client,
    pub account: String,
    pub other: String,
    pub default_account: String,
    pub own_of_lone: String,
    /// Members: one who sent nothing, and one whose invitation is pending.
    pub cara: String,
    pub bo: String,
    links: Vec<(&'static str, Link)>,
    tokens: Vec<(&'static str, String)>,
}

impl Fixtures {
    /// An invitation by its state.
    pub fn link(&self, name: &str) -> &Link {
        let link = self.links.iter().find(|(known, _)| *known == name);
        &link.unwrap().1
    }

    /// The token of another link by its purpose.
    pub fn token(&self, name: &str) -> &str {
        let token = self.tokens.iter().find(|(known, _)| *known == name);
        &token.unwrap().1
    }
}

async fn set_language(client: &mut Client, language: &str) {
    let body = json!({ "locale": language, "time_zone": "Europe/Lisbon" });
    client.patch("/me", &body).await.expect(200);
}

async fn person(test_app: &TestApp, email: &str, name: &str, language: &str) -> Client {
    let mut client = test_app.user(email, name).await;
    set_language(&mut client, language).await;
    client
}

async fn invited(test_app: &TestApp, by: &mut Client, account: &str, email: &str) -> Link {
    let id = test_app.invite(by, account, email, &["DEVELOPER"]).await;
    let token = test_app.mailed_token(email, "invitations").await;
    Link { id, token }
}

/// Invitations that have ended or soon will.
async fn ended(test_app: &TestApp, ana: &mut Client, account: &str) -> Vec<(&'static str, Link)> {
    let mut links = Vec::new();
    for (name, email) in [
        ("expired", "gone@contoso.example"),
        ("revoked", "back@contoso.example"),
        ("declined", "no@contoso.example"),
        ("soon", "ivan@agency.example"),
    ] {
        let link = invited(test_app, ana, account, email).await;
        match name {
            "revoked" => {
                let act = format!("/accounts/{account}/invitations/{}/revoke", link.id);
                ana.post(&act, &Value::Null).await.expect(200);
            }
            "declined" => {
                let body = json!({ "token": link.token });
                let mut anonymous_client = test_app.anonymous();
                anonymous_client
                    .post("/invitations/decline", &body)
                    .await
                    .expect(200);
            }
            "expired" => test_app.advance(Duration::from_hours(6 * 24)),
            _ => {}
        }
        links.push((name, link));
    }
    links
}

/// Adds the members of the owner's account and returns their clients.
async fn team(test_app: &TestApp, ana: &mut Client, account: &str) -> Vec<(&'static str, Client)> {
    let mut joined = Vec::new();
    for (email, name, roles) in MEMBERS {
        let mut client = test_app.member(ana, account, email, roles).await;
        let (first, last) = name.split_once(' ').unwrap();
        let named = json!({ "first_name": first, "last_name": last });
        client.patch("/me", &named).await.expect(200);
        test_app.advance(Duration::from_hours(5));
        joined.push((first, client));
    }
    joined
}

/// A user with enough accounts for the search field, and with a picture.
async fn user_with_many_accounts(test_app: &TestApp, language: &str) -> Client {
    let mut many = person(test_app, "many@mail.example", "Mara", language).await;
    for number in 1..8 {
        test_app.account(&mut many, &format!("Team {number}")).await;
    }
    let file = picture_file(ImageFormat::Png, 64, 64);
    let path = "/api/v1/me/picture";
    many.raw(Method::PUT, path, Some("image/png"), file)
        .await
        .expect(204);
    many
}

/// The account in registered-only mode whose ownership is offered to another user.
async fn other_account(test_app: &TestApp, lone: &mut Client, many: &mut Client) -> (String, Link) {
    let account = test_app.account(lone, "Contoso Freight").await;
    let id = test_app
        .invite(lone, &account, "many@mail.example", &["DEVELOPER"])
        .await;
    let accept = format!("/me/invitations/{id}/accept");
    many.post(&accept, &Value::Null).await.expect(200);
    test_app
        .invite(
            lone,
            &account,
            "ana.costa@northwind.example",
            &["AGENT_SUPERVISOR"],
        )
        .await;
    let stopped = invited(test_app, lone, &account, "stop@contoso.example").await;
    let path = format!("/accounts/{account}");
    let settings = json!({ "settings": { "registered_users_only": true } });
    lone.patch(&path, &settings).await.expect(200);
    let fields = [
        ("member", "many@mail.example"),
        ("account_name", "Contoso Freight"),
        ("password", PASSWORD),
    ];
    lone.submit(&format!("{path}/transfer"), &fields)
        .await
        .expect(303);
    (account, stopped)
}

async fn signing_up(test_app: &TestApp, email: &str) -> String {
    let fields = [
        ("first_name", "Eve"),
        ("email", email),
        ("password", PASSWORD),
    ];
    test_app
        .anonymous()
        .submit("/sign-up", &fields)
        .await
        .expect(303);
    test_app.mailed_token(email, "confirm").await
}

/// Tokens of emailed links.
async fn mailed(test_app: &TestApp, lone: &mut Client) -> Vec<(&'static str, String)> {
    let confirm = signing_up(test_app, "eve@mail.example").await;
    let mut anonymous_client = test_app.anonymous();
    anonymous_client
        .submit("/reset", &[("email", "lone@mail.example")])
        .await
        .expect(303);
    let fields = [("email", "lone@home.example"), ("password", PASSWORD)];
    lone.submit("/profile/email", &fields).await.expect(303);
    let reset = test_app.mailed_token("lone@mail.example", "reset").await;
    let changed = test_app
        .mailed_token("lone@home.example", "confirm-email")
        .await;
    vec![
        ("confirm", confirm),
        ("reset", reset),
        ("confirm-email", changed),
    ]
}

fn taken(joined: &mut Vec<(&'static str, Client)>, name: &str) -> Client {
    let at = joined.iter().position(|(known, _)| *known == name);
    joined.swap_remove(at.unwrap()).1
}

/// A user who signed up through GitHub, which does not disclose the address.
async fn through_github(test_app: &TestApp, service: &Provider, language: &str) -> Client {
    service.is_at_github(583_231, "octocat", &[]);
    let mut gil = test_app.anonymous();
    let authorization_url = gil.page("/sign-in/github").await.location();
    gil.page(&service.agree(&authorization_url))
        .await
        .expect(303);
    set_language(&mut gil, language).await;
    gil
}

/// Creates all fixtures, with users of this language.
pub async fn create_fixtures(language: &str) -> Fixtures {
    // Eighteen seats, seventeen of them taken: the bar warns.
    let service = Provider::start().await;
    let github = service.settings("github", ProviderKind::Github);
    let work = service.settings("work", ProviderKind::Oidc);
    let site = Site::with(|config: &mut Config| {
        config.limits.users_per_account = 18;
        config.providers = vec![github, work];
    })
    .await;
    service.use_clock_of(&site.test_app);
    let test_app = &site.test_app;
    let mut ana = person(test_app, "ana.costa@northwind.example", "Ana", language).await;
    let name = json!({ "first_name": "Ana", "last_name": "Costa" });
    ana.patch("/me", &name).await.expect(200);
    let default_account = ana.default_account().await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let mut joined = team(test_app, &mut ana, &account).await;
    let old = signing_up(test_app, "old@mail.example").await;
    let mut links = ended(test_app, &mut ana, &account).await;
    // Those invited last before that have less than two days left.
    test_app.advance(Duration::from_hours(5 * 24 + 6));
    let (mut bo, mut member) = (taken(&mut joined, "Bo"), taken(&mut joined, "Sofia"));
    let mut auditor = taken(&mut joined, "Hana");
    for client in [&mut member, &mut auditor] {
        set_language(client, language).await;
    }
    let fay = person(test_app, "fay.moreau@contoso.example", "Fay", language).await;
    let pending = invited(test_app, &mut ana, &account, "fay.moreau@contoso.example").await;
    links.push(("pending", pending));
    let refused = invited(test_app, &mut ana, &account, "hana@nortwind.example").await;
    links.push(("refused", refused));
    test_app
        .run_sql(
            "update invitations set delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 5.1.2 No such domain'
            where email = 'hana@nortwind.example'",
        )
        .await;
    test_app
        .invite(&mut bo, &account, "cleo@contoso.example", &["LINGUIST"])
        .await;
    let priya = ("priya@contoso.example", "Priya Nair");
    let token_of = priya.0;
    let mut priya = test_app
        .joiner(&mut ana, &account, priya, &["LINGUIST"])
        .await;
    set_language(&mut priya, language).await;
    let token = test_app.mailed_token(token_of, "invitations").await;
    let id = String::new();
    links.push(("accepted", Link { id, token }));
    let mut lone = person(test_app, "lone@mail.example", "Lone", language).await;
    let mut many = user_with_many_accounts(test_app, language).await;
    let (other, stopped) = other_account(test_app, &mut lone, &mut many).await;
    links.push(("stopped", stopped));
    let mut tokens = mailed(test_app, &mut lone).await;
    tokens.push(("old", old));
    let search = format!("/accounts/{account}/members?q=cara");
    let cara = ana.get(&search).await.text("/items/0/user/id");
    let (bo, own_of_lone) = (bo.id().await, lone.default_account().await);
    let gil = through_github(test_app, &service, language).await;
    let fresh = person(test_app, "noor@mail.example", "Noor", language).await;
    Fixtures {
        site,
        service,
        ana,
        fay,
        lone,
        gil,
        member,
        auditor,
        priya,
        many,
        fresh,
        account,
        other,
        default_account,
        own_of_lone,
        cara,
        bo,
        links,
        tokens,
    }
}
