//! The viewer's picture.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;

use super::layout::Section;
use super::personal::{UnsavedInput, page};
use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, ErrorSummaryItem, Form, FormErrors};
use crate::console::urls;
use convoke_domain::users;

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

pub(super) async fn set(context: PageContext, mut form: Multipart) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let (status, key) = match file(&mut form).await {
        Ok(Some(file)) => match context.app.set_picture(caller, file).await {
            Ok(()) => return Ok(Section::Personal.redirect(&context, &FlashMessage::PictureSaved)),
            Err(error) => {
                let errors = FormErrors::from_error(&context, error, "picture")?;
                return page(&context, &errors, UnsavedInput::default());
            }
        },
        Ok(None) => (StatusCode::UNPROCESSABLE_ENTITY, "error-no-picture"),
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            (StatusCode::PAYLOAD_TOO_LARGE, "error-picture-too-large")
        }
        Err(_) => (StatusCode::BAD_REQUEST, "error-picture"),
    };
    let errors = FormErrors {
        status,
        items: vec![ErrorSummaryItem {
            field: "picture".to_owned(),
            text: context.t(key),
        }],
        retry_after: None,
    };
    page(&context, &errors, UnsavedInput::default())
}

pub(super) async fn remove(
    context: PageContext,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(urls::PROFILE)?;
    let result = context
        .app
        .write(move |tx| users::remove_picture(tx, &caller))
        .await;
    result.map_err(|error| context.error_page(error))?;
    Ok(Section::Personal.redirect(&context, &FlashMessage::PictureRemoved))
}
