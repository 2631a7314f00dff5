//! A further account of one's own.

use serde::Deserialize;

use crate::console::context::{PageContext, PageResult};
use crate::console::form::{Field, Form, FormErrors, FormPage};
use crate::console::page::NavSection;
use crate::console::unsaved_input;
use convoke_domain::accounts;

pub(super) async fn show(context: PageContext) -> PageResult {
    context.require_user()?;
    Ok(page(&context, FormErrors::none(), String::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewAccount {
    name: String,
}

pub(super) async fn submit(context: PageContext, Form(form): Form<NewAccount>) -> PageResult {
    let caller = unsaved_input::require_user_keeping_input(&context, "/accounts/new", &form.name)?;
    let name = form.name.clone();
    let done = context
        .app
        .write(move |tx| accounts::create(tx, &caller, &name))
        .await;
    match done {
        Ok(summary) => Ok(context.flash(&format!(
            "/accounts/{}?done=account-created",
            summary.account.id
        ))),
        Err(error) => {
            let kept = Some(form.name.clone());
            let refused = FormErrors::from_error_with_input(&context, error, "name", "", kept)?;
            Ok(page(&context, refused, form.name))
        }
    }
}

fn page(context: &PageContext, refused: FormErrors, name: String) -> axum::response::Response {
    let mut form = FormPage::new(context, "account-new", "/accounts".to_owned());
    let title = form.page.title.clone();
    form.page.place = NavSection::Accounts;
    form.page = form
        .page
        .crumb(context.t("layout-accounts"), Some("/accounts"))
        .crumb(title, None);
    form.intro.push(context.t("account-new-text"));
    form.fields.push(Field {
        name: "name",
        label: context.t("field-account-name"),
        kind: "text",
        autocomplete: "organization",
        value: name,
        ..Field::default()
    });
    form.show(refused)
}
