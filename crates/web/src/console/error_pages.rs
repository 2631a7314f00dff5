//! Pages of problems: one that explains each code, and the error page in place of a requested page.

use super::catalogue_text;
use super::context::PageError;
use axum::http::Method;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::context::{PageContext, PageResult, status_code};
use super::error_text;
use super::notice::LinkButton;
use super::oauth::Service;
use super::page::{Page, Viewer, render_page};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_api::field_error_text::field_error_text;
use convoke_api::problem::{CODES, Problem};
use convoke_app::App;
use convoke_core::language::Locale;
use convoke_domain::Error;
use convoke_domain::catalogue::Catalogue;
use convoke_i18n::{Arg, t, t_args};

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

async fn show(context: PageContext, PathIds((word,)): PathIds<(String,)>) -> PageResult {
    let code = CODES.iter().find(|code| code.word == word);
    let code = code.ok_or_else(Problem::not_found)?;
    let text = |part: &str| context.t(&format!("problem-{}-{part}", code.word));
    let page = context.page(text("title"));
    let view = CodePage {
        page: page.crumb(context.t("problem-crumb"), None),
        word: code.word,
        status: code.status,
        means: text("means"),
        remedy: text("remedy"),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

/// The viewer of an error page, and what the request was about.
#[derive(Clone, Debug)]
pub(crate) struct ProblemContext {
    pub locale: Locale,
    pub viewer: Option<Viewer>,
    /// The page of the account that the request was about.
    pub account: Option<String>,
    /// The address to try again.
    pub retry_path: Option<String>,
    /// Unsaved input, to be copied.
    pub unsaved_input: Option<String>,
    /// Services through which the viewer can reauthenticate.
    pub services: Vec<Service>,
}

impl ProblemContext {
    /// A viewer without a session, of whom only the language is known.
    pub(crate) const fn anonymous(locale: Locale) -> Self {
        Self {
            locale,
            viewer: None,
            account: None,
            retry_path: None,
            unsaved_input: None,
            services: Vec::new(),
        }
    }

    fn links(&self) -> Vec<LinkButton> {
        let link = |key: &str, href: &str| LinkButton {
            label: t(self.locale, key),
            href: href.to_owned(),
        };
        let retry = self
            .retry_path
            .iter()
            .map(|href| link("problem-again", href));
        let account = self
            .account
            .iter()
            .map(|href| link("problem-account", href));
        let home = match self.viewer {
            Some(_) => link("way-accounts", urls::ACCOUNTS),
            None => link("problem-home", urls::HOME),
        };
        let services = self.services.iter().map(|service| LinkButton {
            label: service.label.clone(),
            href: service.href.clone(),
        });
        services.chain(retry).chain(account).chain([home]).collect()
    }
}

impl PageContext {
    /// An error page in the viewer's language, with links that fit the request.
    pub(crate) fn error_page(&self, error: Error) -> PageError {
        self.error_page_with_input(error, None)
    }

    /// The same with unsaved input, to be copied.
    pub(crate) fn error_page_with_input(&self, error: Error, input: Option<String>) -> PageError {
        let is_transient = matches!(error, Error::RateLimited(_) | Error::Database(_));
        let is_retryable = is_transient && self.method == Method::GET;
        let problem_context = ProblemContext {
            locale: self.locale,
            viewer: self
                .caller
                .as_ref()
                .map(|caller| Viewer::from_user(&caller.user)),
            account: match error {
                Error::NotFound => None,
                _ => urls::account_of(&self.path).map(urls::account),
            },
            retry_path: is_retryable.then(|| self.path_and_query()),
            unsaved_input: input,
            services: match error {
                Error::ReauthenticationRequired => self.reauthentication_links(),
                _ => Vec::new(),
            },
        };
        let mut response = Problem::from(error).into_response();
        response.extensions_mut().insert(problem_context);
        PageError(Box::new(response))
    }

    /// Services through which the caller can reauthenticate, which return to the page of the form.
    fn reauthentication_links(&self) -> Vec<Service> {
        let session = self.caller.as_ref().map(|caller| &caller.session);
        let last = session.and_then(|session| session.provider.as_deref());
        let back = match self.path.as_str() {
            form if form.starts_with("/connect/") => urls::PROFILE_SERVICES,
            page @ (urls::PROFILE_EMAIL | urls::PROFILE_PASSWORD) => page,
            form if form.starts_with("/profile/") => urls::PROFILE,
            other => other,
        };
        let all = self.app.providers.all();
        let providers = all.filter(|provider| last.is_none_or(|last| last == provider.settings.id));
        providers
            .map(|provider| Service::continuing(self, provider, Some(back), ""))
            .collect()
    }
}

#[derive(Template)]
#[template(path = "problems/show.html")]
struct ProblemPage<'a> {
    page: Page<'a>,
    paragraphs: Vec<String>,
    links: Vec<LinkButton>,
    unsaved_input: Option<String>,
    request_id: &'a str,
}

/// What happened, with the values of the problem's members, then what to do. The problem's detail is not shown: it is for
/// API clients, and in English.
fn problem_text(catalogue: &Catalogue, locale: Locale, problem: &Problem) -> Vec<String> {
    let code = problem.code.word;
    let general = |part: &str| t(locale, &format!("problem-{code}-{part}"));
    let number = |name: &str| -> Arg<'_> {
        let value = problem.members.get(name).and_then(Value::as_i64);
        value.unwrap_or_default().into()
    };
    let names = |name: &str| -> Vec<String> {
        let values = problem.members.get(name).and_then(Value::as_array);
        let values = values.into_iter().flatten().filter_map(Value::as_str);
        values.map(str::to_owned).collect()
    };
    let first = match code {
        "rate-limited" => {
            let wait = Duration::from_secs(problem.retry_after.unwrap_or(1));
            return vec![error_text::error_text(locale, &Error::RateLimited(wait))];
        }
        "account-limit-exceeded" => {
            let args = [("limit", number("limit"))];
            return vec![t_args(locale, "error-account-limit", &args)];
        }
        "role-not-grantable" => {
            let roles = catalogue_text::role_names(catalogue, locale, &names("roles"));
            return vec![t_args(
                locale,
                "roles-not-grantable",
                &[("roles", roles.into())],
            )];
        }
        "validation-failed" if problem.field_errors.is_empty() => {
            return vec![t(locale, "problem-not-the-form")];
        }
        "validation-failed" => {
            let listed = problem.field_errors.iter().map(|error| {
                let field = error.pointer.trim_start_matches(['/', '?']);
                let text = field_error_text(locale, error);
                let args = [("field", field.into()), ("error", text.into())];
                t_args(locale, "problem-field", &args)
            });
            return [general("means")].into_iter().chain(listed).collect();
        }
        "user-limit-exceeded" => {
            let args = [
                ("available", number("available")),
                ("requested", number("requested")),
            ];
            t_args(locale, "problem-user-limit-exceeded-now", &args)
        }
        "registered-users-only" => {
            let args = [("emails", names("emails").join(", ").into())];
            t_args(locale, "problem-registered-users-only-now", &args)
        }
        _ => general("means"),
    };
    let remedy = match public_address(problem) {
        Some(address) => {
            let key = format!("problem-{code}-at");
            t_args(locale, &key, &[("address", address.into())])
        }
        None => general("remedy"),
    };
    vec![first, remedy]
}

/// The public address, where the request went to another host.
fn public_address(problem: &Problem) -> Option<&str> {
    problem.members.get("public_url").and_then(Value::as_str)
}

/// The error page of a problem; `request_id` identifies the request in the log.
pub(crate) fn problem_page(
    app: &App,
    problem: &Problem,
    request_id: &str,
    context: ProblemContext,
) -> Response {
    let text = |part: &str| {
        t(
            context.locale,
            &format!("problem-{}-{part}", problem.code.word),
        )
    };
    let mut links = context.links();
    if let Some(address) = public_address(problem) {
        // Relative links would lead to the wrong host.
        links = vec![LinkButton {
            label: t(context.locale, "problem-home"),
            href: format!("{address}/"),
        }];
    }
    let view = ProblemPage {
        paragraphs: problem_text(&app.ctx.catalogue, context.locale, problem),
        links,
        unsaved_input: context.unsaved_input,
        request_id,
        page: Page {
            viewer: context.viewer,
            ..Page::new(&app.config.brand, context.locale, text("title"))
        },
    };
    render_page(status_code(problem.code.status), &view.page, &view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_domain::accounts::SeatUsage;
    use convoke_domain::error::{SeatLimitExceeded, UnregisteredEmails};

    #[test]
    fn every_code_has_all_texts_in_every_language() {
        for code in CODES {
            for locale in Locale::ALL {
                for part in ["title", "means", "remedy"] {
                    let key = format!("problem-{}-{part}", code.word);
                    assert_ne!(t(locale, &key), key, "{locale}");
                }
            }
            let title = format!("problem-{}-title", code.word);
            // A page says that it is one.
            let of_page = t(Locale::En, &title).replace("Page not found", "Not found");
            assert_eq!(of_page, code.title);
        }
    }

    #[test]
    fn texts_contain_values_of_the_error_in_every_language() {
        let catalogue = Catalogue::builtin();
        let joined_text = |locale, error: Error| {
            problem_text(&catalogue, locale, &Problem::from(error)).join(" ")
        };
        let seat_limit = || {
            Error::UserLimitExceeded(SeatLimitExceeded {
                usage: SeatUsage {
                    limit: 250,
                    members: 231,
                    pending: 17,
                },
                requested: 5,
                on_premise: false,
            })
        };
        let unregistered = || {
            Error::RegisteredUsersOnly(UnregisteredEmails {
                emails: vec!["hana@x.io".to_owned()],
                by_account: true,
                by_installation: false,
                on_premise: false,
                is_owner: false,
            })
        };
        let limited = || Error::RateLimited(Duration::from_mins(3));
        let roles = || Error::RoleNotGrantable(vec!["USER_ADMIN".to_owned()]);
        for (locale, error, fact) in [
            (
                Locale::En,
                seat_limit(),
                "2 seats are left and you are inviting 5.",
            ),
            (
                Locale::Ru,
                seat_limit(),
                "Осталось 2 места, а приглашаете вы 5.",
            ),
            (Locale::En, unregistered(), "these are not: hana@x.io."),
            (
                Locale::Ru,
                unregistered(),
                "Ещё не зарегистрированы: hana@x.io.",
            ),
            (Locale::En, limited(), "Try again in 3 minutes."),
            (Locale::Ru, limited(), "через 3 минуты"),
            (Locale::En, roles(), "You may not grant User administrator."),
            (Locale::Ru, Error::AccountLimitExceeded(21), "21 аккаунтом"),
            (
                Locale::En,
                Error::OwnerCannotLeave,
                "Transfer the ownership to another user first.",
            ),
        ] {
            let text = joined_text(locale, error);
            assert!(text.contains(fact), "{text}");
        }
    }
}
