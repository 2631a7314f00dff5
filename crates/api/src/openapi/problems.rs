//! The problem responses of each operation, derived from its parameters and body, and the operations that need a session.

use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::BASE;

/// Operations without a session.
const PUBLIC: &[(&str, &str)] = &[
    ("get", "/product"),
    ("get", "/products"),
    ("get", "/providers"),
    ("post", "/invitations/decline"),
    ("post", "/invitations/preview"),
    ("post", "/invitations/request-address"),
    ("post", "/password-resets"),
    ("post", "/password-resets/confirm"),
    ("post", "/registrations"),
    ("post", "/registrations/confirm"),
    ("post", "/sessions"),
];

/// Further statuses of operations, which depend on the state of the resource.
const STATES: &[(&str, &str, &[&str])] = &[
    ("delete", "/accounts/{account}/members/{user}", &["409"]),
    ("delete", "/me/identities/{identity}", &["409"]),
    (
        "patch",
        "/accounts/{account}/invitations/{invitation}",
        &["409", "410"],
    ),
    ("patch", "/accounts/{account}/members/{user}", &["412"]),
    ("post", "/accounts", &["409"]),
    ("post", "/accounts/{account}/invitations", &["409"]),
    (
        "post",
        "/accounts/{account}/invitations/{invitation}/links",
        &["409", "410"],
    ),
    (
        "post",
        "/accounts/{account}/invitations/{invitation}/resend",
        &["409", "410"],
    ),
    (
        "post",
        "/accounts/{account}/invitations/{invitation}/revoke",
        &["409", "410"],
    ),
    ("post", "/accounts/{account}/leave", &["409"]),
    ("post", "/accounts/{account}/ownership-offer", &["409"]),
    ("post", "/invitations/accept", &["403", "404", "409", "410"]),
    ("post", "/invitations/decline", &["404", "409", "410"]),
    ("post", "/invitations/preview", &["404", "410"]),
    (
        "post",
        "/invitations/request-address",
        &["404", "409", "410"],
    ),
    ("post", "/me/email/confirm", &["410"]),
    (
        "post",
        "/me/invitations/{invitation}/accept",
        &["409", "410"],
    ),
    (
        "post",
        "/me/invitations/{invitation}/decline",
        &["409", "410"],
    ),
    (
        "post",
        "/me/ownership-offers/{account}/accept",
        &["409", "410"],
    ),
    ("post", "/me/ownership-offers/{account}/decline", &["410"]),
    ("post", "/password-resets/confirm", &["410"]),
    ("post", "/registrations", &["404", "409", "410"]),
    ("post", "/registrations/confirm", &["401", "410"]),
    ("post", "/sessions", &["401"]),
    ("put", "/me/picture", &["413", "415", "422"]),
];

/// Adds the problem responses of all operations, and `default` for those of any request.
pub(super) fn add(openapi: &mut OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let path = path.trim_start_matches(BASE).to_owned();
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                describe(method, &path, operation);
            }
        }
    }
}

fn describe(method: &str, path: &str, operation: &mut Operation) {
    let is_public = PUBLIC.contains(&(method, path));
    let mut statuses = vec!["default", "429", "503"];
    if !is_public {
        statuses.push("401");
        let session = SecurityRequirement::new("session", Vec::<String>::new());
        operation.security = Some(vec![session]);
    }
    if method != "get" {
        // CSRF protection, or a missing permission.
        statuses.push("403");
    }
    if path.contains('{') {
        statuses.push("404");
    }
    if path.starts_with("/accounts/{account}") {
        statuses.push("403");
    }
    let parameters = operation.parameters.iter().flatten();
    for parameter in parameters {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        if parameter.parameter_in != ParameterIn::Path {
            statuses.push("422");
        }
        if parameter.name == "Idempotency-Key" {
            statuses.push("409");
        }
    }
    if operation.request_body.is_some() {
        statuses.extend(["400", "413", "415", "422"]);
    }
    let states = STATES
        .iter()
        .find(|(known_method, known_path, _)| *known_method == method && *known_path == path);
    statuses.extend(states.into_iter().flat_map(|(.., listed)| *listed));
    for status in statuses {
        let responses = &mut operation.responses.responses;
        let response = RefOr::T(problem(status));
        responses.entry(status.to_owned()).or_insert(response);
    }
}

fn problem(status: &str) -> Response {
    let description = match status {
        "400" => "The body is not JSON",
        "401" => "You are not signed in, or the password is wrong",
        "403" => "A permission is missing, or a page of another site sent the request",
        "404" => "Does not exist, or the caller may not know that it does",
        "409" => "The state does not allow it, or the idempotency key is in use",
        "410" => "The invitation or the link has ended",
        "412" => "Somebody else changed it meanwhile",
        "413" => "The body is too large",
        "415" => "The body is of another type",
        "422" => "The request has errors; errors lists them",
        "429" => "Too many requests; Retry-After says when to try again",
        "503" => "The database is unavailable; nothing was acknowledged",
        _ => "A problem; its code says which",
    };
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}
