//! Texts of field errors in every language: of pages, and in English of the API where it has no remedy of its own.

use convoke_core::email_address::EmailError;
use convoke_core::language::Locale;
use convoke_core::model::picture::PictureError;
use convoke_core::names::NameError;
use convoke_domain::passwords::WeakPassword;
use convoke_domain::{FieldError, FieldErrorKind, ParameterError};
use convoke_i18n::{Arg, t, t_args};

/// The field with the name of an account (a JSON pointer); users have a first and a last name.
const ACCOUNT_NAME: &str = "/name";

/// What is wrong with the field, then what to do.
#[must_use]
pub fn field_error_text(locale: Locale, error: &FieldError) -> String {
    let key = match &error.kind {
        FieldErrorKind::Email(reason) => {
            let input = error.value.as_deref().unwrap_or_default();
            return email_error_text(locale, input, *reason);
        }
        FieldErrorKind::Name(reason) if error.pointer == ACCOUNT_NAME => account_name_key(*reason),
        FieldErrorKind::Name(reason) => name_key(*reason),
        FieldErrorKind::Password(reason) => return weak_password_text(locale, *reason),
        FieldErrorKind::Picture(reason) => picture_key(*reason),
        FieldErrorKind::MissingCurrentPassword => "error-current-password",
        FieldErrorKind::OtherAccountName => "transfer-other-name",
        FieldErrorKind::UnknownLocale => "error-locale",
        FieldErrorKind::UnknownTimeZone => "error-time-zone",
        FieldErrorKind::PhoneTooLong => "error-phone-too-long",
        FieldErrorKind::PhoneCharacters => "error-phone-characters",
        FieldErrorKind::UnknownProduct | FieldErrorKind::ProductNotMultiUser(_) => {
            "error-no-product"
        }
        FieldErrorKind::NoRoles => "error-no-roles",
        FieldErrorKind::UnknownRole => "error-role-gone",
        FieldErrorKind::NoEmails => "error-no-emails",
        FieldErrorKind::EmailInTwoGroups => {
            let email = error.value.as_deref().unwrap_or_default();
            return t_args(
                locale,
                "error-email-in-two-groups",
                &[("email", email.into())],
            );
        }
        // No form of a page can cause these without a changed page.
        FieldErrorKind::TooManyEmails { .. }
        | FieldErrorKind::WrongType(_)
        | FieldErrorKind::UnknownField(_)
        | FieldErrorKind::MissingField(_)
        | FieldErrorKind::NotOneOf(_) => "error-field",
        FieldErrorKind::Parameter(ParameterError::TooLong { max }) => {
            return t_args(locale, "error-too-long", &[("max", i64::from(*max).into())]);
        }
        FieldErrorKind::Parameter(ParameterError::NotTime) => "error-not-day",
        FieldErrorKind::Parameter(ParameterError::NotCursor) => "error-not-cursor",
        FieldErrorKind::Parameter(
            ParameterError::NotOneOf(_)
            | ParameterError::NotUserId
            | ParameterError::NotPageSize
            | ParameterError::NotIdempotencyKey,
        ) => "error-not-known-value",
    };
    t(locale, key)
}

/// Why a text is not an email address, then what to do.
#[must_use]
pub fn email_error_text(locale: Locale, input: &str, reason: EmailError) -> String {
    let remedy = email_remedy(locale, reason);
    if reason == EmailError::Empty {
        return remedy;
    }
    let args = [("text", input.into()), ("remedy", remedy.into())];
    t_args(locale, "error-not-an-address", &args)
}

fn email_remedy(locale: Locale, reason: EmailError) -> String {
    let key = match reason {
        EmailError::Empty => "error-email-empty",
        EmailError::TooLong => "error-email-too-long",
        EmailError::LocalTooLong => "error-email-local-too-long",
        EmailError::NoAt => "error-email-no-at",
        EmailError::SeveralAts => "error-email-several-ats",
        EmailError::List => "error-email-list",
        EmailError::DisplayName => "error-email-display-name",
        EmailError::Comment => "error-email-comment",
        EmailError::Quoted => "error-email-quoted",
        EmailError::IpAddress => "error-email-ip-address",
        EmailError::NoLocal => "error-email-no-local",
        EmailError::NoDomain => "error-email-no-domain",
        EmailError::NoDot => "error-email-no-dot",
        EmailError::Comma => "error-email-comma",
        EmailError::Space => "error-email-space",
        EmailError::Invisible => "error-email-invisible",
        EmailError::Dots => "error-email-dots",
        EmailError::LocalCharacter(c) => {
            let args = [("character", Arg::from(c.to_string()))];
            return t_args(locale, "error-email-local-character", &args);
        }
        EmailError::EncodedWord => "error-email-encoded-word",
        EmailError::DomainCharacter(c) => {
            let args = [("character", Arg::from(c.to_string()))];
            return t_args(locale, "error-email-domain-character", &args);
        }
        EmailError::Domain => "error-email-domain",
    };
    t(locale, key)
}

const fn name_key(reason: NameError) -> &'static str {
    match reason {
        NameError::Empty => "error-name-empty",
        NameError::TooLong => "error-name-too-long",
        NameError::Characters => "error-name-characters",
        NameError::Link => "error-name-link",
    }
}

const fn account_name_key(reason: NameError) -> &'static str {
    match reason {
        NameError::Empty => "error-account-name-empty",
        NameError::TooLong => "error-account-name-too-long",
        NameError::Characters => "error-account-name-characters",
        NameError::Link => "error-account-name-link",
    }
}

const fn picture_key(reason: PictureError) -> &'static str {
    match reason {
        PictureError::UnknownFormat => "error-picture-format",
        PictureError::Damaged => "error-picture-damaged",
        PictureError::TooLarge => "error-picture-pixels",
    }
}

fn weak_password_text(locale: Locale, reason: WeakPassword) -> String {
    match reason {
        WeakPassword::TooShort { min } => {
            t_args(locale, "error-password-too-short", &[("min", min.into())])
        }
        WeakPassword::TooLong => t(locale, "error-password-too-long"),
        WeakPassword::Common => t(locale, "error-password-common"),
        WeakPassword::OwnWords => t(locale, "error-password-own-words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: [EmailError; 21] = [
        EmailError::Empty,
        EmailError::TooLong,
        EmailError::LocalTooLong,
        EmailError::NoAt,
        EmailError::SeveralAts,
        EmailError::List,
        EmailError::DisplayName,
        EmailError::Comment,
        EmailError::Quoted,
        EmailError::IpAddress,
        EmailError::NoLocal,
        EmailError::NoDomain,
        EmailError::NoDot,
        EmailError::Comma,
        EmailError::Space,
        EmailError::Invisible,
        EmailError::Dots,
        EmailError::LocalCharacter('ж'),
        EmailError::EncodedWord,
        EmailError::DomainCharacter('_'),
        EmailError::Domain,
    ];

    fn kinds() -> Vec<FieldErrorKind> {
        let mut kinds = vec![
            FieldErrorKind::MissingCurrentPassword,
            FieldErrorKind::OtherAccountName,
            FieldErrorKind::UnknownLocale,
            FieldErrorKind::UnknownTimeZone,
            FieldErrorKind::PhoneTooLong,
            FieldErrorKind::PhoneCharacters,
            FieldErrorKind::UnknownProduct,
            FieldErrorKind::ProductNotMultiUser("Tovie Cloud".to_owned()),
            FieldErrorKind::NoRoles,
            FieldErrorKind::UnknownRole,
            FieldErrorKind::NoEmails,
            FieldErrorKind::EmailInTwoGroups,
            FieldErrorKind::NotOneOf(&["a", "b"]),
        ];
        let names = [
            NameError::Empty,
            NameError::TooLong,
            NameError::Characters,
            NameError::Link,
        ];
        let passwords = [
            WeakPassword::TooShort { min: 12 },
            WeakPassword::TooLong,
            WeakPassword::Common,
            WeakPassword::OwnWords,
        ];
        let pictures = [
            PictureError::UnknownFormat,
            PictureError::Damaged,
            PictureError::TooLarge,
        ];
        kinds.extend(EMAIL.map(FieldErrorKind::Email));
        kinds.extend(names.map(FieldErrorKind::Name));
        kinds.extend(passwords.map(FieldErrorKind::Password));
        kinds.extend(pictures.map(FieldErrorKind::Picture));
        kinds
    }

    #[test]
    fn every_kind_has_a_text_of_its_own_language() {
        for kind in kinds() {
            let error = FieldError::new("/field", kind).with_value("x");
            let russian = field_error_text(Locale::Ru, &error);
            let is_cyrillic = |c: char| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c));
            assert!(russian.contains(is_cyrillic), "{russian}");
            let english = field_error_text(Locale::En, &error);
            assert!(!english.replace('ж', "").contains(is_cyrillic), "{english}");
            assert!(english.ends_with('.'), "{english}");
            let english = english.to_lowercase();
            assert!(
                !english.contains("invalid") && !english.contains("please"),
                "{english}"
            );
        }
    }

    #[test]
    fn texts_of_passwords_name_the_limits() {
        let text = |reason| weak_password_text(Locale::En, reason);
        assert!(text(WeakPassword::TooShort { min: 12 }).contains("at least 12 characters"));
        assert!(text(WeakPassword::TooLong).contains("at most 256 characters"));
    }

    #[test]
    fn texts_of_addresses_quote_the_input() {
        let kind = FieldErrorKind::Email(EmailError::Comma);
        let error = FieldError::new("/email", kind).with_value("ivan@agency,example");
        let text = field_error_text(Locale::Ru, &error);
        assert!(
            text.starts_with("«ivan@agency,example» — не адрес"),
            "{text}"
        );
    }
}
