//! Content negotiation.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::{QueryParams, list_header};
use crate::problem::Problem;
use crate::spreadsheet;

/// The formats that the client accepts: `?format=` of a link, which cannot set headers, else those of `Accept` in their order.
pub(crate) struct Accept {
    formats: Vec<Format>,
    is_link: bool,
}

impl Accept {
    /// The first accepted format that is offered, else JSON.
    #[must_use]
    pub(crate) fn best(&self, offered: &[Format]) -> Format {
        let accepted = self.formats.iter().find(|format| offered.contains(format));
        accepted.copied().unwrap_or(Format::Json)
    }

    /// Whether a link names the format: a person opens the file, and no program.
    #[must_use]
    pub(crate) fn is_link(&self) -> bool {
        self.is_link
    }
}

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json`, a page at a time.
    Json,
    /// `text/csv`.
    Csv,
    /// A spreadsheet of Office Open XML.
    Xlsx,
    /// `application/x-ndjson`, one item per line.
    Ndjson,
}

impl<S: Sync> FromRequestParts<S> for Accept {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParams::from_request_parts(parts, state).await?;
        let named = match query.get("format") {
            Some("csv") => Some(Format::Csv),
            Some("xlsx") => Some(Format::Xlsx),
            Some("ndjson") => Some(Format::Ndjson),
            _ => None,
        };
        if let Some(format) = named {
            return Ok(Self {
                formats: vec![format],
                is_link: true,
            });
        }
        let accept = list_header(&parts.headers, &header::ACCEPT);
        let accepted = accept
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .filter_map(|range| match range {
                "text/csv" => Some(Format::Csv),
                spreadsheet::MEDIA_TYPE => Some(Format::Xlsx),
                "application/x-ndjson" => Some(Format::Ndjson),
                "application/json" | "application/*" | "*/*" => Some(Format::Json),
                _ => None,
            });
        Ok(Self {
            formats: accepted.collect(),
            is_link: false,
        })
    }
}
