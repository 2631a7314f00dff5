//! The id of a request, which connects its response with the log.

use axum::extract::Request;
use axum::http::HeaderValue;
use tower_http::request_id::{MakeRequestId, RequestId};

use convoke_app::App;

/// Removes the id that a client sent: `SetRequestIdLayer` would use it, and the log could have two requests with one id.
pub(super) fn remove_received(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

/// Generates ids of 128 random bits as 32 hexadecimal digits.
#[derive(Clone)]
pub(super) struct Generator(pub App);

impl MakeRequestId for Generator {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let mut bytes = [0; 16];
        self.0.ctx.random.fill(&mut bytes);
        let id = format!("{:032x}", u128::from_be_bytes(bytes));
        HeaderValue::from_str(&id).ok().map(RequestId::new)
    }
}

/// The id of a request as text.
pub(super) fn request_id(request: &Request) -> String {
    let id = request.extensions().get::<RequestId>();
    let text = id.and_then(|id| id.header_value().to_str().ok());
    text.unwrap_or_default().to_owned()
}
