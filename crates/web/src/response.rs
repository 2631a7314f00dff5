//! Responses: JSON, pages of lists, exports, and stored responses of idempotency keys.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::extract::QueryParams;
use super::problem::{self, Problem};
use convoke_app::App;
use convoke_core::csv::write_row;
use convoke_core::pagination::{Page, PageLimit};
use convoke_domain::idempotency::{self, IdempotentResponse, Key, ReplayPermission};
use convoke_domain::{Caller, Error, ReadTx, Tx};

/// The result of a handler.
pub(super) type ApiResult = Result<Response, Problem>;

/// A JSON response.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> ApiResult {
    Ok(json_text(status, text(value)?))
}

fn text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "response not serialized");
        problem::internal()
    })
}

fn json_text(status: StatusCode, text: String) -> Response {
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct List<T> {
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
    pub(crate) fn single_page(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

/// The idempotency key of a request, and the hash that identifies the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdempotencyKey {
    /// SHA-256 of the idempotency key, if there is one.
    pub key: Option<[u8; 32]>,
    /// SHA-256 of method, address and body.
    pub request: [u8; 32],
}

/// Makes a change and responds, once per idempotency key; `permission` is checked before a stored response is sent again.
pub(super) async fn respond_idempotently<T, F>(
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
        let value = app.write(move |tx| change(tx, &caller)).await?;
        return json(status, &value);
    };
    let key = Key {
        key,
        request: idempotency_key.request,
    };
    let running = app.in_flight_keys.try_acquire((caller.user.id, key.key));
    let _running = running.ok_or(Error::IdempotencyKeyInUse)?;
    let response = app
        .write(move |tx| {
            idempotency::run_once(tx, &caller.clone(), &key, permission, |tx| {
                let value = change(tx, &caller)?;
                Ok(IdempotentResponse {
                    status: status.as_u16(),
                    body: serde_json::to_string(&value).unwrap_or_default(),
                })
            })
        })
        .await?;
    let status = StatusCode::from_u16(response.status).unwrap_or(status);
    Ok(json_text(status, response.body))
}

/// The page of a list that the parameters `limit` and `cursor` name; `read` reads the page after a cursor.
pub(super) async fn list_page<T, V, R>(
    app: &App,
    params: &QueryParams,
    mut read: R,
    view: impl FnMut(T) -> V,
) -> ApiResult
where
    T: Send + 'static,
    V: Serialize,
    R: FnMut(&mut ReadTx<'_, '_>, Option<&str>, PageLimit) -> Result<Page<T>, Error>
        + Send
        + 'static,
{
    let (limit, cursor) = (params.limit()?, params.cursor());
    let page = app
        .read_long(move |tx| read(tx, cursor.as_deref(), limit))
        .await?;
    json(StatusCode::OK, &List::from_page(page, view))
}

/// The format of an exported list.
pub(super) struct ExportFormat<T> {
    /// The media type of the file.
    pub media_type: &'static str,
    /// The text before the items.
    pub head: String,
    /// Appends an item.
    pub write: fn(&mut String, T),
}

impl<T> ExportFormat<T> {
    /// CSV with a row of titles; `write` appends a row.
    pub(super) fn csv(titles: &[&str], write: fn(&mut String, T)) -> Self {
        let mut head = String::new();
        write_row(&mut head, titles);
        Self {
            media_type: "text/csv; charset=utf-8",
            head,
            write,
        }
    }
}

/// A whole list as a file, streamed page by page from a cursor; `read` reads the page after a cursor.
pub(super) async fn export_list<T, R>(
    app: App,
    format: ExportFormat<T>,
    start: Option<String>,
    read: R,
) -> ApiResult
where
    T: Send + 'static,
    R: FnMut(&mut ReadTx<'_, '_>, Option<&str>, PageLimit) -> Result<Page<T>, Error>
        + Clone
        + Send
        + 'static,
{
    let write = format.write;
    let next = move |cursor: Option<String>| {
        let (app, mut read) = (app.clone(), read.clone());
        async move {
            let limit = PageLimit::parse(Some("100")).unwrap_or_default();
            let page = app
                .read_long(move |tx| read(tx, cursor.as_deref(), limit))
                .await?;
            let mut text = String::new();
            for item in page.items {
                write(&mut text, item);
            }
            Ok((text, page.next.map(Some)))
        }
    };
    stream_pages(format.media_type, format.head, start, next).await
}

/// A file that is streamed; `next` makes its next part and the state for the part after that.
async fn stream_pages<S, F, R>(
    media_type: &'static str,
    head: String,
    state: S,
    mut next: F,
) -> ApiResult
where
    S: Send + 'static,
    F: FnMut(S) -> R + Send + 'static,
    R: Future<Output = Result<(String, Option<S>), Error>> + Send + 'static,
{
    // An error of the first page still sets the status.
    let (first, rest) = next(state).await?;
    let start = (Some(head + &first), rest, next);
    let body = stream::try_unfold(start, |(ready, rest, mut next)| async move {
        if let Some(text) = ready {
            return Ok(Some((text, (None, rest, next))));
        }
        let Some(state) = rest else { return Ok(None) };
        match next(state).await {
            Ok((text, rest)) => Ok(Some((text, (None, rest, next)))),
            Err(error) => {
                tracing::warn!(?error, "export aborted");
                Err(std::io::Error::other("the export was aborted"))
            }
        }
    });
    let kind = [(header::CONTENT_TYPE, media_type)];
    Ok((kind, Body::from_stream(body)).into_response())
}
