//! The layout of pages, and HTML fragments.

use std::fmt;

use askama::Template;
use askama::filters::{Html, HtmlSafe, escape};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets;
use crate::problem;
use convoke_app::config::Brand;
use convoke_core::language::Locale;
use convoke_domain::sessions::User;
use convoke_domain::users::THEMES;
use convoke_i18n::{Arg, t, t_args};

/// The data of the layout around a page's content.
#[derive(Clone, Debug)]
pub(crate) struct Page<'a> {
    /// Its language.
    pub locale: Locale,
    /// The brand of the installation.
    pub brand: &'a Brand,
    /// Its title; on most pages also the first heading.
    pub title: String,
    /// Whether it shows an error summary; the document title says so.
    pub failed: bool,
    /// The signed-in user.
    pub viewer: Option<Viewer>,
    /// The flash message.
    pub banner: Option<Banner>,
    /// The breadcrumbs.
    pub crumbs: Vec<Crumb>,
    /// Its entry of the main navigation.
    pub place: NavSection,
    /// The same page in other languages.
    pub languages: Vec<Language>,
}

/// The signed-in user in the page's header.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Their name.
    pub name: String,
    /// Their picture or initials.
    pub avatar: SafeHtml,
    /// The theme they chose; the system's when absent.
    pub theme: Option<&'static str>,
    /// Whether keyboard shortcuts are on.
    pub shortcuts: bool,
}

impl Viewer {
    /// The viewer for a user.
    pub(crate) fn from_user(user: &User) -> Self {
        let mut themes = THEMES.into_iter().skip(1);
        Self {
            name: user.name(),
            avatar: SafeHtml::avatar(&user.name(), user.picture.as_deref()),
            theme: themes.find(|theme| *theme == user.theme),
            shortcuts: user.shortcuts,
        }
    }
}

/// Which entry of the main navigation a page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NavSection {
    /// None of them.
    #[default]
    Elsewhere,
    /// Accounts and everything in them.
    Accounts,
    /// The viewer's own profile.
    Profile,
}

/// A page in another language.
#[derive(Clone, Debug)]
pub(crate) struct Language {
    /// The language.
    pub locale: Locale,
    /// Its own name.
    pub label: String,
    /// The link to the page.
    pub href: String,
}

/// A flash message.
#[derive(Clone, Debug)]
pub(crate) struct Banner {
    /// The text.
    pub text: String,
    /// Whether something was not done.
    pub warns: bool,
}

/// A breadcrumb; the last one is not a link.
#[derive(Clone, Debug)]
pub(crate) struct Crumb {
    /// Its label.
    pub label: String,
    /// Its target.
    pub href: Option<String>,
}

impl<'a> Page<'a> {
    /// A page without a viewer.
    pub(crate) fn new(brand: &'a Brand, locale: Locale, title: String) -> Self {
        Self {
            locale,
            brand,
            title,
            failed: false,
            viewer: None,
            banner: None,
            crumbs: Vec::new(),
            place: NavSection::Elsewhere,
            languages: Vec::new(),
        }
    }

    /// The same page with one more breadcrumb.
    pub(crate) fn crumb(mut self, label: String, href: Option<&str>) -> Self {
        let href = href.map(str::to_owned);
        self.crumbs.push(Crumb { label, href });
        self
    }

    /// A text in the page's language.
    pub(crate) fn t(&self, key: &str) -> String {
        t(self.locale, key)
    }

    /// The document title.
    pub(crate) fn full_title(&self) -> String {
        let key = if self.failed {
            "page-title-error"
        } else {
            "page-title"
        };
        let args = [
            ("title", (&self.title).into()),
            ("brand", (&self.brand.name).into()),
        ];
        t_args(self.locale, key, &args)
    }

    /// The path of a compiled-in file.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// Fonts to preload for the page's language, which avoids layout shifts.
    pub(crate) fn fonts(&self) -> impl Iterator<Item = &'static str> {
        let own = match self.locale {
            Locale::En => None,
            Locale::Ru => Some("inter-cyrillic.woff2"),
        };
        ["inter-latin.woff2"]
            .into_iter()
            .chain(own)
            .map(assets::path)
    }

    /// The path of the logo.
    pub(crate) fn mark(&self) -> &str {
        match &self.brand.files.logo {
            Some(logo) => &logo.path,
            None => assets::path("mark.svg"),
        }
    }

    /// An icon of the sprite, beside a text with the same meaning.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(crate) fn icon(&self, name: &str) -> SafeHtml {
        SafeHtml::icon(name)
    }

    /// Whether it belongs to the accounts section.
    pub(crate) fn is_in_accounts(&self) -> bool {
        self.place == NavSection::Accounts
    }

    /// Whether it belongs to the profile section.
    pub(crate) fn is_in_profile(&self) -> bool {
        self.place == NavSection::Profile
    }

    /// The theme the viewer chose.
    pub(crate) fn theme(&self) -> Option<&'static str> {
        self.viewer.as_ref()?.theme
    }

    /// Whether keyboard shortcuts are on.
    pub(crate) fn has_shortcuts(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.shortcuts)
    }
}

/// HTML that is safe to render: escaped text with own markup.
#[derive(Clone, Debug)]
pub(crate) struct SafeHtml(String);

impl HtmlSafe for SafeHtml {}

/// Private-use characters that delimit bold values until the text is escaped.
const BOLD_DELIMITERS: [char; 2] = ['\u{e000}', '\u{e001}'];

impl SafeHtml {
    /// The text of a key with its values in bold.
    pub(crate) fn t_args(locale: Locale, key: &str, values: &[(&str, &str)]) -> Self {
        let [open, close] = BOLD_DELIMITERS;
        let args: Vec<(&str, Arg<'_>)> = values
            .iter()
            .map(|(name, value)| {
                let value = value.replace(BOLD_DELIMITERS, "");
                (*name, Arg::from(format!("{open}{value}{close}")))
            })
            .collect();
        let escaped = escaped(t_args(locale, key, &args));
        Self(
            escaped
                .replace(open, "<strong>")
                .replace(close, "</strong>"),
        )
    }
}

impl SafeHtml {
    /// A doc comment's text, with code between backticks.
    pub(crate) fn with_inline_code(text: &str) -> Self {
        let escaped = escaped(text.to_owned());
        let pieces: Vec<&str> = escaped.split('`').collect();
        // An unpaired backtick stays as it is.
        if pieces.len().is_multiple_of(2) {
            return Self(escaped);
        }
        let mut html = String::new();
        for (index, piece) in pieces.into_iter().enumerate() {
            match index % 2 {
                0 => html.push_str(piece),
                _ => html.extend(["<code>", piece, "</code>"]),
            }
        }
        Self(html)
    }
}

impl SafeHtml {
    /// An icon of the sprite.
    pub(crate) fn icon(name: &str) -> Self {
        let sprite = assets::path("icons.svg");
        Self(format!(
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>"
        ))
    }

    /// A user's picture, or their initials on a colour.
    pub(crate) fn avatar(name: &str, picture: Option<&str>) -> Self {
        Self(match picture {
            Some(id) => format!(
                "<span class=\"avatar\"><img src=\"/pictures/{}\" alt=\"\" width=\"32\" height=\"32\" loading=\"lazy\"></span>",
                escaped(id.to_owned())
            ),
            None => tinted("avatar", name),
        })
    }

    /// The mark of an account.
    pub(crate) fn account(name: &str) -> Self {
        Self(tinted("mark", name))
    }

    /// A badge; `kind` is a class such as `amber`.
    pub(crate) fn badge(kind: &str, text: &str) -> Self {
        let text = escaped(text.to_owned());
        Self(format!("<span class=\"badge {kind}\">{text}</span>"))
    }

    /// A time shown as `text`, with `exact` on the line below.
    pub(crate) fn with_exact_time(text: &Self, exact: &str) -> Self {
        let exact = escaped(exact.to_owned());
        Self(format!("{text}<span class=\"more\">{exact}</span>"))
    }

    /// Plain text, escaped.
    pub(crate) fn escape(text: &str) -> Self {
        Self(escaped(text.to_owned()))
    }

    /// A badge with the number of further items, and their names as tooltip and accessible text.
    pub(crate) fn more(count: usize, names: &str) -> Self {
        let names = escaped(names.to_owned());
        Self(format!(
            "<span class=\"badge plain\" title=\"{names}\">+{count}<span class=\"hidden\"> {names}</span></span>"
        ))
    }

    /// Badges in a row.
    pub(crate) fn chips(parts: Vec<Self>) -> Self {
        let parts: String = parts.into_iter().map(|part| part.0).collect();
        Self(format!("<span class=\"chips\">{parts}</span>"))
    }
}

fn tinted(class: &str, name: &str) -> String {
    let (tint, initials) = (color_index(name), escaped(initials(name)));
    format!("<span class=\"{class} tint-{tint}\" aria-hidden=\"true\">{initials}</span>")
}

fn escaped(text: String) -> String {
    match escape(text, Html) {
        Ok(escaped) => escaped.0.to_string(),
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A page as a response.
pub(crate) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (status, kind, html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "page not rendered");
            problem::internal().into_response()
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
        let html = SafeHtml::t_args(Locale::En, "invitation-joining-as", &values).to_string();
        assert!(
            html.contains("<strong>&#60;b&#62;Ann &#38; Co</strong>"),
            "{html}"
        );
        assert_eq!(html.matches("<strong>").count(), 2);
    }

    #[test]
    fn marks_text_between_backticks_as_code_and_escapes_it() {
        let html_of = |text| SafeHtml::with_inline_code(text).to_string();
        assert_eq!(html_of("holds `A<B>`."), "holds <code>A&#60;B&#62;</code>.");
        assert_eq!(html_of("an odd ` one"), "an odd ` one");
    }

    #[test]
    fn initials_are_of_the_first_two_words() {
        assert_eq!(initials("Northwind Traders Ltd"), "NT");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("«Ромашка» и друзья"), "РИ");
    }
}
