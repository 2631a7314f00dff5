//! `convoke keys`: the keys that sign tokens, and the key that seals them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::{CommandError, CommandResult};
use super::{app_with_data, print_line, runtime, table};
use convoke_app::App;
use convoke_app::config::Config;
use convoke_app::signing_keys::write_sealing_key;
use convoke_core::clock::Timestamp;
use convoke_core::random::SystemRandom;
use convoke_domain::signing_keys::{self, SigningKey};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make the key that seals signing keys, in a new file that the configuration then names
    Init {
        /// The file; it must not exist yet
        file: PathBuf,
    },
    /// List the keys that sign tokens
    List(ListOptions),
    /// Replace the keys that sign tokens: the next ones are published now and sign in an hour
    Rotate(RotateOptions),
}

#[derive(Args, Debug)]
pub(super) struct ListOptions {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct RotateOptions {
    /// Sign with the next keys at once, such as after a key became known; products that have read the old ones fail for up to an hour
    #[arg(long)]
    now: bool,
}

/// Makes the key that seals signing keys.
fn init(file: &Path) -> CommandResult {
    write_sealing_key(file, &SystemRandom)?;
    print_line(&format!(
        "{}: made. Set secrets.key_file to it on every node, and keep a copy: without it all products have to read new keys.",
        file.display()
    ));
    Ok(())
}

/// Runs a command; `load` reads the configuration, which the first one does without.
pub(super) fn run(
    load: impl FnOnce() -> Result<Config, CommandError>,
    command: &KeysCommand,
) -> CommandResult {
    match command {
        KeysCommand::Init { file } => init(file),
        KeysCommand::List(options) => {
            let app = app_with_data(load()?)?;
            runtime()?.block_on(list(&app, options.json))
        }
        KeysCommand::Rotate(options) => {
            let app = app_with_data(load()?)?;
            runtime()?.block_on(rotate(&app, options.now))
        }
    }
}

async fn list(app: &App, as_json: bool) -> CommandResult {
    let keys = app.read(signing_keys::list).await;
    let keys =
        keys.map_err(|error| CommandError::from_operation("the keys were not read", error))?;
    let now = app.ctx.clock.now();
    let rows = keys.iter().map(|key| {
        vec![
            key.kid.clone(),
            key.algorithm.as_str().to_owned(),
            state(key, &keys, now).to_owned(),
            key.created_at.to_string(),
            key.signs_from.to_string(),
        ]
    });
    let items: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({ "kid": key.kid, "alg": key.algorithm.as_str(), "state": state(key, &keys, now),
                "created_at": key.created_at, "signs_from": key.signs_from })
        })
        .collect();
    let headings = ["KID", "ALG", "STATE", "CREATED", "SIGNS FROM"];
    table::print(as_json, &headings, rows.collect(), &items);
    Ok(())
}

/// What a key is used for at a moment.
fn state(key: &SigningKey, keys: &[SigningKey], now: Timestamp) -> &'static str {
    let signer = signing_keys::signer(keys, key.algorithm, now);
    if signer.is_some_and(|signer| signer.kid == key.kid) {
        "signs"
    } else if key.signs_from > now {
        "next"
    } else if signing_keys::is_published(key, keys, now) {
        "published"
    } else {
        "ended"
    }
}

async fn rotate(app: &App, at_once: bool) -> CommandResult {
    if !app.has_clients() {
        return Err(
            "no product of the catalogue has a [products.sign_in], so there are no keys".into(),
        );
    }
    app.rotate_signing_keys(at_once)
        .await
        .map_err(|error| format!("the keys were not replaced: {error}"))?;
    print_line(if at_once {
        "The next keys sign now. Running servers use them within a minute."
    } else {
        "The next keys are published, and sign in an hour."
    });
    Ok(())
}
