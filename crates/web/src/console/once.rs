//! Forms that count once however often they are sent, as by two quick clicks without script: the page gives each form a random
//! key, and a form that is sent again with the same key and the same input leads to the same page.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::context::{PageContext, see_other};
use super::flash::FlashMessage;
use super::form::{deserialize, read_fields};
use super::form_key::SubmissionKey;
use convoke_api::problem::Problem;
use convoke_core::ids::AccountId;
use convoke_domain::idempotency::{self, IdempotentResponse, ReplayPermission};
use convoke_domain::{Caller, Error, Tx};

/// A form and its key; without a key it counts every time.
pub(super) struct OnceForm<T> {
    pub form: T,
    pub key: Option<SubmissionKey>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OnceForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        let mut fields = read_fields(request).await?;
        let key = SubmissionKey::take(&path, &mut fields);
        deserialize(fields).map(|form| Self { form, key })
    }
}

/// The page that a form led to, as it is stored for the form's key.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Target {
    /// Its address.
    pub path: String,
    /// The flash message, encoded.
    pub message: Option<String>,
    /// Input that the page offers to send next.
    pub later: String,
}

impl Target {
    /// A page with a flash message.
    pub(super) fn with_message(path: String, message: &FlashMessage) -> Self {
        Self {
            path,
            message: Some(message.encode()),
            later: String::new(),
        }
    }

    /// The page of a stored body.
    pub(super) fn parse(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_default()
    }

    /// The redirect to it.
    pub(super) fn redirect(&self, context: &PageContext) -> Response {
        let message = self.message.as_deref().and_then(FlashMessage::decode);
        match message {
            Some(message) => context.flash(&self.path, &message),
            None => see_other(&self.path),
        }
    }
}

/// Makes a change, of this account if one is given, once per key of a form and returns the page that it leads to; the page checks the
/// permission to see it.
///
/// # Errors
/// Those of `change`, and those of [`idempotency::run_once`].
pub(super) async fn run_once<F>(
    context: &PageContext,
    caller: Caller,
    account: impl Into<Option<AccountId>>,
    key: Option<&SubmissionKey>,
    mut change: F,
) -> Result<Target, Error>
where
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<Target, Error> + Send + 'static,
{
    let key = key.map(SubmissionKey::idempotency_key);
    let user = caller.user.id;
    let write = move |tx: &mut Tx<'_, '_>| {
        let Some(key) = &key else {
            return change(tx, &caller);
        };
        let mut target = None;
        let response = idempotency::run_once(tx, &caller, key, ReplayPermission::SignedIn, |tx| {
            let made = change(tx, &caller)?;
            let body = serde_json::to_string(&made).unwrap_or_default();
            target = Some(made);
            Ok(IdempotentResponse { status: 303, body })
        })?;
        let target = target.unwrap_or_else(|| Target::parse(&response.body));
        if !target.later.is_empty() {
            idempotency::save(tx, &caller, key, &response)?;
        }
        Ok(target)
    };
    context.app.write_in_account(account, user, write).await
}
