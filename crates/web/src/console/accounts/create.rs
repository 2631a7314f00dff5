//! Creation of an account.

use serde::Deserialize;

use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{Field, FormErrors, FormPage};
use crate::console::once::{self, OnceForm, Target};
use crate::console::page::NavSection;
use crate::console::{unsaved_input, urls};
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

pub(super) async fn submit(
    context: PageContext,
    OnceForm { form, key }: OnceForm<NewAccount>,
) -> PageResult {
    let caller =
        unsaved_input::require_user_keeping_input(&context, urls::NEW_ACCOUNT, &form.name)?;
    let name = form.name.clone();
    let result = once::run_once(&context, caller, None, key.as_ref(), move |tx, caller| {
        let summary = accounts::create(tx, caller, &name)?;
        let path = urls::account(summary.account.id);
        Ok(Target::with_message(path, &FlashMessage::AccountCreated))
    })
    .await;
    match result {
        Ok(target) => Ok(target.redirect(&context)),
        Err(error) => {
            let input = Some(form.name.clone());
            let errors = FormErrors::from_error_with_input(&context, error, "name", input)?;
            Ok(page(&context, errors, form.name))
        }
    }
}

fn page(context: &PageContext, errors: FormErrors, name: String) -> axum::response::Response {
    let form = FormPage::new(context, "account-new", urls::ACCOUNTS.to_owned());
    let mut form = form.once(context);
    let title = form.page.title.clone();
    form.page.section = NavSection::Accounts;
    form.page = form
        .page
        .crumb(context.t("layout-accounts"), Some(urls::ACCOUNTS))
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
    form.cancel = Some(urls::ACCOUNTS);
    form.show(errors)
}
