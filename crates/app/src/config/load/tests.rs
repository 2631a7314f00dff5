//! Tests of the module above.

use std::io::Write as _;

use super::*;

fn from_text(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(Some(file.path()), environment)
}

#[test]
fn defaults_need_no_file() {
    let loaded = load(None, std::iter::empty()).unwrap();
    assert_eq!(loaded.config.limits.users_per_account, 250);
    assert_eq!(loaded.config.public_url().origin(), "http://127.0.0.1:8080");
    assert!(loaded.config.shows_mailbox());
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let errors = from_text("[limits]\nuser_per_account = 3\n", &[]).unwrap_err();
    assert_eq!(
        errors,
        ["limits.user_per_account: there is no such key; did you mean limits.users_per_account?"]
    );
}

#[test]
fn an_unknown_variable_only_warns() {
    let loaded = from_text("", &[("CONVOKE_LISTN", "x"), ("HOME", "/")]).unwrap();
    assert_eq!(
        loaded.warnings,
        ["CONVOKE_LISTN: there is no such key; did you mean CONVOKE_LISTEN?"]
    );
}

#[test]
fn unknown_variables_of_files_and_services_have_suggestions() {
    let environment = [
        ("CONVOKE_DATABASE_URL", "x"),
        ("CONVOKE_DATABASE__UR_FILE", "/nowhere"),
        ("CONVOKE_PROVIDERS__WORK__SECRET", "x"),
        ("CONVOKE_PROVIDERS__WORK", "x"),
    ];
    let warnings = from_text("", &environment).unwrap().warnings;
    assert_eq!(
        warnings,
        [
            "CONVOKE_DATABASE_URL: there is no such key; did you mean CONVOKE_DATABASE__URL?",
            "CONVOKE_DATABASE__UR_FILE: there is no such key; did you mean CONVOKE_DATABASE__URL_FILE?",
            "CONVOKE_PROVIDERS__WORK: there is no such key; write CONVOKE_PROVIDERS__ID__CLIENT_SECRET and the like",
            "CONVOKE_PROVIDERS__WORK__SECRET: there is no such key; did you mean CONVOKE_PROVIDERS__WORK__CLIENT_SECRET?",
        ]
    );
}

#[test]
fn an_empty_variable_is_not_set_whatever_its_key() {
    let file = "trusted_proxies = [\"10.0.0.0/8\"]\n[brand]\nname = \"Own\"\n";
    let names = KEYS.iter().flat_map(|key| {
        let name = variable(key);
        [format!("{name}_FILE"), name]
    });
    let others = ["CONVOKE_PROVIDERS__WORK__CLIENT_ID", "CONVOKE_LISTN"];
    let names: Vec<String> = names.chain(others.map(str::to_owned)).collect();
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let loaded = from_text(file, &empty).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert_eq!(loaded.config.brand.name, "Own");
    assert_eq!(loaded.config.trusted_proxies.len(), 1);
    assert!(loaded.config.providers.is_empty());
}

#[test]
fn a_key_set_by_a_variable_and_by_a_file_is_an_error() {
    let environment = [
        ("CONVOKE_DATABASE__URL", "sqlite://a.db"),
        ("CONVOKE_DATABASE__URL_FILE", "/nowhere"),
        ("CONVOKE_PROVIDERS__WORK__CLIENT_SECRET", "x"),
        ("CONVOKE_PROVIDERS__WORK__CLIENT_SECRET_FILE", "/nowhere"),
        ("CONVOKE_MAIL__FROM", ""),
        ("CONVOKE_MAIL__FROM_FILE", ""),
    ];
    let errors = from_text("", &environment).unwrap_err();
    assert_eq!(
        errors.get(..2).unwrap(),
        [
            "CONVOKE_DATABASE__URL and CONVOKE_DATABASE__URL_FILE: both are set; remove one of them",
            "CONVOKE_PROVIDERS__WORK__CLIENT_SECRET and CONVOKE_PROVIDERS__WORK__CLIENT_SECRET_FILE: both are set; \
             remove one of them",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "\u{feff}smtp://mail.example").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let environment = [
        ("CONVOKE_MAIL__SMTP_URL_FILE", path.as_str()),
        ("CONVOKE_PROVIDERS__WORK__CLIENT_SECRET_FILE", &path),
        ("CONVOKE_PROVIDERS__WORK__KIND", "google"),
        ("CONVOKE_PROVIDERS__WORK__CLIENT_ID", "a"),
    ];
    let config = from_text("\u{feff}log = \"json\"\n", &environment)
        .unwrap()
        .config;
    assert_eq!(
        config.mail.smtp_url.unwrap().expose(),
        "smtp://mail.example"
    );
    let secret = config.providers[0].client_secret.as_ref().unwrap();
    assert_eq!(secret.expose(), "smtp://mail.example");
    assert_eq!(config.log, crate::config::LogFormat::Json);
}

#[test]
fn the_environment_overrides_the_file() {
    let loaded = from_text(
        "[limits]\nusers_per_account = 3\n",
        &[
            ("CONVOKE_LIMITS__USERS_PER_ACCOUNT", "7"),
            ("CONVOKE_LIMITS__INVITATION_LIFETIME", "90s"),
            ("CONVOKE_RATE_LIMITS__ENABLED", "false"),
            ("CONVOKE_BRAND__NAME", "42"),
            ("CONVOKE_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ],
    )
    .unwrap()
    .config;
    assert_eq!(loaded.limits.users_per_account, 7);
    assert_eq!(loaded.limits.invitation_lifetime.as_secs(), 90);
    assert!(!loaded.rate_limits.enabled);
    assert_eq!(loaded.brand.name, "42");
    assert_eq!(loaded.trusted_proxies.len(), 2);
}

#[test]
fn links_of_the_brand_are_web_addresses_or_email_addresses() {
    for url in [
        "https://help.example/?a=b",
        "http://help.example",
        "mailto:help@example.com",
    ] {
        let text = format!("[brand]\nsupport_url = \"{url}\"\n");
        assert!(from_text(&text, &[]).is_ok(), "{url}");
    }
    for key in ["support_url", "terms_url", "privacy_url"] {
        for url in [
            "",
            "help.example",
            "javascript:alert(1)",
            "https://a:b:c",
            "mailto:help",
        ] {
            let text = format!("[brand]\n{key} = \"{url}\"\n");
            let errors = from_text(&text, &[]).unwrap_err();
            assert!(
                errors[0].starts_with(&format!("brand.{key}: \"{url}\" must be")),
                "{errors:?}"
            );
        }
    }
}

#[test]
fn rejects_a_server_without_connections() {
    for key in ["connections", "connections_per_client"] {
        let errors = from_text(&format!("[http]\n{key} = 0\n"), &[]).unwrap_err();
        assert_eq!(errors, [format!("http.{key}: must be at least 1")]);
    }
}

#[test]
fn rejects_a_number_of_invitations_per_request_that_is_out_of_bounds() {
    for (number, is_valid) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
        let text = format!("[limits]\ninvitations_per_request = {number}\n");
        let errors = from_text(&text, &[]).err();
        let expected = ["limits.invitations_per_request: must be from 1 to 1000".to_owned()];
        let expected = (!is_valid).then(|| expected.to_vec());
        assert_eq!(errors, expected, "{number}");
    }
}

#[test]
fn a_secret_can_come_from_a_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "postgres://db/convoke").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let loaded = from_text("", &[("CONVOKE_DATABASE__URL_FILE", &path)]).unwrap();
    assert_eq!(loaded.config.database.url.expose(), "postgres://db/convoke");
    assert!(!format!("{:?}", loaded.config).contains("postgres://"));
}

#[test]
fn services_come_from_the_file_and_the_environment() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "from a file").unwrap();
    let path = secret.path().to_str().unwrap().to_owned();
    let file = "[[providers]]\nid = \"github\"\nkind = \"github\"\nclient_id = \"a\"\n\
            [[providers]]\nid = \"my-work\"\nkind = \"oidc\"\nclient_id = \"b\"\nissuer = \"https://x.io\"\n";
    let environment = [
        (
            "CONVOKE_PROVIDERS__GITHUB__CLIENT_SECRET_FILE",
            path.as_str(),
        ),
        (
            "CONVOKE_PROVIDERS__MY_WORK__TRUSTED_EMAIL_DOMAINS",
            "@Work.Example, bücher.example",
        ),
        ("CONVOKE_PROVIDERS__GOOGLE__KIND", "google"),
        ("CONVOKE_PROVIDERS__GOOGLE__CLIENT_ID", "123"),
        ("CONVOKE_PROVIDERS__GOOGLE__CLIENT_SECRET", "456"),
    ];
    let providers = from_text(file, &environment).unwrap().config.providers;
    let ids: Vec<&str> = providers
        .iter()
        .map(|provider| provider.id.as_str())
        .collect();
    assert_eq!(ids, ["github", "my-work", "google"]);
    let names: Vec<&str> = providers
        .iter()
        .map(|provider| provider.name.as_str())
        .collect();
    assert_eq!(names, ["GitHub", "my-work", "Google"]);
    let secret = providers[0].client_secret.as_ref().unwrap();
    assert_eq!(secret.expose(), "from a file");
    assert_eq!(
        providers[1].trusted_email_domains,
        ["work.example", "xn--bcher-kva.example"]
    );
    assert!(!format!("{providers:?}").contains("456"));
}

#[test]
fn a_list_of_providers_in_one_variable_overrides_variables_of_one_provider() {
    for list in [
        "[{\"id\": \"work\", \"kind\": \"oidc\", \"client_id\": \"a\", \"issuer\": \"https://x.io\"}]",
        "[{ id = \"work\", kind = \"oidc\", client_id = \"a\", issuer = \"https://x.io\" }]",
    ] {
        let environment = [
            ("CONVOKE_PROVIDERS__WORK__CLIENT_SECRET", "s"),
            ("CONVOKE_PROVIDERS", list),
        ];
        let providers = from_text("", &environment).unwrap().config.providers;
        assert_eq!(providers[0].client_secret.as_ref().unwrap().expose(), "s");
        assert_eq!(providers[0].issuer(), "https://x.io");
    }
}

#[test]
fn invalid_providers_are_named() {
    let errors = |text: &str| from_text(text, &[]).unwrap_err().join("; ");
    let of = |rest: &str| {
        errors(&format!(
            "[[providers]]\nid = \"a\"\nclient_id = \"x\"\n{rest}"
        ))
    };
    for (rest, expected) in [
        ("kind = \"oidc\"", "providers.a.issuer: must be set"),
        ("kind = \"github\"", "providers.a.client_secret: must be"),
        (
            "kind = \"google\"\nclient_secret = \"x\"\nissuer = \"https://x.io\"",
            "providers.a.issuer: is for kind",
        ),
        (
            "kind = \"oidc\"\nissuer = \"https://x.io?a=b\"",
            "providers.a.issuer: must be an https address",
        ),
        (
            "kind = \"oidc\"\nissuer = \"https://x.io\"\nbase_url = \"https://y.io\"",
            "providers.a.base_url: is for",
        ),
        (
            "kind = \"oidc\"\nissuer = \"https://x.io\"\ntrusted_email_domains = [\"a b\"]",
            "is not a domain",
        ),
        (
            "kind = \"oidc\"\nissuer = \"https://x.io\"\nsecret = \"b\"",
            "providers.a: unknown field `secret`",
        ),
    ] {
        assert!(of(rest).contains(expected), "{}", of(rest));
    }
    let twice = "[[providers]]\nid = \"a\"\nkind = \"oidc\"\nclient_id = \"x\"\nissuer = \"https://x.io\"\n";
    assert!(errors(&twice.repeat(2)).contains("there are two with the id a"));
}

#[test]
fn every_error_names_its_key() {
    let errors = from_text(
            "public_url = \"http://example.com\"\n[limits]\ninvitation_lifetime = \"week\"\nusers_per_account = -1\n",
            &[],
        )
        .unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().any(|error| error.starts_with("public_url: ")));
}

#[test]
fn every_key_is_known_to_the_structures() {
    for key in KEYS {
        let error =
            Config::deserialize(single(key, Value::Datetime("1979-05-27".parse().unwrap())));
        let message = error
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(!message.contains("unknown field"), "{key}: {message}");
    }
}
