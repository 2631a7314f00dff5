use super::sign_in::{Pkce, RoleChangePolicy, SignInPolicy};
use super::*;
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::sha256;

const PRODUCT: &str =
    "[[products]]\nkey = \"desk\"\nname = \"Desk\"\ndescription = \"Answers mail.\"\n";
const ROLE: &str =
    "[[products.roles]]\nkey = \"CLERK\"\nname = \"Clerk\"\ndescription = \"Answers.\"\n";

/// The errors of a text as people see them, in a file named `c.toml`.
fn errors(text: &str) -> Vec<String> {
    match Catalogue::parse("c.toml", text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// Asserts that a text has one error: on this line, with this message.
#[track_caller]
fn assert_error(text: &str, line: usize, message: &str) {
    let messages = errors(text);
    assert_eq!(messages.len(), 1, "one fault expected, not {messages:#?}");
    let wanted = format!("c.toml:{line}: ");
    assert!(
        messages[0].starts_with(&wanted),
        "{wanted:?} should begin {messages:?}"
    );
    assert!(
        messages[0].contains(message),
        "{message:?} should be in {messages:?}"
    );
}

fn keys(roles: &[Role]) -> Vec<&str> {
    roles.iter().map(|role| role.key.as_str()).collect()
}

#[test]
fn builtin_catalogue_has_no_error() {
    assert_eq!(errors(BUILTIN), Vec::<String>::new());
}

#[test]
fn builtin_catalogue_has_exactly_the_products_and_roles_of_the_specification() {
    let catalogue = Catalogue::builtin();
    assert_eq!(
        keys(&catalogue.general),
        ["USER_ADMIN", "USER_AUDITOR", "BILLING_ADMIN"]
    );
    let products: Vec<_> = catalogue
        .products
        .iter()
        .map(|product| {
            (
                product.key.as_str(),
                product.name.get("en"),
                product.is_multi_user(),
                keys(&product.roles),
            )
        })
        .collect();
    let platform = vec![
        "BUSINESS_OWNER",
        "SYSTEM_ADMIN",
        "SECURITY_ADMIN",
        "CONTENT_MANAGER",
        "DEVELOPER",
        "LINGUIST",
        "OUTBOUND_MANAGER",
    ];
    let agent = vec!["AGENT_ADMIN", "AGENT_SUPERVISOR", "AGENT_OPERATOR"];
    let data_agent = vec!["KHUB_READER", "KHUB_EDITOR", "KHUB_OWNER", "KHUB_ADMIN"];
    assert_eq!(
        products,
        [
            ("platform", "Tovie Platform", true, platform),
            ("agent", "Tovie Agent", true, agent),
            ("data-agent", "Tovie Data Agent", true, data_agent),
            ("dialog-studio", "Tovie DialogStudio", false, vec![]),
        ]
    );
    assert!(catalogue.roles().all(|role| !role.owner_only));
}

#[test]
fn builtin_catalogue_has_both_languages_everywhere() {
    let root: toml::Table = BUILTIN.parse().unwrap();
    let products = root["products"].as_array().unwrap().iter();
    let roles = products
        .clone()
        .filter_map(|product| product.get("roles"))
        .chain([&root["general"]["roles"]])
        .flat_map(|roles| roles.as_array().unwrap());
    let mut checked = 0;
    for entry in products.chain(roles) {
        for field in ["name", "description"] {
            let texts = entry[field].as_table().unwrap();
            assert!(!texts["en"].as_str().unwrap().is_empty(), "{entry}");
            assert!(!texts["ru"].as_str().unwrap().is_empty(), "{entry}");
            checked += 1;
        }
    }
    assert_eq!(checked, 2 * (4 + 17));
}

#[test]
fn file_without_general_section_gets_the_builtin_general_roles() {
    let catalogue = Catalogue::parse("c.toml", PRODUCT).unwrap();
    assert_eq!(catalogue.general, Catalogue::builtin().general);
}

#[test]
fn file_may_change_the_texts_of_the_general_roles_and_their_order_stays() {
    let role = |key: &str| {
        format!("[[general.roles]]\nkey = \"{key}\"\nname = \"Own {key}\"\ndescription = \"d\"\n")
    };
    let text = role(BILLING_ADMIN) + &role(USER_AUDITOR) + &role(USER_ADMIN) + PRODUCT;
    let catalogue = Catalogue::parse("c.toml", &text).unwrap();
    assert_eq!(keys(&catalogue.general), GENERAL_ROLES);
    assert_eq!(
        catalogue.role(USER_ADMIN).unwrap().name.get("en"),
        "Own USER_ADMIN"
    );
}

#[test]
fn text_falls_back_to_english_and_then_to_any_language() {
    let text = PRODUCT.replace("\"Desk\"", "{ ru = \"Стол\" }")
        + &ROLE.replace("\"Clerk\"", "{ en = \"Clerk\" }")
        + &ROLE
            .replace("CLERK", "CHIEF")
            .replace("\"Clerk\"", "{ en = \"Chief\", ru = \"Начальник\" }");
    let catalogue = Catalogue::parse("c.toml", &text).unwrap();
    let desk = &catalogue.product("desk").unwrap().name;
    assert_eq!((desk.get("en"), desk.get("ru")), ("Стол", "Стол"));
    let clerk = &catalogue.role("CLERK").unwrap().name;
    assert_eq!((clerk.get("en"), clerk.get("ru")), ("Clerk", "Clerk"));
    let chief = &catalogue.role("CHIEF").unwrap().name;
    assert_eq!((chief.get("en"), chief.get("ru")), ("Chief", "Начальник"));
    assert_eq!(chief.get("de"), "Chief");
}

#[test]
fn optional_fields_are_read() {
    let text = PRODUCT.to_owned()
        + "url = \"https://desk.example.com/open?from=here\"\n"
        + ROLE
        + "granted_by = \"owner\"\n";
    let catalogue = Catalogue::parse("c.toml", &text).unwrap();
    let product = catalogue.product("desk").unwrap();
    assert_eq!(
        product.url.as_deref(),
        Some("https://desk.example.com/open?from=here")
    );
    assert!(product.is_multi_user());
    assert!(catalogue.role("CLERK").unwrap().owner_only);
}

#[test]
fn roles_are_sorted_as_in_the_catalogue_and_unknown_ones_come_last() {
    let catalogue = Catalogue::builtin();
    let mut roles = [
        "ZEBRA",
        "KHUB_READER",
        "LINGUIST",
        "APE",
        "DEVELOPER",
        "USER_AUDITOR",
    ]
    .map(str::to_owned);
    catalogue.sort_roles(&mut roles);
    assert_eq!(
        roles,
        [
            "USER_AUDITOR",
            "DEVELOPER",
            "LINGUIST",
            "KHUB_READER",
            "APE",
            "ZEBRA"
        ]
    );
}

#[test]
fn lookups_return_known_keys_only() {
    let catalogue = Catalogue::builtin();
    assert!(catalogue.role("DEVELOPER").is_some() && catalogue.role("developer").is_none());
    assert!(catalogue.product("agent").is_some() && catalogue.product("AGENT_ADMIN").is_none());
    assert!(catalogue.is_general(USER_ADMIN) && !catalogue.is_general("DEVELOPER"));
}

#[test]
fn syntax_error_has_its_line() {
    assert_error(
        &PRODUCT.replace("\"Desk\"", "\"Desk"),
        3,
        "This is not TOML: unreadable basic string",
    );
    assert_error("[[products]\n", 1, "This is not TOML: unclosed array table");
}

#[test]
fn after_a_syntax_error_only_the_text_before_it_is_checked() {
    let text = PRODUCT.replace("name", "nam") + "name = Desk\n" + &ROLE.replace("CLERK", "clerk");
    let messages = errors(&text);
    assert_eq!(messages.len(), 2, "{messages:#?}");
    assert!(messages[0].starts_with("c.toml:3: `nam` is not a field"));
    assert!(messages[1].starts_with("c.toml:5: This is not TOML"));
}

#[test]
fn rejects_a_duplicate_field_and_checks_the_rest() {
    let text = PRODUCT.to_owned() + "name = \"Desk 2\"\n" + &ROLE.replace("CLERK", "clerk");
    let messages = errors(&text);
    assert_eq!(messages.len(), 2, "{messages:#?}");
    assert!(messages[0].starts_with("c.toml:5: `name` is given twice"));
    assert!(messages[1].starts_with("c.toml:7: `clerk` cannot be the key of a role"));
}

#[test]
fn rejects_duplicate_product_keys() {
    let message = "The product key `desk` stands on line 2 already";
    assert_error(&(PRODUCT.to_owned() + PRODUCT), 6, message);
}

#[test]
fn rejects_duplicate_role_keys_across_products() {
    let other = PRODUCT.replace("desk", "till");
    let text = PRODUCT.to_owned() + ROLE + &other + ROLE;
    assert_error(&text, 14, "The role key `CLERK` stands on line 6 already");
}

#[test]
fn rejects_malformed_product_keys() {
    for key in [
        "d",
        "Desk",
        "1desk",
        "-desk",
        "my desk",
        "d\u{e9}sk",
        &"d".repeat(33),
        "",
    ] {
        let text = PRODUCT.replace("desk", key);
        assert_error(&text, 2, "cannot be the key of a product. Use 2 to 32");
    }
    for key in ["d1", "data-agent", &"d".repeat(32)] {
        assert_eq!(errors(&PRODUCT.replace("desk", key)), Vec::<String>::new());
    }
}

#[test]
fn rejects_malformed_role_keys() {
    for key in [
        "C",
        "clerk",
        "1CLERK",
        "_CLERK",
        "CLERK-A",
        "CL\u{c9}RK",
        &"C".repeat(65),
        "",
    ] {
        let text = PRODUCT.to_owned() + &ROLE.replace("CLERK", key);
        assert_error(&text, 6, "cannot be the key of a role. Use 2 to 64");
    }
    for key in ["C1", "CLERK_2", &"C".repeat(64)] {
        let text = PRODUCT.to_owned() + &ROLE.replace("CLERK", key);
        assert_eq!(errors(&text), Vec::<String>::new());
    }
}

#[test]
fn rejects_unknown_fields_and_suggests_the_nearest() {
    let product = |line: &str| PRODUCT.to_owned() + line;
    assert_error(
        &product("multiuser = true\n"),
        5,
        "`multiuser` is not a field of the product `desk`. Did you mean `multi_user`?",
    );
    assert_error(
        &product("colour = 1\n"),
        5,
        "Remove it, or use one of: key, name",
    );
    let role = product(ROLE) + "grantedby = \"owner\"\n";
    assert_error(&role, 9, "Did you mean `granted_by`?");
    assert_error(
        &product("[product]\n"),
        5,
        "`product` is not a field of the catalogue. Did you mean `products`?",
    );
    let text = PRODUCT.replace("\"Desk\"", "{ en = \"Desk\", de = \"Tisch\" }");
    assert_error(
        &text,
        3,
        "`de` is not a field of `name` of the product `desk`",
    );
}

#[test]
fn rejects_missing_fields_at_the_line_of_their_section() {
    assert_error(
        &PRODUCT.replace("key = \"desk\"\n", "\n"),
        1,
        "`key` is missing in this product",
    );
    assert_error(
        &PRODUCT.replace("name = \"Desk\"", ""),
        1,
        "`name` is missing in the product `desk`",
    );
    let text = PRODUCT.to_owned() + &ROLE.replace("description = \"Answers.\"", "");
    assert_error(&text, 5, "`description` is missing in the role `CLERK`");
    assert_error("", 1, "The catalogue has no products");
}

#[test]
fn rejects_fields_of_another_type() {
    assert_error(
        &PRODUCT.replace("\"Desk\"", "5"),
        3,
        "`name` of the product `desk` is a number. Write a text in quotes",
    );
    assert_error(
        &PRODUCT.replace("\"desk\"", "5"),
        2,
        "`key` of this product is a number",
    );
    let text = PRODUCT.to_owned() + "multi_user = \"no\"\n";
    assert_error(&text, 5, "is a text. Write true or false, without quotes.");
    assert_error("products = 1\n", 1, "Begin each with [[products]]");
    assert_error("products = [1]\n", 1, "Write a [[products]] section.");
    assert_error(
        &("general = 1\n".to_owned() + PRODUCT),
        1,
        "Write a [general] section.",
    );
    let text = PRODUCT.to_owned() + "[products.roles]\nkey = \"CLERK\"\n";
    assert_error(&text, 5, "Begin each with [[products.roles]]");
}

#[test]
fn rejects_empty_and_invalid_texts() {
    assert_error(&PRODUCT.replace("\"Desk\"", "\" \""), 3, "is empty");
    assert_error(
        &PRODUCT.replace("\"Desk\"", "\"a\\nb\""),
        3,
        "has a line break",
    );
    assert_error(
        &PRODUCT.replace("\"Desk\"", "{ en = \"Desk\", ru = \"\" }"),
        3,
        "`ru` of `name` of the product `desk` is empty",
    );
    assert_error(&PRODUCT.replace("\"Desk\"", "{}"), 3, "has no text");
}

#[test]
fn rejects_a_role_of_a_single_user_product() {
    let text = PRODUCT.to_owned() + "multi_user = false\n" + ROLE;
    let message = "There is the role `CLERK` under the product `desk`, which takes no invitations";
    assert_error(&text, 6, message);
}

#[test]
fn rejects_urls_that_are_no_web_address() {
    let text = |url: &str| format!("{PRODUCT}url = \"{url}\"\n");
    for url in [
        "",
        "desk.example.com",
        "/open",
        "//desk.example.com",
        "ftp://desk.example.com",
        "javascript://desk/%0aalert(1)",
        "https://",
        "https:///open",
        "https://a..b/",
        "https://user@desk.example.com",
        "https://desk.example.com:port/",
        "https://desk.example.com:0/",
        "https://desk.example.com/a b",
        "https://desk.example.com/\\n",
        "https://desk.example.com\\\\@evil.example",
        "https://[::zz]/",
    ] {
        assert_error(
            &text(url),
            5,
            "which is not a web address. Write a whole one",
        );
    }
    for url in [
        "https://desk.example.com",
        "HTTP://localhost:8081/",
        "https://[::1]:8443/x",
        "https://[::1]",
        "http://10.0.0.1?x#y",
        "https://стол.example/",
    ] {
        assert_eq!(errors(&text(url)), Vec::<String>::new());
    }
}

#[test]
fn general_roles_cannot_be_added_removed_or_redefined() {
    let section: String = GENERAL_ROLES
        .iter()
        .map(|key| ROLE.replace("products", "general").replace("CLERK", key))
        .collect();
    let whole = section.clone() + PRODUCT;
    assert_eq!(errors(&whole), Vec::<String>::new());
    let added = section.clone() + &ROLE.replace("products", "general") + PRODUCT;
    assert_error(&added, 14, "`CLERK` is not one of the three General roles");
    let doubled = section.clone()
        + &section[..section.find("[[general.roles]]\nkey = \"USER_AUD").unwrap()]
        + PRODUCT;
    assert_error(
        &doubled,
        14,
        "The role key `USER_ADMIN` stands on line 2 already",
    );
    let restricted = section.clone() + "granted_by = \"owner\"\n" + PRODUCT;
    assert_error(&restricted, 13, "would redefine the role `BILLING_ADMIN`");
    let removed = whole.replace("BILLING_ADMIN", "USER_AUDITOR");
    let messages = errors(&removed);
    assert_eq!(messages.len(), 2, "{messages:#?}");
    assert!(
        messages
            .iter()
            .any(|error| error.contains("lacks the role `BILLING_ADMIN`"))
    );
    assert_error(
        &("[general]\ntitle = \"All\"\n".to_owned() + &whole),
        2,
        "`title` is not a field of the General group",
    );
    let used = PRODUCT.to_owned() + &ROLE.replace("CLERK", "USER_ADMIN");
    assert_error(
        &used,
        6,
        "`USER_ADMIN` is a General role and cannot be redefined. Give the role of the product `desk` another key.",
    );
    assert_error(&(section + &used), 18, "`USER_ADMIN` is a General role");
}

#[test]
fn rejects_a_granter_other_than_the_owner() {
    let text = PRODUCT.to_owned() + ROLE + "granted_by = \"admin\"\n";
    assert_error(
        &text,
        9,
        "`granted_by` of the role `CLERK` is `admin`. Write `granted_by = \"owner\"`",
    );
}

#[test]
fn all_errors_are_returned_at_once_in_order_of_lines() {
    let text = PRODUCT.replace("desk", "Desk")
        + "url = \"x\"\nlink = 1\n"
        + &ROLE.replace("CLERK", "clerk");
    let lines: Vec<_> = Catalogue::parse("c.toml", &text)
        .unwrap_err()
        .iter()
        .map(|error| error.line)
        .collect();
    assert_eq!(lines, [2, 5, 6, 8]);
}

#[test]
fn lines_are_counted_with_either_line_ending() {
    let text = (PRODUCT.to_owned() + "link = 1\n").replace('\n', "\r\n");
    assert_error(&text, 5, "`link` is not a field");
}

#[test]
fn a_product_in_inline_tables_is_parsed_the_same() {
    let text = "products = [{ key = \"desk\", name = \"Desk\", description = \"d\", roles = [\n{ key = \"clerk\", name = \"n\", description = \"d\" }] }]";
    assert_error(text, 2, "`clerk` cannot be the key of a role");
}

#[test]
fn roles_are_found_by_key_and_by_name_in_any_language() {
    let catalogue = Catalogue::builtin();
    let found = |product: &str, word: &str| {
        let role = catalogue.role_by_word(product, word);
        role.map(|role| role.key.clone()).unwrap_or_default()
    };
    assert_eq!(found("platform", "developer"), "DEVELOPER");
    assert_eq!(found("agent", " Разработчик "), "DEVELOPER");
    assert_eq!(found("platform", "agent_operator"), "AGENT_OPERATOR");
    assert_eq!(found("platform", "ОПЕРАТОР"), "AGENT_OPERATOR");
    assert_eq!(found("", "User administrator"), "USER_ADMIN");
    assert_eq!(found("platform", "Sales"), "");
    assert_eq!(found("platform", ""), "");
}

#[test]
fn a_name_of_several_products_means_the_role_of_the_chosen_one() {
    let product = |key: &str| {
        format!(
            "[[products]]\nkey = \"{key}\"\nname = \"{key}\"\ndescription = \"{key}\"\n\
             [[products.roles]]\nkey = \"{}_DEV\"\nname = \"Developer\"\ndescription = \"Develops.\"\n",
            key.to_uppercase()
        )
    };
    let text = ["one", "two"].map(product).concat();
    let catalogue = Catalogue::parse("test.toml", &text).unwrap();
    for (chosen, key) in [("one", "ONE_DEV"), ("two", "TWO_DEV"), ("", "ONE_DEV")] {
        let role = catalogue.role_by_word(chosen, "Developer");
        assert_eq!(role.map(|role| role.key.as_str()), Some(key));
    }
}

const SIGN_IN: &str =
    "[products.sign_in]\nredirect_uris = [\"https://desk.example.com/callback\"]\n";

/// The sign-in of a product whose table has these further lines.
fn sign_in(lines: &str) -> ProductSignIn {
    let text = format!("{PRODUCT}{SIGN_IN}{lines}");
    let catalogue = Catalogue::parse("c.toml", &text).unwrap();
    catalogue.product("desk").unwrap().sign_in.clone().unwrap()
}

#[test]
fn sign_in_has_defaults_and_reads_every_field() {
    let defaults = sign_in("");
    assert_eq!(
        defaults.redirect_uris[0].as_str(),
        "https://desk.example.com/callback"
    );
    assert_eq!(
        (defaults.public, defaults.pkce, defaults.allow, defaults.alg),
        (
            false,
            Pkce::Required,
            SignInPolicy::Members,
            SigningAlgorithm::Rs256
        )
    );
    assert_eq!(defaults.on_role_change, RoleChangePolicy::Keep);
    assert!(defaults.secret_hashes.is_empty() && defaults.roles_claims.is_empty());

    let full = sign_in(
        "post_logout_redirect_uris = \"https://desk.example.com/\"
backchannel_logout_uri = \"https://desk.example.com/backchannel-logout\"
secret = [\"first-secret-0123456789-0123456789\", \"second-secret-0123456789-0123456789\"]
secret_file = \"/run/secrets/desk\"
initiate_login_uri = \"https://desk.example.com/login\"
pkce = \"optional\"
allow = \"role-holders\"
audience = \"https://api.desk.example.com\"
alg = \"ES256\"
claims_in_id_token = true
on_role_change = \"end\"
roles_claim = [\"groups\", \"roles\"]
",
    );
    assert_eq!(
        full.post_logout_redirect_uris[0].as_str(),
        "https://desk.example.com/"
    );
    assert_eq!(full.secret_hashes.len(), 2);
    assert_eq!(
        full.secret_hashes[0],
        sha256(b"first-secret-0123456789-0123456789")
    );
    assert_eq!(full.secret_files, ["/run/secrets/desk"]);
    assert_eq!(
        (full.pkce, full.allow),
        (Pkce::Optional, SignInPolicy::RoleHolders)
    );
    assert_eq!(
        full.audience.as_deref(),
        Some("https://api.desk.example.com")
    );
    assert_eq!(
        (full.alg, full.claims_in_id_token),
        (SigningAlgorithm::Es256, true)
    );
    assert_eq!(full.on_role_change, RoleChangePolicy::End);
    assert_eq!(full.roles_claims, ["groups"]);
    assert!(sign_in("public = true\n").public);
}

#[test]
fn errors_of_a_sign_in_name_the_line_and_the_remedy() {
    for (lines, message) in [
        (
            "colour = 1",
            "`colour` is not a field of the sign-in of the product `desk`",
        ),
        ("audiance = \"a:b\"", "Did you mean `audience`?"),
        (
            "post_logout_redirect_uris = [\"http://desk.example.com/\"]",
            "is plain http",
        ),
        (
            "post_logout_redirect_uris = [\"https://*.example.com/\"]",
            "has a *",
        ),
        ("post_logout_redirect_uris = [1]", "Write texts in quotes"),
        (
            "backchannel_logout_uri = \"http://desk.example.com/\"",
            "Write a whole https address",
        ),
        (
            "initiate_login_uri = \"login\"",
            "Write a whole https address",
        ),
        ("secret = \"short\"", "is shorter than 32 characters"),
        ("pkce = \"no\"", "Write one of: `required`, `optional`"),
        ("allow = \"all\"", "Write one of: `members`, `role-holders`"),
        ("alg = \"HS256\"", "Write one of: `RS256`, `ES256`"),
        ("on_role_change = \"stop\"", "Write one of: `keep`, `end`"),
        ("audience = \"desk\"", "is its client id"),
        ("audience = \"api\"", "Write an address"),
        ("roles_claim = \"sub\"", "cannot be a `roles_claim`"),
        ("public = \"yes\"", "Write true or false"),
        (
            "public = true\nsecret_file = \"/s\"",
            "cannot keep a secret",
        ),
        ("public = true\npkce = \"optional\"", "RFC 9700"),
    ] {
        let line = 6 + lines.matches('\n').count() + 1;
        let text = format!("{PRODUCT}{SIGN_IN}{lines}\n");
        assert_error(&text, line, message);
    }
    let text = format!("{PRODUCT}[products.sign_in]\n");
    assert_error(&text, 5, "`redirect_uris` is missing");
    let text = format!("{PRODUCT}[products.sign_in]\nredirect_uris = []\n");
    assert_error(&text, 6, "is empty");
    let secret = "abc def".repeat(8);
    let text = format!("{PRODUCT}{SIGN_IN}secret = \"{secret}\"\n");
    assert_error(&text, 7, "characters that not every client can send");
    assert!(!errors(&text)[0].contains(&secret));
}

#[test]
fn accounts_say_what_multi_user_said() {
    let accounts = |lines: &str| {
        let catalogue = Catalogue::parse("c.toml", &format!("{PRODUCT}{lines}\n")).unwrap();
        catalogue.product("desk").unwrap().accounts
    };
    assert_eq!(accounts(""), ProductAccounts::Many);
    assert_eq!(accounts("multi_user = false"), ProductAccounts::Owned);
    assert_eq!(accounts("accounts = \"owned\""), ProductAccounts::Owned);
    assert_eq!(
        accounts("accounts = \"owned\"\nmulti_user = false"),
        ProductAccounts::Owned
    );
    assert_eq!(
        accounts("accounts = \"latest\"\nmulti_user = true"),
        ProductAccounts::Latest
    );
    let text = format!("{PRODUCT}accounts = \"many\"\nmulti_user = false\n");
    assert_error(&text, 6, "contradicts its `accounts`");
    let text = format!("{PRODUCT}accounts = \"all\"\n");
    assert_error(&text, 5, "Write one of: `many`, `owned`, `latest`");
    let text = format!("{PRODUCT}accounts = \"owned\"\n{ROLE}");
    assert_error(&text, 6, "which takes no invitations");
}
