//! The format that a client wants.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::{QueryParams, list_header};
use crate::problem::Problem;

/// What the client wants to read: `?format=` of a link, which cannot set headers, else the order of its `Accept`.
pub(crate) struct Accept(Vec<Format>);

impl Accept {
    /// The first wanted format that is among those offered, else JSON.
    pub fn best(&self, offered: &[Format]) -> Format {
        let wanted = self.0.iter().find(|format| offered.contains(format));
        wanted.copied().unwrap_or(Format::Json)
    }
}

/// How a list is written.
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
        let wanted = accept
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .filter_map(|range| match range {
                "text/csv" => Some(Format::Csv),
                "application/x-ndjson" => Some(Format::Ndjson),
                "application/json" | "application/*" | "*/*" => Some(Format::Json),
                _ => None,
            });
        Ok(Self(wanted.collect()))
    }
}
