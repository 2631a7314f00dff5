//! Sessions.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Caller, PathIds};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::SessionId;
use convoke_domain::sessions;
use convoke_domain::sessions::Session;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    #[schema(value_type = String, example = "ses_01h455vb4pex5vsknk084sn02q")]
    id: SessionId,
    /// The client's own words about itself.
    user_agent: Option<String>,
    /// The address it was begun from.
    ip: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Kept to five minutes.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionView {
    pub(crate) fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            user_agent: session.user_agent.clone().map(String::from),
            ip: session.ip.clone(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            current: session.id == current,
        }
    }
}

/// List my sessions
#[utoipa::path(get, path = "/me/sessions", tag = "Me",
    responses((status = 200, description = "Live sessions, last used first", body = List<SessionView>)))]
pub(super) async fn list_sessions(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let current = caller.session.id;
    let sessions = app.read(move |tx| sessions::list(tx, &caller)).await?;
    let items = sessions
        .iter()
        .map(|session| SessionView::new(session, current))
        .collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// End all my sessions but this one
#[utoipa::path(delete, path = "/me/sessions", tag = "Me",
    responses((status = 204, description = "They have ended")))]
pub(super) async fn end_other_sessions(
    State(app): State<App>,
    Caller(caller): Caller,
) -> ApiResult {
    app.write(move |tx| sessions::end_others(tx, &caller))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}

/// End one of my sessions
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "Me", params(("session" = String, Path)),
    responses((status = 204, description = "It has ended")))]
pub(super) async fn end_session(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((session,)): PathIds<(SessionId,)>,
) -> ApiResult {
    app.write(move |tx| sessions::end(tx, &caller, session))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}
