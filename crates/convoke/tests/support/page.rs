//! Pages as a browser without script shows them.

use axum::http::{Method, header};
use convoke_core::secret::sha256;

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
    pub async fn follow(&mut self, answer: TestResponse) -> TestResponse {
        let path = answer.location();
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

    /// The text of the first heading.
    #[track_caller]
    pub fn heading(&self) -> String {
        let html = self.body();
        let (_, rest) = html
            .split_once("<h1>")
            .unwrap_or_else(|| panic!("no heading in {html}"));
        visible_text(rest.split("</h1>").next().unwrap())
    }

    /// The same response, if the page contains this text or this markup.
    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        let html = self.body();
        assert!(
            html.contains(text) || visible_text(&html).contains(text),
            "no {text:?} in {html}"
        );
        self
    }

    /// The same response, if the page contains neither this text nor this markup.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        let html = self.body();
        assert!(
            !html.contains(text) && !visible_text(&html).contains(text),
            "{text:?} in {html}"
        );
        self
    }
}

/// The text of HTML without its tags.
pub fn visible_text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    for (entity, character) in [
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
