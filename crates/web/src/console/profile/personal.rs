//! Picture, name and phone, with the login and the id, which do not change (rule U6).

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use crate::console::components::Avatar;
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{self, ErrorSummaryItem, Field, Form, FormErrors};
use crate::console::page::{Page, render_page};
use convoke_domain::users::ProfileUpdate;

#[derive(Template)]
#[template(path = "profile/personal.html")]
struct PersonalPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    avatar: Avatar,
    has_picture: bool,
    name: Vec<Field>,
    phone: Field,
    login: String,
    id: String,
    errors: Vec<ErrorSummaryItem>,
}

/// Rejected input; the saved value is shown where there is none.
#[derive(Default)]
pub(super) struct UnsavedInput {
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, &FormErrors::none(), UnsavedInput::default())
}

fn text(name: &'static str, label: String, autocomplete: &'static str, value: String) -> Field {
    Field {
        name,
        label,
        kind: "text",
        autocomplete,
        value,
        ..Field::default()
    }
}

/// The page with rejected input and its errors.
pub(super) fn page(
    context: &PageContext,
    errors: &FormErrors,
    input: UnsavedInput,
) -> Result<Response, PageError> {
    let section = Section::Personal;
    let user = context.require_user_or_redirect(section.path())?.user;
    let input_or = |input: Option<String>, saved: Option<&String>| {
        input.unwrap_or_else(|| saved.cloned().unwrap_or_default())
    };
    let mut name = vec![
        text(
            "first_name",
            context.t("field-first-name"),
            "given-name",
            input_or(input.first_name, Some(&user.first_name)),
        ),
        Field {
            optional: true,
            ..text(
                "last_name",
                context.t("field-last-name"),
                "family-name",
                input_or(input.last_name, user.last_name.as_ref()),
            )
        },
    ];
    let mut phone = Field {
        kind: "tel",
        optional: true,
        ..text(
            "phone",
            context.t("field-phone"),
            "tel",
            input_or(input.phone, user.phone.as_ref()),
        )
    };
    errors.attach_to_fields(&mut name);
    let items = errors.attach_to_fields(std::slice::from_mut(&mut phone));
    let mut page = section.page(context);
    page.failed = !items.is_empty();
    let view = PersonalPage {
        page,
        sections: section.links(context),
        avatar: Avatar::new(&user.name(), user.picture.as_deref()),
        has_picture: user.picture.is_some(),
        name,
        phone,
        login: user.login.clone(),
        id: user.id.to_string(),
        errors: items,
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NameForm {
    first_name: String,
    last_name: String,
}

pub(super) async fn save_name(context: PageContext, Form(form): Form<NameForm>) -> PageResult {
    let last_name = form.last_name.trim().to_owned();
    let update = ProfileUpdate {
        first_name: Some(form.first_name.clone()),
        last_name: Some(Some(last_name).filter(|name| !name.is_empty())),
        ..ProfileUpdate::default()
    };
    let typed = format!("{} {}", form.first_name, form.last_name);
    let input = UnsavedInput {
        first_name: Some(form.first_name),
        last_name: Some(form.last_name),
        ..UnsavedInput::default()
    };
    let section = Section::Personal;
    let show = |context: &PageContext, errors| page(context, &errors, input);
    section.save(&context, update, &typed, show).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PhoneForm {
    phone: String,
}

pub(super) async fn save_phone(context: PageContext, Form(form): Form<PhoneForm>) -> PageResult {
    let update = ProfileUpdate {
        phone: Some(Some(form.phone.clone())),
        ..ProfileUpdate::default()
    };
    let input = UnsavedInput {
        phone: Some(form.phone.clone()),
        ..UnsavedInput::default()
    };
    let section = Section::Personal;
    let show = |context: &PageContext, errors| page(context, &errors, input);
    section.save(&context, update, &form.phone, show).await
}
