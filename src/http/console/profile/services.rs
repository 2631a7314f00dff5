//! Services connected to one's own user.

use serde::Deserialize;

use super::done;
use super::show::{Typed, page};
use crate::core::ids::IdentityId;
use crate::domain::{Error, identities};
use crate::http::console::form::{Form, Line, Refused};
use crate::http::console::visit::{Shown, Visit, status};
use crate::http::problem::Problem;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Chosen {
    id: String,
}

pub(super) async fn disconnect(visit: Visit, Form(form): Form<Chosen>) -> Shown {
    let caller = visit.signed_in("/profile")?;
    let id: Option<IdentityId> = form.id.parse().ok();
    let gone = visit
        .app
        .write(move |tx| match id {
            Some(id) => identities::disconnect(tx, &caller, id),
            None => Err(Error::NotFound),
        })
        .await;
    match gone {
        // It was disconnected in another tab.
        Ok(()) | Err(Error::NotFound) => Ok(done(&visit, "disconnected")),
        Err(refusal @ Error::LastSignInMethod) => {
            let refused = Refused {
                status: status(Problem::from(refusal).code.status),
                lines: vec![Line {
                    field: "services".to_owned(),
                    text: visit.t("refusal-last-sign-in-method"),
                }],
                retry_after: None,
            };
            page(&visit, refused, Typed::default()).await
        }
        Err(other) => Err(visit.fail(other)),
    }
}
