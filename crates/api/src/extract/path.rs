//! Ids of the path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::problem::Problem;

/// Ids of the path, in its order. A value that cannot be parsed is not found, like an unknown id.
pub struct PathIds<T>(pub T);

fn path_values(params: &RawPathParams) -> Vec<String> {
    params.iter().map(|(_, value)| value.to_owned()).collect()
}

fn id<T: FromStr>(values: &[String], index: usize) -> Result<T, Problem> {
    values
        .get(index)
        .and_then(|text| text.parse().ok())
        .ok_or_else(Problem::not_found)
}

impl<S: Send + Sync, A: FromStr> FromRequestParts<S> for PathIds<(A,)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let values = path_values(&params.map_err(|_| Problem::not_found())?);
        Ok(Self((id(&values, 0)?,)))
    }
}

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for PathIds<(A, B)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let values = path_values(&params.map_err(|_| Problem::not_found())?);
        Ok(Self((id(&values, 0)?, id(&values, 1)?)))
    }
}
