//! What every page has around its content.

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

/// What every page has around its content.
#[derive(Clone, Debug)]
pub(crate) struct Page<'a> {
    /// Its language.
    pub locale: Locale,
    /// How the installation presents itself.
    pub brand: &'a Brand,
    /// What it is about; also its first heading, mostly.
    pub title: String,
    /// Whether it shows an error summary, which its title begins with.
    pub failed: bool,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// What a form before it has done.
    pub banner: Option<Banner>,
    /// The line above the content: where one is, and what is above that.
    pub crumbs: Vec<Crumb>,
    /// Its entry of the main navigation.
    pub place: NavSection,
    /// The same page in other languages.
    pub languages: Vec<Language>,
}

/// The signed-in person as the page's head shows them.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Their name.
    pub name: String,
    /// Their picture or initials.
    pub avatar: SafeHtml,
    /// The theme they chose; the system's when absent.
    pub theme: Option<&'static str>,
    /// Whether keys do things.
    pub shortcuts: bool,
}

impl Viewer {
    /// This user.
    pub fn from_user(user: &User) -> Self {
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
    /// Which.
    pub locale: Locale,
    /// Its name in itself.
    pub label: String,
    /// Where the page is.
    pub href: String,
}

/// What a form before a page has done.
#[derive(Clone, Debug)]
pub(crate) struct Banner {
    /// As text.
    pub text: String,
    /// Whether something was not done.
    pub warns: bool,
}

/// One step of the way to a page; the last one is no link.
#[derive(Clone, Debug)]
pub(crate) struct Crumb {
    /// What the step is called.
    pub label: String,
    /// Its target.
    pub href: Option<String>,
}

impl<'a> Page<'a> {
    /// A page for nobody in particular.
    pub fn new(brand: &'a Brand, locale: Locale, title: String) -> Self {
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

    /// The same page with one more step on the line above its content.
    pub fn crumb(mut self, label: String, href: Option<&str>) -> Self {
        let href = href.map(str::to_owned);
        self.crumbs.push(Crumb { label, href });
        self
    }

    /// A text in the page's language.
    pub fn t(&self, key: &str) -> String {
        t(self.locale, key)
    }

    /// What the browser's tab shows.
    pub fn full_title(&self) -> String {
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

    /// Where a compiled-in file is served.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// Fonts that every page in its language needs: known early, they move nothing when they arrive.
    pub fn fonts(&self) -> impl Iterator<Item = &'static str> {
        let own = match self.locale {
            Locale::En => None,
            Locale::Ru => Some("inter-cyrillic.woff2"),
        };
        ["inter-latin.woff2"]
            .into_iter()
            .chain(own)
            .map(assets::path)
    }

    /// Where the mark beside the installation's name is.
    pub fn mark(&self) -> &str {
        match &self.brand.files.logo {
            Some(logo) => &logo.path,
            None => assets::path("mark.svg"),
        }
    }

    /// An icon of the sprite, beside a text with the same meaning.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub fn icon(&self, name: &str) -> SafeHtml {
        SafeHtml::icon(name)
    }

    /// Whether it is about an account or all of them.
    pub fn is_in_accounts(&self) -> bool {
        self.place == NavSection::Accounts
    }

    /// Whether it is about the viewer.
    pub fn is_in_profile(&self) -> bool {
        self.place == NavSection::Profile
    }

    /// The theme the viewer chose.
    pub fn theme(&self) -> Option<&'static str> {
        self.viewer.as_ref()?.theme
    }

    /// Whether keys do things here.
    pub fn has_shortcuts(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.shortcuts)
    }
}

/// Text with marks of ours in it, such as bold values; everything else in it is escaped already.
#[derive(Clone, Debug)]
pub(crate) struct SafeHtml(String);

impl HtmlSafe for SafeHtml {}

/// Private-use characters that stand around a bold value until the text is escaped.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

impl SafeHtml {
    /// The text of a key with its values in bold.
    pub fn t_args(locale: Locale, key: &str, values: &[(&str, &str)]) -> Self {
        let [open, close] = MARKS;
        let args: Vec<(&str, Arg<'_>)> = values
            .iter()
            .map(|(name, value)| {
                let value = value.replace(MARKS, "");
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
    pub fn with_inline_code(text: &str) -> Self {
        let escaped = escaped(text.to_owned());
        let pieces: Vec<&str> = escaped.split('`').collect();
        // An odd backtick out is only a backtick.
        if pieces.len().is_multiple_of(2) {
            return Self(escaped);
        }
        let mut marked = String::new();
        for (index, piece) in pieces.into_iter().enumerate() {
            match index % 2 {
                0 => marked.push_str(piece),
                _ => marked.extend(["<code>", piece, "</code>"]),
            }
        }
        Self(marked)
    }
}

impl SafeHtml {
    /// An icon of the sprite.
    pub fn icon(name: &str) -> Self {
        let sprite = assets::path("icons.svg");
        Self(format!(
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>"
        ))
    }

    /// A person's picture, or their initials on their tint.
    pub fn avatar(name: &str, picture: Option<&str>) -> Self {
        Self(match picture {
            Some(id) => format!(
                "<span class=\"avatar\"><img src=\"/pictures/{}\" alt=\"\" width=\"32\" height=\"32\" loading=\"lazy\"></span>",
                escaped(id.to_owned())
            ),
            None => tinted("avatar", name),
        })
    }

    /// The mark of an account.
    pub fn account(name: &str) -> Self {
        Self(tinted("mark", name))
    }

    /// A badge; `kind` is a class such as `amber`.
    pub fn badge(kind: &str, words: &str) -> Self {
        let words = escaped(words.to_owned());
        Self(format!("<span class=\"badge {kind}\">{words}</span>"))
    }

    /// A moment that is shown as `words`, with `exact` on the line below.
    pub fn with_exact_time(words: &Self, exact: &str) -> Self {
        let exact = escaped(exact.to_owned());
        Self(format!("{words}<span class=\"more\">{exact}</span>"))
    }

    /// Plain text, escaped.
    pub fn escape(words: &str) -> Self {
        Self(escaped(words.to_owned()))
    }

    /// How many more there are, with their names as tooltip and accessible name.
    pub fn more(count: usize, names: &str) -> Self {
        let names = escaped(names.to_owned());
        Self(format!(
            "<span class=\"badge plain\" title=\"{names}\">+{count}<span class=\"hidden\"> {names}</span></span>"
        ))
    }

    /// Pills in a row.
    pub fn chips(parts: Vec<Self>) -> Self {
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

/// One of five tints for a name, always the same one.
fn color_index(name: &str) -> u32 {
    name.chars().fold(0_u32, |sum, c| {
        sum.wrapping_mul(31).wrapping_add(u32::from(c))
    }) % 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bold_values_are_escaped_and_cannot_set_marks_of_their_own() {
        let name = "<b>\u{e000}Ann\u{e001} & Co";
        let values = [("name", name), ("email", "a@x.io")];
        let marked = SafeHtml::t_args(Locale::En, "invitation-joining-as", &values).to_string();
        assert!(
            marked.contains("<strong>&#60;b&#62;Ann &#38; Co</strong>"),
            "{marked}"
        );
        assert_eq!(marked.matches("<strong>").count(), 2);
    }

    #[test]
    fn words_between_backticks_are_code_and_stay_escaped() {
        let coded = |text| SafeHtml::with_inline_code(text).to_string();
        assert_eq!(coded("holds `A<B>`."), "holds <code>A&#60;B&#62;</code>.");
        assert_eq!(coded("an odd ` one"), "an odd ` one");
    }

    #[test]
    fn initials_are_of_the_first_two_words() {
        assert_eq!(initials("Northwind Traders Ltd"), "NT");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("«Ромашка» и друзья"), "РИ");
    }
}
