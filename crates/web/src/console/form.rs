//! Forms: parsed strictly, shown again with an error summary and all input except passwords.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::de::value::{Error as ValueError, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::context::{PageContext, PageError, status_code};
use super::error_text;
use super::form_key;
use super::oauth::Service;
use super::page::{Page, render_page};
use crate::middleware::leads_to;
use convoke_api::extract::single_header;
use convoke_api::field_error_text::field_error_text;
use convoke_api::json::collect;
use convoke_api::parameters;
use convoke_api::problem::{self, Problem};
use convoke_domain::Error;

/// The fields of a posted form. Unknown fields are rejected, and repeated fields that are not lists (security rule 5).
pub(super) struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read_fields(request).await.and_then(deserialize).map(Self)
    }
}

/// Names and values of a posted form's fields.
pub(super) async fn read_fields(request: Request) -> Result<Vec<(String, String)>, Problem> {
    let is_form_type = is_form(&request);
    let bytes = collect(request).await?;
    if !is_form_type && !bytes.is_empty() {
        return Err(Problem::new(
            problem::UNSUPPORTED_MEDIA_TYPE,
            "A form must be sent as application/x-www-form-urlencoded. Send it from its page.",
        ));
    }
    Ok(parameters::parse(&bytes, parameters::Source::Form)?)
}

/// A form with these fields.
pub(super) fn deserialize<T: DeserializeOwned>(
    fields: Vec<(String, String)>,
) -> Result<T, Problem> {
    let mut values: BTreeMap<String, Values> = BTreeMap::new();
    for (name, value) in fields {
        values.entry(name).or_default().0.push(value);
    }
    let read: Result<T, ValueError> = T::deserialize(MapDeserializer::new(values.into_iter()));
    read.map_err(|_| {
        Problem::new(
            problem::VALIDATION_FAILED,
            "These are not the fields of the form. Load its page again and send it from there.",
        )
    })
}

/// The values of a field: one, or several where it may be repeated, such as checkboxes.
#[derive(Default)]
struct Values(Vec<String>);

impl IntoDeserializer<'_, ValueError> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ValueError> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some(value), true) => visitor.visit_string(value),
            _ => Err(ValueError::custom("a field is repeated")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

fn is_form(request: &Request) -> bool {
    let kind = single_header(request.headers(), &header::CONTENT_TYPE);
    let essence = kind
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The version that a form was made from, of its hidden field: none where the field is missing. A text that is no version is one
/// that nothing has, so that it does not turn the comparison off.
pub(super) fn seen_version(text: &str) -> Option<i64> {
    const UNKNOWN: i64 = -1;
    (!text.is_empty()).then(|| text.parse().unwrap_or(UNKNOWN))
}

/// A form without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmptyForm {}

/// A field of a form, as it is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub name: &'static str,
    pub label: String,
    /// `text`, `email` or `password`.
    pub kind: &'static str,
    /// What browsers may fill in (HTML, autofill detail tokens).
    pub autocomplete: &'static str,
    pub value: String,
    pub hint: Option<String>,
    pub optional: bool,
    /// Whether it is shown only.
    pub readonly: bool,
    /// What script says about a new password while it is typed.
    pub strength: Option<PasswordStrength>,
    /// Suggested values.
    pub options: Vec<String>,
    /// Its errors.
    pub errors: Vec<String>,
}

/// The texts about a new password while it is typed. The script finds the reasons that need no list of passwords; the server
/// decides.
#[derive(Clone, Debug)]
pub(super) struct PasswordStrength {
    /// The least number of characters.
    pub min: usize,
    /// Words besides those of the form's other fields that it may not consist of.
    pub words: String,
    /// Too short; `#` is the number of characters.
    pub short: String,
    /// A simple pattern.
    pub common: String,
    /// Made of the person's own words.
    pub own: String,
    /// No reason found; `#` is the number of characters.
    pub good: String,
}

impl Field {
    /// The ids of the texts that describe it, for `aria-describedby`.
    pub(super) fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.name));
        }
        if !self.errors.is_empty() {
            ids.push(format!("{}-error", self.name));
        }
        if self.strength.is_some() {
            ids.push(format!("{}-strength", self.name));
        }
        ids.join(" ")
    }
}

/// An item of the error summary.
#[derive(Clone, Debug)]
pub(super) struct ErrorSummaryItem {
    /// The field it links to.
    pub field: String,
    /// The error, then what to do.
    pub text: String,
}

/// The texts of the errors of a field, which its template shows beside it.
pub(super) fn messages<'a>(errors: &'a [ErrorSummaryItem], field: &str) -> Vec<&'a str> {
    let errors = errors.iter().filter(|item| item.field == field);
    errors.map(|item| item.text.as_str()).collect()
}

/// The errors of a submitted form.
#[derive(Clone, Debug)]
pub(super) struct FormErrors {
    pub status: StatusCode,
    pub items: Vec<ErrorSummaryItem>,
    pub retry_after: Option<u64>,
}

impl FormErrors {
    /// No errors: the form is shown for the first time.
    pub(super) fn none() -> Self {
        Self {
            status: StatusCode::OK,
            items: Vec::new(),
            retry_after: None,
        }
    }

    /// The errors of an operation; `main` is the field of errors that concern the whole form.
    ///
    /// # Errors
    /// An error page for errors that no change of the form can fix.
    pub(super) fn from_error(
        context: &PageContext,
        error: Error,
        main: &str,
    ) -> Result<Self, PageError> {
        Self::from_error_with_input(context, error, main, None)
    }

    /// The same; the error page shows unsaved input, to be copied.
    ///
    /// # Errors
    /// As [`FormErrors::from_error`].
    pub(super) fn from_error_with_input(
        context: &PageContext,
        error: Error,
        main: &str,
        input: Option<String>,
    ) -> Result<Self, PageError> {
        let mut items = Vec::new();
        match &error {
            Error::Invalid(errors) => {
                for error in errors {
                    items.push(ErrorSummaryItem {
                        field: error.pointer.trim_start_matches('/').to_owned(),
                        text: field_error_text(context.locale, error),
                    });
                }
            }
            Error::InvalidCredentials
            | Error::WrongPassword
            | Error::PasswordSignInDisabled
            | Error::SignUpClosed { .. }
            | Error::AccountLimitExceeded(_)
            | Error::AlreadyMember
            | Error::AlreadyInvited
            | Error::RegisteredUsersOnly(_)
            | Error::RateLimited(_) => {
                items.push(ErrorSummaryItem {
                    field: main.to_owned(),
                    text: error_text::error_text(context.locale, &error),
                });
            }
            _ => return Err(context.error_page_with_input(error, input)),
        }
        let problem = Problem::from(error);
        Ok(Self {
            status: status_code(problem.code.status),
            items,
            retry_after: problem.retry_after,
        })
    }
}

impl FormErrors {
    /// Adds each error to its field, and returns all of them for the summary.
    pub(super) fn attach_to_fields(&self, fields: &mut [Field]) -> Vec<ErrorSummaryItem> {
        for item in &self.items {
            let field = fields.iter_mut().find(|field| field.name == item.field);
            if let Some(field) = field {
                field.errors.push(item.text.clone());
            }
        }
        self.items.clone()
    }

    /// The same response with `Retry-After`, if it is known.
    pub(super) fn add_retry_after(&self, response: Response) -> Response {
        with_retry_after(response, self.retry_after)
    }
}

/// The same response with `Retry-After`, if there is one.
pub(super) fn with_retry_after(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// A link below a form, with a text before it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub lead: String,
    pub label: String,
    pub href: String,
}

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(super) struct FormPage<'a> {
    pub page: Page<'a>,
    /// The invitation through which the user came.
    pub banner: Option<String>,
    pub intro: Vec<String>,
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<Field>,
    pub errors: Vec<ErrorSummaryItem>,
    pub button: String,
    /// The page that a link to cancel leads to, on pages that are also shown in a dialog.
    pub cancel: Option<&'static str>,
    pub links: Vec<Link>,
    /// Sign-in services, above the form.
    pub services: Vec<Service>,
    /// Whether only services are offered.
    pub services_only: bool,
}

impl<'a> FormPage<'a> {
    /// A form whose texts are those of `key`: its title and its button.
    pub(super) fn new(context: &'a PageContext, key: &str, action: String) -> Self {
        let title = context.t(&format!("{key}-title"));
        let button = context.t(&format!("{key}-button"));
        Self::titled(context, title, button, action)
    }

    /// A form with a title and a button.
    pub(super) fn titled(
        context: &'a PageContext,
        title: String,
        button: String,
        action: String,
    ) -> Self {
        Self {
            page: context.page(title),
            banner: None,
            intro: Vec::new(),
            action,
            hidden: Vec::new(),
            fields: Vec::new(),
            errors: Vec::new(),
            button,
            cancel: None,
            links: Vec::new(),
            services: Vec::new(),
            services_only: false,
        }
    }

    /// Whether there is more to enter than passwords, which the browser keeps until the form is accepted.
    fn keeps_input(&self) -> bool {
        self.fields.iter().any(|field| field.kind != "password")
    }

    /// The same form, which counts once however often it is sent.
    pub(super) fn once(mut self, context: &PageContext) -> Self {
        self.hidden.push((form_key::FIELD, context.form_key()));
        self
    }

    /// The page with the errors at their fields and in the summary.
    pub(super) fn show(mut self, errors: FormErrors) -> Response {
        self.page.failed = !errors.items.is_empty();
        errors.attach_to_fields(&mut self.fields);
        self.errors = errors.items;
        let response = with_retry_after(
            render_page(errors.status, &self.page, &self),
            errors.retry_after,
        );
        let return_to = self
            .hidden
            .into_iter()
            .find(|(name, _)| *name == "return_to");
        match return_to {
            Some((_, path)) => leads_to(response, path),
            None => response,
        }
    }
}
