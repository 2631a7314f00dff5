//! The submission of the second step: sends the invitations, or shows the form again with its errors.

use std::collections::HashSet;

use crate::console::choice_errors;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use convoke_api::field_error_text::field_error_text;
use convoke_domain::FieldErrorKind;

use super::form::{self, InviteForm};
use super::recipients::{self, FieldMessage, RecipientErrors};
use super::{hints, list};
use crate::console::context::{PageContext, PageError, PageResult, status_code};
use crate::console::error_text;
use crate::console::form_key::SubmissionKey;
use crate::console::once::{self, OnceForm, Target};
use crate::console::page::{NavSection, Page, render_page};
use crate::console::return_to::sign_in_path;
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_core::email_address::to_readable;
use convoke_core::email_list::EmailList;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::secret::hash_to_text;
use convoke_domain::authorization::authorize;
use convoke_domain::invitations::{self, Created, Outcome};
use convoke_domain::permissions::Permission;
use convoke_domain::submitted_forms::FormKey;
use convoke_domain::{Caller, Error, Tx, accounts, members};

pub(super) async fn submit(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    OnceForm { mut form, key }: OnceForm<InviteForm>,
) -> PageResult {
    form.is_posted = true;
    let Some(caller) = context.caller.clone() else {
        return Ok(signed_out(&context, account, &form));
    };
    let user = caller.user.id;
    let list = list::parse(&context, &form.product, &form.emails, &form.left_out);
    if !form.act.is_empty() {
        if let Some(response) = rejection(&context, caller.clone(), account, &form).await? {
            return Ok(response);
        }
        return super::show_posted(&context, account, changed(&context, form, list)).await;
    }
    let request = form::request(&context, &form, &list);
    let checked = invitations::validate(&context.app.ctx, &request);
    if checked.is_ok() && needs_review(&context, &form, &list) {
        if let Some(response) = rejection(&context, caller.clone(), account, &form).await? {
            return Ok(response);
        }
        let errors = RecipientErrors {
            is_review: true,
            ..RecipientErrors::default()
        };
        return recipients::page(&context, account, form, errors).await;
    }
    let key = key.unwrap_or_else(|| SubmissionKey::random(&context.app));
    let (sent, form_hash, left_out) = (form.clone(), key.hash, list.left_out.len());
    let result = once::run_once(&context, caller, account, Some(&key), move |tx, caller| {
        let created = invitations::create(tx, caller, account, &checked)?;
        let members = find_members(tx, caller, account, &created)?;
        Ok(Target {
            path: result_path(account, &sent, &form_hash, (&created, &members), left_out),
            later: sent.later.clone(),
            ..Target::default()
        })
    });
    match result.await {
        Ok(target) => Ok(context.result(user, &target.path)),
        Err(Error::PermissionDenied(_) | Error::NotFound) => {
            permission_lost_page(&context, account, &form).await
        }
        Err(error) => {
            let errors = form_errors(&context, account, &list, &form, error)?;
            recipients::page(&context, account, form, errors).await
        }
    }
}

/// The page with the input for a caller who may not invite any more, before a step is shown.
///
/// # Errors
/// An error page with the input when the database is unavailable.
async fn rejection(
    context: &PageContext,
    caller: Caller,
    account: AccountId,
    form: &InviteForm,
) -> Result<Option<Response>, PageError> {
    let result = context
        .app
        .read(move |tx| authorize(tx, &caller, account, Permission::ManageUsers).map(drop))
        .await;
    match result {
        Ok(()) => Ok(None),
        Err(Error::PermissionDenied(_) | Error::NotFound) => {
            permission_lost_page(context, account, form).await.map(Some)
        }
        Err(error) => Err(context.error_page_with_input(error, Some(all_addresses(form)))),
    }
}

/// The users of addresses that are members already.
fn find_members(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    created: &Created,
) -> Result<Vec<UserId>, Error> {
    let results = created.results.iter();
    let emails: Vec<&str> = results
        .filter(|(_, outcome, _)| *outcome == Outcome::AlreadyMember)
        .map(|(email, ..)| email.as_str())
        .collect();
    members::find_many_by_email(tx, caller, account, &emails)
}

fn result_path(
    account: AccountId,
    form: &InviteForm,
    form_hash: &FormKey,
    (created, members): (&Created, &[UserId]),
    left_out: usize,
) -> String {
    let ids = |expected: Outcome| -> Vec<String> {
        let results = created.results.iter();
        results
            .filter(|(_, outcome, _)| *outcome == expected)
            .filter_map(|(_, _, invitation)| Some(invitation.as_ref()?.id.to_string()))
            .collect()
    };
    let (sent, had) = (ids(Outcome::Invited), ids(Outcome::AlreadyInvited));
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    let mut params: Vec<(&str, &str)> = Vec::new();
    params.extend(sent.iter().map(|id| ("sent", id.as_str())));
    params.extend(had.iter().map(|id| ("had", id.as_str())));
    params.extend(members.iter().map(|id| ("member", id.as_str())));
    params.push(("product", &form.product));
    params.push(("locale", &form.locale));
    params.extend(form.roles.iter().map(|role| ("roles", role.as_str())));
    // The other addresses are stored with the form's key: nothing that is typed becomes part of an address.
    let stored_at = hash_to_text(form_hash);
    if !form.later.trim().is_empty() {
        params.push(("form", &stored_at));
    }
    let left_out = if left_out > 0 {
        left_out.to_string()
    } else {
        String::new()
    };
    params.push(("left_out", &left_out));
    urls::path_with_query(&urls::invite_result(account), &params)
}

/// Whether the list is to be looked at before it is sent: it names roles, or what may be a slip, or words are left out
/// of it, and the page has not shown that yet. A script shows it while the list is typed.
fn needs_review(context: &PageContext, form: &InviteForm, list: &EmailList) -> bool {
    let is_open = || {
        let groups = list::listed_groups(context, &form.product, list, form.replacements());
        let shown: HashSet<&str> = list::words(&form.left_out).collect();
        let mut left_out = list.left_out.iter();
        !groups.is_empty()
            || left_out.any(|word| !shown.contains(word.as_str()))
            || list
                .entries
                .iter()
                .any(|entry| entry.suggestion().is_some())
    };
    !list::is_same_text(&form.reviewed, &form.emails) && is_open()
}

/// The form after a button that changes its list: keeps as many as fit, removes what is no address, or takes over the
/// suggestion for one.
fn changed(context: &PageContext, form: InviteForm, mut list: EmailList) -> InviteForm {
    match form.act.split_once(' ') {
        None if form.act == "keep-first" => return split_overflow(context, form, list),
        None if form.act == "remove-invalid" => list.entries.retain(|entry| entry.email.is_ok()),
        Some(("suggestion", text)) => {
            for entry in list.entries.iter_mut().filter(|entry| entry.text == text) {
                entry.text = entry.suggestion().unwrap_or_default();
            }
        }
        _ => return form,
    }
    InviteForm {
        emails: list.to_lines(),
        left_out: list.left_out.join("\n"),
        act: String::new(),
        ..form
    }
}

/// Keeps as many addresses as fit, and moves the others to `later`.
fn split_overflow(context: &PageContext, form: InviteForm, list: EmailList) -> InviteForm {
    let max = usize::try_from(context.app.ctx.policy.invitations_per_request).unwrap_or(usize::MAX);
    let left_out = list.left_out.join("\n");
    let mut texts: Vec<String> = list
        .entries
        .into_iter()
        .map(|entry| entry.to_line())
        .collect();
    let mut later = texts.split_off(max.min(texts.len()));
    later.extend(form.later.lines().map(str::to_owned));
    InviteForm {
        emails: texts.join("\n"),
        left_out,
        later: later.join("\n"),
        act: String::new(),
        ..form
    }
}

/// The errors of the form.
///
/// # Errors
/// An error page for errors that the form does not show.
fn form_errors(
    context: &PageContext,
    account: AccountId,
    list: &EmailList,
    form: &InviteForm,
    error: Error,
) -> Result<RecipientErrors, PageError> {
    let mut form_errors = RecipientErrors::default();
    let single = |field, text| vec![FieldMessage { field, text }];
    match &error {
        Error::Invalid(errors) => {
            let count = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
            for error in errors {
                if let FieldErrorKind::TooManyEmails { limit, .. } = error.kind {
                    let max = i64::from(limit);
                    let args = [
                        ("count", count.into()),
                        ("most", max.into()),
                        ("rest", (count - max).into()),
                    ];
                    form_errors
                        .messages
                        .extend(single("emails", context.t_args("error-too-many", &args)));
                    form_errors.keeps_first = Some(context.t_args("invite-keep-first", &args));
                } else if let FieldErrorKind::Email(_) = error.kind {
                    let text = field_error_text(context.locale, error);
                    form_errors.messages.extend(single("emails", text));
                }
            }
            for item in choice_errors::choice_errors(context, errors) {
                let field = match item.field.as_str() {
                    "emails" => "emails",
                    "product" => "product",
                    _ => "roles",
                };
                form_errors.messages.push(FieldMessage {
                    field,
                    text: item.text,
                });
            }
        }
        Error::RoleNotGrantable(keys) => {
            form_errors.messages =
                single("roles", choice_errors::not_grantable(context, keys).text);
        }
        Error::RegisteredUsersOnly(unregistered) => {
            let item = |email: &String| FieldMessage {
                field: "emails",
                text: context.t_args(
                    "error-not-registered",
                    &[("email", to_readable(email).into_owned().into())],
                ),
            };
            form_errors.messages = unregistered.emails.iter().map(item).collect();
            let (by_installation, is_owner) = (unregistered.by_installation, unregistered.is_owner);
            let allowed_by = hints::who_allows(context, by_installation, is_owner);
            if let (Some(last), Some(allowed_by)) = (form_errors.messages.last_mut(), allowed_by) {
                last.text = format!("{} {allowed_by}", last.text);
            }
            let settings = hints::settings_link(context, account, by_installation, is_owner);
            form_errors.remedies.extend(settings);
        }
        Error::UserLimitExceeded(exceeded) => {
            let text = hints::over_limit(context, exceeded.usage.available(), exceeded.requested);
            form_errors.messages = single("emails", text);
            form_errors.remedies = hints::free_seats_links(context, account);
        }
        Error::RateLimited(_) => {
            form_errors.messages = single("emails", error_text::error_text(context.locale, &error));
        }
        _ => return Err(context.error_page_with_input(error, Some(all_addresses(form)))),
    }
    let problem = Problem::from(error);
    form_errors.status = status_code(problem.code.status);
    form_errors.retry_after = problem.retry_after;
    Ok(form_errors)
}

#[derive(Template)]
#[template(path = "invite/not_sent.html")]
struct NotSent<'a> {
    page: Page<'a>,
    text: String,
    unsaved_input: String,
    link: (String, String),
}

/// All addresses of the form, `later` included.
fn all_addresses(form: &InviteForm) -> String {
    let addresses = [form.emails.as_str(), &form.later].join("\n");
    addresses.trim().to_owned()
}

/// The page that says that nothing was sent, with the entered addresses to be copied.
fn not_sent(
    context: &PageContext,
    status: StatusCode,
    title: &str,
    text: String,
    form: &InviteForm,
    link: (String, String),
) -> Response {
    let title = context.t(title);
    let mut page = context
        .page(title.clone())
        .crumb(context.t("layout-accounts"), Some(urls::ACCOUNTS))
        .crumb(title, None);
    page.section = NavSection::Accounts;
    let view = NotSent {
        page,
        text,
        unsaved_input: all_addresses(form),
        link,
    };
    render_page(status, &view.page, &view)
}

/// The page for a caller who has lost the permission to invite, with their input.
async fn permission_lost_page(
    context: &PageContext,
    account: AccountId,
    form: &InviteForm,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::ACCOUNTS)?;
    let owner = context
        .app
        .read(move |tx| match accounts::get(tx, &caller, account) {
            Ok(summary) => Ok(Some(summary.account.owner_name())),
            Err(Error::NotFound) => Ok(None),
            Err(other) => Err(other),
        })
        .await
        .map_err(|error| context.error_page(error))?;
    let text = match owner {
        Some(owner) => context.t_args("permission-lost-text", &[("owner", owner.into())]),
        None => context.t("permission-lost-no-account"),
    };
    let link = (context.t("way-accounts"), urls::ACCOUNTS.to_owned());
    let status = StatusCode::FORBIDDEN;
    Ok(not_sent(
        context,
        status,
        "permission-lost-title",
        text,
        form,
        link,
    ))
}

/// The page for a caller whose session has ended, with their input and a link to sign in and continue.
fn signed_out(context: &PageContext, account: AccountId, form: &InviteForm) -> Response {
    let mut chosen = vec![("product", form.product.as_str())];
    chosen.extend(form.roles.iter().map(|role| ("roles", role.as_str())));
    let back = urls::path_with_query(&urls::invite(account), &chosen);
    let link = (context.t("sign-in-button"), sign_in_path(&back));
    let text = context.t("signed-out-text");
    let status = StatusCode::UNAUTHORIZED;
    not_sent(context, status, "signed-out-title", text, form, link)
}
