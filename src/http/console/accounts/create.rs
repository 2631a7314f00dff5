//! A further account of one's own.

use serde::Deserialize;

use crate::domain::accounts;
use crate::http::console::form::{Field, Form, FormPage, Refused};
use crate::http::console::kept;
use crate::http::console::page::Place;
use crate::http::console::visit::{Shown, Visit};

pub(super) async fn show(visit: Visit) -> Shown {
    visit.reader()?;
    Ok(page(&visit, Refused::not_yet(), String::new()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewAccount {
    name: String,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<NewAccount>) -> Shown {
    let caller = kept::caller(&visit, "/accounts/new", &form.name)?;
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
            let refused = Refused::of_keeping(&visit, refusal, "name", "", kept)?;
            Ok(page(&visit, refused, form.name))
        }
    }
}

fn page(visit: &Visit, refused: Refused, name: String) -> axum::response::Response {
    let mut form = FormPage::new(visit, "account-new", "/accounts".to_owned());
    let title = form.page.title.clone();
    form.page.place = Place::Accounts;
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
