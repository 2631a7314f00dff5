//! The command line: what an operator types.

mod account;
mod catalogue;
mod check;
mod demo;
mod error;
mod grants;
mod keys;
mod library_log;
mod mail;
mod panics;
mod serve;
mod table;
mod user;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use convoke_app::config::{self, Config, Loaded};
use convoke_app::{App, Dependencies};
use error::{CommandError, CommandResult};

/// The exit code of a command that failed; a sentence on standard error explains why.
pub(crate) const FAILED: u8 = 1;

/// Accounts, roles and invitations for a company with several products.
#[derive(Debug, Parser)]
#[command(name = "convoke", version)]
struct Cli {
    /// Configuration file; convoke.toml is read when it exists
    #[arg(long, global = true, env = "CONVOKE_CONFIG", value_parser = any_path())]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the pages and the mail
    Serve(ServeOptions),
    /// Create or update the database's schema
    Migrate,
    /// Test configuration, database, mail and sign-in services, one line each
    Check(check::CheckOptions),
    /// Accounts
    Account {
        #[command(subcommand)]
        command: account::AccountCommand,
    },
    /// Users
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Addresses that want no invitations by mail
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Keys that sign tokens for products
    Keys {
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// Sign-ins of users to products
    Grants {
        #[command(subcommand)]
        command: grants::GrantsCommand,
    },
    /// Products and roles
    Catalogue {
        #[command(subcommand)]
        command: CatalogueCommand,
    },
    /// Print the OpenAPI 3.1 document
    Openapi,
}

#[derive(Args, Debug)]
struct ServeOptions {
    /// Begin with a fresh SQLite database, sample people and pending invitations
    #[arg(long)]
    demo: bool,
    /// Where the demo keeps its database; a temporary folder when absent
    #[arg(long, requires = "demo", value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Allow invitations by mail to an address again, where its holder asked for it
    Unsuppress {
        /// The address
        address: String,
    },
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// Print the catalogue in use as TOML
    Show,
    /// Check a catalogue file, or the one in use
    Check {
        /// The file
        file: Option<PathBuf>,
    },
}

/// An empty path too: an empty variable is not set.
fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Runs the command line; exit codes are 0 done, 1 failed, 2 wrong use.
#[must_use]
pub fn run() -> ExitCode {
    panics::install_hook();
    match execute(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            error.print();
            ExitCode::from(FAILED)
        }
    }
}

fn execute(cli: Cli) -> Result<ExitCode, CommandError> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Openapi => openapi(),
        Command::Catalogue { command } => match command {
            CatalogueCommand::Check { file: Some(file) } => catalogue::check_file(&file),
            CatalogueCommand::Check { file: None } => catalogue::check(&load_config(file)?),
            CatalogueCommand::Show => catalogue::show(&load_config(file)?),
        },
        Command::Account { command } => account::run(load_config(file)?, command),
        Command::Grants { command } => grants::run(load_config(file)?, command),
        Command::Keys { command } => keys::run(|| load_config(file), &command),
        Command::User { command } => user::run(load_config(file)?, command),
        Command::Mail {
            command: MailCommand::Unsuppress { address },
        } => mail::unsuppress(load_config(file)?, &address),
        Command::Migrate => migrate(load_config(file)?),
        // Its findings are its output, errors of the configuration among them.
        Command::Check(options) => return check::run(file, &options),
        Command::Serve(options) => serve::run(load_config(file)?, options.demo, options.folder),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Prints an error on standard error.
#[expect(clippy::print_stderr, reason = "a command line talks to its terminal")]
pub(crate) fn print_error(text: &str) {
    eprintln!("convoke: {text}");
}

/// Prints a line on standard output; a closed pipe is no error.
pub(crate) fn print_line(text: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// Reads the configuration: the file, `convoke.toml` when it exists, and the environment.
fn load(file: Option<&Path>) -> Result<Loaded, Vec<String>> {
    let default = Path::new("convoke.toml");
    // An empty CONVOKE_CONFIG is not set.
    let file = file.filter(|file| !file.as_os_str().is_empty());
    let file = file.or_else(|| default.exists().then_some(default));
    config::load(file, environment())
}

/// The configuration for a command; warnings are printed.
fn load_config(file: Option<&Path>) -> Result<Config, CommandError> {
    let loaded = load(file)?;
    for warning in &loaded.warnings {
        print_error(warning);
    }
    Ok(loaded.config)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn openapi() -> CommandResult {
    let text = convoke_api::openapi::document()
        .to_pretty_json()
        .map_err(|error| error.to_string())?;
    print_line(&text);
    Ok(())
}

/// Builds the program's parts for a command.
pub(crate) fn app(config: Config) -> Result<App, CommandError> {
    Ok(App::build(config, Dependencies::default())?)
}

/// The same for a command that works on the data: a missing SQLite file is an error, and is not created.
pub(crate) fn app_with_data(config: Config) -> Result<App, CommandError> {
    if let Some(file) = convoke_app::database::missing_file(&config) {
        let file = file.display();
        return Err(format!(
            "database.url: {file} does not exist; convoke serve or convoke migrate creates it"
        )
        .into());
    }
    app(config)
}

/// The runtime that commands and the server run on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no threads can be started: {error}").into())
}

fn migrate(config: Config) -> CommandResult {
    let app = app(config)?;
    let count = runtime()?
        .block_on(app.migrate())
        .map_err(|error| format!("database.url: {error}"))?;
    print_line(&match count {
        0 => "The schema is current; nothing was to be done.".to_owned(),
        count => format!("Applied {count} migrations; the schema is current."),
    });
    Ok(())
}
