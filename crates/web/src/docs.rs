//! The API reference: one page rendered from the OpenAPI document, without script and without requests to other
//! origins.

mod schema;

use askama::Template;
use axum::Router;
use serde_json::Value;

use super::console::{self, MarkedText, Page};
use convoke_api::openapi::document;
use convoke_api::problem::{CODES, Code};
use convoke_api::response::rendered_once;
use convoke_app::App;
use convoke_core::language::Locale;
use schema::{FieldRow, Kind};

/// Tags in the order in which a newcomer needs them; others follow.
const ORDER: [&str; 7] = [
    "Sign-up and sign-in",
    "Me",
    "Accounts",
    "Members",
    "Invitations",
    "Activity",
    "Products",
];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/docs", rendered_once("text/html; charset=utf-8", html))
}

#[derive(Template)]
#[template(path = "docs/show.html")]
struct Docs<'a> {
    page: Page<'a>,
    origin: &'a str,
    version: String,
    groups: Vec<Group>,
    objects: Vec<Object>,
    codes: &'static [Code],
}

impl Docs<'_> {
    /// A description, with code between backticks.
    fn coded(text: &str) -> MarkedText {
        MarkedText::with_inline_code(text)
    }
}

/// The operations of one tag.
struct Group {
    name: String,
    anchor: String,
    operations: Vec<Operation>,
}

struct Operation {
    anchor: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<Parameter>,
    body: Vec<FieldRow>,
    responses: Vec<OperationResponse>,
}

struct Parameter {
    name: String,
    place: String,
    kind: Kind,
    required: bool,
    description: String,
}

struct OperationResponse {
    status: String,
    description: String,
    kind: Option<Kind>,
}

/// An object of responses.
struct Object {
    name: String,
    anchor: String,
    fields: Vec<FieldRow>,
}

fn html(app: &App) -> String {
    let document = serde_json::to_value(document()).unwrap_or_default();
    let title = "The API".to_owned();
    let page = Page::new(&app.config.brand, Locale::En, title.clone());
    let view = Docs {
        page: page.crumb(title, None),
        origin: &app.public_origin,
        version: text(&document, "/info/version"),
        groups: groups(&document),
        objects: objects(&document),
        codes: CODES,
    };
    console::document(&view.page, &view).unwrap_or_else(|error| {
        tracing::error!(%error, "API documentation not rendered");
        String::new()
    })
}

/// The text at a JSON pointer; empty when there is none.
fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The words of a text in lower case, joined by hyphens.
fn anchor(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let members = value.pointer(pointer).and_then(Value::as_object);
    members.into_iter().flatten()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    let items = value.pointer(pointer).and_then(Value::as_array);
    items.into_iter().flatten()
}

fn groups(document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = ORDER.into_iter().map(group).collect();
    for (path, methods) in members(document, "/paths") {
        for (method, described) in members(methods, "") {
            let tag = text(described, "/tags/0");
            let operation = operation(document, path, method, described);
            match groups.iter_mut().find(|group| group.name == tag) {
                Some(known) => known.operations.push(operation),
                None => groups.push(Group {
                    operations: vec![operation],
                    ..group(&tag)
                }),
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

fn group(name: &str) -> Group {
    Group {
        name: name.to_owned(),
        anchor: anchor(name),
        operations: Vec::new(),
    }
}

fn operation(document: &Value, path: &str, method: &str, described: &Value) -> Operation {
    let short = path.strip_prefix("/api/v1").unwrap_or(path);
    let parameters = items(described, "/parameters").map(|parameter| Parameter {
        name: text(parameter, "/name"),
        place: text(parameter, "/in"),
        kind: Kind::of(parameter.pointer("/schema")),
        required: parameter.pointer("/required") == Some(&Value::Bool(true)),
        description: text(parameter, "/description"),
    });
    let responses = members(described, "/responses")
        // Every operation may respond with a problem; the page's conventions describe them.
        .filter(|(status, _)| *status != "default")
        .map(|(status, response)| OperationResponse {
            status: status.clone(),
            description: text(response, "/description"),
            kind: response
                .pointer("/content/application~1json/schema")
                .map(|schema| Kind::of(Some(schema))),
        });
    let body = described.pointer("/requestBody/content/application~1json/schema");
    Operation {
        anchor: anchor(&format!("{method} {short}")),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: text(described, "/summary"),
        description: text(described, "/description"),
        parameters: parameters.collect(),
        body: body
            .map(|schema| schema::fields(document, schema))
            .unwrap_or_default(),
        responses: responses.collect(),
    }
}

/// The objects of responses; those of requests are shown where they are sent.
fn objects(document: &Value) -> Vec<Object> {
    members(document, "/components/schemas")
        .filter(|(name, _)| schema::is_shown(document, name))
        .map(|(name, schema)| Object {
            name: schema::display_name(name),
            anchor: schema::anchor(name),
            // Required fields are marked in request bodies only.
            fields: schema::fields(document, schema)
                .into_iter()
                .map(|field| FieldRow {
                    required: false,
                    ..field
                })
                .collect(),
        })
        .collect()
}
