//! The layout of pages.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::components::{Avatar, Icon};
use convoke_api::problem;
use convoke_app::config::Brand;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_domain::sessions::User;
use convoke_domain::users::THEMES;
use convoke_i18n::{t, t_args};

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
    /// Whether the content places the flash message itself.
    pub banner_in_content: bool,
    /// The breadcrumbs.
    pub crumbs: Vec<Crumb>,
    /// Its entry of the main navigation.
    pub section: NavSection,
    /// The same page in other languages.
    pub languages: Vec<Language>,
    /// The notice that the page was opened under another address than `public_url`.
    pub other_address: Option<OtherAddressNotice>,
    /// Whether it is the page that a form led to which was accepted.
    pub done: bool,
}

/// The notice that a page was opened under another address than `public_url`.
#[derive(Clone, Debug)]
pub(crate) struct OtherAddressNotice {
    /// The text, with the right origin.
    pub text: String,
    /// The label of the link.
    pub link: String,
    /// The same page at the right origin.
    pub href: String,
    /// The right origin.
    pub origin: String,
}

/// The signed-in user in the page's header.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their picture or initials.
    pub avatar: Avatar,
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
            id: user.id,
            name: user.name(),
            avatar: Avatar::new(&user.name(), user.picture.as_deref()),
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
            banner_in_content: false,
            crumbs: Vec::new(),
            section: NavSection::Elsewhere,
            languages: Vec::new(),
            other_address: None,
            done: false,
        }
    }

    /// Whether it is the page that an accepted form led to: the browser may forget what was entered there.
    pub(crate) fn is_done(&self) -> bool {
        self.done || self.banner.as_ref().is_some_and(|banner| !banner.warns)
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
    pub(crate) fn icon<'n>(&self, name: &'n str) -> Icon<'n> {
        Icon::new(name)
    }

    /// Whether it belongs to the accounts section.
    pub(crate) fn is_in_accounts(&self) -> bool {
        self.section == NavSection::Accounts
    }

    /// Whether it belongs to the profile section.
    pub(crate) fn is_in_profile(&self) -> bool {
        self.section == NavSection::Profile
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

/// The layout around a page's content.
#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    page: &'a Page<'a>,
    content: &'a str,
}

/// The document of a page. The layout is a template of its own rather than the base of all others, so that it is compiled
/// once instead of once per page.
///
/// # Errors
///
/// When a value of the content or the layout cannot be formatted.
pub(crate) fn document(page: &Page, content: &impl Template) -> askama::Result<String> {
    let content = content.render()?;
    Layout {
        page,
        content: &content,
    }
    .render()
}

/// A page as a response.
pub(crate) fn render_page(status: StatusCode, page: &Page, content: &impl Template) -> Response {
    respond(status, document(page, content))
}

/// A template of a whole document as a response.
pub(crate) fn render(status: StatusCode, document: &impl Template) -> Response {
    respond(status, document.render())
}

fn respond(status: StatusCode, html: askama::Result<String>) -> Response {
    match html {
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
