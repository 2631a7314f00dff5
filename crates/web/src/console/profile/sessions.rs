//! The viewer's sessions, ended one by one or all at once.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::layout::{Section, SectionLink};
use crate::console::components::RelativeTime;
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form};
use crate::console::page::{Page, render_page};
use crate::console::{format, urls};
use convoke_core::ids::SessionId;
use convoke_domain::sessions::Session;
use convoke_domain::{Error, sessions};

/// A row of the list of sessions.
struct Row {
    id: SessionId,
    device: String,
    from: String,
    used: RelativeTime,
    current: bool,
}

impl Row {
    fn new(context: &PageContext, session: &Session, current: SessionId) -> Self {
        let agent = session.user_agent.as_deref().unwrap_or_default();
        let device = format::describe_device(context.locale, agent);
        Self {
            id: session.id,
            device: if device.is_empty() {
                context.t("profile-unknown-device")
            } else {
                device
            },
            from: session.ip.clone().unwrap_or_default(),
            used: context.relative_and_exact(session.last_used_at),
            current: session.id == current,
        }
    }
}

#[derive(Template)]
#[template(path = "profile/sessions.html")]
struct SessionsPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
    rows: Vec<Row>,
}

pub(super) async fn show(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    let current = caller.session.id;
    let sessions = context
        .app
        .read(move |tx| sessions::list(tx, &caller))
        .await
        .map_err(|error| context.error_page(error))?;
    let rows = sessions.iter();
    let view = SessionsPage {
        page: Section::Sessions.page(&context),
        sections: Section::Sessions.links(&context),
        rows: rows
            .map(|session| Row::new(&context, session, current))
            .collect(),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedSession {
    id: String,
}

pub(super) async fn end(context: PageContext, Form(form): Form<SelectedSession>) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE_SESSIONS)?;
    let id: Option<SessionId> = form.id.parse().ok();
    let result = context
        .app
        .write(move |tx| match id {
            Some(id) => sessions::end(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match result {
        // It had expired, or was ended in another tab.
        Ok(()) | Err(Error::NotFound) => {
            Ok(Section::Sessions.redirect(&context, &FlashMessage::SessionEnded))
        }
        Err(other) => Err(context.error_page(other)),
    }
}

pub(super) async fn end_others(
    context: PageContext,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE_SESSIONS)?;
    let result = context
        .app
        .write(move |tx| sessions::end_others(tx, &caller))
        .await;
    result.map_err(|error| context.error_page(error))?;
    Ok(Section::Sessions.redirect(&context, &FlashMessage::OtherSessionsEnded))
}
