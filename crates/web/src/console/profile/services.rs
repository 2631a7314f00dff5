//! Services connected to the viewer's user.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use crate::console::components::RelativeTime;
use crate::console::context::{PageContext, PageError, PageResult, status_code};
use crate::console::flash::FlashMessage;
use crate::console::form::{ErrorSummaryItem, Form, FormErrors};
use crate::console::oauth::{Service, connect_path};
use crate::console::page::{Page, render_page};
use crate::console::urls;
use convoke_api::problem::Problem;
use convoke_core::ids::IdentityId;
use convoke_domain::identities::{self, Identity};
use convoke_domain::{Caller, Error};
use convoke_infra::identity_providers::Provider;

/// A row of the list of connected services.
struct Row {
    id: IdentityId,
    service: String,
    label: String,
    since: RelativeTime,
    /// Whether the user can sign in without it.
    can_disconnect: bool,
}

impl Row {
    fn new(context: &PageContext, caller: &Caller, all: &[Identity], identity: &Identity) -> Self {
        let others = all.iter().filter(|other| other.id != identity.id);
        let provider = context.app.providers.find(&identity.provider);
        Self {
            id: identity.id,
            // The id, where the service is not configured any more.
            service: provider
                .map_or(identity.provider.as_str(), Provider::name)
                .to_owned(),
            label: identity.label.clone().unwrap_or_default().into(),
            since: context.exact_and_relative(identity.created_at),
            can_disconnect: identities::can_sign_in(&caller.user, others, &context.app.ctx.policy),
        }
    }
}

#[derive(Template)]
#[template(path = "profile/services.html")]
struct ServicesPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    connected: Vec<Row>,
    services: Vec<Service>,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    page(&context, FormErrors::none()).await
}

async fn page(context: &PageContext, errors: FormErrors) -> Result<Response, PageError> {
    let section = Section::Services;
    let caller = context.require_user_or_redirect(section.path())?;
    let reader = caller.clone();
    let identities = context
        .app
        .read(move |tx| identities::list(tx, &reader))
        .await
        .map_err(|error| context.error_page(error))?;
    let mut page = section.page(context);
    page.failed = !errors.items.is_empty();
    let view = ServicesPage {
        page,
        sections: section.links(context),
        connected: identities
            .iter()
            .map(|identity| Row::new(context, &caller, &identities, identity))
            .collect(),
        services: connectable(context, &caller, &identities),
        errors: errors.items.clone(),
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

/// The services to connect. One may be connected several times, each with another user of it.
fn connectable(context: &PageContext, caller: &Caller, identities: &[Identity]) -> Vec<Service> {
    let service = |provider: &Provider| {
        let mut connected = identities.iter();
        let is_connected = connected.any(|identity| identity.provider == provider.settings.id);
        let key = if is_connected {
            "connect-another-button"
        } else {
            "connect-button"
        };
        Service {
            label: context.t_args(key, &[("service", provider.name().into())]),
            href: connect_path(&context.app, provider, caller),
        }
    };
    context.app.providers.all().map(service).collect()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedIdentity {
    id: String,
}

pub(super) async fn disconnect(
    context: PageContext,
    Form(form): Form<SelectedIdentity>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE_SERVICES)?;
    let id: Option<IdentityId> = form.id.parse().ok();
    let result = context
        .app
        .write(move |tx| match id {
            Some(id) => identities::disconnect(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match result {
        // It was disconnected in another tab.
        Ok(()) | Err(Error::NotFound) => {
            Ok(Section::Services.redirect(&context, &FlashMessage::ServiceDisconnected))
        }
        Err(error @ Error::LastSignInMethod) => {
            let errors = FormErrors {
                status: status_code(Problem::from(error).code.status),
                items: vec![ErrorSummaryItem {
                    field: "services".to_owned(),
                    text: context.t("error-last-sign-in-method"),
                }],
                retry_after: None,
            };
            page(&context, errors).await
        }
        Err(other) => Err(context.error_page(other)),
    }
}
