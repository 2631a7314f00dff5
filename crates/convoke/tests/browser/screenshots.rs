//! Screenshots of every screen: `scripts/screenshots`.

use std::path::Path;

use super::pages::open;
use super::screens::ConsoleScreens;
use crate::support::{Browser, Setup, setting};

/// Whether a screen is one of the console's, and one of `CONVOKE_SCREENSHOTS_ONLY` where that names some.
fn is_wanted(name: &str) -> bool {
    let only = setting("CONVOKE_SCREENSHOTS_ONLY", "");
    let of_console = !["api", "mailbox", "mailbox-email"].contains(&name);
    of_console && (only.is_empty() || only.split(',').any(|wanted| wanted == name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes the folder screenshots; run by scripts/screenshots"]
async fn all_screens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let language: &'static str = setting("CONVOKE_SCREENSHOTS_LANGUAGE", "en").leak();
    picture_all(&folder, &ConsoleScreens::new(language).await, language).await;
    let products = ConsoleScreens::of_products(language).await;
    picture_all(&folder, &products, language).await;
}

async fn picture_all(folder: &Path, console: &ConsoleScreens, language: &'static str) {
    for (dark, theme) in [(false, "light"), (true, "dark")] {
        let setup = Setup {
            dark,
            language,
            ..Setup::default()
        };
        let browser = Browser::open(&console.site, setup).await;
        for screen in console
            .screens
            .iter()
            .filter(|screen| is_wanted(screen.name))
        {
            for width in [1280, 390] {
                browser.resize(width).await;
                open(&browser, screen).await;
                browser.fit().await;
                let file = folder.join(format!("{}-{width}-{theme}.webp", screen.name));
                std::fs::write(file, browser.picture().await).unwrap();
            }
        }
        browser.close().await;
    }
}
