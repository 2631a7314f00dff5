//! Errors of the choice of product, roles and addresses.

use super::catalogue_text::role_names;
use super::context::PageContext;
use super::form::ErrorSummaryItem;
use convoke_api::field_error_text::field_error_text;
use convoke_domain::{FieldError, FieldErrorKind};

/// The summary items for errors of product, roles and addresses.
pub(super) fn choice_errors(context: &PageContext, errors: &[FieldError]) -> Vec<ErrorSummaryItem> {
    let mut lines: Vec<ErrorSummaryItem> = Vec::new();
    for error in errors {
        let field = match error.kind {
            FieldErrorKind::NoRoles | FieldErrorKind::UnknownRole => "roles",
            FieldErrorKind::UnknownProduct | FieldErrorKind::ProductNotMultiUser(_) => "product",
            FieldErrorKind::NoEmails => "emails",
            _ => continue,
        };
        let item = ErrorSummaryItem {
            field: field.to_owned(),
            text: field_error_text(context.locale, error),
        };
        if !lines.iter().any(|existing| existing.text == item.text) {
            lines.push(item);
        }
    }
    lines
}

/// The summary item for roles that the viewer may not grant.
pub(super) fn not_grantable(context: &PageContext, keys: &[String]) -> ErrorSummaryItem {
    let names = role_names(&context.app.ctx.catalogue, context.locale, keys);
    ErrorSummaryItem {
        field: "roles".to_owned(),
        text: context.t_args("roles-not-grantable", &[("roles", names.into())]),
    }
}
