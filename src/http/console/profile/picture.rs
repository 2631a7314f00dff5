//! One's own picture.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;

use super::done;
use super::show::{Typed, page};
use crate::domain::{Error, users};
use crate::http::console::form::{Form, Line, Nothing, Refused};
use crate::http::console::visit::{Shown, Visit};

/// The file of a form, if one was chosen.
async fn file(form: &mut Multipart) -> Result<Option<Vec<u8>>, MultipartError> {
    while let Some(field) = form.next_field().await? {
        if field.name() == Some("picture") {
            let bytes = field.bytes().await?;
            return Ok((!bytes.is_empty()).then(|| bytes.to_vec()));
        }
    }
    Ok(None)
}

pub(super) async fn set(visit: Visit, mut form: Multipart) -> Shown {
    let caller = visit.signed_in("/profile")?;
    let (status, key) = match file(&mut form).await {
        Ok(Some(file)) => match visit.app.set_picture(caller, file).await {
            Ok(()) => return Ok(done(&visit, "picture")),
            Err(Error::Invalid(_)) => (StatusCode::UNPROCESSABLE_ENTITY, "fault-picture"),
            Err(other) => return Err(visit.fail(other)),
        },
        Ok(None) => (StatusCode::UNPROCESSABLE_ENTITY, "fault-no-picture"),
        Err(fault) if fault.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            (StatusCode::PAYLOAD_TOO_LARGE, "fault-picture-too-large")
        }
        Err(_) => (StatusCode::BAD_REQUEST, "fault-picture"),
    };
    let refused = Refused {
        status,
        lines: vec![Line {
            field: "picture".to_owned(),
            text: visit.t(key),
        }],
        retry_after: None,
    };
    page(&visit, refused, Typed::default()).await
}

pub(super) async fn remove(visit: Visit, Form(Nothing {}): Form<Nothing>) -> Shown {
    let caller = visit.signed_in("/profile")?;
    let removed = visit
        .app
        .write(move |tx| users::remove_picture(tx, &caller))
        .await;
    removed.map_err(|refusal| visit.fail(refusal))?;
    Ok(done(&visit, "picture-removed"))
}
