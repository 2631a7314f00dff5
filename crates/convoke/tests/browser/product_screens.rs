//! The screens of sign-in to products: pages of authorization requests and of sign-out, the products in the profile, and the
//! sample pages of the demo.

use convoke_app::config::Config;
use convoke_core::secret::{Secret, hash_to_text, sha256};
use convoke_domain::catalogue::BUILTIN;
use serde_json::{Value, json};

use super::screens::{ConsoleScreens, Screen, cookie, screen};
use crate::support::{Client, Site, TestApp};

/// A product that users sign in to with one of its roles only, in one account at a time.
const DESK: &str = r#"
[[products]]
key = "desk"
name = { en = "Service Desk", ru = "Служба поддержки" }
description = "Requests of customers."
accounts = "latest"

[products.sign_in]
redirect_uris = ["https://desk.example/callback"]
secret = "desk-secret-0123456789-0123456789-012"
alg = "ES256"
allow = "role-holders"

[[products.roles]]
key = "DESK_AGENT"
name = "Desk agent"
description = "Answers requests."
"#;

/// An account that does not exist.
const UNKNOWN_ACCOUNT: &str = "acc_01h455vb4pex5vsknk084sn02q";

/// Signs in to two products and opens the page again.
const SIGN_IN: &str = "Promise.all(['platform', 'agent'].map((product) => fetch(`/demo/${product}/login`))).then(() => location.reload())";

/// Ends every sign-in to a product.
const END_GRANTS: &str =
    "fetch('/api/v1/me/grants').then((response) => response.json()).then(({ items }) =>
    items.forEach(({ id }) => fetch(`/api/v1/me/grants/${id}`, { method: 'DELETE' })))";

/// Users with one account and with several.
struct Fixtures {
    site: Site,
    /// A user with their default account alone.
    noor: Client,
    /// The owner of an account.
    ana: Client,
    /// A member of it with roles of one product, who may not use the desk any more.
    bo: Client,
    /// A user with ten accounts.
    mara: Client,
    /// The account in which Mara has used a product last.
    last: String,
}

async fn person(test_app: &TestApp, email: &str, name: (&str, &str), language: &str) -> Client {
    let mut client = test_app.user(email, name.0).await;
    set_profile(&mut client, name, language).await;
    client
}

async fn set_profile(client: &mut Client, (first, last): (&str, &str), language: &str) {
    let profile = json!({ "first_name": first, "last_name": last, "locale": language, "time_zone": "Europe/Lisbon" });
    client.patch("/me", &profile).await.expect(200);
}

/// A member who was invited to the desk, and has lost its role.
async fn invited_to_desk(
    test_app: &TestApp,
    ana: &mut Client,
    account: &str,
    language: &str,
) -> Client {
    let email = "bo.li@northwind.example";
    let mut bo = person(test_app, email, ("Bo", "Li"), language).await;
    let body = json!({ "product": "desk", "roles": ["DESK_AGENT"], "emails": [email] });
    let path = format!("/accounts/{account}/invitations");
    let invited = ana.post(&path, &body).await.expect(201);
    let accept = format!(
        "/me/invitations/{}/accept",
        invited.text("/results/0/invitation/id")
    );
    bo.post(&accept, &Value::Null).await.expect(200);
    let roles = json!({ "roles": ["DEVELOPER", "LINGUIST", "USER_ADMIN"] });
    let member = format!("/accounts/{account}/members/{}", bo.id().await);
    ana.patch(&member, &roles).await.expect(200);
    bo
}

async fn create_fixtures(language: &str) -> Fixtures {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = folder.path().join("catalogue.toml");
    std::fs::write(&catalogue, format!("{BUILTIN}{DESK}")).unwrap();
    let site = Site::with(|config: &mut Config| {
        config.catalogue = Some(catalogue.to_str().unwrap().to_owned());
        config.secrets.key = Some(Secret::new("42".repeat(32)));
        config.sample_products = true;
    })
    .await;
    let test_app = &site.test_app;
    test_app.app.refresh_signing_keys().await.unwrap();
    let noor = ("noor@mail.example", ("Noor", "Haddad"));
    let noor = person(test_app, noor.0, noor.1, language).await;
    let ana = ("ana.costa@northwind.example", ("Ana", "Costa"));
    let mut ana = person(test_app, ana.0, ana.1, language).await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    let bo = invited_to_desk(test_app, &mut ana, &account, language).await;
    let mara = ("mara@mail.example", ("Mara", "Silva"));
    let mut mara = person(test_app, mara.0, mara.1, language).await;
    let mut last = String::new();
    for name in [
        "Northwind Traders",
        "Contoso Freight",
        "Adventure Works",
        "Fabrikam Residences and Holiday Homes of the Northern Coast",
        "Litware",
        "Proseware",
        "Tailspin Toys",
        "Wide World Importers",
        "Woodgrove Bank",
    ] {
        last = test_app.account(&mut mara, name).await;
    }
    Fixtures {
        site,
        noor,
        ana,
        bo,
        mara,
        last,
    }
}

impl Fixtures {
    /// An authorization request of a sample product.
    fn request(&self, product: &str, parameters: &str) -> String {
        let redirect_uri = format!("{}/demo/{product}/callback", self.site.origin);
        request(product, &redirect_uri, parameters)
    }
}

fn request(product: &str, redirect_uri: &str, parameters: &str) -> String {
    let challenge = hash_to_text(&sha256(b"a code verifier of a test, which nobody sends"));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", product);
    query.append_pair("redirect_uri", redirect_uri);
    query.append_pair("code_challenge", &challenge);
    let query = query.finish();
    format!(
        "/oauth2/authorize?response_type=code&scope=openid&state=s&code_challenge_method=S256&{query}{parameters}"
    )
}

impl ConsoleScreens {
    /// The screens of sign-in to products, with users of this language.
    pub async fn of_products(language: &str) -> Self {
        let fixtures = create_fixtures(language).await;
        let groups = [
            of_requests(&fixtures),
            of_sign_out(&fixtures),
            of_profiles(&fixtures),
            of_samples(&fixtures),
        ];
        let screens = groups.into_iter().flatten().collect();
        Self::new_for(fixtures.site, screens)
    }
}

fn of_requests(fixtures: &Fixtures) -> Vec<Screen> {
    let (noor, ana) = (cookie(&fixtures.noor), cookie(&fixtures.ana));
    let (bo, mara) = (cookie(&fixtures.bo), cookie(&fixtures.mara));
    let choose = "authorize-choose-title";
    let chooser = fixtures.request("platform", "");
    let unavailable = fixtures.request("platform", &format!("&account={UNKNOWN_ACCOUNT}"));
    let rejected = request("platform", "https://evil.example/", "");
    let desk = request("desk", "https://desk.example/callback", "");
    let last = format!("/demo/platform/login?account={}", fixtures.last);
    let search = "document.querySelector('[name=q]').value = '$'; document.querySelector('form[role=search]').requestSubmit()";
    let (found, none) = (search.replace('$', "trad"), search.replace('$', "zed"));
    vec![
        screen("product-sign-in", "", chooser.clone(), "sign-in-title"),
        screen("product-choose-of-two", &bo, chooser.clone(), choose)
            .holding("document.querySelectorAll('.choose li').length === 2"),
        screen("product-choose", &mara, chooser.clone(), choose)
            .after(
                format!("fetch('{last}').then(() => location.reload())").leak(),
                ".choose li:first-child .badge",
            )
            .holding("document.querySelectorAll('.choose li').length === 10 && document.querySelector('[name=q]')"),
        screen("product-choose-found", &mara, chooser.clone(), choose)
            .after(found.leak(), ".choose li:only-child"),
        screen("product-choose-no-match", &mara, chooser, choose)
            .after(none.leak(), ".choose:empty, .card p"),
        screen("product-choose-unavailable", &ana, unavailable, choose)
            .holding("document.querySelector('.note.amber')"),
        screen(
            "product-confirm",
            &noor,
            fixtures.request("platform", "&prompt=consent"),
            "authorize-confirm-title",
        ),
        screen("product-no-access", &bo, desk, "authorize-no-access-title")
            .holding("document.querySelectorAll('main .bullets li').length === 1"),
        screen("product-unknown", &bo, "/oauth2/authorize?client_id=unknown", "authorize-client-title"),
        screen("product-redirect-uri", "", rejected, "authorize-redirect-uri-title"),
        screen(
            "product-form-post",
            "",
            fixtures.request("platform", "&response_mode=form_post&prompt=none"),
            "authorize-continue-title",
        )
        .without_script()
        .holding("document.querySelector('form[data-submit] button')"),
    ]
}

fn of_sign_out(fixtures: &Fixtures) -> Vec<Screen> {
    let ana = cookie(&fixtures.ana);
    let back = format!("{}/demo/platform", fixtures.site.origin);
    let path = format!("/oauth2/logout?client_id=platform&post_logout_redirect_uri={back}");
    vec![
        screen("product-logout", &ana, path.clone(), "logout-confirm-title")
            .holding("document.querySelector('main form[action=\"/oauth2/logout/confirm\"]')"),
        screen("product-logout-done", "", path, "logout-done-title"),
        screen(
            "product-logout-rejected",
            &ana,
            "/oauth2/logout?client_id=unknown",
            "logout-rejected-title",
        ),
    ]
}

fn of_profiles(fixtures: &Fixtures) -> Vec<Screen> {
    let (noor, ana) = (cookie(&fixtures.noor), cookie(&fixtures.ana));
    let here = |name, cookie: &str| screen(name, cookie, "/profile/products", "profile-products");
    vec![
        here("profile-products-none", &ana).holding("!document.querySelector('.session-list')"),
        here("profile-products", &noor)
            .after(SIGN_IN, ".session-list li + li")
            .holding("document.querySelectorAll('.session-list button').length === 2"),
    ]
}

fn of_samples(fixtures: &Fixtures) -> Vec<Screen> {
    let noor = cookie(&fixtures.noor);
    let here = |name, cookie: &str, path| screen(name, cookie, path, "Tovie Platform").stopped();
    vec![
        here("sample", "", "/demo/platform")
            .holding("document.querySelector('main a[href$=\"/login\"]')"),
        here("sample-signed-in", &noor, "/demo/platform/login")
            .holding("document.querySelectorAll('.facts dd').length === 3"),
        here("sample-ended", &noor, "/demo/platform/login").after(END_GRANTS, ".note.red"),
    ]
}
