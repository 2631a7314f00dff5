//! Requests of a browser without script, and assertions about pages.

use axum::http::{Method, header};
use convoke_core::secret::sha256;

use super::page::Page;
use super::{Client, TestResponse};

/// The cookie that binds a page to the redirect to this address.
pub fn redirect_cookie(address: &str) -> String {
    let hash = sha256(address.as_bytes());
    let first: [u8; 16] = hash[..16].try_into().unwrap();
    format!("{:032x}", u128::from_be_bytes(first))
}

impl Client {
    /// Opens a page, as a browser does.
    pub async fn page(&mut self, path: &str) -> TestResponse {
        self.raw(Method::GET, path, None, Vec::new()).await
    }

    /// Opens a page with a flash message, as the redirect of a form does.
    pub async fn page_with_flash(&mut self, path: &str, flash: &str) -> TestResponse {
        self.jar
            .insert("convoke-flash".to_owned(), flash.to_owned());
        self.page(path).await
    }

    /// Opens a page as the redirect to it does.
    pub async fn page_of_redirect(&mut self, path: &str) -> TestResponse {
        self.jar
            .insert("convoke-redirect".to_owned(), redirect_cookie(path));
        if path.contains("/invite/result") {
            let address = format!("{} {path}", self.id().await);
            self.jar
                .insert("convoke-result".to_owned(), redirect_cookie(&address));
        }
        self.page(path).await
    }

    /// Follows the redirect of a form.
    pub async fn follow(&mut self, response: TestResponse) -> TestResponse {
        let path = response.location();
        self.page(&path).await
    }

    /// The same caller with a browser in this language.
    pub fn speaking(&self, language: &str) -> Self {
        self.with("accept-language", language)
    }
}

impl TestResponse {
    /// The redirect target of a response.
    #[track_caller]
    pub fn location(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body());
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The same response, if it redirects to this path.
    #[track_caller]
    pub fn leads_to(self, path: &str) -> Self {
        assert_eq!(self.location(), path);
        self
    }

    /// The cookies that a response sets.
    pub fn set_cookies(&self) -> Vec<String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        all.map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect()
    }

    /// The flash message that a response sets.
    pub fn flash(&self) -> Option<String> {
        let cookies = self.set_cookies();
        let flash = cookies.iter().find_map(|cookie| {
            let pair = cookie.split(';').next()?.trim_start_matches("__Host-");
            pair.strip_prefix("convoke-flash=")
        });
        flash.filter(|flash| !flash.is_empty()).map(str::to_owned)
    }

    /// The same response, if it sets this flash message.
    #[track_caller]
    pub fn flashes(self, message: &str) -> Self {
        assert_eq!(self.flash().as_deref(), Some(message));
        self
    }

    fn is_html(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    }

    /// The page.
    #[track_caller]
    pub fn html(&self) -> Page {
        assert!(self.is_html(), "no page: {}", self.body());
        Page::parse(&self.body())
    }

    /// The text of the only first-level heading.
    #[track_caller]
    pub fn heading(&self) -> String {
        let mut headings = self.html().select("h1");
        assert_eq!(headings.len(), 1, "{headings:?} in {}", self.body());
        headings.remove(0)
    }

    /// The same response, if the title of the page starts with this.
    #[track_caller]
    pub fn titled(self, start: &str) -> Self {
        let title = self.html().title();
        assert!(title.starts_with(start), "{start:?} should start {title:?}");
        self
    }

    /// The same response, if the visible text of the page contains this.
    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        let visible = self.html().text();
        assert!(visible.contains(text), "no {text:?} in {visible}");
        self
    }

    /// The same response, if this is nowhere in it: not in the visible text, not in an attribute, not in the source.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        let source = self.body();
        assert!(!source.contains(text), "{text:?} in {source}");
        if !self.is_html() {
            return self;
        }
        let page = self.html();
        assert!(!page.text().contains(text), "{text:?} in {}", page.text());
        for element in page.elements("*") {
            for (name, value) in element.value().attrs() {
                assert!(!value.contains(text), "{text:?} in {name}={value:?}");
            }
        }
        self
    }

    /// The same response, if an element matches this CSS selector.
    #[track_caller]
    pub fn has(self, css: &str) -> Self {
        let has = self.html().elements(css).next().is_some();
        assert!(has, "no {css} in {}", self.body());
        self
    }

    /// The same response, if no element matches this CSS selector.
    #[track_caller]
    pub fn lacks(self, css: &str) -> Self {
        let has = self.html().elements(css).next().is_some();
        assert!(!has, "{css} in {}", self.body());
        self
    }

    /// The same response, if the elements that match this CSS selector have exactly these texts.
    #[track_caller]
    pub fn has_texts(self, css: &str, texts: &[&str]) -> Self {
        assert_eq!(self.html().select(css), texts, "{css}");
        self
    }

    /// The same response, if a link has this target.
    #[track_caller]
    pub fn has_link(self, target: &str) -> Self {
        let links = self.html().links();
        let has = links.iter().any(|(_, known)| known == target);
        assert!(has, "no link to {target} among {links:#?}");
        self
    }

    /// The same response, if a link has this text and this target.
    #[track_caller]
    pub fn has_link_text(self, text: &str, target: &str) -> Self {
        let links = self.html().links();
        let wanted = (text.to_owned(), target.to_owned());
        assert!(links.contains(&wanted), "no {wanted:?} among {links:#?}");
        self
    }

    /// The same response, if a field has this name and this value.
    #[track_caller]
    pub fn has_field(self, name: &str, value: &str) -> Self {
        let fields = self.html().fields();
        let mut fields_of_name = fields.iter().filter(|field| field.name == name);
        let has = fields_of_name.any(|field| field.value == value);
        assert!(has, "no {name} = {value:?} among {fields:#?}");
        self
    }

    /// The same response, if a multi-line field contains exactly this.
    #[track_caller]
    pub fn has_textarea(self, text: &str) -> Self {
        let page = self.html();
        let areas = page.elements("textarea").map(|area| area.text());
        let areas: Vec<String> = areas.map(Iterator::collect).collect();
        assert!(
            areas.iter().any(|area| area == text),
            "no {text:?} among {areas:?}"
        );
        self
    }

    /// The same response, if the choices with this value are checked, and there is one.
    #[track_caller]
    pub fn checked(self, value: &str) -> Self {
        let choices = self.html().choices(value);
        let is_checked = choices.iter().all(|choice| choice.is_checked);
        assert!(!choices.is_empty() && is_checked, "{value}: {choices:?}");
        self
    }

    /// The same response, if no choice with this value is checked, and there is one.
    #[track_caller]
    pub fn unchecked(self, value: &str) -> Self {
        let choices = self.html().choices(value);
        let is_checked = choices.iter().any(|choice| choice.is_checked);
        assert!(!choices.is_empty() && !is_checked, "{value}: {choices:?}");
        self
    }
}
