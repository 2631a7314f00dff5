//! Content negotiation.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::{QueryParams, list_header};
use crate::problem::Problem;

/// The formats that the client accepts: `?format=` of a link, which cannot set headers, else those of `Accept` in their order.
pub(crate) struct Accept(Vec<Format>);

impl Accept {
    /// The first accepted format that is offered, else JSON.
    pub(crate) fn best(&self, offered: &[Format]) -> Format {
        let accepted = self.0.iter().find(|format| offered.contains(format));
        accepted.copied().unwrap_or(Format::Json)
    }
}

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
    Ndjson,
}

impl<S: Sync> FromRequestParts<S> for Accept {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParams::from_request_parts(parts, state).await?;
        match query.get("format") {
            Some("csv") => return Ok(Self(vec![Format::Csv])),
            Some("ndjson") => return Ok(Self(vec![Format::Ndjson])),
            _ => {}
        }
        let accept = list_header(&parts.headers, &header::ACCEPT);
        let accepted = accept
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .filter_map(|range| match range {
                "text/csv" => Some(Format::Csv),
                "application/x-ndjson" => Some(Format::Ndjson),
                "application/json" | "application/*" | "*/*" => Some(Format::Json),
                _ => None,
            });
        Ok(Self(accepted.collect()))
    }
}
