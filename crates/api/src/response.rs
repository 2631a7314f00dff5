//! Responses: JSON, pages of lists, and stored responses of idempotency keys.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde::Serialize;

use super::extract::QueryParams;
use super::problem::{self, Problem};
use convoke_app::App;
use convoke_core::pagination::{Page, PageLimit};
use convoke_domain::idempotency::{self, IdempotentResponse, Key, ReplayPermission};
use convoke_domain::{Caller, Error, ReadTx, Tx};

/// The result of a handler.
pub(crate) type ApiResult = Result<Response, Problem>;

/// A JSON response.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> ApiResult {
    Ok(json_text(status, text(value)?))
}

/// A value as JSON on one line, for exports.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(not_serialized)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn not_serialized(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "response not serialized");
    problem::internal()
}

/// A page of a list, written into one buffer that rarely grows.
fn text_of_list<T: Serialize>(list: &List<T>) -> Result<Vec<u8>, Problem> {
    const BYTES_OF_ITEM: usize = 640;
    let mut text = Vec::with_capacity(128 + list.items.len() * BYTES_OF_ITEM);
    serde_json::to_writer(&mut text, list).map_err(not_serialized)?;
    Ok(text)
}

fn json_text(status: StatusCode, text: impl Into<Body>) -> Response {
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, text.into()).into_response()
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page with its items as views.
    pub(crate) fn from_page<U>(page: Page<U>, view: impl FnMut(U) -> T) -> Self {
        let page = page.map(view);
        Self {
            items: page.items,
            next_cursor: page.next,
        }
    }

    /// A list that is always one page.
    #[must_use]
    pub(crate) fn single_page(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

/// The idempotency key of a request, and the hash that identifies the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdempotencyKey {
    /// SHA-256 of the idempotency key, if there is one.
    pub key: Option<[u8; 32]>,
    /// SHA-256 of method, address and body.
    pub request: [u8; 32],
}

/// Makes a change and responds, once per idempotency key; `permission` is checked before a stored response is sent again.
pub(crate) async fn respond_idempotently<T, F>(
    app: &App,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    status: StatusCode,
    permission: ReplayPermission,
    mut change: F,
) -> ApiResult
where
    T: Serialize + Send + 'static,
    F: FnMut(&mut Tx<'_, '_>, &Caller) -> Result<T, Error> + Send + 'static,
{
    let Some(key) = idempotency_key.key else {
        let (account, user) = (permission.account(), caller.user.id);
        let work = move |tx: &mut Tx<'_, '_>| change(tx, &caller);
        let value = app.write_in_account(account, user, work).await?;
        return json(status, &value);
    };
    let key = Key {
        key,
        request: idempotency_key.request,
    };
    let running = app.in_flight_keys.try_acquire((caller.user.id, key.key));
    let _running = running.ok_or(Error::IdempotencyKeyInUse)?;
    let (account, user) = (permission.account(), caller.user.id);
    let work = move |tx: &mut Tx<'_, '_>| {
        idempotency::run_once(tx, &caller, &key, permission, |tx| {
            let value = change(tx, &caller)?;
            Ok(IdempotentResponse {
                status: status.as_u16(),
                body: serde_json::to_string(&value).unwrap_or_default(),
            })
        })
    };
    let response = app.write_in_account(account, user, work).await?;
    let status = StatusCode::from_u16(response.status).unwrap_or(status);
    Ok(json_text(status, response.body))
}

/// The page of a list that the parameters `limit` and `cursor` name; `read` reads the page after a cursor.
///
/// The JSON is written by the thread that reads the rows: their memory is then freed where it was allocated.
pub(crate) async fn list_page<T, V, R, W>(
    app: &App,
    params: &QueryParams,
    mut read: R,
    mut view: W,
) -> ApiResult
where
    V: Serialize,
    R: FnMut(&mut ReadTx<'_, '_>, Option<&str>, PageLimit) -> Result<Page<T>, Error>
        + Send
        + 'static,
    W: FnMut(T) -> V + Send + 'static,
{
    let (limit, cursor) = (params.limit()?, params.cursor());
    let written = app
        .read_long(move |tx| {
            let page = read(tx, cursor.as_deref(), limit)?;
            Ok(text_of_list(&List::from_page(page, &mut view)))
        })
        .await?;
    Ok(json_text(StatusCode::OK, written?))
}

/// Serves what is rendered at the first request and kept: rendering all at the start takes time and memory that most
/// installations never need.
pub fn rendered_once(content_type: &'static str, render: fn(&App) -> String) -> MethodRouter<App> {
    let body = Arc::new(OnceLock::<Bytes>::new());
    get(move |State(app): State<App>| async move {
        let body = body.get_or_init(|| render(&app).into()).clone();
        ([(header::CONTENT_TYPE, content_type)], body)
    })
}
