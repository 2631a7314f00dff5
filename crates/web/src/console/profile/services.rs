//! Services connected to the viewer's user.

use serde::Deserialize;

use super::redirect_to_profile;
use super::show::{UnsavedInput, page};
use crate::console::context::{PageContext, PageResult, status_code};
use crate::console::flash::FlashMessage;
use crate::console::form::{ErrorSummaryItem, Form, FormErrors};
use crate::console::urls;
use crate::problem::Problem;
use convoke_core::ids::IdentityId;
use convoke_domain::{Error, identities};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedIdentity {
    id: String,
}

pub(super) async fn disconnect(
    context: PageContext,
    Form(form): Form<SelectedIdentity>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let id: Option<IdentityId> = form.id.parse().ok();
    let result = context
        .app
        .write(move |tx| match id {
            Some(id) => identities::disconnect(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match result {
        // It was disconnected in another tab.
        Ok(()) | Err(Error::NotFound) => Ok(redirect_to_profile(
            &context,
            &FlashMessage::ServiceDisconnected,
        )),
        Err(error @ Error::LastSignInMethod) => {
            let errors = FormErrors {
                status: status_code(Problem::from(error).code.status),
                items: vec![ErrorSummaryItem {
                    field: "services".to_owned(),
                    text: context.t("error-last-sign-in-method"),
                }],
                retry_after: None,
            };
            page(&context, errors, UnsavedInput::default()).await
        }
        Err(other) => Err(context.error_page(other)),
    }
}
