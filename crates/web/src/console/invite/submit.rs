//! The form of the second step: sent, or shown again with what stands in its way.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::recipients::{self, FieldMessage, InviteForm, RecipientErrors};
use super::{hints, path};
use crate::console::context::{PageContext, PageError, PageResult, path_with_query, status_code};
use crate::console::error_text;
use crate::console::form::Form;
use crate::console::page::{NavSection, Page, render};
use crate::console::return_to::sign_in_path;
use crate::extract::PathIds;
use crate::problem::Problem;
use convoke_core::email_list::{self, EmailList};
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::invitations::{self, CreateRequest, Created, Outcome};
use convoke_domain::{Caller, Error, Tx, accounts, members};

pub(super) async fn submit(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(form): Form<InviteForm>,
) -> PageResult {
    let Some(caller) = context.caller.clone() else {
        return Ok(signed_out(&context, account, &form));
    };
    let user = caller.user.id;
    let list = email_list::parse(&form.emails);
    if form.act == "keep-first" {
        return recipients::show(&context, account, split_overflow(&context, form, list)).await;
    }
    let request = CreateRequest {
        product: form.product.clone(),
        roles: form.roles.clone(),
        emails: list
            .entries
            .iter()
            .map(|entry| entry.text.clone())
            .collect(),
        locale: Some(form.locale.clone()).filter(|locale| !locale.is_empty()),
    };
    let checked = invitations::validate(&context.app.ctx, &request);
    let sent = context
        .app
        .write(move |tx| {
            let created = invitations::create(tx, &caller, account, &checked)?;
            let members = find_members(tx, &caller, account, &created)?;
            Ok((created, members))
        })
        .await;
    match sent {
        Ok((created, members)) => {
            Ok(context.result(user, &result_path(account, &form, &created, &members)))
        }
        Err(Error::PermissionDenied(_) | Error::NotFound) => {
            permission_lost_page(&context, account, &form).await
        }
        Err(error) => {
            let said = form_errors(&context, &list, &form, error)?;
            recipients::page(&context, account, form, said).await
        }
    }
}

/// The users behind addresses that are members' already.
fn find_members(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    created: &Created,
) -> Result<Vec<UserId>, Error> {
    let mut found = Vec::new();
    for (email, outcome, _) in &created.results {
        if *outcome == Outcome::AlreadyMember {
            found.push(members::find_by_login(tx, caller, account, email)?.user);
        }
    }
    Ok(found)
}

fn result_path(
    account: AccountId,
    form: &InviteForm,
    created: &Created,
    members: &[UserId],
) -> String {
    let ids = |wanted: Outcome| -> Vec<String> {
        let results = created.results.iter();
        results
            .filter(|(_, outcome, _)| *outcome == wanted)
            .filter_map(|(_, _, it)| it.as_ref().map(|it| it.id.to_string()))
            .collect()
    };
    let (sent, had) = (ids(Outcome::Invited), ids(Outcome::AlreadyInvited));
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    let mut params: Vec<(&str, &str)> = Vec::new();
    params.extend(sent.iter().map(|id| ("sent", id.as_str())));
    params.extend(had.iter().map(|id| ("had", id.as_str())));
    params.extend(members.iter().map(|id| ("member", id.as_str())));
    params.push(("product", &form.product));
    params.extend(form.roles.iter().map(|role| ("roles", role.as_str())));
    params.push(("later", &form.later));
    path_with_query(&format!("{}/result", path(account)), &params)
}

/// Keeps as many addresses as fit; the others stay for the next round.
fn split_overflow(context: &PageContext, form: InviteForm, list: EmailList) -> InviteForm {
    let most =
        usize::try_from(context.app.ctx.policy.invitations_per_request).unwrap_or(usize::MAX);
    let mut texts: Vec<String> = list
        .entries
        .into_iter()
        .map(|entry| match entry.name {
            Some(name) => format!("{name} <{}>", entry.text),
            None => entry.text,
        })
        .collect();
    let mut later = texts.split_off(most.min(texts.len()));
    later.extend(form.later.lines().map(str::to_owned));
    InviteForm {
        emails: texts.join("\n"),
        later: later.join("\n"),
        act: String::new(),
        ..form
    }
}

/// What stands in the way, in the words of the wizard.
fn form_errors(
    context: &PageContext,
    list: &EmailList,
    form: &InviteForm,
    error: Error,
) -> Result<RecipientErrors, PageError> {
    let mut said = RecipientErrors::default();
    let one = |field, text| vec![FieldMessage { field, text }];
    match &error {
        Error::Invalid(errors) => {
            let count = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
            for error in errors {
                if error.code == "too-many-emails" {
                    let most = i64::from(error.limit.unwrap_or_default());
                    let args = [
                        ("count", count.into()),
                        ("most", most.into()),
                        ("rest", (count - most).into()),
                    ];
                    said.told
                        .extend(one("emails", context.t_args("error-too-many", &args)));
                    said.keeps_first = Some(context.t_args("invite-keep-first", &args));
                } else if error.code == "invalid-email" {
                    let shortest = context.app.ctx.policy.password_min_length;
                    let text = error_text::field_error_text(context.locale, error, "", shortest);
                    said.told.extend(one("emails", text));
                }
            }
            for line in error_text::choice_errors(context, errors) {
                let field = match line.field.as_str() {
                    "emails" => "emails",
                    "product" => "product",
                    _ => "roles",
                };
                said.told.push(FieldMessage {
                    field,
                    text: line.text,
                });
            }
        }
        Error::RoleNotGrantable(keys) => {
            said.told = one("roles", error_text::not_grantable(context, keys).text);
        }
        Error::RegisteredUsersOnly(found) => {
            let line = |email: &String| FieldMessage {
                field: "emails",
                text: context.t_args("error-not-registered", &[("email", email.into())]),
            };
            said.told = found.emails.iter().map(line).collect();
            let who = hints::who_allows(context, found.by_installation);
            if let (Some(last), Some(who)) = (said.told.last_mut(), who) {
                last.text = format!("{} {who}", last.text);
            }
        }
        Error::UserLimitExceeded(short) => {
            let text = hints::over_limit(context, short.usage.available(), short.requested);
            said.told = one("emails", text);
            said.frees = true;
        }
        Error::RateLimited(_) => {
            said.told = one("emails", error_text::error_text(context.locale, &error));
        }
        _ => return Err(context.error_page_with_input(error, Some(all_addresses(form)))),
    }
    let problem = Problem::from(error);
    said.status = status_code(problem.code.status);
    said.retry_after = problem.retry_after;
    Ok(said)
}

#[derive(Template)]
#[template(path = "invite/not_sent.html")]
struct NotSent<'a> {
    page: Page<'a>,
    text: String,
    unsaved_input: String,
    way: (String, String),
}

/// The addresses of this round and the next.
fn all_addresses(form: &InviteForm) -> String {
    let both = [form.emails.as_str(), &form.later].join("\n");
    both.trim().to_owned()
}

/// Nothing was sent, but what was typed is not lost.
fn not_sent(
    context: &PageContext,
    code: StatusCode,
    title: &str,
    text: String,
    form: &InviteForm,
    way: (String, String),
) -> Response {
    let title = context.t(title);
    let mut page = context
        .page(title.clone())
        .crumb(context.t("layout-accounts"), Some("/accounts"))
        .crumb(title, None);
    page.place = NavSection::Accounts;
    let view = NotSent {
        page,
        text,
        unsaved_input: all_addresses(form),
        way,
    };
    render(code, &view)
}

/// Whoever may invite no more learns whom to ask, and keeps what they typed.
async fn permission_lost_page(
    context: &PageContext,
    account: AccountId,
    form: &InviteForm,
) -> PageResult {
    let caller = context.require_user_or_redirect("/accounts")?;
    let owner = context
        .app
        .read(move |tx| match accounts::get(tx, &caller, account) {
            Ok(summary) => Ok(Some(summary.account.owner_name)),
            Err(Error::NotFound) => Ok(None),
            Err(other) => Err(other),
        })
        .await
        .map_err(|error| context.error_page(error))?;
    let text = match owner {
        Some(owner) => context.t_args("right-lost-text", &[("owner", owner.into())]),
        None => context.t("right-lost-no-account"),
    };
    let way = (context.t("way-accounts"), "/accounts".to_owned());
    let code = StatusCode::FORBIDDEN;
    Ok(not_sent(context, code, "right-lost-title", text, form, way))
}

/// Whoever was signed out while they typed signs in to the same choice, and keeps the list.
fn signed_out(context: &PageContext, account: AccountId, form: &InviteForm) -> Response {
    let mut chosen = vec![("product", form.product.as_str())];
    chosen.extend(form.roles.iter().map(|role| ("roles", role.as_str())));
    let back = path_with_query(&path(account), &chosen);
    let way = (context.t("sign-in-button"), sign_in_path(&back));
    let text = context.t("signed-out-text");
    let code = StatusCode::UNAUTHORIZED;
    not_sent(context, code, "signed-out-title", text, form, way)
}
