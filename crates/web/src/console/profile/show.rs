//! The profile's page.

use askama::Template;
use axum::response::Response;

use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::error_text;
use crate::console::form::{ErrorSummaryItem, Field, FormErrors};
use crate::console::oauth::{Service, connect_path};
use crate::console::page::{NavSection, Page, SafeHtml, render};
use crate::console::sign_up::new_password;
use convoke_core::ids::{IdentityId, SessionId};
use convoke_core::language::{Locale, time_zones};
use convoke_domain::identities::{self, Identity};
use convoke_domain::sessions::{self, Session, User};
use convoke_domain::users::THEMES;
use convoke_i18n::clock;
use convoke_infra::identity_providers::Provider;

/// One of several values to choose from.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// A session as listed.
struct Row {
    id: SessionId,
    device: String,
    from: String,
    used: SafeHtml,
    current: bool,
}

/// A connected service as listed.
struct Linked {
    id: IdentityId,
    service: String,
    label: String,
    since: SafeHtml,
}

#[derive(Template)]
#[template(path = "profile/show.html")]
struct Profile<'a> {
    page: Page<'a>,
    avatar: SafeHtml,
    has_picture: bool,
    picture_fault: Option<String>,
    name: Vec<Field>,
    phone: Field,
    email: Option<String>,
    password: Vec<Field>,
    languages: Vec<Choice>,
    zones: Vec<Choice>,
    zone_fault: Option<String>,
    now: String,
    themes: Vec<Choice>,
    shortcuts: bool,
    sessions: Vec<Row>,
    connected: Vec<Linked>,
    services: Vec<Service>,
    password_hint: String,
    /// What the button under the password says; none where passwords do not count.
    password_button: Option<String>,
    login: String,
    id: String,
    errors: Vec<ErrorSummaryItem>,
}

/// What was typed and rejected; what is saved is shown where nothing was.
#[derive(Default)]
pub(super) struct UnsavedInput {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
}

impl UnsavedInput {
    /// All of it, to be copied.
    pub fn words(&self) -> String {
        let all = [&self.first_name, &self.last_name, &self.phone];
        let all: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
        all.join(" ").trim().to_owned()
    }
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, FormErrors::none(), UnsavedInput::default()).await
}

fn text(name: &'static str, label: String, autocomplete: &'static str, value: String) -> Field {
    Field {
        name,
        label,
        kind: "text",
        autocomplete,
        value,
        ..Field::default()
    }
}

/// The page with what was rejected.
pub(super) async fn page(
    context: &PageContext,
    refused: FormErrors,
    typed: UnsavedInput,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect("/profile")?;
    let (user, current) = (caller.user.clone(), caller.session.id);
    let (found, linked) = context
        .app
        .read(move |tx| Ok((sessions::list(tx, &caller)?, identities::list(tx, &caller)?)))
        .await
        .map_err(|error| context.error_page(error))?;
    let typed_or = |typed: Option<String>, saved: Option<&String>| {
        typed.unwrap_or_else(|| saved.cloned().unwrap_or_default())
    };
    let mut name = vec![
        text(
            "first_name",
            context.t("field-first-name"),
            "given-name",
            typed_or(typed.first_name, Some(&user.first_name)),
        ),
        Field {
            optional: true,
            ..text(
                "last_name",
                context.t("field-last-name"),
                "family-name",
                typed_or(typed.last_name, user.last_name.as_ref()),
            )
        },
    ];
    let mut phone = Field {
        kind: "tel",
        optional: true,
        ..text(
            "phone",
            context.t("field-phone"),
            "tel",
            typed_or(typed.phone, user.phone.as_ref()),
        )
    };
    let mut password = vec![Field {
        label: context.t("field-new-password"),
        ..new_password(context)
    }];
    if user.has_password {
        password.insert(0, current_password(context));
    }
    refused.attach_to_fields(&mut name);
    refused.attach_to_fields(std::slice::from_mut(&mut phone));
    let lines = refused.attach_to_fields(&mut password);
    let fault_of = |field: &str| {
        let line = lines.iter().find(|line| line.field == field);
        line.map(|line| line.text.clone())
    };
    let title = context.t("profile-title");
    let mut page = context.page(title.clone()).crumb(title, None);
    page.place = NavSection::Profile;
    page.failed = !lines.is_empty();
    let view = Profile {
        page,
        avatar: SafeHtml::avatar(&user.name(), user.picture.as_deref()),
        has_picture: user.picture.is_some(),
        picture_fault: fault_of("picture"),
        name,
        phone,
        email: user.email.clone(),
        password,
        languages: languages(context, user.locale),
        zones: zones(&user.time_zone),
        zone_fault: fault_of("time_zone"),
        now: context.t_args(
            "profile-now",
            &[(
                "time",
                clock(context.app.ctx.clock.now(), &user.time_zone).into(),
            )],
        ),
        themes: themes(context, &user.theme),
        shortcuts: user.shortcuts,
        sessions: found.iter().map(|it| row(context, it, current)).collect(),
        connected: linked.iter().map(|it| connected(context, it)).collect(),
        services: connectable(context),
        password_hint: context.t(if user.has_password {
            "profile-password-hint"
        } else {
            "profile-password-none"
        }),
        password_button: password_button(context, &user),
        login: user.login.clone(),
        id: user.id.to_string(),
        errors: lines,
    };
    Ok(refused.add_retry_after(render(refused.status, &view)))
}

fn password_button(context: &PageContext, user: &User) -> Option<String> {
    let counts = context.app.ctx.policy.password_sign_in || user.break_glass;
    let key = if user.has_password {
        "new-password-button"
    } else {
        "profile-password-set"
    };
    counts.then(|| context.t(key))
}

/// The field for the password one has. Those who came through a service a moment ago leave it empty (rule U8).
pub(in crate::console) fn current_password(context: &PageContext) -> Field {
    let caller = context.caller.as_ref();
    let (rules, now) = (&context.app.ctx.policy, context.app.ctx.clock.now());
    let stands_in = caller.is_some_and(|caller| {
        sessions::replaces_password(&caller.user, &caller.session, rules, now)
    });
    Field {
        name: "current_password",
        label: context.t("field-current-password"),
        kind: "password",
        autocomplete: "current-password",
        hint: stands_in.then(|| context.t("field-current-password-hint")),
        optional: stands_in,
        ..Field::default()
    }
}

fn connected(context: &PageContext, identity: &Identity) -> Linked {
    let known = context.app.providers.find(&identity.provider);
    Linked {
        id: identity.id,
        // Its name is gone with its settings.
        service: known
            .map_or(identity.provider.as_str(), Provider::name)
            .to_owned(),
        label: identity.label.clone().unwrap_or_default().into(),
        since: context.relative_and_exact(identity.created_at),
    }
}

fn connectable(context: &PageContext) -> Vec<Service> {
    let Some(caller) = &context.caller else {
        return Vec::new();
    };
    let service = |provider: &Provider| Service {
        label: context.t_args("connect-button", &[("service", provider.name().into())]),
        href: connect_path(&context.app, provider, caller),
    };
    context.app.providers.all().map(service).collect()
}

fn languages(context: &PageContext, chosen: Locale) -> Vec<Choice> {
    let choice = |locale: Locale| Choice {
        value: locale.to_string(),
        label: context.t(&format!("language-own-{locale}")),
        chosen: locale == chosen,
    };
    Locale::ALL.into_iter().map(choice).collect()
}

fn zones(chosen: &str) -> Vec<Choice> {
    let choice = |it: &str| Choice {
        value: it.to_owned(),
        label: it.replace('_', " "),
        chosen: it == chosen,
    };
    let mut all: Vec<Choice> = time_zones()
        .iter()
        .map(|time_zone| choice(time_zone))
        .collect();
    if !all.iter().any(|it| it.chosen) {
        all.insert(0, choice(chosen));
    }
    all
}

fn themes(context: &PageContext, chosen: &str) -> Vec<Choice> {
    let choice = |it: &str| Choice {
        value: it.to_owned(),
        label: context.t(&format!("theme-{it}")),
        chosen: it == chosen,
    };
    THEMES.map(choice).into()
}

fn row(context: &PageContext, session: &Session, current: SessionId) -> Row {
    let agent = session.user_agent.as_deref().unwrap_or_default();
    let device = error_text::describe_device(context, agent);
    Row {
        id: session.id,
        device: if device.is_empty() {
            context.t("profile-unknown-device")
        } else {
            device
        },
        from: session.ip.clone().unwrap_or_default(),
        used: context.relative_and_exact(session.last_used_at),
        current: session.id == current,
    }
}
