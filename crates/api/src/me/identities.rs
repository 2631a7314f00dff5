//! Connected services.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Caller, PathIds};
use crate::response::{ApiResult, List, json};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::IdentityId;
use convoke_domain::identities::{self, Identity};

#[derive(Debug, Serialize, ToSchema)]
struct IdentityView {
    #[schema(value_type = String, example = "idn_01h455vb4pex5vsknk084sn02q")]
    id: IdentityId,
    /// The service's id, as in `GET /providers`.
    provider: String,
    /// What I am called at the service.
    name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    connected_at: Timestamp,
}

impl IdentityView {
    fn new(identity: Identity) -> Self {
        Self {
            id: identity.id,
            provider: identity.provider,
            name: identity.label.map(String::from),
            connected_at: identity.created_at,
        }
    }
}

/// List my connected third-party services
#[utoipa::path(get, path = "/me/identities", tag = "Me",
    responses((status = 200, description = "Connected services", body = List<IdentityView>)))]
pub(super) async fn list_identities(State(app): State<App>, Caller(caller): Caller) -> ApiResult {
    let identities = app.read(move |tx| identities::list(tx, &caller)).await?;
    let items = identities.into_iter().map(IdentityView::new).collect();
    json(StatusCode::OK, &List::single_page(items))
}

/// Disconnect a third-party service
///
/// Never the last way to sign in: `last-sign-in-method`.
#[utoipa::path(delete, path = "/me/identities/{identity}", tag = "Me", params(("identity" = String, Path)),
    responses((status = 204, description = "It is disconnected")))]
pub(super) async fn disconnect_identity(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((identity,)): PathIds<(IdentityId,)>,
) -> ApiResult {
    app.write(move |tx| identities::disconnect(tx, &caller, identity))
        .await?;
    json(StatusCode::NO_CONTENT, &())
}
