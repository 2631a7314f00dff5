//! A real headless Chromium, driven over `WebDriver`.

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Site, free_port, redirect_cookie};

/// Two browsers use two cores; more would be slower.
static TURNS: Semaphore = Semaphore::const_new(2);

static DRIVER: LazyLock<Driver> = LazyLock::new(Driver::start);

/// The timeout of every wait.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The interval between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The program that drives browsers; one serves all tests of a process.
struct Driver {
    url: String,
    /// Dropping it closes the pipe that keeps the driver alive.
    _guard: Child,
}

impl Driver {
    fn start() -> Self {
        let program = setting("CONVOKE_TEST_CHROMEDRIVER", "/usr/bin/chromedriver");
        assert!(
            std::path::Path::new(&program).exists(),
            "no {program}: run the tests with scripts/test, which installs Chromium and its driver"
        );
        let port = free_port();
        // The driver ends when this process does, however that comes about: its pipe closes then.
        let script = "\"$0\" --port=$1 >/dev/null 2>&1 & driver=$!; cat >/dev/null; kill $driver";
        let guard = Command::new("sh")
            .args(["-c", script, &program, &port.to_string()])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        super::until(TIMEOUT, "the driver listens", || {
            std::net::TcpStream::connect(&address).is_ok()
        });
        Self {
            url: format!("http://{address}"),
            _guard: guard,
        }
    }
}

/// Keys by the names that `WebDriver` gives them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";

/// How a browser is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub width: u32,
    pub dark: bool,
    pub language: &'static str,
    pub script: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            width: 1280,
            dark: false,
            language: "en",
            script: true,
        }
    }
}

impl Setup {
    /// A phone.
    pub fn phone() -> Self {
        Self {
            width: 390,
            ..Self::default()
        }
    }
}

/// A new browser for an installation.
pub struct Browser {
    client: Client,
    origin: String,
    _turn: SemaphorePermit<'static>,
}

/// A command that `WebDriver` itself does not have.
#[derive(Debug)]
struct Extra(&'static str, Value);

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// Opens a browser.
    pub async fn open(site: &Site, setup: Setup) -> Self {
        let turn = TURNS.acquire().await.unwrap();
        let url = tokio::task::spawn_blocking(|| DRIVER.url.clone())
            .await
            .unwrap();
        let Value::Object(capabilities) = capabilities(setup) else {
            unreachable!("it is an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&url)
            .await
            .unwrap();
        let browser = Self {
            client,
            origin: site.origin.clone(),
            _turn: turn,
        };
        browser.resize(setup.width).await;
        browser.set_dark(setup.dark).await;
        browser
    }

    /// Makes the system's theme dark or light.
    pub async fn set_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" }]);
        let params = json!({ "features": features });
        self.cdp("Emulation.setEmulatedMedia", &params).await;
    }

    /// A command of the browser's own protocol.
    pub async fn cdp(&self, command: &str, params: &Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.extra("goog/cdp/execute", body).await
    }

    async fn extra(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Extra(path, body)).await.unwrap()
    }

    /// Makes the window so wide; up to 600 pixels it is a phone's.
    pub async fn resize(&self, width: u32) {
        let params =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.cdp("Emulation.setDeviceMetricsOverride", &params)
            .await;
    }

    /// Opens a page by its path; the previous page must have no errors.
    pub async fn goto(&self, path: &str) {
        self.assert_no_browser_errors().await;
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.origin)
        };
        self.client.goto(&url).await.unwrap();
    }

    /// Opens a page after one that the browser could not load, whose errors are left out.
    pub async fn goto_after_failure(&self, path: &str) {
        self.extra("se/log", json!({ "type": "browser" })).await;
        let url = format!("{}{path}", self.origin);
        self.client.goto(&url).await.unwrap();
    }

    /// Sets the session cookie.
    pub async fn sign_in_as(&self, cookie: &str) {
        self.set_cookie("convoke", cookie).await;
    }

    async fn set_cookie(&self, name: &str, value: &str) {
        let params = json!({ "name": name, "value": value, "url": self.origin, "httpOnly": true,
            "sameSite": "Lax" });
        self.cdp("Network.setCookie", &params).await;
    }

    /// Opens a page as the redirect of a form does, with a flash message unless it is empty.
    pub async fn goto_redirected(&self, path: &str, flash: &str) {
        self.set_cookie("convoke-redirect", &redirect_cookie(path))
            .await;
        if path.contains("/invite/result") {
            self.goto("/accounts").await;
            let id = "const request = new XMLHttpRequest(); request.open('GET', '/api/v1/me', false); request.send();
                return JSON.parse(request.responseText).id";
            let id = self.js(id).await;
            let address = format!("{} {path}", id.as_str().unwrap());
            self.set_cookie("convoke-result", &redirect_cookie(&address))
                .await;
        }
        if !flash.is_empty() {
            self.set_cookie("convoke-flash", flash).await;
        }
        self.goto(path).await;
    }

    /// Deletes the cookies.
    pub async fn clear_cookies(&self) {
        self.cdp("Network.clearBrowserCookies", &json!({})).await;
    }

    /// The result of a script.
    pub async fn js(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The result of a script with arguments.
    pub async fn js_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// The result of an asynchronous script.
    pub async fn js_async(&self, script: &str) -> Value {
        self.js_async_with(script, Vec::new()).await
    }

    /// The same with arguments.
    pub async fn js_async_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap()
    }

    /// The time zone of the browser.
    pub async fn time_zone(&self) -> Value {
        self.js("return Intl.DateTimeFormat().resolvedOptions().timeZone")
            .await
    }

    /// The time zone of the signed-in user.
    pub async fn saved_time_zone(&self) -> Value {
        let script = "const done = arguments[0];
            fetch('/api/v1/me').then((response) => response.json()).then((me) => done(me.time_zone));";
        self.js_async(script).await
    }

    /// Makes the window as high as the page, up to a maximum.
    pub async fn fit(&self) {
        let size = self
            .js("return [innerWidth, Math.min(2000, Math.max(700, document.documentElement.scrollHeight))]")
            .await;
        let params = json!({ "width": size[0], "height": size[1], "deviceScaleFactor": 1,
            "mobile": size[0].as_i64() < Some(600) });
        self.cdp("Emulation.setDeviceMetricsOverride", &params)
            .await;
    }

    /// Waits until an element exists.
    #[track_caller]
    pub fn wait_for<'a>(
        &'a self,
        css: &'a str,
    ) -> impl Future<Output = fantoccini::elements::Element> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let waiting = self
                .client
                .wait()
                .at_most(TIMEOUT)
                .every(Duration::from_millis(25));
            match waiting.for_element(Locator::Css(css)).await {
                Ok(element) => element,
                Err(error) => panic!("{caller}: no {css}: {error}\n{}", self.visible_text().await),
            }
        }
    }

    /// Waits until the page shows this text.
    pub async fn wait_for_text(&self, text: &str) {
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        loop {
            let text_of_page = self.visible_text().await;
            if text_of_page.contains(text) {
                return;
            }
            assert!(
                begun.elapsed() < TIMEOUT,
                "no {text:?} on {}:\n{text_of_page}",
                self.path().await
            );
            ticks.tick().await;
        }
    }

    /// Waits until a script returns true.
    pub async fn until(&self, what: &str, script: &str) {
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        while self.js(&format!("return Boolean({script})")).await != json!(true) {
            assert!(
                begun.elapsed() < TIMEOUT,
                "not in time: {what}\n{}",
                self.visible_text().await
            );
            ticks.tick().await;
        }
    }

    /// The visible text of the page.
    pub async fn visible_text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => {
                let text = body.text().await.unwrap_or_default();
                text.replace('\u{a0}', " ")
            }
            Err(_) => String::new(),
        }
    }

    /// The page's first heading.
    pub async fn heading(&self) -> String {
        self.wait_for("h1").await.text().await.unwrap()
    }

    /// The path of the page.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Waits until the page of this path is loaded.
    pub async fn at(&self, path: &str) {
        let script =
            format!("location.pathname === {path:?} && document.readyState === 'complete'");
        self.until(&format!("the page {path}"), &script).await;
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.wait_for(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Pastes a text into a field.
    pub async fn paste(&self, css: &str, text: &str) {
        self.wait_for(css).await;
        let script = "const data = new DataTransfer(); data.setData('text', arguments[1]);
            document.querySelector(arguments[0]).dispatchEvent(
                new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
        self.js_with(script, vec![json!(css), json!(text)]).await;
    }

    /// Lets scripts of pages run, or prevents it; scripts of tests run in either case.
    pub async fn run_scripts(&self, enabled: bool) {
        let params = json!({ "value": !enabled });
        self.cdp("Emulation.setScriptExecutionDisabled", &params)
            .await;
    }

    /// Pastes a text into a field from the clipboard of the browser, by the keys for it.
    pub async fn paste_by_key(&self, css: &str, text: &str) {
        let permissions = json!({ "origin": self.origin,
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.cdp("Browser.grantPermissions", &permissions).await;
        let copy = "const [text, done] = arguments;
            navigator.clipboard.writeText(text).then(() => done(null), (error) => done(String(error)))";
        let error = self.js_async_with(copy, vec![json!(text)]).await;
        assert!(error.is_null(), "{error}");
        self.click(css).await;
        let press = |kind: &str| {
            json!({ "type": kind, "modifiers": 2, "key": "v", "code": "KeyV",
            "windowsVirtualKeyCode": 86, "commands": if kind == "keyUp" { vec![] } else { vec!["paste"] } })
        };
        for kind in ["rawKeyDown", "keyUp"] {
            self.cdp("Input.dispatchKeyEvent", &press(kind)).await;
        }
    }

    /// Goes back to the page before.
    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Clicks on something.
    pub async fn click(&self, css: &str) {
        let element = self.wait_for(css).await;
        self.reveal(&element).await;
        element.click().await.unwrap();
    }

    /// Scrolls to the middle of the window, as people do with what a bar at the bottom covers.
    async fn reveal(&self, element: &fantoccini::elements::Element) {
        let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        let argument = serde_json::to_value(element).unwrap();
        self.client.execute(script, vec![argument]).await.unwrap();
    }

    /// Presses the button or link with exactly this text that can be seen.
    pub async fn press(&self, text: &str) {
        let quoted = format!("\"{text}\"");
        let xpath = format!(
            "//*[self::button or self::a][normalize-space(.)={quoted} or @aria-label={quoted}]"
        );
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        loop {
            let elements = self.client.find_all(Locator::XPath(&xpath)).await;
            for element in elements.unwrap() {
                if element.is_displayed().await.unwrap_or(false) {
                    self.reveal(&element).await;
                    return element.click().await.unwrap();
                }
            }
            assert!(
                begun.elapsed() < TIMEOUT,
                "no {text:?} to press on\n{}",
                self.visible_text().await
            );
            ticks.tick().await;
        }
    }

    /// Sends keys to whatever has the focus.
    pub async fn keys(&self, keys: &str) {
        self.client
            .active_element()
            .await
            .unwrap()
            .send_keys(keys)
            .await
            .unwrap();
    }

    /// Moves the focus to an element by the Tab key.
    pub async fn tab_to(&self, css: &str) {
        const MAX_TABS: usize = 150;
        let there = format!("return document.activeElement.matches({css:?})");
        for _ in 0..MAX_TABS {
            self.keys(TAB).await;
            if self.js(&there).await == json!(true) {
                return;
            }
        }
        panic!("no way by Tab to {css}\n{}", self.visible_text().await);
    }

    /// Waits until what has this text has the focus.
    pub async fn has_focus(&self, text: &str) {
        let there = format!("document.activeElement.textContent.trim() === {text:?}");
        self.until(&format!("{text} has the focus"), &there).await;
    }

    /// The whole page as a WebP picture.
    pub async fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let params = json!({ "format": "webp", "quality": 50, "captureBeyondViewport": true });
        let screenshot = self.cdp("Page.captureScreenshot", &params).await;
        let data = screenshot["data"].as_str().unwrap();
        base64::prelude::BASE64_STANDARD.decode(data).unwrap()
    }

    /// Checks that the page has no error, no CSP report and no foreign request.
    pub async fn assert_no_browser_errors(&self) {
        let requests = self.js(REQUESTS).await;
        let log = self.extra("se/log", json!({ "type": "browser" })).await;
        for entry in log.as_array().unwrap() {
            let message = entry["message"].as_str().unwrap_or_default();
            let is_informational =
                ["DEBUG", "INFO"].contains(&entry["level"].as_str().unwrap_or_default());
            assert!(
                is_informational || is_expected_error_page(message, &self.origin),
                "the console says: {entry}"
            );
        }
        for request in requests.as_array().unwrap() {
            let name = request[0].as_str().unwrap();
            assert!(name.starts_with(&self.origin), "a foreign request: {name}");
            assert!(request[1].as_i64() < Some(400), "not there: {request}");
        }
    }

    /// Closes the browser; the page must have no errors.
    pub async fn close(self) {
        self.assert_no_browser_errors().await;
        self.client.close().await.unwrap();
    }
}

/// The resources of the page.
const REQUESTS: &str = "return performance.getEntriesByType('resource').map((entry) => [entry.name, entry.responseStatus])";

/// Whether a console message reports a page that returns 4xx or 503 on purpose, and no missing file.
fn is_expected_error_page(message: &str, origin: &str) -> bool {
    let Some((url, rest)) = message.split_once(' ') else {
        return false;
    };
    let ours = url.strip_prefix(origin);
    let file = ["/assets/", "/pictures/", "/favicon", "/state"];
    let page = ours.is_some_and(|path| !file.iter().any(|part| path.contains(part)));
    let rejected = ["4", "503"]
        .iter()
        .any(|status| rest.contains(&format!("responded with a status of {status}")));
    page && rest.contains("Failed to load resource: the server responded") && rejected
}

fn capabilities(setup: Setup) -> Value {
    let program = setting("CONVOKE_TEST_CHROMIUM", "/usr/bin/chromium");
    let lang = format!("--lang={}", setup.language);
    let mut preferences = json!({ "intl.accept_languages": setup.language });
    if !setup.script {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    json!({
        "browserName": "chrome",
        "pageLoadStrategy": "normal",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": program,
            "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", "--disable-dev-shm-usage", lang],
            "prefs": preferences,
        },
    })
}

/// A setting that `scripts/test` determines for this machine.
#[expect(clippy::disallowed_methods, reason = "a test has no other settings")]
pub fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}
