//! `convoke user`: what an operator does with people.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;

use super::{DONE, FAILED, app, print_error, print_line, runtime};
use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::language::Locale;
use convoke_core::secret::Secret;
use convoke_domain::users::{self, Registration};
use convoke_domain::{Error, FieldError};

/// Whom to create.
#[derive(Args, Debug)]
pub(super) struct NewUser {
    /// Their address, which becomes their login
    #[arg(long)]
    email: String,
    /// Their first name
    #[arg(long)]
    first_name: String,
    /// Their last name
    #[arg(long)]
    last_name: Option<String>,
    /// Their language: en or ru
    #[arg(long)]
    locale: Option<String>,
    /// Their time zone, such as Europe/Berlin
    #[arg(long)]
    time_zone: Option<String>,
    /// For emergencies: may sign in with the password even while nobody else may
    #[arg(long)]
    break_glass: bool,
    /// Read the password from standard input instead of making one
    #[arg(long)]
    password_stdin: bool,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Creates a user.
pub(super) fn create(config: Config, new: NewUser) -> u8 {
    let run = || -> Result<u8, u8> {
        let app = app(config)?;
        Ok(runtime()?.block_on(create_in(&app, new)))
    };
    run().unwrap_or_else(|code| code)
}

async fn create_in(app: &App, new: NewUser) -> u8 {
    let (password, made) = match password(app, new.password_stdin) {
        Ok(password) => password,
        Err(error) => {
            print_error(&format!("the password cannot be read: {error}"));
            return FAILED;
        }
    };
    let (as_json, break_glass) = (new.json, new.break_glass);
    match add(app, new, &password).await {
        Ok((id, login)) => {
            print_created(as_json, &id, &login, break_glass, made.then_some(&password));
            DONE
        }
        Err(error) => {
            for line in error_lines(&error) {
                print_error(&line);
            }
            FAILED
        }
    }
}

/// The password from standard input, or a random one.
fn password(app: &App, from_stdin: bool) -> std::io::Result<(Secret, bool)> {
    if from_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        let line = text.trim_end_matches(['\r', '\n']);
        return Ok((Secret::new(line.to_owned()), false));
    }
    let mut bytes = [0; 18];
    app.ctx.random.fill(&mut bytes);
    Ok((Secret::new(URL_SAFE_NO_PAD.encode(bytes)), true))
}

async fn add(app: &App, new: NewUser, password: &Secret) -> Result<(String, String), Error> {
    let request = Registration {
        email: new.email,
        first_name: new.first_name,
        last_name: new.last_name,
        locale: new.locale,
        time_zone: new.time_zone,
        ..Registration::default()
    };
    let person = users::validate(&app.ctx, &request, password.expose(), Locale::default())
        .map_err(Error::Invalid)?;
    let hash = app.hash_password(password.clone()).await?;
    let user = app
        .write(move |tx| users::create_by_operator(tx, &person, &hash, new.break_glass))
        .await?;
    Ok((user.id.to_string(), user.login))
}

fn print_created(as_json: bool, id: &str, login: &str, break_glass: bool, made: Option<&Secret>) {
    let password = made.map(Secret::expose);
    if as_json {
        let created = serde_json::json!({ "id": id, "login": login, "break_glass": break_glass,
            "password": password });
        print_line(&created.to_string());
        return;
    }
    print_line(&format!("Created   {id}"));
    print_line(&format!("Login     {login}"));
    if let Some(password) = password {
        print_line(&format!("Password  {password}"));
        print_line("The password is shown this once. Hand it over, or lock it away.");
    }
}

fn error_lines(error: &Error) -> Vec<String> {
    match error {
        Error::Invalid(errors) => errors.iter().map(field_error_line).collect(),
        Error::LinkNoLongerValid => {
            vec!["--email: another user has this address already".to_owned()]
        }
        Error::Database(error) => vec![format!(
            "database.url: {error}. Is the database there, and convoke migrate done?"
        )],
        other => vec![format!("the user was not created: {other:?}")],
    }
}

fn field_error_line(error: &FieldError) -> String {
    let option = error.pointer.trim_start_matches('/').replace('_', "-");
    format!(
        "--{option}: {}",
        convoke_web::problem::field_error::detail(error)
    )
}
