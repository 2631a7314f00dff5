//! Language and time zone.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::choice::Choice;
use super::layout::{Section, SectionLink};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::form::{ErrorSummaryItem, Field, Form, FormErrors};
use crate::console::page::{Page, render_page};
use convoke_core::language::Locale;
use convoke_domain::users::ProfileUpdate;
use convoke_i18n::{clock, time_zone_id, time_zone_label, time_zone_labels};

#[derive(Template)]
#[template(path = "profile/language.html")]
struct LanguagePage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    languages: Vec<Choice>,
    time_zone: Field,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, FormErrors::none(), None)
}

/// The page with its errors; `typed` is a rejected time zone.
fn page(
    context: &PageContext,
    mut errors: FormErrors,
    typed: Option<String>,
) -> Result<Response, PageError> {
    let section = Section::Language;
    let user = context.require_user_or_redirect(section.path())?.user;
    let now = context.app.ctx.clock.now();
    for item in &mut errors.items {
        if item.field == "time_zone" {
            item.text = context.t("error-time-zone-choice");
        }
    }
    let time = clock(now, &user.time_zone);
    let mut time_zone = Field {
        name: "time_zone",
        label: context.t("profile-zone-label"),
        kind: "text",
        autocomplete: "off",
        value: typed.unwrap_or_else(|| time_zone_label(&user.time_zone, context.locale, now)),
        hint: Some(context.t_args("profile-now", &[("time", time.into())])),
        options: time_zone_labels(context.locale, now),
        ..Field::default()
    };
    let items = errors.attach_to_fields(std::slice::from_mut(&mut time_zone));
    let language = |locale: Locale| Choice {
        value: locale.to_string(),
        label: context.t(&format!("language-own-{locale}")),
        chosen: locale == user.locale,
    };
    let mut page = section.page(context);
    page.failed = !items.is_empty();
    let view = LanguagePage {
        page,
        sections: section.links(context),
        languages: Locale::ALL.into_iter().map(language).collect(),
        time_zone,
        errors: items,
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LanguageForm {
    locale: String,
}

pub(super) async fn save_language(
    context: PageContext,
    Form(form): Form<LanguageForm>,
) -> PageResult {
    let update = ProfileUpdate {
        locale: Some(form.locale),
        ..ProfileUpdate::default()
    };
    let show = |context: &PageContext, errors| page(context, errors, None);
    Section::Language.save(&context, update, "", show).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TimeZoneForm {
    time_zone: String,
}

pub(super) async fn save_time_zone(
    context: PageContext,
    Form(form): Form<TimeZoneForm>,
) -> PageResult {
    let update = ProfileUpdate {
        time_zone: Some(time_zone_id(&form.time_zone).to_owned()),
        ..ProfileUpdate::default()
    };
    let show = |context: &PageContext, errors| page(context, errors, Some(form.time_zone));
    Section::Language.save(&context, update, "", show).await
}
