//! The profile's page.

use crate::console::format;
use askama::Template;
use axum::response::Response;

use crate::console::components::{Avatar, RelativeTime};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{ErrorSummaryItem, Field, FormErrors};
use crate::console::new_user::new_password;
use crate::console::oauth::{Service, connect_path};
use crate::console::page::{NavSection, Page, render};
use crate::console::urls;
use convoke_core::ids::{IdentityId, SessionId};
use convoke_core::language::{Locale, time_zones};
use convoke_domain::identities::{self, Identity};
use convoke_domain::invitations;
use convoke_domain::sessions::{self, Session, User};
use convoke_domain::users::THEMES;
use convoke_i18n::clock;
use convoke_infra::identity_providers::Provider;

/// An option of a choice.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// A row of the list of sessions.
struct Row {
    id: SessionId,
    device: String,
    from: String,
    used: RelativeTime,
    current: bool,
}

/// A row of the list of connected services.
struct Linked {
    id: IdentityId,
    service: String,
    label: String,
    since: RelativeTime,
}

#[derive(Template)]
#[template(path = "profile/show.html")]
struct Profile<'a> {
    page: Page<'a>,
    avatar: Avatar,
    has_picture: bool,
    picture_fault: Option<String>,
    name: Vec<Field>,
    phone: Field,
    email: Option<String>,
    /// Whether invitations by mail to the address are stopped.
    is_unsubscribed: bool,
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
    /// The label of the password's button; none where password sign-in is disabled.
    password_button: Option<String>,
    login: String,
    id: String,
    errors: Vec<ErrorSummaryItem>,
}

/// Rejected input; the saved value is shown where there is none.
#[derive(Default)]
pub(super) struct UnsavedInput {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
}

impl UnsavedInput {
    /// The input as one text, to be copied.
    pub(super) fn to_text(&self) -> String {
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

/// The page with rejected input and its errors.
pub(super) async fn page(
    context: &PageContext,
    errors: FormErrors,
    input: UnsavedInput,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let (user, current) = (caller.user.clone(), caller.session.id);
    let (sessions, identities, is_unsubscribed) = context
        .app
        .read(move |tx| {
            let is_unsubscribed = match &caller.user.email_canonical {
                Some(email) => invitations::is_unsubscribed(tx, email)?,
                None => false,
            };
            let sessions = sessions::list(tx, &caller)?;
            Ok((sessions, identities::list(tx, &caller)?, is_unsubscribed))
        })
        .await
        .map_err(|error| context.error_page(error))?;
    let input_or = |input: Option<String>, saved: Option<&String>| {
        input.unwrap_or_else(|| saved.cloned().unwrap_or_default())
    };
    let mut name = vec![
        text(
            "first_name",
            context.t("field-first-name"),
            "given-name",
            input_or(input.first_name, Some(&user.first_name)),
        ),
        Field {
            optional: true,
            ..text(
                "last_name",
                context.t("field-last-name"),
                "family-name",
                input_or(input.last_name, user.last_name.as_ref()),
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
            input_or(input.phone, user.phone.as_ref()),
        )
    };
    let mut password = vec![Field {
        label: context.t("field-new-password"),
        ..new_password(context)
    }];
    if user.has_password {
        password.insert(0, current_password(context));
    }
    errors.attach_to_fields(&mut name);
    errors.attach_to_fields(std::slice::from_mut(&mut phone));
    let items = errors.attach_to_fields(&mut password);
    let error_of = |field: &str| {
        let item = items.iter().find(|item| item.field == field);
        item.map(|item| item.text.clone())
    };
    let title = context.t("profile-title");
    let mut page = context.page(title.clone()).crumb(title, None);
    page.section = NavSection::Profile;
    page.failed = !items.is_empty();
    let view = Profile {
        page,
        avatar: Avatar::new(&user.name(), user.picture.as_deref()),
        has_picture: user.picture.is_some(),
        picture_fault: error_of("picture"),
        name,
        phone,
        email: user.email.clone(),
        is_unsubscribed,
        password,
        languages: languages(context, user.locale),
        zones: zones(&user.time_zone),
        zone_fault: error_of("time_zone"),
        now: context.t_args(
            "profile-now",
            &[(
                "time",
                clock(context.app.ctx.clock.now(), &user.time_zone).into(),
            )],
        ),
        themes: themes(context, &user.theme),
        shortcuts: user.shortcuts,
        sessions: sessions
            .iter()
            .map(|session| row(context, session, current))
            .collect(),
        connected: identities
            .iter()
            .map(|identity| connected(context, identity))
            .collect(),
        services: connectable(context),
        password_hint: context.t(if user.has_password {
            "profile-password-hint"
        } else {
            "profile-password-none"
        }),
        password_button: password_button(context, &user),
        login: user.login.clone(),
        id: user.id.to_string(),
        errors: items,
    };
    Ok(errors.add_retry_after(render(errors.status, &view)))
}

fn password_button(context: &PageContext, user: &User) -> Option<String> {
    let is_allowed = context.app.ctx.policy.password_sign_in || user.break_glass;
    let key = if user.has_password {
        "new-password-button"
    } else {
        "profile-password-set"
    };
    is_allowed.then(|| context.t(key))
}

/// The field for the current password, optional after a recent sign-in through a service (rule U8).
pub(in crate::console) fn current_password(context: &PageContext) -> Field {
    let caller = context.caller.as_ref();
    let (policy, now) = (&context.app.ctx.policy, context.app.ctx.clock.now());
    let is_optional = caller.is_some_and(|caller| {
        sessions::replaces_password(&caller.user, &caller.session, policy, now)
    });
    Field {
        name: "current_password",
        label: context.t("field-current-password"),
        kind: "password",
        autocomplete: "current-password",
        hint: is_optional.then(|| context.t("field-current-password-hint")),
        optional: is_optional,
        ..Field::default()
    }
}

fn connected(context: &PageContext, identity: &Identity) -> Linked {
    let provider = context.app.providers.find(&identity.provider);
    Linked {
        id: identity.id,
        // The id, where the service is not configured any more.
        service: provider
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
    let choice = |zone: &str| Choice {
        value: zone.to_owned(),
        label: zone.replace('_', " "),
        chosen: zone == chosen,
    };
    let mut all: Vec<Choice> = time_zones()
        .iter()
        .map(|time_zone| choice(time_zone))
        .collect();
    if !all.iter().any(|zone| zone.chosen) {
        all.insert(0, choice(chosen));
    }
    all
}

fn themes(context: &PageContext, chosen: &str) -> Vec<Choice> {
    let choice = |theme: &str| Choice {
        value: theme.to_owned(),
        label: context.t(&format!("theme-{theme}")),
        chosen: theme == chosen,
    };
    THEMES.map(choice).into()
}

fn row(context: &PageContext, session: &Session, current: SessionId) -> Row {
    let agent = session.user_agent.as_deref().unwrap_or_default();
    let device = format::describe_device(context.locale, agent);
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
