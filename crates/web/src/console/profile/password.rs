//! The password.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{ErrorSummaryItem, Field, FormErrors};
use crate::console::new_user::new_password;
use crate::console::once::OnceForm;
use crate::console::page::{Page, render_page};
use crate::console::{submitted_form, urls};
use convoke_core::secret::Secret;
use convoke_domain::submitted_forms::FormKey;
use convoke_domain::{Error, sessions};

#[derive(Template)]
#[template(path = "profile/password.html")]
struct PasswordPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    /// The login, so that password managers know whose password it is.
    login: String,
    hint: String,
    fields: Vec<Field>,
    button: String,
    /// The key of the form.
    form_key: String,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, &FormErrors::none())
}

/// The page with its errors; a redirect to the profile where the user cannot have a password.
fn page(context: &PageContext, errors: &FormErrors) -> Result<Response, PageError> {
    let section = Section::Password;
    let user = context.require_user_or_redirect(section.path())?.user;
    if !context.app.ctx.policy.can_have_password(&user) {
        return Ok(see_other(urls::PROFILE));
    }
    let mut fields = vec![Field {
        label: context.t("field-new-password"),
        ..new_password(context)
    }];
    if user.has_password {
        fields.insert(0, current_password(context));
    }
    let items = errors.attach_to_fields(&mut fields);
    let (hint, button) = if user.has_password {
        ("profile-password-hint", "new-password-button")
    } else {
        ("profile-password-none", "profile-password-set")
    };
    let mut page = section.page(context);
    page.failed = !items.is_empty();
    let view = PasswordPage {
        page,
        sections: section.links(context),
        login: user.email.clone().unwrap_or_else(|| user.login.clone()),
        hint: context.t(hint),
        fields,
        button: context.t(button),
        form_key: context.form_key(),
        errors: items,
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
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

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PasswordForm {
    current_password: String,
    password: String,
}

pub(super) async fn save(
    context: PageContext,
    OnceForm { form, key }: OnceForm<PasswordForm>,
) -> PageResult {
    let key = key.map(|key| key.hash);
    let new_password = Secret::new(form.password);
    let error = match changed_before(&context, key, &new_password).await {
        Ok(Some(response)) => return Ok(response),
        Ok(None) => {
            let caller = context.require_user_or_redirect(urls::PROFILE_PASSWORD)?;
            let current = Secret::new(form.current_password);
            let change = context
                .app
                .change_password(caller, current, new_password.clone(), key);
            match change.await {
                Ok(signed_in) => {
                    let message = FlashMessage::PasswordChanged;
                    let response = Section::Password.redirect(&context, &message);
                    return Ok(context.with_session(response, &signed_in));
                }
                // The other submission of two at once may have changed the password and ended the session.
                Err(error) => match changed_before(&context, key, &new_password).await {
                    Ok(Some(response)) => return Ok(response),
                    Ok(None) => error,
                    Err(other) => other,
                },
            }
        }
        Err(error) => error,
    };
    let main = match error {
        Error::WrongPassword => "current_password",
        _ => "password",
    };
    let errors = FormErrors::from_error(&context, error, main)?;
    page(&context, &errors)
}

/// The response to a form that has changed the password before, which has ended the session that it was sent with.
async fn changed_before(
    context: &PageContext,
    key: Option<FormKey>,
    new_password: &Secret,
) -> Result<Option<Response>, Error> {
    match submitted_form::find(context, key).await? {
        Some(result) => submitted_form::repeated(context, result, new_password.clone())
            .await
            .map(Some),
        None => Ok(None),
    }
}
