//! A further account of one's own.

use serde::Deserialize;

use crate::domain::accounts;
use crate::http::console::context::{PageContext, PageResult};
use crate::http::console::form::{Field, Form, FormErrors, FormPage};
use crate::http::console::page::NavSection;
use crate::http::console::unsaved_input;

pub(super) async fn show(visit: PageContext) -> PageResult {
    visit.require_user()?;
    Ok(page(&visit, FormErrors::none(), String::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewAccount {
    name: String,
}

pub(super) async fn submit(visit: PageContext, Form(form): Form<NewAccount>) -> PageResult {
    let caller = unsaved_input::require_user_keeping_input(&visit, "/accounts/new", &form.name)?;
    let name = form.name.clone();
    let done = visit
        .app
        .write(move |tx| accounts::create(tx, &caller, &name))
        .await;
    match done {
        Ok(card) => Ok(visit.flash(&format!(
            "/accounts/{}?done=account-created",
            card.account.id
        ))),
        Err(refusal) => {
            let kept = Some(form.name.clone());
            let refused = FormErrors::from_error_with_input(&visit, refusal, "name", "", kept)?;
            Ok(page(&visit, refused, form.name))
        }
    }
}

fn page(visit: &PageContext, refused: FormErrors, name: String) -> axum::response::Response {
    let mut form = FormPage::new(visit, "account-new", "/accounts".to_owned());
    let title = form.page.title.clone();
    form.page.place = NavSection::Accounts;
    form.page = form
        .page
        .crumb(visit.t("layout-accounts"), Some("/accounts"))
        .crumb(title, None);
    form.intro.push(visit.t("account-new-text"));
    form.fields.push(Field {
        name: "name",
        label: visit.t("field-account-name"),
        kind: "text",
        autocomplete: "organization",
        value: name,
        ..Field::default()
    });
    form.show(refused)
}
