//! Bodies that are image files.

use axum::extract::{FromRequest, Request};
use axum::http::header;

use super::read_limited;
use crate::problem::{self, Problem};

/// The bytes of an image file, not decoded yet.
#[derive(Debug)]
pub(crate) struct PictureFile(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for PictureFile {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        const KINDS: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| KINDS.iter().any(|allowed| kind == allowed)) {
            return Err(Problem::new(
                problem::UNSUPPORTED_MEDIA_TYPE,
                "A picture is sent as image/png, image/jpeg or image/webp. Set Content-Type to what it is.",
            ));
        }
        let too_large = "The picture is larger than 2 MiB. Send a smaller one.";
        let bytes =
            read_limited(convoke_infra::avatar::MAX_UPLOAD_BYTES, too_large, request).await?;
        Ok(Self(bytes.to_vec()))
    }
}
