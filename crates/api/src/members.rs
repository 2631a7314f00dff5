//! Members of an account.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use convoke_domain::FieldErrorKind;
use convoke_domain::ParameterError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::export::{self, Export, export_list};
use crate::extract::{Accept, Caller, Format, PathIds, QueryParams, single_header};
use crate::json::JsonBody;
use crate::response::{ApiResult, List, json, json_line, list_page};
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::authorization::valid_request;
use convoke_domain::invitations::SentInvitationsPolicy;
use convoke_domain::members::{self, Edit, Member, Query, Sort};
use convoke_domain::permissions::Permission;
use convoke_domain::{FieldError, ReadTx};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, edit, remove))
}

#[derive(Debug, Serialize, ToSchema)]
struct MemberUser {
    #[schema(value_type = String, example = "usr_01h455vb4pex5vsknk084sn02q")]
    id: UserId,
    login: String,
    email: Option<String>,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberView {
    user: MemberUser,
    roles: Vec<String>,
    owner: bool,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
    /// Kept to five minutes.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_active_at: Option<Timestamp>,
}

impl MemberView {
    pub(super) fn new(member: Member) -> Self {
        Self {
            user: MemberUser {
                id: member.user,
                login: member.login,
                email: member.email,
                name: member.name,
            },
            roles: member.roles,
            owner: member.owner,
            joined_at: member.joined_at,
            last_active_at: member.last_active_at,
        }
    }
}

/// List members
///
/// By name, or with `sort=last_active_at` the longest inactive first. `Accept: text/csv`
/// or `application/x-ndjson`, or `format=csv`, `xlsx` or `ndjson`, exports all.
#[utoipa::path(get, path = "/accounts/{account}/members", tag = "Members",
    params(("account" = String, Path), ("q" = Option<String>, Query, description = "Words of a name, an address or a login"),
        ("role" = Option<String>, Query), ("sort" = Option<String>, Query, description = "`name` or `last_active_at`"),
        ("limit" = Option<u8>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of members", body = List<MemberView>)))]
async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account,)): PathIds<(AccountId,)>,
    accept: Accept,
    params: QueryParams,
) -> ApiResult {
    let sort = params.parse(
        "sort",
        ParameterError::NotOneOf(&["name", "last_active_at"]),
        |text| match text {
            "name" => Some(Sort::Name),
            "last_active_at" => Some(Sort::LastActive),
            _ => None,
        },
    )?;
    let query = Query {
        text: params.text("q"),
        role: params.text("role"),
        sort: sort.unwrap_or_default(),
        cursor: None,
    };
    let read = move |tx: &mut ReadTx<'_, '_>, cursor: Option<&str>, limit| {
        let query = Query {
            cursor: cursor.map(str::to_owned),
            ..query.clone()
        };
        members::list(tx, &caller, account, &query, limit)
    };
    if accept.best(&export::FORMATS) == Format::Json {
        return list_page(&app, &params, read, MemberView::new).await;
    }
    let export = Export {
        name: "users",
        titles: &TITLES,
        cells,
        json: |member| json_line(&MemberView::new(member)),
    };
    export_list(app, &accept, export, params.cursor(), read).await
}

const TITLES: [&str; 8] = [
    "id",
    "login",
    "email",
    "name",
    "roles",
    "owner",
    "joined_at",
    "last_active_at",
];

fn cells(member: &Member) -> Vec<String> {
    let last_active = member.last_active_at.map(|at| at.to_string());
    vec![
        member.user.to_string(),
        member.login.clone(),
        member.email.clone().unwrap_or_default(),
        member.name.clone(),
        member.roles.join(" "),
        member.owner.to_string(),
        member.joined_at.to_string(),
        last_active.unwrap_or_default(),
    ]
}

fn with_etag(member: Member) -> ApiResult {
    let version = member.version;
    let mut response = json(StatusCode::OK, &MemberView::new(member))?;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Show a member
#[utoipa::path(get, path = "/accounts/{account}/members/{user}", tag = "Members",
    params(("account" = String, Path), ("user" = String, Path)),
    responses((status = 200, description = "The member, with an ETag", body = MemberView)))]
async fn show(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> ApiResult {
    let member = app
        .read(move |tx| members::get(tx, &caller, account, user))
        .await?;
    with_etag(member)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct MemberChange {
    /// The roles from now on; may be empty.
    #[schema(required)]
    roles: Vec<String>,
    /// `revoke` (default) or `keep`: what becomes of invitations they sent if they lose `USER_ADMIN`.
    #[schema(nullable = false)]
    sent_invitations: Option<String>,
}

const SENT_POLICIES: &[&str] = &["revoke", "keep"];

fn read_sent_policy(
    text: Option<&str>,
    pointer: &str,
) -> Result<SentInvitationsPolicy, Vec<FieldError>> {
    match text {
        None | Some("revoke") => Ok(SentInvitationsPolicy::Revoke),
        Some("keep") => Ok(SentInvitationsPolicy::Keep),
        Some(other) => {
            let kind = if pointer.starts_with('?') {
                FieldErrorKind::Parameter(ParameterError::NotOneOf(SENT_POLICIES))
            } else {
                FieldErrorKind::NotOneOf(SENT_POLICIES)
            };
            Err(vec![FieldError::new(pointer, kind).with_value(other)])
        }
    }
}

/// The version of `If-Match`: none for `*` or an absent header; a tag that is not a version matches no version.
fn if_match(headers: &HeaderMap) -> Option<i64> {
    const NONE: i64 = -1;
    if !headers.contains_key(header::IF_MATCH) {
        return None;
    }
    let Some(tag) = single_header(headers, &header::IF_MATCH) else {
        return Some(NONE);
    };
    match tag.trim() {
        "*" => None,
        tag => Some(tag.trim_matches('"').parse().unwrap_or(NONE)),
    }
}

/// Edit a member's roles
///
/// `If-Match` with the `ETag` rejects the edit when another request changed the member meanwhile.
#[utoipa::path(patch, path = "/accounts/{account}/members/{user}", tag = "Members",
    params(("account" = String, Path), ("user" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = MemberChange,
    responses((status = 200, description = "The member as it is now", body = MemberView)))]
async fn edit(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    headers: HeaderMap,
    body: JsonBody<MemberChange>,
) -> ApiResult {
    let version = if_match(&headers);
    let edit = body.check(|change| {
        let policy = read_sent_policy(change.sent_invitations.as_deref(), "/sent_invitations")?;
        Ok(Edit {
            roles: change.roles,
            sent_invitations: policy,
            version,
        })
    });
    let member = app
        .write_in_account(account, caller.user.id, move |tx| {
            let edit = valid_request(tx, &caller, account, Permission::ManageUsers, &edit)?;
            members::edit(tx, &caller, account, user, edit)
        })
        .await?;
    with_etag(member)
}

/// Remove a member
#[utoipa::path(delete, path = "/accounts/{account}/members/{user}", tag = "Members",
    params(("account" = String, Path), ("user" = String, Path),
        ("sent_invitations" = Option<String>, Query, description = "`revoke` (default) or `keep`")),
    responses((status = 204, description = "No member any more")))]
async fn remove(
    State(app): State<App>,
    Caller(caller): Caller,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
    params: QueryParams,
) -> ApiResult {
    let policy = read_sent_policy(params.get("sent_invitations"), "?sent_invitations");
    app.write_in_account(account, caller.user.id, move |tx| {
        let policy = valid_request(tx, &caller, account, Permission::ManageUsers, &policy)?;
        members::remove(tx, &caller, account, user, *policy)
    })
    .await?;
    json(StatusCode::NO_CONTENT, &())
}
