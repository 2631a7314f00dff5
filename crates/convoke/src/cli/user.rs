//! `convoke user`: what an operator does with people.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{CommandError, CommandResult};
use super::{app_with_data, print_line, runtime, table};
use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_core::secret::Secret;
use convoke_domain::users::{self, Registration, UserOverview};
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

/// How many users are read at a time.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create a user whose address you authenticate, and print their password once
    Create(NewUser),
    /// List users, the oldest first
    List(ListOptions),
    /// Show one user
    Show(UserOptions),
    /// Disable a user: their sessions end, and they cannot sign in. They stay in their accounts
    Disable(UserOptions),
    /// Let a disabled user sign in again
    Enable(UserOptions),
}

#[derive(Args, Debug)]
pub(super) struct ListOptions {
    /// Only users with this text in id, name, login or address
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only disabled users
    #[arg(long)]
    disabled: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct UserOptions {
    /// Id, address or login
    user: String,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Runs a command on users.
pub(super) fn run(config: Config, command: UserCommand) -> CommandResult {
    let app = app_with_data(config)?;
    runtime()?.block_on(run_in(&app, command))
}

async fn run_in(app: &App, command: UserCommand) -> CommandResult {
    let result = match command {
        UserCommand::Create(new) => return create(app, new).await,
        UserCommand::List(options) => list(app, &options).await,
        UserCommand::Show(UserOptions { user, json }) => {
            let result = app.read(move |tx| users::find_any(tx, &user)).await;
            result.map(|user| print_user(&user, json))
        }
        UserCommand::Disable(UserOptions { user, json }) => {
            let disabled = app.write(move |tx| {
                let overview = users::find_any(tx, &user)?;
                users::disable(tx, overview.user.id)
            });
            disabled.await.map(|user| print_user(&user, json))
        }
        UserCommand::Enable(UserOptions { user, json }) => {
            let enabled = app.write(move |tx| {
                let overview = users::find_any(tx, &user)?;
                users::enable(tx, overview.user.id)
            });
            enabled.await.map(|user| print_user(&user, json))
        }
    };
    result.map_err(|error| match error {
        Error::NotFound => {
            "there is no user with this id, address or login; convoke user list shows them".into()
        }
        other => CommandError::from_operation("the user was not changed", other),
    })
}

async fn list(app: &App, options: &ListOptions) -> Result<(), Error> {
    let text = options.search.as_deref().unwrap_or_default().to_lowercase();
    let mut after = UserId::from(Uuid::nil());
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    loop {
        let page = app
            .read_long(move |tx| users::list_all(tx, after, PAGE))
            .await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.user.id;
        let wanted = page.iter().filter(|overview| {
            matches(overview, &text) && (overview.disabled_at.is_some() || !options.disabled)
        });
        for overview in wanted {
            rows.push(row(overview));
            items.push(json(overview));
        }
    }
    let headings = ["id", "name", "login", "address", "disabled"];
    table::print(options.json, &headings, rows, &items);
    Ok(())
}

fn matches(overview: &UserOverview, text: &str) -> bool {
    let UserOverview { user, .. } = overview;
    let email = user.email.clone().unwrap_or_default();
    let texts = [user.id.to_string(), user.name(), user.login.clone(), email];
    texts
        .iter()
        .any(|field| field.to_lowercase().contains(text))
}

fn row(overview: &UserOverview) -> Vec<String> {
    let UserOverview { user, disabled_at } = overview;
    vec![
        user.id.to_string(),
        user.name(),
        user.login.clone(),
        user.email.clone().unwrap_or_default(),
        disabled_at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

/// As in the API, with what only the operator sees.
fn json(overview: &UserOverview) -> Value {
    let UserOverview { user, disabled_at } = overview;
    json!({
        "id": user.id,
        "login": user.login,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "locale": user.locale.as_str(),
        "time_zone": user.time_zone,
        "has_password": user.has_password,
        "break_glass": user.break_glass,
        "disabled_at": disabled_at,
        "created_at": user.created_at,
    })
}

fn print_user(overview: &UserOverview, as_json: bool) {
    let UserOverview { user, disabled_at } = overview;
    let password = match (user.has_password, user.break_glass) {
        (false, _) => "none",
        (true, false) => "yes",
        (true, true) => "yes, break-glass",
    };
    let values = [
        ("User", user.id.to_string()),
        ("Name", user.name()),
        ("Login", user.login.clone()),
        (
            "Address",
            user.email.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("Password", password.to_owned()),
        (
            "Sign-in",
            disabled_at.map_or_else(|| "enabled".to_owned(), |at| format!("disabled since {at}")),
        ),
        ("Created", user.created_at.to_string()),
    ];
    table::print_one(as_json, &values, &json(overview));
}

async fn create(app: &App, new: NewUser) -> CommandResult {
    let (password, made) = password(app, new.password_stdin)
        .map_err(|error| format!("the password cannot be read: {error}"))?;
    let (as_json, break_glass) = (new.json, new.break_glass);
    let (id, login) = add(app, new, &password).await.map_err(error_of_creation)?;
    print_created(as_json, &id, &login, break_glass, made.then_some(&password));
    Ok(())
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
        let created = json!({ "id": id, "login": login, "break_glass": break_glass,
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

fn error_of_creation(error: Error) -> CommandError {
    match error {
        Error::Invalid(errors) => {
            let lines: Vec<String> = errors.iter().map(field_error_line).collect();
            lines.into()
        }
        Error::LinkNoLongerValid => "--email: another user has this address already".into(),
        other => CommandError::from_operation("the user was not created", other),
    }
}

fn field_error_line(error: &FieldError) -> String {
    let option = error.pointer.trim_start_matches('/').replace('_', "-");
    format!(
        "--{option}: {}",
        convoke_api::problem::field_error::detail(error)
    )
}
