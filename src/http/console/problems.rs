//! Problems for people: one page per code, and the page that stands in place of what was asked for.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::page::{Page, render};
use super::visit::{Shown, Visit, status};
use crate::app::App;
use crate::core::language::Locale;
use crate::http::extract::Ids;
use crate::http::problem::{CODES, Problem};
use crate::texts::text;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/problems/{code}", get(show))
}

#[derive(Template)]
#[template(path = "problems/code.html")]
struct CodePage<'a> {
    page: Page<'a>,
    word: &'static str,
    status: u16,
    means: String,
    remedy: String,
}

async fn show(visit: Visit, Ids((word,)): Ids<(String,)>) -> Shown {
    let code = CODES.iter().find(|code| code.word == word);
    let code = code.ok_or_else(Problem::not_found)?;
    let words = |part: &str| visit.t(&format!("problem-{}-{part}", code.word));
    let page = visit.page(words("title"));
    let view = CodePage {
        page: page.crumb(visit.t("problem-crumb"), None),
        word: code.word,
        status: code.status,
        means: words("means"),
        remedy: words("remedy"),
    };
    Ok(render(StatusCode::OK, &view))
}

#[derive(Template)]
#[template(path = "problems/show.html")]
struct ProblemPage<'a> {
    page: Page<'a>,
    paragraphs: Vec<String>,
    request_id: &'a str,
}

/// A problem in place of a page; `request_id` finds it in the log.
pub(in crate::http) fn problem_page(
    app: &App,
    problem: &Problem,
    request_id: &str,
    locale: Locale,
) -> Response {
    let words = |part: &str| text(locale, &format!("problem-{}-{part}", problem.code.word));
    // Details are written for programs' users too, and in English only.
    let paragraphs = match locale {
        Locale::En => vec![problem.detail.clone()],
        Locale::Ru => vec![words("means"), words("remedy")],
    };
    let view = ProblemPage {
        page: Page::new(&app.config.brand, locale, words("title")),
        paragraphs,
        request_id,
    };
    render(status(problem.code.status), &view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_a_meaning_and_a_remedy_in_every_language() {
        for code in CODES {
            for locale in Locale::ALL {
                for part in ["title", "means", "remedy"] {
                    let key = format!("problem-{}-{part}", code.word);
                    assert_ne!(text(locale, &key), key, "{locale}");
                }
            }
            let title = format!("problem-{}-title", code.word);
            assert_eq!(text(Locale::En, &title), code.title);
        }
    }
}
