//! An extractor for changes of a signed-in caller that need no body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use serde::Serialize;

use crate::extract::{Caller, PathIds};
use crate::json::{EmptyBody, IdempotentJson, reject_invalid};
use crate::problem::Problem;
use crate::response::{ApiResult, respond_idempotently};
use convoke_app::App;
use convoke_domain::idempotency::ReplayPermission;
use convoke_domain::{self as domain, Error, Tx};

/// A change that a signed-in caller requests, of the resource that the ids of the path name.
///
/// Checks the session first, then the ids, then the body.
pub(crate) struct Mutation<P> {
    /// The ids of the path.
    pub ids: P,
    app: App,
    caller: domain::Caller,
    request: IdempotentJson<EmptyBody>,
}

impl<P> FromRequest<App> for Mutation<P>
where
    P: Send,
    PathIds<P>: FromRequestParts<App, Rejection = Problem>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Caller(caller) =
            <Caller as FromRequestParts<App>>::from_request_parts(&mut parts, app).await?;
        let PathIds(ids) = PathIds::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        Ok(Self {
            ids,
            app: app.clone(),
            caller,
            request: IdempotentJson::from_request(request, app).await?,
        })
    }
}

impl<P> Mutation<P> {
    /// Makes the change once per idempotency key; `permission` is checked again before a stored response is sent.
    pub(crate) async fn run<T, F>(
        self,
        status: StatusCode,
        permission: ReplayPermission,
        change: F,
    ) -> ApiResult
    where
        T: Serialize + Send + 'static,
        F: FnMut(&mut Tx<'_, '_>, &domain::Caller) -> Result<T, Error> + Send + 'static,
    {
        reject_invalid(self.request.body.valid())?;
        let key = self.request.key;
        respond_idempotently(&self.app, self.caller, key, status, permission, change).await
    }
}
