//! The forms of the profile's sections, each saved separately.

use serde::Deserialize;

use super::redirect_to_profile;
use super::show::{UnsavedInput, page};
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form, FormErrors};
use crate::console::unsaved_input;
use crate::console::urls;
use convoke_core::secret::Secret;
use convoke_domain::users::{self, ProfileUpdate};
use convoke_domain::{Error, Tx, invitations};

/// Saves a change of the profile, or shows the page again with its errors.
async fn save(context: PageContext, update: ProfileUpdate, input: UnsavedInput) -> PageResult {
    let input_text = input.to_text();
    let caller = unsaved_input::require_user_keeping_input(&context, urls::PROFILE, &input_text)?;
    let result = context
        .app
        .write(move |tx: &mut Tx<'_, '_>| users::update_profile(tx, &caller, &update))
        .await;
    match result {
        Ok(_) => Ok(redirect_to_profile(&context, &FlashMessage::Saved)),
        Err(error) => {
            let input_text = Some(input_text).filter(|input_text| !input_text.is_empty());
            let errors =
                FormErrors::from_error_with_input(&context, error, "first_name", input_text)?;
            page(&context, errors, input).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Name {
    first_name: String,
    last_name: String,
}

pub(super) async fn name(context: PageContext, Form(form): Form<Name>) -> PageResult {
    let last_name = form.last_name.trim().to_owned();
    let update = ProfileUpdate {
        first_name: Some(form.first_name.clone()),
        last_name: Some(Some(last_name).filter(|name| !name.is_empty())),
        ..ProfileUpdate::default()
    };
    let input = UnsavedInput {
        first_name: Some(form.first_name),
        last_name: Some(form.last_name),
        ..UnsavedInput::default()
    };
    save(context, update, input).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Phone {
    phone: String,
}

pub(super) async fn phone(context: PageContext, Form(form): Form<Phone>) -> PageResult {
    let update = ProfileUpdate {
        phone: Some(Some(form.phone.clone())),
        ..ProfileUpdate::default()
    };
    let input = UnsavedInput {
        phone: Some(form.phone),
        ..UnsavedInput::default()
    };
    save(context, update, input).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Language {
    locale: String,
}

pub(super) async fn language(context: PageContext, Form(form): Form<Language>) -> PageResult {
    let update = ProfileUpdate {
        locale: Some(form.locale),
        ..ProfileUpdate::default()
    };
    save(context, update, UnsavedInput::default()).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Zone {
    time_zone: String,
}

pub(super) async fn time_zone(context: PageContext, Form(form): Form<Zone>) -> PageResult {
    let update = ProfileUpdate {
        time_zone: Some(form.time_zone),
        ..ProfileUpdate::default()
    };
    save(context, update, UnsavedInput::default()).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Theme {
    theme: String,
}

pub(super) async fn theme(context: PageContext, Form(form): Form<Theme>) -> PageResult {
    let update = ProfileUpdate {
        theme: Some(form.theme),
        ..ProfileUpdate::default()
    };
    save(context, update, UnsavedInput::default()).await
}

/// A checkbox is sent only when it is on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Shortcuts {
    shortcuts: String,
}

pub(super) async fn shortcuts(context: PageContext, Form(form): Form<Shortcuts>) -> PageResult {
    let update = ProfileUpdate {
        shortcuts: Some(!form.shortcuts.is_empty()),
        ..ProfileUpdate::default()
    };
    save(context, update, UnsavedInput::default()).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewPassword {
    current_password: String,
    password: String,
}

pub(super) async fn password(context: PageContext, Form(form): Form<NewPassword>) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let current = Secret::new(form.current_password);
    let new_password = Secret::new(form.password.clone());
    match context
        .app
        .change_password(caller, current, new_password)
        .await
    {
        Ok(signed_in) => Ok(context.with_session(
            redirect_to_profile(&context, &FlashMessage::PasswordChanged),
            &signed_in,
        )),
        Err(error) => {
            let main = match error {
                Error::WrongPassword => "current_password",
                _ => "password",
            };
            let errors = FormErrors::from_error(&context, error, main)?;
            page(&context, errors, UnsavedInput::default()).await
        }
    }
}

/// Allows invitations by mail to the viewer's address again.
pub(super) async fn allow_invitations_by_mail(
    context: PageContext,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let result = context
        .app
        .write(move |tx| invitations::subscribe_own(tx, &caller))
        .await;
    match result {
        Ok(()) => Ok(redirect_to_profile(
            &context,
            &FlashMessage::InvitationMailAllowed,
        )),
        Err(error) => Err(context.error_page(error)),
    }
}
