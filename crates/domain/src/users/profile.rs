//! The editable part of a profile (rule U6).

use crate::FieldErrorKind;
use convoke_core::model::activity::Action;
use serde_json::{Map, Value, json};

use super::User;
use crate::activity::{self, ActivityEvent, ActivityScope, Actor};
use crate::validation::{locale_error, time_zone_error, validate_names};
use crate::{Caller, Error, FieldError, Tx, sessions};
use convoke_core::language;
use convoke_store as store;

/// What a user wants changed; the inner `None` clears a field.
#[derive(Clone, Debug, Default)]
pub struct ProfileUpdate {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<Option<String>>,
    /// Phone number, free text of digits and signs.
    pub phone: Option<Option<String>>,
    /// Interface language.
    pub locale: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// `system`, `light` or `dark`.
    pub theme: Option<String>,
    /// Whether keys do things in the console.
    pub shortcuts: Option<bool>,
}

/// The themes of the console; the first one follows the system.
pub const THEMES: [&str; 3] = ["system", "light", "dark"];

/// Updates the caller's profile and returns it.
///
/// # Errors
/// [`Error::Invalid`].
pub fn update_profile(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    update: &ProfileUpdate,
) -> Result<User, Error> {
    let (before, _) = sessions::lock(tx, caller)?;
    let mut errors = Vec::new();
    let after = apply(&before, update, &mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let (old, new) = difference(&before, &after);
    if new.is_empty() {
        return Ok(before);
    }
    store::users::update_profile(tx.conn, &after, tx.now)?;
    if before.name() != after.name() {
        store::members::rename(tx.conn, after.id, &after.name())?;
    }
    let event = ActivityEvent {
        actor: Actor::User(after.id, after.name()),
        action: Action::UserUpdated,
        target: None,
        before: Some(Value::Object(old)),
        after: Some(Value::Object(new)),
    };
    activity::record(tx, ActivityScope::Person(after.id), &caller.client, event)?;
    Ok(after)
}

/// Finds every error of an update of this user's profile.
///
/// # Errors
/// All errors at once.
pub fn validate_profile(user: &User, update: &ProfileUpdate) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    apply(user, update, &mut errors);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

fn apply(before: &User, update: &ProfileUpdate, errors: &mut Vec<FieldError>) -> User {
    let mut after = before.clone();
    if update.first_name.is_some() || update.last_name.is_some() {
        let first = update.first_name.as_deref().unwrap_or(&before.first_name);
        let last = match &update.last_name {
            Some(last) => last.as_deref(),
            None => before.last_name.as_deref(),
        };
        (after.first_name, after.last_name) = validate_names(first, last, errors);
    }
    if let Some(phone) = &update.phone {
        after.phone = phone
            .as_deref()
            .map(str::trim)
            .filter(|phone| !phone.is_empty())
            .map(str::to_owned);
        errors.extend(after.phone.as_deref().and_then(phone_error));
    }
    if let Some(text) = &update.locale {
        match text.parse() {
            Ok(locale) => after.locale = locale,
            Err(_) => errors.push(locale_error(text)),
        }
    }
    if let Some(text) = &update.time_zone {
        match language::time_zone(text) {
            Some(zone) => after.time_zone = zone,
            None => errors.push(time_zone_error(text)),
        }
    }
    if let Some(text) = &update.theme {
        if THEMES.contains(&text.as_str()) {
            after.theme.clone_from(text);
        } else {
            errors.push(FieldError::new("/theme", FieldErrorKind::NotOneOf(&THEMES)));
        }
    }
    after.shortcuts = update.shortcuts.unwrap_or(before.shortcuts);
    after
}

fn phone_error(phone: &str) -> Option<FieldError> {
    if phone.chars().count() > 32 {
        return Some(FieldError::new("/phone", FieldErrorKind::PhoneTooLong).with_value(phone));
    }
    let fits = |c: char| c.is_ascii_digit() || "+-()./ #".contains(c);
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if phone.chars().all(fits) && digits >= 3 {
        return None;
    }
    Some(FieldError::new("/phone", FieldErrorKind::PhoneCharacters).with_value(phone))
}

fn difference(before: &User, after: &User) -> (Map<String, Value>, Map<String, Value>) {
    let fields = |user: &User| {
        [
            ("first_name", json!(user.first_name)),
            ("last_name", json!(user.last_name)),
            ("phone", json!(user.phone)),
            ("locale", json!(user.locale)),
            ("time_zone", json!(user.time_zone)),
            ("theme", json!(user.theme)),
            ("shortcuts", json!(user.shortcuts)),
        ]
    };
    let mut old = Map::new();
    let mut new = Map::new();
    for ((name, was), (_, is)) in fields(before).into_iter().zip(fields(after)) {
        if was != is {
            old.insert(name.to_owned(), was);
            new.insert(name.to_owned(), is);
        }
    }
    (old, new)
}
