//! The OpenAPI 3.1 document, generated from the routes.

mod constraints;
mod problems;

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, RefOr, Type,
    schema::Schema,
};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::session_cookie_name;
use crate::response::rendered_once;
use convoke_app::App;

const BASE: &str = "/api/v1";

/// The API's router.
pub fn router() -> Router<App> {
    OpenApiRouter::new()
        .nest(BASE, crate::resources())
        .split_for_parts()
        .0
}

/// The document with all details.
#[must_use]
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Convoke")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Sign-up, accounts, members and roles, invitations. Errors are problem+json (RFC 9457) with a stable \
             `code`; ids are TypeIDs; times are RFC 3339 in UTC with milliseconds.",
        ))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("session", session_scheme(true))
        .schema("Problem", problem_schema())
        .build();
    let openapi = OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build();
    let (_, mut openapi) = OpenApiRouter::with_openapi(openapi)
        .nest(BASE, crate::resources())
        .split_for_parts();
    constraints::add(&mut openapi);
    problems::add(&mut openapi);
    name_operations(&mut openapi);
    openapi
}

/// The cookie of a session; its name depends on whether the public address uses https.
fn session_scheme(https: bool) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(session_cookie_name(https))))
}

fn problem_schema() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let number = ObjectBuilder::new().schema_type(Type::Integer).build();
    let schema = ObjectBuilder::new()
        .property("type", text())
        .property("title", text())
        .property("status", number)
        .property("detail", text())
        .property("code", text())
        .property("request_id", text())
        .required("type")
        .required("title")
        .required("status")
        .required("detail")
        .required("code")
        .required("request_id")
        .build();
    RefOr::T(Schema::Object(schema))
}

/// Every operation of the document.
fn operations(openapi: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    openapi.paths.paths.values_mut().flat_map(|item| {
        [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ]
        .into_iter()
        .flatten()
    })
}

/// Names each operation by its method and path, since handlers of several nouns have the same name.
fn name_operations(openapi: &mut OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let suffix: String = path
            .trim_start_matches(BASE)
            .replace(['{', '}'], "")
            .replace(['/', '-'], "_");
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}{suffix}"));
            }
        }
    }
}

/// The document as served.
pub fn routes() -> Router<App> {
    let show = rendered_once("application/json", |app| {
        let mut document = document();
        if let Some(components) = &mut document.components {
            components.add_security_scheme("session", session_scheme(app.https));
        }
        document.to_json().unwrap_or_default()
    });
    Router::new().route("/api/v1/openapi.json", show)
}
