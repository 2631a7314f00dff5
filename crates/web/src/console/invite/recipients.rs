//! The second step: roles and addresses on one page.

use crate::console::catalogue_text;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::InviteForm;
use super::list;
use super::notes::{Groups, Notes, suggestion_note};
use super::only_choice;
use crate::console::account_layout::{self, Seats, subpage};
use crate::console::components::MarkedText;
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{Field, with_retry_after};
use crate::console::page::{Banner, Page, render_page};
use crate::console::roles::{self, RoleGroup};
use crate::console::urls;
use convoke_core::ids::AccountId;
use convoke_core::language::Locale;
use convoke_domain::accounts::{self, AccountSummary};
use convoke_domain::invitations::{self, Invitation};
use convoke_domain::permissions::Permission;
use convoke_domain::{Caller, Error, Mode, Tx, authorization};

/// How many addresses of a list are compared with well-known domains.
const MAX_SUGGESTIONS: usize = 100;

/// A button that selects the roles of the inviter's last invitation.
struct Preset {
    label: String,
    /// Their keys, separated by spaces.
    roles: String,
}

/// The preview of the email.
struct MailPreview {
    subject: String,
    lead: MarkedText,
    /// The names of the roles that are chosen.
    roles: String,
    button: String,
    until: String,
}

#[derive(Template)]
#[template(path = "invite/people.html")]
pub(super) struct PeoplePage<'a> {
    page: Page<'a>,
    /// What the invitation is about, in one line.
    about: MarkedText,
    action: String,
    form_key: String,
    /// Whether the browser has newer input than it remembers.
    is_posted: bool,
    /// The address of this page with its product.
    here: String,
    /// The address that checks the addresses while they are entered.
    check: String,
    /// The address that resends one invitation.
    resend: String,
    /// The address of the first step; none where there is no other product.
    change: Option<String>,
    product: String,
    emails: Field,
    /// Words of the list that are no addresses, one a line.
    left_out: String,
    later: String,
    later_count: String,
    locales: Vec<(&'static str, String, bool)>,
    preset: Option<Preset>,
    groups: Vec<RoleGroup>,
    product_errors: Vec<String>,
    role_errors: Vec<String>,
    seats: Seats,
    /// Members and pending invitations, which make up the seats taken.
    seat_parts: String,
    preview: MailPreview,
    /// The groups of the list by the roles that it names.
    listed: Groups,
    /// Notes on the list.
    notes: Notes,
    errors: Vec<FieldMessage>,
    /// The label of the button that keeps as many addresses as fit.
    keeps_first: Option<String>,
    /// Labels and targets of pages where the errors of the list can be resolved.
    remedies: Vec<(String, String)>,
}

/// An error of the summary with its field.
pub(super) struct FieldMessage {
    pub field: &'static str,
    pub text: String,
}

/// The errors of the form, and what resolves them.
#[derive(Default)]
pub(super) struct RecipientErrors {
    pub messages: Vec<FieldMessage>,
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub keeps_first: Option<String>,
    /// Labels and targets of pages where the errors of the list can be resolved.
    pub remedies: Vec<(String, String)>,
    /// Whether the list is shown because it is to be looked at before it is sent.
    pub is_review: bool,
}

pub(super) async fn show(
    context: &PageContext,
    account: AccountId,
    form: InviteForm,
) -> PageResult {
    page(context, account, form, RecipientErrors::default()).await
}

type Loaded = (accounts::SeatUsage, Option<Invitation>);

fn load(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
) -> Result<Loaded, Error> {
    let (membership, _) = authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let last = invitations::last_sent(tx, caller, account)?;
    Ok((accounts::usage(tx, &membership)?, last))
}

pub(super) async fn page(
    context: &PageContext,
    account: AccountId,
    form: InviteForm,
    errors: RecipientErrors,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(&urls::invite(account))?;
    let (summary, (usage, last)) =
        account_layout::load_with_account(context, account, move |tx, caller| {
            load(tx, caller, account)
        })
        .await?;
    let args = [("account", (&summary.account.name).into())];
    let mut page = subpage(context, &summary, context.t_args("invite-title", &args));
    page.failed = !errors.messages.is_empty();
    if errors.is_review {
        page.banner = Some(Banner {
            text: context.t("invite-review"),
            warns: false,
        });
    }
    let errors_of = |field: &str| -> Vec<String> {
        let messages = errors
            .messages
            .iter()
            .filter(|message| message.field == field);
        messages.map(|message| message.text.clone()).collect()
    };
    let with_product = |path: &str, params: &[(&str, &str)]| {
        let mut params = params.to_vec();
        params.push(("product", &form.product));
        urls::path_with_query(path, &params)
    };
    let max = i64::from(context.app.ctx.policy.invitations_per_request);
    let later_count = convoke_core::email_list::parse(&form.later).entries.len();
    let parsed = list::parse(context, &form.product, &form.emails, &form.left_out);
    let mut listed = Groups::new(context, &form.product, &parsed, form.replacements());
    if errors.is_review {
        listed = listed.open();
    }
    let mut notes = Notes::new(context, &parsed);
    let first = parsed.entries.iter().take(MAX_SUGGESTIONS);
    let suggestions = first.filter_map(|entry| suggestion_note(context, entry));
    notes.items = suggestions.collect();
    let view = PeoplePage {
        about: about(context, &form.product),
        action: urls::invite(account),
        form_key: context.form_key(),
        is_posted: form.is_posted,
        here: with_product(&urls::invite(account), &[]),
        check: urls::invite_check(account),
        resend: urls::resend_invitations(account),
        change: only_choice(context)
            .is_none()
            .then(|| with_product(&urls::invite(account), &[("step", "1")])),
        emails: Field {
            name: "emails",
            label: context.t("field-emails"),
            value: form.emails.clone(),
            hint: Some(context.t_args("field-emails-hint", &[("most", max.into())])),
            errors: errors_of("emails"),
            ..Field::default()
        },
        left_out: form.left_out.clone(),
        later: form.later.clone(),
        later_count: match later_count {
            0 => context.t("invite-later-any"),
            _ => context.t_args("invite-later", &[("count", later_count.into())]),
        },
        locales: locales(context, &form.locale),
        preset: last.and_then(|last| preset(context, &form, &last)),
        groups: roles::choices(
            context,
            &summary.membership,
            Some(&form.product),
            &form.roles,
            &[],
        ),
        product_errors: errors_of("product"),
        role_errors: errors_of("roles"),
        seats: Seats::new(context, usage),
        preview: preview(context, &caller, &summary, &form),
        listed,
        notes,
        errors: errors.messages,
        keeps_first: errors.keeps_first,
        remedies: errors.remedies,
        seat_parts: seat_parts(context, usage),
        product: form.product,
        page,
    };
    Ok(with_retry_after(
        render_page(errors.status, &view.page, &view),
        errors.retry_after,
    ))
}

/// The seats that are taken, as text.
fn seat_parts(context: &PageContext, usage: accounts::SeatUsage) -> String {
    let args = [
        ("members", usage.members.into()),
        ("pending", usage.pending.into()),
    ];
    context.t_args("invite-seat-parts", &args)
}

fn locales(context: &PageContext, chosen: &str) -> Vec<(&'static str, String, bool)> {
    let chosen = chosen.parse().unwrap_or(context.locale);
    let option = |locale: Locale| {
        let name = context.t(&format!("language-{locale}"));
        (locale.as_str(), name, locale == chosen)
    };
    Locale::ALL.into_iter().map(option).collect()
}

fn preset(context: &PageContext, form: &InviteForm, last: &Invitation) -> Option<Preset> {
    let known = |key: &&String| context.app.ctx.catalogue.role(key).is_some();
    let keys: Vec<String> = last.roles.iter().filter(known).cloned().collect();
    if keys.is_empty() || keys == form.roles {
        return None;
    }
    let names = catalogue_text::role_names(&context.app.ctx.catalogue, context.locale, &keys);
    Some(Preset {
        label: context.t_args("invite-last-used", &[("roles", names.into())]),
        roles: keys.join(" "),
    })
}

/// The product, and that the others come with it where there are others.
fn about(context: &PageContext, product: &str) -> MarkedText {
    let name = catalogue_text::product_name(&context.app.ctx.catalogue, context.locale, product);
    let key = match only_choice(context) {
        Some(_) => "invite-about-only",
        None => "invite-about",
    };
    MarkedText::with_strong_values(context.locale, key, &[("product", &name)])
}

fn preview(
    context: &PageContext,
    caller: &Caller,
    summary: &AccountSummary,
    form: &InviteForm,
) -> MailPreview {
    let name = caller.user.name();
    let inviter = context.name_with_email(&name, caller.user.email.as_deref());
    let until = context
        .app
        .ctx
        .clock
        .now()
        .plus(context.app.ctx.policy.invitation_lifetime);
    let catalogue = &context.app.ctx.catalogue;
    let args = [
        ("inviter", (&name).into()),
        ("account", (&summary.account.name).into()),
        ("until", context.format_date_time(until).into()),
    ];
    let product = catalogue_text::product_name(catalogue, context.locale, &form.product);
    let values = [
        ("inviter", inviter.as_str()),
        ("account", &summary.account.name),
        ("product", &product),
    ];
    MailPreview {
        subject: context.t_args("mail-invitation-subject", &args),
        lead: MarkedText::with_strong_values(context.locale, "preview-lead", &values),
        roles: catalogue_text::role_names(catalogue, context.locale, &form.roles),
        button: context.t("mail-invitation-button"),
        until: context.t_args("preview-until", &args),
    }
}
