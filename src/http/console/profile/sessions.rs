//! One's own sessions, ended one by one or all at once.

use serde::Deserialize;

use super::done;
use crate::core::ids::SessionId;
use crate::domain::{Error, sessions};
use crate::http::console::form::{Form, Nothing};
use crate::http::console::visit::{Shown, Visit};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Chosen {
    id: String,
}

pub(super) async fn end(visit: Visit, Form(form): Form<Chosen>) -> Shown {
    let caller = visit.signed_in("/profile")?;
    let id: Option<SessionId> = form.id.parse().ok();
    let ended = visit
        .app
        .write(move |tx| match id {
            Some(id) => sessions::end(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match ended {
        // It had ended by itself, or in another tab.
        Ok(()) | Err(Error::NotFound) => Ok(done(&visit, "session-ended")),
        Err(other) => Err(visit.fail(other)),
    }
}

pub(super) async fn end_others(visit: Visit, Form(Nothing {}): Form<Nothing>) -> Shown {
    let caller = visit.signed_in("/profile")?;
    let ended = visit
        .app
        .write(move |tx| sessions::end_others(tx, &caller))
        .await;
    ended.map_err(|refusal| visit.fail(refusal))?;
    Ok(done(&visit, "others-ended"))
}
