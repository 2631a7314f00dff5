//! Lists of role keys.

use crate::catalogue::Catalogue;
use crate::{FieldError, FieldErrorKind, Tx};

/// Errors of requested role keys: all that are neither in the catalogue nor among the `current` ones, which may be retired.
pub(crate) fn unknown_roles(
    tx: &Tx<'_, '_>,
    requested: &[String],
    current: &[String],
) -> Vec<FieldError> {
    requested
        .iter()
        .enumerate()
        .filter(|(_, key)| tx.ctx.catalogue.role(key).is_none() && !current.contains(key))
        .map(|(index, key)| unknown_role("", index, key))
        .collect()
}

/// The error of the requested role at this index of the `roles` of the object at the pointer `at`.
pub(crate) fn unknown_role(at: &str, index: usize, key: &str) -> FieldError {
    FieldError::new(format!("{at}/roles/{index}"), FieldErrorKind::UnknownRole).with_value(key)
}

/// The requested roles once each, in the catalogue's order, without retired ones (rule P5).
pub(crate) fn normalize_roles(catalogue: &Catalogue, requested: &[String]) -> Vec<String> {
    let mut roles: Vec<String> = Vec::with_capacity(requested.len());
    for key in requested {
        if catalogue.role(key).is_some() && !roles.contains(key) {
            roles.push(key.clone());
        }
    }
    catalogue.sort_roles(&mut roles);
    roles
}
