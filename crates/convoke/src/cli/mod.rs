//! The command line: what an operator types.

mod account;
mod catalogue;
mod check;
mod demo;
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
use convoke_domain::DatabaseError;

/// Done.
pub(crate) const DONE: u8 = 0;
/// It failed; a sentence on standard error explains why.
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
    let cli = Cli::parse();
    let code = match cli.command {
        Command::Openapi => openapi(),
        Command::Catalogue { command } => match command {
            CatalogueCommand::Check { file: Some(file) } => catalogue::check_file(&file),
            CatalogueCommand::Check { file: None } => {
                with_config(cli.config.as_deref(), |config| catalogue::check(&config))
            }
            CatalogueCommand::Show => {
                with_config(cli.config.as_deref(), |config| catalogue::show(&config))
            }
        },
        Command::Account { command } => with_config(cli.config.as_deref(), |config| {
            account::run(config, command)
        }),
        Command::User { command } => {
            with_config(cli.config.as_deref(), |config| user::run(config, command))
        }
        Command::Mail {
            command: MailCommand::Unsuppress { address },
        } => with_config(cli.config.as_deref(), |config| {
            mail::unsuppress(config, &address)
        }),
        Command::Migrate => with_config(cli.config.as_deref(), migrate),
        Command::Check(options) => check::run(cli.config.as_deref(), &options),
        Command::Serve(options) => with_config(cli.config.as_deref(), |config| {
            serve::run(config, options.demo, options.folder)
        }),
    };
    ExitCode::from(code)
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

fn with_config(file: Option<&Path>, command: impl FnOnce(Config) -> u8) -> u8 {
    match load(file) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                print_error(warning);
            }
            command(loaded.config)
        }
        Err(errors) => {
            for error in &errors {
                print_error(error);
            }
            FAILED
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn openapi() -> u8 {
    match convoke_web::document().to_pretty_json() {
        Ok(text) => {
            print_line(&text);
            DONE
        }
        Err(error) => {
            print_error(&error.to_string());
            FAILED
        }
    }
}

/// Builds the program's parts for a command.
pub(crate) fn app(config: Config) -> Result<App, u8> {
    App::build(config, Dependencies::default()).map_err(|error| {
        print_error(&error);
        FAILED
    })
}

/// The same for a command that works on the data: a missing SQLite file is an error, and is not created.
pub(crate) fn app_with_data(config: Config) -> Result<App, u8> {
    if let Some(file) = convoke_app::database::missing_file(&config) {
        print_error(&format!(
            "database.url: {} does not exist; convoke serve or convoke migrate creates it",
            file.display()
        ));
        return Err(FAILED);
    }
    app(config)
}

/// Why the database did not carry out a command.
pub(crate) fn database_error_line(error: &DatabaseError) -> String {
    format!("database.url: {error}. Is the database there, and convoke migrate done?")
}

/// The runtime that commands and the server run on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, u8> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            print_error(&format!("no threads can be started: {error}"));
            FAILED
        })
}

fn migrate(config: Config) -> u8 {
    let run = || -> Result<u8, u8> {
        let app = app(config)?;
        match runtime()?.block_on(app.migrate()) {
            Ok(0) => print_line("The schema is current; nothing was to be done."),
            Ok(count) => print_line(&format!(
                "Applied {count} migrations; the schema is current."
            )),
            Err(error) => {
                print_error(&format!("database.url: {error}"));
                return Ok(FAILED);
            }
        }
        Ok(DONE)
    };
    run().unwrap_or_else(|code| code)
}
