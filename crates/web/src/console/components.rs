//! Parts of pages that have a template of their own in `templates/components/`. A page's template shows one by its name:
//! `{{ row.avatar }}`.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{assets, urls};
use convoke_core::language::Locale;
use convoke_i18n::{Arg, t_args};

/// An icon of the sprite, beside a text with the same meaning.
#[derive(Template)]
#[template(path = "components/icon.html")]
pub(crate) struct Icon<'a> {
    sprite: &'static str,
    name: &'a str,
}

impl HtmlSafe for Icon<'_> {}

impl<'a> Icon<'a> {
    /// The icon of this name.
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            sprite: assets::path("icons.svg"),
            name,
        }
    }
}

/// The initials of a name on one of five colours.
#[derive(Clone, Debug)]
struct Monogram {
    tint: u32,
    initials: String,
}

impl Monogram {
    fn new(name: &str) -> Self {
        Self {
            tint: color_index(name),
            initials: initials(name),
        }
    }
}

/// A user's picture, or their initials on a colour.
#[derive(Clone, Debug, Template)]
#[template(path = "components/avatar.html")]
pub(crate) struct Avatar {
    picture: Option<String>,
    monogram: Monogram,
}

impl HtmlSafe for Avatar {}

impl Avatar {
    /// The picture with this id, or the initials of the name.
    pub(super) fn new(name: &str, picture: Option<&str>) -> Self {
        Self {
            picture: picture.map(str::to_owned),
            monogram: Monogram::new(name),
        }
    }
}

/// The mark of an account: its initials on a colour.
#[derive(Clone, Debug, Template)]
#[template(path = "components/account_mark.html")]
pub(super) struct AccountMark {
    monogram: Monogram,
}

impl HtmlSafe for AccountMark {}

impl AccountMark {
    /// The mark of the account with this name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            monogram: Monogram::new(name),
        }
    }
}

/// A time in two lines: what is read first, and below it the same time in the other form.
#[derive(Clone, Debug, Template)]
#[template(path = "components/time.html")]
pub(super) struct RelativeTime {
    /// The colour of the badge that the first line is in, such as `amber`.
    pub badge: Option<&'static str>,
    /// The first line: the relative time where something is to be done, the exact one where it has happened.
    pub text: String,
    /// The line below.
    pub exact: String,
    /// Whether the first line is the exact time, which is also printed.
    pub is_exact_first: bool,
}

impl HtmlSafe for RelativeTime {}

/// The exact time of an entry of a log, with the relative time on the line below.
#[derive(Clone, Debug, Template)]
#[template(path = "components/log_time.html")]
pub(super) struct LogTime {
    /// The exact time.
    pub exact: String,
    /// The relative time.
    pub text: String,
}

impl HtmlSafe for LogTime {}

/// A text of which one value may be a link.
#[derive(Clone, Debug, Template)]
#[template(path = "components/linked_text.html")]
pub(super) struct LinkedText {
    before: String,
    value: String,
    after: String,
    href: Option<String>,
}

impl HtmlSafe for LinkedText {}

impl LinkedText {
    /// The text of a key; the value of the first name is the link, if there is a target.
    pub(super) fn new(
        locale: Locale,
        key: &str,
        (name, value): (&str, &str),
        others: &[(&str, Arg<'_>)],
        href: Option<String>,
    ) -> Self {
        let value = value.replace(DELIMITER, "");
        let mut args = vec![(name, Arg::from(format!("{DELIMITER}{value}{DELIMITER}")))];
        args.extend(others.iter().cloned());
        let text = t_args(locale, key, &args);
        let mut parts = text.split(DELIMITER).map(str::to_owned);
        Self {
            before: parts.next().unwrap_or_default(),
            value: parts.next().unwrap_or_default(),
            after: parts.collect(),
            href,
        }
    }
}

/// A role as a badge.
#[derive(Clone, Debug)]
pub(super) struct Chip {
    /// The class of its badge, such as `plain`; empty for the default.
    pub kind: &'static str,
    /// Its text.
    pub label: String,
}

/// Roles as badges in a row; further ones are counted, with their names as tooltip and accessible text.
#[derive(Clone, Debug, Template)]
#[template(path = "components/role_chips.html")]
pub(super) struct RoleChips {
    /// The badges.
    pub chips: Vec<Chip>,
    /// How many roles have no badge.
    pub more_count: usize,
    /// Their names.
    pub more: String,
    /// The text where there is no role.
    pub empty: String,
}

impl HtmlSafe for RoleChips {}

/// How a part of a [`MarkedText`] is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    Plain,
    Strong,
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    kind: PartKind,
    text: String,
}

/// A text of which some parts are in bold or are code. The parts are plain text, which the template escapes.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marked_text.html")]
pub(crate) struct MarkedText {
    parts: Vec<Part>,
}

impl HtmlSafe for MarkedText {}

/// A private-use character on both sides of a value, which the value itself cannot contain.
const DELIMITER: char = '\u{e000}';

impl MarkedText {
    /// The text of a key with its values in bold.
    pub(super) fn with_strong_values(locale: Locale, key: &str, values: &[(&str, &str)]) -> Self {
        Self::with_values(locale, key, values, &[])
    }

    /// The text of a key with some of its values in bold, and others, such as numbers and names, as they are.
    pub(super) fn with_values(
        locale: Locale,
        key: &str,
        strong: &[(&str, &str)],
        others: &[(&str, Arg<'_>)],
    ) -> Self {
        let strong = strong.iter().map(|(name, value)| {
            let value = value.replace(DELIMITER, "");
            (*name, Arg::from(format!("{DELIMITER}{value}{DELIMITER}")))
        });
        let args: Vec<(&str, Arg<'_>)> = strong.chain(others.iter().cloned()).collect();
        Self::split(&t_args(locale, key, &args), DELIMITER, PartKind::Strong)
    }

    /// A doc comment's text, with code between backticks. An unpaired backtick stays as it is.
    pub(crate) fn with_inline_code(text: &str) -> Self {
        if text.matches('`').count().is_multiple_of(2) {
            return Self::split(text, '`', PartKind::Code);
        }
        let text = text.to_owned();
        let kind = PartKind::Plain;
        Self {
            parts: vec![Part { kind, text }],
        }
    }

    /// A text whose parts are alternately plain and of a kind.
    fn split(text: &str, delimiter: char, kind: PartKind) -> Self {
        let kinds = [PartKind::Plain, kind].into_iter().cycle();
        let parts = text.split(delimiter).zip(kinds);
        Self {
            parts: parts
                .map(|(text, kind)| Part {
                    kind,
                    text: text.to_owned(),
                })
                .collect(),
        }
    }
}

/// The first letters of the first two words of a name.
fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

/// The index of one of five colours, derived from a name.
fn color_index(name: &str) -> u32 {
    name.chars().fold(0_u32, |sum, c| {
        sum.wrapping_mul(31).wrapping_add(u32::from(c))
    }) % 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_bold_values_and_removes_delimiters_from_them() {
        let name = "<b>\u{e000}Ann\u{e001} & Co";
        let values = [("name", name), ("email", "a@x.io")];
        let html = MarkedText::with_strong_values(Locale::En, "invitation-joining-as", &values)
            .to_string();
        assert!(
            html.contains("<strong>&#60;b&#62;Ann\u{e001} &#38; Co</strong>"),
            "{html}"
        );
        assert_eq!(html.matches("<strong>").count(), 2);
        assert!(!html.contains(DELIMITER), "{html}");
    }

    #[test]
    fn marks_text_between_backticks_as_code_and_escapes_it() {
        let html_of = |text| MarkedText::with_inline_code(text).to_string();
        assert_eq!(html_of("holds `A<B>`."), "holds <code>A&#60;B&#62;</code>.");
        assert_eq!(html_of("an odd ` one"), "an odd ` one");
    }

    #[test]
    fn pictures_replace_initials_and_names_are_escaped() {
        let html = Avatar::new("<Ada> Byron", None).to_string();
        assert!(html.starts_with("<span class=\"avatar tint-"), "{html}");
        assert!(html.ends_with(">AB</span>"), "{html}");
        let html = Avatar::new("Ada", Some("\"x")).to_string();
        assert!(html.contains("src=\"/pictures/&#34;x\""), "{html}");
    }

    #[test]
    fn further_roles_are_counted_and_named() {
        let chip = |label: &str| Chip {
            kind: "plain",
            label: label.to_owned(),
        };
        let mut chips = RoleChips {
            chips: vec![chip("A&B")],
            more_count: 2,
            more: "C, D".to_owned(),
            empty: "No roles".to_owned(),
        };
        assert_eq!(
            chips.to_string(),
            "<span class=\"chips\"><span class=\"badge plain\">A&#38;B</span>\
             <span class=\"badge plain\" title=\"C, D\">+2<span class=\"hidden\"> C, D</span></span></span>"
        );
        chips.chips.clear();
        assert_eq!(chips.to_string(), "No roles");
    }

    #[test]
    fn initials_are_of_the_first_two_words() {
        assert_eq!(initials("Northwind Traders Ltd"), "NT");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("«Ромашка» и друзья"), "РИ");
    }
}
