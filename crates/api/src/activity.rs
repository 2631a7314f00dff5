//! Activity of an account.

use axum::extract::State;
use convoke_core::model::activity::TargetKind;
use convoke_domain::ParameterError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::export::{self, Export, export_list};
use crate::extract::{Accept, Caller, Format, PathIds, QueryParams};
use crate::response::{ApiResult, List, json_line, list_page};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, ActivityId, InvitationId, UserId};
use convoke_domain::ReadTx;
use convoke_domain::activity::{self, Entry, Filter};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Serialize, ToSchema)]
struct PartyView {
    /// `user`, `api_key`, `invitation_link`, `system`; for targets `user`, `account`, `invitation`.
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActivityView {
    #[schema(value_type = String, example = "evt_01h455vb4pex5vsknk084sn02q")]
    id: ActivityId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: PartyView,
    /// A dotted name such as `invitation.created`.
    action: &'static str,
    target: Option<PartyView>,
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl ActivityView {
    pub(super) fn new(entry: Entry) -> Self {
        let actor = PartyView {
            kind: entry.actor_kind.as_str(),
            id: entry.actor_id.map(|id| UserId::from(id).to_string()),
            name: entry.actor_name,
        };
        let target_id = |kind| {
            entry.target_id.map(|id| match kind {
                TargetKind::User => UserId::from(id).to_string(),
                TargetKind::Account => AccountId::from(id).to_string(),
                TargetKind::Invitation => InvitationId::from(id).to_string(),
            })
        };
        let target = entry.target_kind.map(|kind| PartyView {
            kind: kind.as_str(),
            id: target_id(kind),
            name: entry.target_name,
        });
        let value = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: entry.id,
            at: entry.at,
            actor,
            action: entry.action.as_str(),
            target,
            before: value(entry.before),
            after: value(entry.after),
            ip: entry.ip,
            user_agent: entry.user_agent.map(String::from),
        }
    }

    fn cells(&self) -> Vec<String> {
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        let target = self.target.as_ref();
        vec![
            self.id.to_string(),
            self.at.to_string(),
            self.actor.kind.to_owned(),
            text(self.actor.id.as_ref()),
            text(self.actor.name.as_ref()),
            self.action.to_owned(),
            target.map_or("", |party| party.kind).to_owned(),
            text(target.and_then(|party| party.id.as_ref())),
            text(target.and_then(|party| party.name.as_ref())),
            json(&self.before),
            json(&self.after),
            text(self.ip.as_ref()),
            text(self.user_agent.as_ref()),
        ]
    }
}

/// List what happened in an account
///
/// Newest first. Sign-ins of members are among the entries: `member.signed_in`, `member.signed_out`,
/// `member.sign_in_failed` and `member.locked`, the last two once per client and hour. `Accept: text/csv` or
/// `application/x-ndjson`, or `format=csv`, `xlsx` or `ndjson`, exports all.
#[utoipa::path(get, path = "/accounts/{account}/activity", tag = "Activity",
    params(("account" = String, Path), ("actor" = Option<String>, Query, description = "The id of the user who did it"),
        ("person" = Option<String>, Query,
            description = "Who did it or whom it concerns: an id, or words of a name, an address or an invited address"),
        ("q" = Option<String>, Query, description = "Words of the entry"),
        ("product" = Option<String>, Query, description = "The key of a product that the entry or its roles belong to"),
        ("action" = Option<String>, Query, description = "A dotted name"),
        ("from" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
        ("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of entries", body = List<ActivityView>)))]
async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    accept: Accept,
    params: QueryParams,
) -> ApiResult {
    let filter = Filter {
        actor: params.parse("actor", ParameterError::NotUserId, |text| text.parse().ok())?,
        person: params.text("person"),
        text: params.text("q"),
        action: params.get("action").map(str::to_owned),
        product: params.text("product"),
        from: params.moment("from")?,
        to: params.moment("to")?,
    };
    let read = move |tx: &mut ReadTx<'_, '_>, cursor: Option<&str>, limit| {
        activity::list_of_account(tx, &caller, account, &filter, cursor, limit)
    };
    if accept.best(&export::FORMATS) == Format::Json {
        return list_page(&app, &params, read, ActivityView::new).await;
    }
    let export = Export {
        name: "activity",
        titles: &TITLES,
        cells: |entry: &Entry| ActivityView::new(entry.clone()).cells(),
        json: |entry| json_line(&ActivityView::new(entry)),
    };
    export_list(app, &accept, export, None, read).await
}

const TITLES: [&str; 13] = [
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "target_kind",
    "target_id",
    "target_name",
    "before",
    "after",
    "ip",
    "user_agent",
];
