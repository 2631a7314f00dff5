//! The command line: what an operator types.

mod catalogue;
mod check;
mod demo;
mod mail;
mod serve;
mod user;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use convoke_app::config::{self, Config};
use convoke_app::{App, Dependencies};

/// Done.
pub(crate) const DONE: u8 = 0;
/// It failed; a sentence on standard error explains why.
pub(crate) const FAILED: u8 = 1;

/// Accounts, roles and invitations for a company with several products.
#[derive(Debug, Parser)]
#[command(name = "convoke", version)]
struct Cli {
    /// Configuration file; convoke.toml is read when it exists
    #[arg(long, global = true, env = "CONVOKE_CONFIG")]
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
    Check {
        /// One JSON object instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Users
    User {
        #[command(subcommand)]
        command: UserCommand,
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
enum UserCommand {
    /// Create a user whose address you authenticate, and print their password once
    Create(user::NewUser),
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

/// Runs the command line; exit codes are 0 done, 1 failed, 2 wrong use.
#[must_use]
pub fn run() -> ExitCode {
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
        Command::User {
            command: UserCommand::Create(new),
        } => with_config(cli.config.as_deref(), |config| user::create(config, new)),
        Command::Mail {
            command: MailCommand::Unsuppress { address },
        } => with_config(cli.config.as_deref(), |config| {
            mail::unsuppress(config, &address)
        }),
        Command::Migrate => with_config(cli.config.as_deref(), migrate),
        Command::Check { json } => with_config(cli.config.as_deref(), move |config| {
            check::run(config, json)
        }),
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

fn with_config(file: Option<&Path>, command: impl FnOnce(Config) -> u8) -> u8 {
    let default = Path::new("convoke.toml");
    let file = file.or_else(|| default.exists().then_some(default));
    match config::load(file, environment()) {
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
