//! Every email in every language.

use super::MailContext;
use super::body::{EmailBody, Writer};
use super::message::{OutgoingMessage, build};
use super::render::{RenderedEmail, render};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::language::Locale;
use convoke_core::model::email::{
    CatalogueEntry, CatalogueText, Email, EmailContent, InvitationEmail, InvitationLink,
    JoinedMember, Person,
};
use convoke_core::secret::Secret;
use convoke_core::text::{ForeignText, is_full_stop};

const ORIGIN: &str = "https://accounts.example.com";
const SUPPORT: &str = "https://help.example.com/accounts";

pub(super) fn setting() -> MailContext {
    MailContext {
        public_url: ORIGIN.to_owned(),
        brand: "Convoke".to_owned(),
        color: None,
        support_url: Some(SUPPORT.to_owned()),
    }
}

/// Products and roles of the tests in English and Russian.
const CATALOGUE: [(&str, [(&str, &str); 2]); 4] = [
    (
        "platform",
        [
            (
                "Tovie Platform",
                "Build chatbots and voice bots, run them and watch how they do.",
            ),
            (
                "Tovie Platform",
                "Создание чат-ботов и голосовых ботов, их запуск и наблюдение за их работой.",
            ),
        ],
    ),
    (
        "DEVELOPER",
        [
            (
                "Developer",
                "Writes scripts in the visual editor and in source code.",
            ),
            (
                "Разработчик",
                "Пишет сценарии в визуальном редакторе и в исходном коде.",
            ),
        ],
    ),
    (
        "KHUB_READER",
        [
            ("Knowledge reader", "Reads knowledge bases."),
            ("Читатель базы знаний", "Читает базы знаний."),
        ],
    ),
    (
        "USER_ADMIN",
        [
            (
                "User administrator",
                "Invites and removes users, edits their roles and sees the activity of the account.",
            ),
            (
                "Администратор пользователей",
                "Приглашает и удаляет пользователей, меняет их роли и видит журнал действий аккаунта.",
            ),
        ],
    ),
];

/// A product or role by its key; one that the catalogue has no longer has no text.
fn entry(locale: Locale, key: &str) -> CatalogueEntry {
    let language = usize::from(locale != Locale::En);
    let known = CATALOGUE.iter().find(|(known, _)| *known == key);
    CatalogueEntry {
        key: key.to_owned(),
        text: known.map(|(_, texts)| {
            let (name, description) = texts[language];
            CatalogueText {
                name: name.to_owned(),
                description: description.to_owned(),
            }
        }),
    }
}

fn entries(locale: Locale, keys: &[&str]) -> Vec<CatalogueEntry> {
    keys.iter().map(|key| entry(locale, key)).collect()
}

/// An email with products and roles in its language.
pub(super) fn email(locale: Locale, mut content: EmailContent) -> Email {
    let translate = |entry: &mut CatalogueEntry| *entry = self::entry(locale, &entry.key);
    match &mut content {
        EmailContent::Invitation(invitation) => {
            translate(&mut invitation.product);
            invitation.roles.iter_mut().for_each(translate);
        }
        EmailContent::RolesChanged { roles, .. } => roles.iter_mut().for_each(translate),
        EmailContent::Joined { joined, .. } => joined
            .iter_mut()
            .flat_map(|member| &mut member.roles)
            .for_each(translate),
        _ => {}
    }
    Email {
        to: "Fay@contoso.example".to_owned(),
        locale,
        time_zone: "UTC".to_owned(),
        content,
    }
}

fn moment() -> Timestamp {
    Timestamp::parse("2026-11-12T14:05:00Z").unwrap()
}

fn ana() -> Person {
    Person {
        name: "Ana Costa".to_owned(),
        email: Some("ana@northwind.example".to_owned()),
    }
}

fn secret(prefix: &str) -> Secret {
    Secret::new(format!("{prefix}_secret"))
}

pub(super) fn invitation(reminder: bool) -> EmailContent {
    EmailContent::Invitation(Box::new(InvitationEmail {
        reminder,
        first_name: None,
        inviter: ana(),
        account_name: "Northwind Traders".to_owned(),
        product: entry(Locale::En, "platform"),
        roles: entries(Locale::En, &["DEVELOPER", "KHUB_READER"]),
        email: "Fay@contoso.example".to_owned(),
        expires_at: moment(),
        token: secret("cvi"),
    }))
}

/// An invitation's message whose id is `id`.
pub(super) fn outgoing(id: &str) -> OutgoingMessage {
    let email = email(Locale::En, invitation(false));
    let rendered = render(&email, &setting());
    let from = "Accounts <accounts@northwind.example>".parse().unwrap();
    build(
        &email,
        &rendered,
        id,
        "accounts.example.com",
        &from,
        moment(),
        None,
    )
    .unwrap()
}

/// One of each kind, with the account's name as given.
fn contents(account_name: &str) -> Vec<EmailContent> {
    contents_with(account_name, "Fay", &ana())
}

/// One of each notice about ways to sign in.
fn notices(chosen: &str) -> Vec<EmailContent> {
    let (first_name, at) = (|| chosen.to_owned(), moment());
    vec![
        EmailContent::PasswordAdded {
            first_name: first_name(),
            at,
        },
        EmailContent::ServiceConnected {
            first_name: first_name(),
            service: "GitHub".to_owned(),
            label: Some(ForeignText::new(chosen, 64)),
            at,
        },
        EmailContent::ServiceDisconnected {
            first_name: first_name(),
            service: "GitHub".to_owned(),
            label: None,
            at,
        },
        EmailContent::BreakGlassSignIn {
            first_name: first_name(),
            ip: Some("203.0.113.9".to_owned()),
            user_agent: Some(ForeignText::new(chosen, 64)),
            at,
        },
    ]
}

/// One of each kind, with the names as given.
#[allow(clippy::too_many_lines, reason = "a list of emails")]
fn contents_with(account_name: &str, first_name: &str, person: &Person) -> Vec<EmailContent> {
    let account = AccountId::from(uuid::Uuid::nil());
    let notices = notices(first_name);
    let (first_name, at, expires_at) = (|| first_name.to_owned(), moment(), moment());
    let account_name = || account_name.to_owned();
    let roles = entries(Locale::En, &["USER_ADMIN", "GONE"]);
    let EmailContent::Invitation(mut named) = invitation(false) else {
        unreachable!()
    };
    named.account_name = account_name();
    named.inviter = person.clone();
    named.first_name = Some(first_name());
    let mut contents = vec![
        EmailContent::ConfirmSignUp {
            first_name: first_name(),
            token: secret("cvc"),
            expires_at,
        },
        EmailContent::AlreadyRegistered {
            first_name: first_name(),
            invitation: None,
        },
        EmailContent::AlreadyRegistered {
            first_name: first_name(),
            invitation: Some(InvitationLink {
                inviter_name: person.name.clone(),
                account_name: account_name(),
                token: secret("cvi"),
            }),
        },
        EmailContent::AddressRequested {
            first_name: first_name(),
            account,
            invitation: InvitationId::from(uuid::Uuid::nil()),
            account_name: account_name(),
            email: "bo@x.io".to_owned(),
            requested_email: "bo@y.io".to_owned(),
        },
        EmailContent::Invitation(named.clone()),
        EmailContent::Invitation(Box::new(InvitationEmail {
            reminder: true,
            ..*named
        })),
        EmailContent::ResetPassword {
            first_name: first_name(),
            token: secret("cvr"),
            expires_at,
        },
        EmailContent::ConfirmEmail {
            first_name: first_name(),
            token: secret("cvc"),
            expires_at,
        },
        EmailContent::EmailTaken {
            first_name: first_name(),
        },
        EmailContent::PasswordChanged {
            first_name: first_name(),
            at,
        },
        EmailContent::EmailChanged {
            first_name: first_name(),
            new_email: "fa••••@contoso.example".to_owned(),
            at,
        },
        EmailContent::RolesChanged {
            first_name: first_name(),
            account,
            account_name: account_name(),
            roles,
        },
        EmailContent::RolesChanged {
            first_name: first_name(),
            account,
            account_name: account_name(),
            roles: vec![],
        },
        EmailContent::Removed {
            first_name: first_name(),
            account_name: account_name(),
        },
        EmailContent::Joined {
            first_name: first_name(),
            account,
            account_name: account_name(),
            joined: vec![JoinedMember {
                person: person.clone(),
                roles: entries(Locale::En, &["DEVELOPER"]),
            }],
        },
        EmailContent::Joined {
            first_name: first_name(),
            account,
            account_name: account_name(),
            joined: vec![
                JoinedMember {
                    person: person.clone(),
                    roles: entries(Locale::En, &["DEVELOPER", "USER_ADMIN"]),
                },
                JoinedMember {
                    person: Person {
                        name: "Mia Meer".to_owned(),
                        email: None,
                    },
                    roles: vec![],
                },
            ],
        },
        EmailContent::Declined {
            first_name: first_name(),
            account,
            account_name: account_name(),
            emails: vec!["bo@x.io".to_owned()],
        },
        EmailContent::Declined {
            first_name: first_name(),
            account,
            account_name: account_name(),
            emails: vec!["bo@x.io".to_owned(), "mia@x.io".to_owned()],
        },
        EmailContent::OwnershipOffer {
            first_name: first_name(),
            account_name: account_name(),
            from: person.clone(),
            expires_at,
        },
    ];
    contents.extend(notices);
    contents.push(EmailContent::MailTest);
    contents
}

/// Every email in every language, with its content and what it became.
fn rendered_emails() -> Vec<(Email, EmailBody, RenderedEmail)> {
    let setting = setting();
    let pairs = Locale::ALL.into_iter().flat_map(|locale| {
        contents("Northwind Traders")
            .into_iter()
            .map(move |content| (locale, content))
    });
    pairs
        .map(|(locale, content)| {
            let email = email(locale, content);
            let body = Writer {
                email: &email,
                setting: &setting,
            }
            .compose();
            let rendered = render(&email, &setting);
            (email, body, rendered)
        })
        .collect()
}

/// What the HTML part shows: without head, tags and entities, spaces collapsed.
fn shown(html: &str) -> String {
    let (_, body) = html.split_once("<body>").unwrap();
    let mut text = String::new();
    for piece in body.split('<') {
        let (_, after) = piece.split_once('>').unwrap_or_default();
        text.push(' ');
        text.push_str(after);
    }
    for (entity, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_parts_say_the_same() {
    for (_, body, rendered) in rendered_emails() {
        let text = rendered
            .text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let html = shown(&rendered.html);
        let facts = body
            .facts
            .iter()
            .flat_map(|fact| fact.lines.iter().chain([&fact.label]));
        let links = body
            .links
            .iter()
            .chain(&body.button)
            .flat_map(|link| [&link.label, &link.url]);
        let texts = [&body.heading]
            .into_iter()
            .chain(&body.paragraphs)
            .chain(&body.closing);
        for part in texts
            .chain(facts)
            .chain(links)
            .map(String::as_str)
            .chain([SUPPORT])
        {
            assert!(!part.is_empty());
            // The lines above are joined by their white space, and so are no-break spaces.
            let part = &part.replace('\u{a0}', " ");
            assert!(text.contains(part), "{part}\n\n{}", rendered.text);
            assert!(html.contains(part), "{part}\n\n{html}");
        }
        assert!(html.starts_with(&body.preheader.replace('\u{a0}', " ")));
    }
}

#[test]
fn nothing_is_left_unfilled() {
    for (
        _,
        _,
        RenderedEmail {
            subject,
            text,
            html,
        },
    ) in rendered_emails()
    {
        let (_, body) = html.split_once("<body>").unwrap();
        for part in [&subject, &text, body] {
            assert!(
                !part.is_empty() && !part.contains(['{', '}']) && !part.contains("mail-"),
                "{part}"
            );
        }
        assert!(!subject.contains('\n'));
        assert!(!text.contains("\n\n\n"), "{text}");
    }
}

#[test]
fn html_is_small_and_loads_nothing() {
    for (email, _, RenderedEmail { html, .. }) in rendered_emails() {
        assert!(html.len() <= 20 * 1024, "{}", html.len());
        for loading in ["<img", "<script", "<link", "url(", "@import", " src="] {
            assert!(!html.contains(loading), "{loading}");
        }
        assert!(html.contains(&format!("<html lang=\"{}\">", email.locale)));
    }
}

#[test]
fn links_lead_to_this_installation_or_its_support_only() {
    for (_, _, RenderedEmail { text, html, .. }) in rendered_emails() {
        for part in [text, html] {
            for (at, _) in part.match_indices("http") {
                let link = &part[at..];
                assert!(
                    link.starts_with(ORIGIN) || link.starts_with(SUPPORT),
                    "{}",
                    &link[..40.min(link.len())]
                );
            }
        }
    }
}

#[test]
fn brand_what_who_and_the_button_come_before_the_facts() {
    for (email, body, RenderedEmail { html, .. }) in rendered_emails() {
        let Some(button) = &body.button else {
            continue;
        };
        let shown = shown(&html);
        let order = [
            "Convoke",
            &body.heading,
            body.paragraphs.first().unwrap(),
            &button.label,
        ];
        let mut rest = shown.strip_prefix(&body.preheader).unwrap();
        for part in order {
            let (_, after) = rest
                .split_once(part)
                .unwrap_or_else(|| panic!("{part}\n{shown}"));
            rest = after;
        }
        for fact in &body.facts {
            assert!(rest.contains(&fact.label), "{:?}", email.content);
        }
        // Outlook knows no rem, and pads table cells only.
        let is_number = |at: usize| html[..at].ends_with(|c: char| c.is_ascii_digit());
        assert!(
            !html.match_indices("rem").any(|(at, _)| is_number(at)),
            "{html}"
        );
        assert!(html.contains("<td align=\"center\" bgcolor="));
    }
}

#[test]
fn an_invitation_greets_who_is_known_by_name() {
    let EmailContent::Invitation(mut named) = invitation(false) else {
        unreachable!()
    };
    named.first_name = Some("Mia".to_owned());
    let known = render(
        &email(Locale::En, EmailContent::Invitation(named)),
        &setting(),
    );
    assert!(known.text.contains("Hello Mia,\n"), "{}", known.text);
    let unknown = render(&email(Locale::En, invitation(false)), &setting());
    assert!(!unknown.text.contains("Hello"), "{}", unknown.text);
}

#[test]
fn secrets_are_in_links_only() {
    for (
        email,
        _,
        RenderedEmail {
            subject,
            text,
            html,
        },
    ) in rendered_emails()
    {
        let links = [
            "/confirm/cvc_",
            "/confirm-email/cvc_",
            "/reset/cvr_",
            "/invitations/cvi_",
        ];
        let in_links: usize = links
            .iter()
            .map(|link| text.matches(&format!("{ORIGIN}{link}secret")).count())
            .sum();
        assert_eq!(in_links, text.matches("_secret").count(), "{text}");
        assert!(!subject.contains("secret"));
        // The button's address, the plain link's address and its text.
        assert_eq!(
            html.matches("_secret").count(),
            3 * in_links,
            "{:?}",
            email.content
        );
    }
}

#[test]
fn account_emails_name_the_account_and_every_time_has_its_zone() {
    for (email, _, RenderedEmail { text, .. }) in rendered_emails() {
        let debug = format!("{:?}", email.content);
        assert_eq!(
            debug.contains("Northwind Traders"),
            text.contains("Northwind Traders"),
            "{text}"
        );
        assert_eq!(
            debug.contains("Timestamp"),
            text.contains(", 14:05 UTC\n"),
            "{text}"
        );
    }
}

#[test]
fn names_are_data_in_html_and_stay_as_they_are_in_text() {
    let name = "<script>alert('x') & \"y\"</script>";
    let setting = setting();
    for content in contents(name) {
        let rendered = render(&email(Locale::En, content), &setting);
        assert!(!rendered.html.contains("<script"));
        assert_eq!(
            rendered.text.contains(name),
            rendered.html.contains("&#60;script&#62;")
        );
        assert_eq!(
            rendered.text.contains(name),
            shown(&rendered.html).contains(name)
        );
    }
}

/// The links that a reader of plain text finds without a scheme: two labels with a full stop between them.
fn linkable(text: &str) -> Vec<&str> {
    let is_host = |word: &&str| {
        let labels: Vec<&str> = word.split(is_full_stop).collect();
        labels.windows(2).any(|pair| matches!(pair, [before, after] if before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)))
    };
    text.split_whitespace().filter(is_host).collect()
}

#[test]
fn no_mail_program_makes_a_link_of_a_name() {
    let person = Person {
        name: "Node.js Foundation".to_owned(),
        email: None,
    };
    for locale in Locale::ALL {
        for content in contents_with("Booking.com B.V.", "evil．рф", &person) {
            let email = email(locale, content);
            let rendered = render(&email, &setting());
            let (text, html) = (&rendered.text, shown(&rendered.html));
            for part in [&rendered.subject, text, &html] {
                for word in linkable(part) {
                    let names = ["Booking", "B.V", "evil", "Node"];
                    assert!(
                        !names.iter().any(|name| word.contains(name)),
                        "{word}\n{part}"
                    );
                }
            }
            if let EmailContent::Invitation(_) = email.content {
                assert!(rendered.subject.contains("Booking\u{2024}com B\u{2024}V."));
                assert!(text.contains("Node\u{2024}js Foundation"));
            }
        }
    }
}

#[test]
fn an_invitation_with_thirty_roles_stays_small_in_every_language() {
    let setting = setting();
    for locale in Locale::ALL {
        let EmailContent::Invitation(mut invitation) = invitation(false) else {
            unreachable!()
        };
        invitation.roles = entries(locale, &["KHUB_READER"; 30]);
        assert!(
            render(
                &email(locale, EmailContent::Invitation(invitation)),
                &setting
            )
            .html
            .len()
                <= 20 * 1024
        );
    }
}

#[test]
fn emails_to_unverified_mailboxes_have_no_text_of_the_sender() {
    let (first_name, expires_at) = (|| "Win a car".to_owned(), moment());
    for content in [
        EmailContent::ConfirmSignUp {
            first_name: first_name(),
            token: secret("cvc"),
            expires_at,
        },
        EmailContent::ConfirmEmail {
            first_name: first_name(),
            token: secret("cvc"),
            expires_at,
        },
        EmailContent::EmailTaken {
            first_name: first_name(),
        },
    ] {
        let RenderedEmail {
            subject,
            text,
            html,
        } = render(&email(Locale::En, content), &setting());
        assert!(
            ![subject, text, html]
                .iter()
                .any(|part| part.contains("Win a car"))
        );
    }
}

#[test]
fn a_changed_address_names_a_contact_without_a_support_url() {
    let mut setting = setting();
    setting.support_url = None;
    let content = EmailContent::EmailChanged {
        first_name: "Fay".to_owned(),
        new_email: "fa••••@contoso.example".to_owned(),
        at: moment(),
    };
    let RenderedEmail { text, html, .. } = render(&email(Locale::En, content), &setting);
    for part in [text, shown(&html)] {
        assert!(
            part.contains("tell the people who run Convoke for you at once"),
            "{part}"
        );
        assert!(!part.contains("Get help"));
    }
}

#[test]
fn moments_are_in_the_reader_s_zone() {
    let mut email = email(Locale::Ru, invitation(false));
    "Europe/Moscow".clone_into(&mut email.time_zone);
    let rendered = render(&email, &setting());
    assert!(
        rendered
            .text
            .contains("Действует до: чт, 12 нояб. 2026\u{a0}г., 17:05 MSK\n"),
        "{}",
        rendered.text
    );
}

#[test]
fn the_preheader_of_an_invitation_has_the_product_and_the_expiry() {
    let EmailContent::Invitation(mut invitation) = invitation(false) else {
        unreachable!()
    };
    invitation.roles.truncate(1);
    let email = email(Locale::En, EmailContent::Invitation(invitation));
    let body = Writer {
        email: &email,
        setting: &setting(),
    }
    .compose();
    assert_eq!(
        body.preheader,
        "Tovie Platform: Developer. Answer by Thu 12 Nov, 14:05 UTC."
    );
    assert_eq!(body.subject, "Ana Costa invited you to Northwind Traders");
}

#[test]
fn the_subject_of_a_reminder_names_it() {
    let rendered = render(&email(Locale::En, invitation(true)), &setting());
    assert_eq!(
        rendered.subject,
        "Reminder: Ana Costa invited you to Northwind Traders"
    );
}

#[test]
fn an_invitation_reads_well() {
    let rendered = render(&email(Locale::En, invitation(false)), &setting());
    insta::assert_snapshot!("invitation_text", rendered.text);
}
