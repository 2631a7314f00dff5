//! The viewer's sessions, ended one by one or all at once.

use serde::Deserialize;

use super::redirect_to_profile;
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form};
use crate::console::urls;
use convoke_core::ids::SessionId;
use convoke_domain::{Error, sessions};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedSession {
    id: String,
}

pub(super) async fn end(context: PageContext, Form(form): Form<SelectedSession>) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let id: Option<SessionId> = form.id.parse().ok();
    let result = context
        .app
        .write(move |tx| match id {
            Some(id) => sessions::end(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match result {
        // It had expired, or was ended in another tab.
        Ok(()) | Err(Error::NotFound) => {
            Ok(redirect_to_profile(&context, &FlashMessage::SessionEnded))
        }
        Err(other) => Err(context.error_page(other)),
    }
}

pub(super) async fn end_others(
    context: PageContext,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let result = context
        .app
        .write(move |tx| sessions::end_others(tx, &caller))
        .await;
    result.map_err(|error| context.error_page(error))?;
    Ok(redirect_to_profile(
        &context,
        &FlashMessage::OtherSessionsEnded,
    ))
}
