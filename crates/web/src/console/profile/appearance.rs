//! Theme and keyboard shortcuts.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::choice::Choice;
use super::layout::{Section, SectionLink};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{ErrorSummaryItem, Form, FormErrors};
use crate::console::page::{Page, render_page};
use convoke_domain::users::{ProfileUpdate, THEMES};

#[derive(Template)]
#[template(path = "profile/appearance.html")]
struct AppearancePage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    themes: Vec<Choice>,
    shortcuts: bool,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, &FormErrors::none())
}

fn page(context: &PageContext, errors: &FormErrors) -> Result<Response, PageError> {
    let section = Section::Appearance;
    let user = context.require_user_or_redirect(section.path())?.user;
    let theme = |theme: &str| Choice {
        value: theme.to_owned(),
        label: context.t(&format!("theme-{theme}")),
        chosen: theme == user.theme,
    };
    let mut page = section.page(context);
    page.failed = !errors.items.is_empty();
    let view = AppearancePage {
        page,
        sections: section.links(context),
        themes: THEMES.map(theme).into(),
        shortcuts: user.shortcuts,
        errors: errors.items.clone(),
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ThemeForm {
    theme: String,
}

pub(super) async fn save_theme(context: PageContext, Form(form): Form<ThemeForm>) -> PageResult {
    let update = ProfileUpdate {
        theme: Some(form.theme),
        ..ProfileUpdate::default()
    };
    save(&context, update).await
}

/// A checkbox is sent only when it is on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ShortcutsForm {
    shortcuts: String,
}

pub(super) async fn save_shortcuts(
    context: PageContext,
    Form(form): Form<ShortcutsForm>,
) -> PageResult {
    let update = ProfileUpdate {
        shortcuts: Some(!form.shortcuts.is_empty()),
        ..ProfileUpdate::default()
    };
    save(&context, update).await
}

async fn save(context: &PageContext, update: ProfileUpdate) -> PageResult {
    let show = |context: &PageContext, errors| page(context, &errors);
    Section::Appearance.save(context, update, "", show).await
}
