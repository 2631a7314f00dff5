//! Texts of activity entries: actor, action and changes.

use crate::console::catalogue_text;
use crate::console::format;
use convoke_core::email_address::to_readable;
use convoke_core::model::activity::ActorKind;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::console::components::{LinkedText, LogTime};
use crate::console::context::PageContext;
use crate::console::urls;
use convoke_core::clock::Timestamp;
use convoke_core::ids::AccountId;
use convoke_core::language::Locale;
use convoke_core::model::activity::{Action, TargetKind};
use convoke_core::model::grant::GrantEnd;
use convoke_domain::activity::Entry;
use convoke_i18n::{has_text, time_zone_label};

/// An activity entry as shown.
pub(in crate::console) struct Row {
    pub when: LogTime,
    pub actor: String,
    /// The page of the user who did it.
    pub actor_href: Option<String>,
    /// The sentence, with a link to the page of the user concerned.
    pub what: LinkedText,
    /// One line per changed field.
    pub changes: Vec<String>,
    pub from: String,
    pub device: String,
}

impl Row {
    /// A row of an account's activity, or without an account of the viewer's own.
    pub(in crate::console) fn new(
        context: &PageContext,
        entry: &Entry,
        account: Option<AccountId>,
    ) -> Self {
        let target = entry.target_name.as_deref().unwrap_or_default();
        let mut key = format!(
            "activity-{}",
            entry.action.as_str().replace(['.', '_'], "-")
        );
        let inviter = inviter(entry);
        if inviter.is_some() {
            key.push_str("-of");
        }
        let page_of = |is_user: bool, id: Option<Uuid>| {
            let (account, id) = account.zip(id)?;
            is_user.then(|| urls::member(account, id.into()))
        };
        let is_user = entry.target_kind == Some(TargetKind::User);
        let agent = entry.user_agent.as_deref().unwrap_or_default();
        Self {
            when: context.log_time(entry.at),
            actor: actor_name(context, entry),
            actor_href: page_of(entry.actor_kind == ActorKind::User, entry.actor_id),
            what: LinkedText::new(
                context.locale,
                &key,
                ("target", &to_readable(target)),
                &[("inviter", inviter.unwrap_or_default().into())],
                page_of(is_user, entry.target_id),
            ),
            changes: changes(context, entry),
            from: entry.ip.clone().unwrap_or_default(),
            device: format::describe_device(context.locale, agent),
        }
    }
}

/// Who sent the invitation that an entry says was accepted.
fn inviter(entry: &Entry) -> Option<String> {
    if entry.action != Action::InvitationAccepted {
        return None;
    }
    let after: Value = serde_json::from_str(entry.after.as_deref()?).ok()?;
    let name = after.get("invited_by")?.get("name")?.as_str()?;
    Some(name.to_owned())
}

fn actor_name(context: &PageContext, entry: &Entry) -> String {
    match (entry.actor_kind, &entry.actor_name) {
        (ActorKind::InvitationLink, _) => context.t("actor-invitation-link"),
        (ActorKind::User, Some(name)) => name.clone(),
        (ActorKind::User | ActorKind::System, _) => context.t("actor-system"),
    }
}

/// Fields that are shown, with their labels.
const FIELDS: [(&str, &str); 16] = [
    ("name", "field-account-name"),
    ("product", "fact-product"),
    ("roles", "fact-roles"),
    ("dropped_roles", "change-dropped-roles"),
    ("registered_users_only", "restrict-label"),
    ("user_limit", "field-user-limit"),
    ("expires_at", "fact-expires"),
    ("first_name", "field-first-name"),
    ("last_name", "field-last-name"),
    ("phone", "field-phone"),
    ("email", "field-email"),
    ("locale", "field-language"),
    ("time_zone", "field-time-zone"),
    ("theme", "field-theme"),
    ("provider", "field-service"),
    ("reason", "change-reason"),
];

fn changes(context: &PageContext, entry: &Entry) -> Vec<String> {
    let parse = |text: &Option<String>| -> Map<String, Value> {
        let parsed = text.as_deref().map(serde_json::from_str);
        parsed.and_then(Result::ok).unwrap_or_default()
    };
    let (before, after) = (parse(&entry.before), parse(&entry.after));
    let mut lines = Vec::new();
    for (field, label) in FIELDS {
        let (old, new) = (before.get(field), after.get(field));
        if old == new {
            continue;
        }
        let display = |value: Option<&Value>| match value {
            Some(value) => display_value(context, field, value),
            None => String::new(),
        };
        let (old, new) = (display(old), display(new));
        let key = match (old.is_empty(), new.is_empty()) {
            (true, true) => continue,
            (false, false) => "change-both",
            (true, false) => "change-after",
            (false, true) => "change-before",
        };
        let args = [
            ("label", context.t(label).into()),
            ("before", old.into()),
            ("after", new.into()),
        ];
        lines.push(context.t_args(key, &args));
    }
    lines
}

fn display_value(context: &PageContext, field: &str, value: &Value) -> String {
    let catalogue = &context.app.ctx.catalogue;
    match value {
        Value::Array(keys) => {
            let names = keys.iter().filter_map(Value::as_str);
            let names: Vec<String> = names
                .map(|key| catalogue_text::role_of_product(catalogue, context.locale, key))
                .collect();
            names.join(", ")
        }
        Value::Bool(on) => context.t(if *on { "change-on" } else { "change-off" }),
        Value::String(key) if field == "product" => {
            catalogue_text::product_name(catalogue, context.locale, key)
        }
        Value::String(at) if field == "expires_at" => match Timestamp::parse(at) {
            Some(at) => context.format_date_time(at),
            None => at.clone(),
        },
        Value::String(reason) if field == "reason" => match GrantEnd::parse(reason) {
            Some(reason) => context.t(grant_end_key(reason)),
            None => reason.clone(),
        },
        Value::String(email) if field == "email" => to_readable(email).into_owned(),
        Value::String(text) => name_of_value(context, field, text),
        Value::Number(number) => number.to_string(),
        Value::Null if field == "user_limit" => context.t("change-default-limit"),
        _ => String::new(),
    }
}

/// The name that the pages show for a value of a field: of a language, a time zone, a theme or a service. The value itself
/// where it has none any more.
fn name_of_value(context: &PageContext, field: &str, value: &str) -> String {
    match field {
        "locale" if Locale::ALL.iter().any(|locale| locale.as_str() == value) => {
            context.t(&format!("language-own-{value}"))
        }
        "time_zone" => time_zone_label(value, context.locale, context.app.ctx.clock.now()),
        "theme" if has_text(&format!("theme-{value}")) => context.t(&format!("theme-{value}")),
        "provider" => match context.app.providers.find(value) {
            Some(provider) => provider.name().to_owned(),
            None => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

const fn grant_end_key(reason: GrantEnd) -> &'static str {
    match reason {
        GrantEnd::CodeReused => "grant-end-code-reused",
        GrantEnd::RefreshTokenReused => "grant-end-refresh-token-reused",
        GrantEnd::Revoked => "grant-end-revoked",
        GrantEnd::EndedByUser => "grant-end-ended-by-user",
        GrantEnd::EndedByOperator => "grant-end-ended-by-operator",
        GrantEnd::SessionEnded => "grant-end-session-ended",
        GrantEnd::SessionExpired => "grant-end-session-expired",
        GrantEnd::CredentialsChanged => "grant-end-credentials-changed",
        GrantEnd::UserDisabled => "grant-end-user-disabled",
        GrantEnd::MemberRemoved => "grant-end-member-removed",
        GrantEnd::MemberLeft => "grant-end-member-left",
        GrantEnd::RoleLost => "grant-end-role-lost",
        GrantEnd::RolesChanged => "grant-end-roles-changed",
        GrantEnd::NewerInvitation => "grant-end-newer-invitation",
        GrantEnd::ProductChanged => "grant-end-product-changed",
    }
}
