//! Every screen of the console, with people and things to show on it.

use std::time::Duration;

use convoke::config::Config;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Site};

/// A screen: who looks at which page, and what is done there before it is looked at.
pub struct Screen {
    /// Its name in the files of screenshots.
    pub name: &'static str,
    /// The cookie of whoever looks; nobody when empty.
    pub who: String,
    pub path: String,
    /// A script that does something on the page first.
    pub first: &'static str,
    /// What is there then.
    pub wait: &'static str,
}

/// An installation with enough in it that every screen has something to show.
pub struct World {
    pub site: Site,
    pub screens: Vec<Screen>,
}

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

async fn speak(who: &mut Client, language: &str) {
    let body = json!({ "locale": language, "time_zone": "Europe/Lisbon" });
    who.patch("/me", &body).await.expect(200);
}

fn cookie(who: &Client) -> String {
    who.cookie.clone().unwrap_or_default()
}

/// The state of the things that screens are about.
struct Made {
    site: Site,
    ana: Client,
    fay: Client,
    lone: Client,
    member: Client,
    auditor: Client,
    account: String,
    default_account: String,
    cara: String,
    pending: String,
    tokens: Vec<(&'static str, String)>,
}

/// Invitations that have ended or soon will, with the tokens of their links.
async fn ended(site: &Site, ana: &mut Client, account: &str) -> Vec<(&'static str, String)> {
    let house = &site.house;
    let mut tokens = Vec::new();
    for (name, email) in [
        ("expired", "gone@contoso.example"),
        ("revoked", "back@contoso.example"),
        ("declined", "no@contoso.example"),
        ("soon", "ivan@agency.example"),
    ] {
        let id = house.invite(ana, account, email, &["DEVELOPER"]).await;
        let token = house.mailed_token(email, "invitations").await;
        let act = format!("/accounts/{account}/invitations/{id}/revoke");
        match name {
            "revoked" => drop(ana.post(&act, &Value::Null).await.expect(200)),
            "declined" => {
                let body = json!({ "token": token });
                house
                    .stranger()
                    .post("/invitations/decline", &body)
                    .await
                    .expect(200);
            }
            "expired" => house.pass(Duration::from_hours(6 * 24)),
            _ => {}
        }
        tokens.push((name, token));
    }
    tokens
}

async fn make(language: &str) -> Made {
    let site = Site::with(|config: &mut Config| config.limits.users_per_account = 20).await;
    let house = &site.house;
    let mut ana = house.user("ana.costa@northwind.example", "Ana").await;
    let name = json!({ "first_name": "Ana", "last_name": "Costa" });
    ana.patch("/me", &name).await.expect(200);
    speak(&mut ana, language).await;
    let default_account = ana.get("/accounts").await.text("/items/0/id");
    let account = house.account(&mut ana, "Northwind Traders").await;
    let (mut member, mut auditor) = (house.stranger(), house.stranger());
    for (email, name, roles) in MEMBERS {
        let mut joined = house.member(&mut ana, &account, email, roles).await;
        let (first, last) = name.split_once(' ').unwrap();
        let named = json!({ "first_name": first, "last_name": last });
        joined.patch("/me", &named).await.expect(200);
        house.pass(Duration::from_hours(7));
        match first {
            "Sofia" => member = joined,
            "Hana" => auditor = joined,
            _ => {}
        }
    }
    for who in [&mut member, &mut auditor] {
        speak(who, language).await;
    }
    let mut tokens = ended(&site, &mut ana, &account).await;
    house.pass(Duration::from_hours(30));
    let mut fay = house.user("fay.moreau@contoso.example", "Fay").await;
    speak(&mut fay, language).await;
    let pending = house
        .invite(
            &mut ana,
            &account,
            "fay.moreau@contoso.example",
            &["DEVELOPER"],
        )
        .await;
    tokens.push((
        "pending",
        house
            .mailed_token("fay.moreau@contoso.example", "invitations")
            .await,
    ));
    house
        .invite(
            &mut ana,
            &account,
            "hana@nortwind.example",
            &["LINGUIST", "USER_AUDITOR"],
        )
        .await;
    let mut lone = house.user("lone@mail.example", "Lone").await;
    speak(&mut lone, language).await;
    let other = house.account(&mut lone, "Contoso Freight").await;
    house
        .invite(
            &mut lone,
            &other,
            "ana.costa@northwind.example",
            &["AGENT_SUPERVISOR"],
        )
        .await;
    let cara = ana
        .get(&format!("/accounts/{account}/members?q=cara"))
        .await
        .text("/items/0/user/id");
    strangers(&site, &mut lone, &mut tokens).await;
    Made {
        site,
        ana,
        fay,
        lone,
        member,
        auditor,
        account,
        default_account,
        cara,
        pending,
        tokens,
    }
}

/// Links that strangers get by mail.
async fn strangers(site: &Site, lone: &mut Client, tokens: &mut Vec<(&'static str, String)>) {
    let house = &site.house;
    let mut eve = house.stranger();
    let fields = [
        ("first_name", "Eve"),
        ("email", "eve@mail.example"),
        ("password", PASSWORD),
    ];
    eve.submit("/sign-up", &fields).await.expect(303);
    tokens.push((
        "confirm",
        house.mailed_token("eve@mail.example", "confirm").await,
    ));
    eve.submit("/reset", &[("email", "lone@mail.example")])
        .await
        .expect(303);
    tokens.push((
        "reset",
        house.mailed_token("lone@mail.example", "reset").await,
    ));
    let fields = [("email", "lone@home.example"), ("password", PASSWORD)];
    lone.submit("/profile/email", &fields).await.expect(303);
    tokens.push((
        "confirm-email",
        house
            .mailed_token("lone@home.example", "confirm-email")
            .await,
    ));
}

impl World {
    /// All screens with their people, who speak this language.
    pub async fn new(language: &str) -> Self {
        let made = make(language).await;
        let mut screens = Vec::new();
        for group in [
            of_strangers(&made),
            of_accounts(&made),
            of_an_account(&made),
            of_inviting(&made),
        ] {
            screens.extend(group);
        }
        Self {
            site: made.site,
            screens,
        }
    }
}

fn screen(name: &'static str, who: &str, path: impl Into<String>) -> Screen {
    Screen {
        name,
        who: who.to_owned(),
        path: path.into(),
        first: "",
        wait: "h1",
    }
}

fn after(screen: Screen, first: &'static str, wait: &'static str) -> Screen {
    Screen {
        first,
        wait,
        ..screen
    }
}

fn of_strangers(made: &Made) -> Vec<Screen> {
    let token = |name: &str| {
        let found = made.tokens.iter().find(|(known, _)| *known == name);
        found.unwrap().1.clone()
    };
    let link = |name: &str| format!("/invitations/{}", token(name));
    let (fay, lone) = (cookie(&made.fay), cookie(&made.lone));
    let submit = "document.querySelector('main form').requestSubmit()";
    vec![
        screen("sign-in", "", "/sign-in"),
        after(
            screen("sign-in-refused", "", "/sign-in"),
            submit,
            ".summary",
        ),
        screen(
            "sign-in-invited",
            "",
            format!("/sign-in?return_to={}", link("pending")),
        ),
        after(
            screen("invite-signed-out", "", "/sign-in"),
            "const form = document.querySelector('main form');
             form.action = '/accounts/acc_01h455vb4pex5vsknk084sn02q/invite';
             form.replaceChildren(...[['product', 'platform'], ['emails', 'cleo@x.io\\ndora@x.io']].map(([name, value]) =>
                 Object.assign(document.createElement('input'), { name, value })));
             form.submit()",
            "#list",
        ),
        screen("sign-up", "", "/sign-up"),
        after(
            screen("sign-up-refused", "", "/sign-up"),
            submit,
            ".summary",
        ),
        screen(
            "sign-up-invited",
            "",
            format!("/sign-up?invitation={}", token("pending")),
        ),
        screen("sign-up-check-mail", "", "/sign-up/check-mail"),
        screen("confirm", "", format!("/confirm/{}", token("confirm"))),
        screen(
            "confirm-ended",
            "",
            format!("/confirm/{}x", token("confirm")),
        ),
        screen("reset", "", "/reset"),
        screen("reset-check-mail", "", "/reset/check-mail"),
        screen("new-password", "", format!("/reset/{}", token("reset"))),
        screen("reset-ended", "", "/reset/cvr_unknown"),
        screen(
            "confirm-email",
            &lone,
            format!("/confirm-email/{}", token("confirm-email")),
        ),
        screen("invitation", "", link("pending")),
        screen("invitation-mine", &fay, link("pending")),
        screen("invitation-other-address", &lone, link("pending")),
        screen("invitation-expired", "", link("expired")),
        screen("invitation-revoked", "", link("revoked")),
        screen("invitation-declined", "", link("declined")),
        screen("invitation-unknown", "", "/invitations/cvi_unknown"),
        screen(
            "unsubscribe",
            "",
            format!("{}/unsubscribe", link("pending")),
        ),
        screen("not-found", "", "/nowhere"),
        screen("problem", "", "/problems/user-limit-exceeded"),
        screen("api", "", "/docs"),
        screen("mailbox", "", "/dev/mailbox"),
    ]
}

fn of_accounts(made: &Made) -> Vec<Screen> {
    let (ana, lone, member) = (cookie(&made.ana), cookie(&made.lone), cookie(&made.member));
    let account = format!("/accounts/{}", made.account);
    let submit = "document.querySelector('main form').requestSubmit()";
    vec![
        screen("accounts", &ana, "/accounts"),
        screen("accounts-fresh", &lone, "/accounts"),
        screen("account-new", &ana, "/accounts/new"),
        after(
            screen("account-new-refused", &ana, "/accounts/new"),
            submit,
            ".summary",
        ),
        after(
            screen("account-new-dialog", &ana, "/accounts"),
            "document.querySelector('[data-dialog]').click()",
            "dialog[open] input",
        ),
        screen("overview", &member, account.clone()),
        screen("no-permission", &member, format!("{account}/users")),
        screen("leave", &member, format!("{account}/leave")),
        screen("profile", &ana, "/profile"),
        screen("profile-activity", &ana, "/profile/activity"),
        screen("profile-email", &ana, "/profile/email"),
        screen("settings", &ana, format!("{account}/settings")),
        screen(
            "settings-of-others",
            &cookie(&made.auditor),
            format!("{account}/settings"),
        ),
        screen(
            "settings-default",
            &ana,
            format!("/accounts/{}/settings", made.default_account),
        ),
        screen("transfer", &ana, format!("{account}/transfer")),
        after(
            screen("transfer-refused", &ana, format!("{account}/transfer")),
            submit,
            ".summary",
        ),
    ]
}

fn of_an_account(made: &Made) -> Vec<Screen> {
    let (ana, auditor) = (cookie(&made.ana), cookie(&made.auditor));
    let account = format!("/accounts/{}", made.account);
    let users = format!("{account}/users");
    let invitations = format!("{account}/invitations");
    let state = |state: &str| format!("{invitations}?status={state}");
    vec![
        screen("users", &ana, users.clone()),
        screen(
            "users-by-activity",
            &ana,
            format!("{users}?sort=last_active_at"),
        ),
        screen("users-of-auditor", &auditor, users.clone()),
        screen("users-no-match", &ana, format!("{users}?q=zed")),
        after(
            screen("users-menu", &ana, users.clone()),
            "[...document.querySelectorAll('tr .menu > summary')].at(-1).click()",
            "tr .menu[open]",
        ),
        after(
            screen("users-remove-dialog", &ana, users.clone()),
            "document.querySelectorAll('tr a[data-dialog]')[1].click()",
            "dialog[open]",
        ),
        screen("user-edit", &ana, format!("{users}/{}/edit", made.cara)),
        screen("user-remove", &ana, format!("{users}/{}/remove", made.cara)),
        screen("invitations", &ana, invitations.clone()),
        after(
            screen("invitations-selected", &ana, invitations.clone()),
            "for (const box of [...document.querySelectorAll('td.pick input')].slice(0, 2)) box.click()",
            ".bulk:not([hidden])",
        ),
        after(
            screen("invitations-link", &ana, invitations.clone()),
            "document.querySelector('form[data-dialog] button').click()",
            "dialog[open]",
        ),
        screen("invitations-expired", &ana, state("expired")),
        screen("invitations-accepted", &ana, state("accepted")),
        screen("invitations-none", &cookie(&made.lone), {
            format!("/accounts/{}/invitations", made.default_account)
        }),
        screen(
            "invitation-edit",
            &ana,
            format!("{invitations}/{}/edit", made.pending),
        ),
        screen(
            "invitation-revoke",
            &ana,
            format!("{invitations}/revoke?id={}", made.pending),
        ),
        screen("activity", &ana, format!("{account}/activity")),
        screen(
            "activity-none",
            &ana,
            format!("{account}/activity?person=nobody%40x.io"),
        ),
    ]
}

fn of_inviting(made: &Made) -> Vec<Screen> {
    let ana = cookie(&made.ana);
    let invite = format!("/accounts/{}/invite", made.account);
    let people = format!("{invite}?product=platform");
    let list = "fatima%40contoso.example%20bo.li%40northwind.example%20ivan%40agency%2Cexample%20hana%40nortwind.example";
    vec![
        screen("invite-product", &ana, invite.clone()),
        screen("invite-product-refused", &ana, format!("{invite}?step=2")),
        screen("invite-people", &ana, people.clone()),
        after(
            screen(
                "invite-people-typed",
                &ana,
                format!("{people}&roles=DEVELOPER&emails={list}"),
            ),
            "",
            ".chip.fine",
        ),
        after(
            screen("invite-refused", &ana, format!("{people}&emails={list}")),
            "document.querySelector('[data-send]').click()",
            ".summary",
        ),
        after(
            screen("invite-result", &ana, {
                format!(
                    "{people}&roles=DEVELOPER&emails=bo.li%40northwind.example%20hana%40nortwind.example"
                )
            }),
            "document.querySelector('[data-send]').click()",
            ".results",
        ),
    ]
}
