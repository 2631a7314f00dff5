//! The program's texts in every language (Fluent), and moments as people read them.

mod dates;
pub mod days;
#[cfg(test)]
mod tests;
mod zones;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use convoke_core::language::Locale;

pub use dates::{
    clock, date, date_and_seconds, date_time, day_and_month, day_and_short_month, day_and_time,
};
pub use zones::{time_zone_id, time_zone_label, time_zone_labels};

type Bundle = FluentBundle<FluentResource>;

/// A language's files by name.
type Files = [(&'static str, &'static str); 12];

const EN: Files = [
    ("en/common.ftl", include_str!("../locales/en/common.ftl")),
    ("en/mail.ftl", include_str!("../locales/en/mail.ftl")),
    ("en/pages.ftl", include_str!("../locales/en/pages.ftl")),
    (
        "en/problems.ftl",
        include_str!("../locales/en/problems.ftl"),
    ),
    (
        "en/accounts.ftl",
        include_str!("../locales/en/accounts.ftl"),
    ),
    ("en/members.ftl", include_str!("../locales/en/members.ftl")),
    (
        "en/services.ftl",
        include_str!("../locales/en/services.ftl"),
    ),
    (
        "en/activity.ftl",
        include_str!("../locales/en/activity.ftl"),
    ),
    (
        "en/invitations.ftl",
        include_str!("../locales/en/invitations.ftl"),
    ),
    ("en/invite.ftl", include_str!("../locales/en/invite.ftl")),
    ("en/profile.ftl", include_str!("../locales/en/profile.ftl")),
    (
        "en/products.ftl",
        include_str!("../locales/en/products.ftl"),
    ),
];
const RU: Files = [
    ("ru/common.ftl", include_str!("../locales/ru/common.ftl")),
    ("ru/mail.ftl", include_str!("../locales/ru/mail.ftl")),
    ("ru/pages.ftl", include_str!("../locales/ru/pages.ftl")),
    (
        "ru/problems.ftl",
        include_str!("../locales/ru/problems.ftl"),
    ),
    (
        "ru/accounts.ftl",
        include_str!("../locales/ru/accounts.ftl"),
    ),
    ("ru/members.ftl", include_str!("../locales/ru/members.ftl")),
    (
        "ru/services.ftl",
        include_str!("../locales/ru/services.ftl"),
    ),
    (
        "ru/activity.ftl",
        include_str!("../locales/ru/activity.ftl"),
    ),
    (
        "ru/invitations.ftl",
        include_str!("../locales/ru/invitations.ftl"),
    ),
    ("ru/invite.ftl", include_str!("../locales/ru/invite.ftl")),
    ("ru/profile.ftl", include_str!("../locales/ru/profile.ftl")),
    (
        "ru/products.ftl",
        include_str!("../locales/ru/products.ftl"),
    ),
];

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::En));
static RUSSIAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Ru));

/// A value to put into a text; numbers choose plural forms.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    /// Text, put in as it is.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Arg<'_> {
    fn from(count: usize) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl<'a> From<Arg<'a>> for FluentValue<'a> {
    fn from(arg: Arg<'a>) -> Self {
        match arg {
            Arg::Text(text) => Self::String(text),
            Arg::Number(number) => Self::from(number),
        }
    }
}

/// The text of a key; a key that is missing is its own text and is logged once.
#[must_use]
pub fn t(locale: Locale, key: &str) -> String {
    t_args(locale, key, &[])
}

/// Whether there is a text with this key.
#[must_use]
pub fn has_text(key: &str) -> bool {
    of(Locale::En).has_message(key)
}

/// The text of a key with its variables filled in; what goes wrong is logged once per key.
#[must_use]
pub fn t_args(locale: Locale, key: &str, args: &[(&str, Arg<'_>)]) -> String {
    let bundle = of(locale);
    let message = bundle.get_message(key);
    let Some(pattern) = message.and_then(|message| message.value()) else {
        log_once(locale, key, "there is no such text");
        return key.to_owned();
    };
    let args: FluentArgs<'_> = args
        .iter()
        .map(|(name, value)| (*name, FluentValue::from(value.clone())))
        .collect();
    let mut errors = Vec::new();
    let text = bundle
        .format_pattern(pattern, Some(&args), &mut errors)
        .into_owned();
    if let Some(error) = errors.first() {
        log_once(locale, key, &error.to_string());
    }
    text
}

fn of(locale: Locale) -> &'static Bundle {
    match locale {
        Locale::En => &ENGLISH,
        Locale::Ru => &RUSSIAN,
    }
}

const fn files(locale: Locale) -> Files {
    match locale {
        Locale::En => EN,
        Locale::Ru => RU,
    }
}

fn bundle(locale: Locale) -> Bundle {
    let language = locale.as_str().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Marks around inserted values would end up in subjects, addresses and links.
    bundle.set_use_isolating(false);
    for (name, source) in files(locale) {
        let resource =
            FluentResource::try_new(source.to_owned()).unwrap_or_else(|(rest, errors)| {
                tracing::error!(file = name, ?errors, "text file has errors");
                rest
            });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(file = name, ?errors, "duplicate text key");
        }
    }
    bundle
}

/// More errors than this are not logged, since a key may be made of what an anonymous user typed.
const MAX_LOGGED: usize = 200;

fn log_once(locale: Locale, key: &str, error: &str) {
    static LOGGED: Mutex<BTreeSet<(&'static str, String)>> = Mutex::new(BTreeSet::new());
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    if logged.len() < MAX_LOGGED && logged.insert((locale.as_str(), key.to_owned())) {
        tracing::error!(%locale, key, error, "text not formatted");
    }
}
