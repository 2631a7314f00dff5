//! `convoke account`: what an operator does with accounts.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{CommandError, CommandResult};
use super::{app_with_data, runtime, table};
use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::ids::AccountId;
use convoke_domain::Error;
use convoke_domain::accounts::{self, AccountOverview};

/// How many accounts are read at a time.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// List accounts, the oldest first
    List(ListOptions),
    /// Show one account and its seats
    Show {
        /// The account's id, as its page and the list show it
        #[arg(value_parser = account_id)]
        account: AccountId,
        /// One JSON object instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Set the user limit of one account; works while Convoke serves, without a restart
    SetLimit {
        /// The account's id, as its page and the list show it
        #[arg(value_parser = account_id)]
        account: AccountId,
        /// Members and pending invitations, or "default" for that of the configuration
        #[arg(value_parser = user_limit, value_name = "N|default")]
        limit: UserLimit,
        /// One JSON object instead of lines
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub(super) struct ListOptions {
    /// Only accounts with this text in id, name or owner's name
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// A limit of its own, or that of the installation.
#[derive(Clone, Copy, Debug)]
pub(super) struct UserLimit(Option<u32>);

fn account_id(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| {
        "not an account's id such as acc_01h…; convoke account list shows them".to_owned()
    })
}

fn user_limit(text: &str) -> Result<UserLimit, String> {
    match text.parse::<u32>() {
        _ if text == "default" => Ok(UserLimit(None)),
        Ok(0) => Err("must be at least 1, for the owner".to_owned()),
        Ok(limit) => Ok(UserLimit(Some(limit))),
        Err(_) => Err("must be a whole number or default".to_owned()),
    }
}

/// Runs a command on accounts.
pub(super) fn run(config: Config, command: AccountCommand) -> CommandResult {
    let app = app_with_data(config)?;
    let result = runtime()?.block_on(run_in(&app, command));
    result.map_err(|error| match error {
        Error::NotFound => {
            "there is no account with this id; convoke account list shows them".into()
        }
        other => CommandError::from_operation("the account was not changed", other),
    })
}

async fn run_in(app: &App, command: AccountCommand) -> Result<(), Error> {
    match command {
        AccountCommand::List(options) => list(app, &options).await,
        AccountCommand::Show { account, json } => {
            let result = app.read(move |tx| accounts::get_any(tx, account)).await;
            result.map(|account| print_account(&account, json))
        }
        AccountCommand::SetLimit {
            account,
            limit: UserLimit(limit),
            json,
        } => {
            let changed = app.write(move |tx| accounts::set_limit(tx, account, limit));
            changed.await.map(|account| print_account(&account, json))
        }
    }
}

async fn list(app: &App, options: &ListOptions) -> Result<(), Error> {
    let text = options.search.as_deref().unwrap_or_default().to_lowercase();
    let mut after = AccountId::from(Uuid::nil());
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    loop {
        let page = app
            .read_long(move |tx| accounts::list_all(tx, after, PAGE))
            .await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.account.id;
        for overview in page.iter().filter(|overview| matches(overview, &text)) {
            rows.push(row(overview));
            items.push(json(overview));
        }
    }
    let headings = ["id", "name", "owner", "users", "pending", "limit"];
    table::print(options.json, &headings, rows, &items);
    Ok(())
}

fn matches(overview: &AccountOverview, text: &str) -> bool {
    let AccountOverview { account, .. } = overview;
    let texts = [
        account.id.to_string(),
        account.name.clone(),
        account.owner_name(),
    ];
    texts
        .iter()
        .any(|field| field.to_lowercase().contains(text))
}

fn row(overview: &AccountOverview) -> Vec<String> {
    let AccountOverview { account, usage } = overview;
    vec![
        account.id.to_string(),
        account.name.clone(),
        account.owner_name(),
        usage.members.to_string(),
        usage.pending.to_string(),
        usage.limit.to_string(),
    ]
}

/// As in the API, with the account's own limit beside the one in force.
fn json(overview: &AccountOverview) -> Value {
    let AccountOverview { account, usage } = overview;
    json!({
        "id": account.id,
        "name": account.name,
        "owner": { "id": account.owner, "name": account.owner_name() },
        "default": account.is_default,
        "user_limit": account.user_limit,
        "usage": {
            "limit": usage.limit,
            "members": usage.members,
            "pending_invitations": usage.pending,
            "available": usage.available(),
        },
        "settings": { "registered_users_only": account.registered_users_only },
        "created_at": account.created_at,
    })
}

fn print_account(overview: &AccountOverview, as_json: bool) {
    let AccountOverview { account, usage } = overview;
    let limit = match account.user_limit {
        Some(limit) => format!("{limit}, set for this account"),
        None => format!("{}, limits.users_per_account", usage.limit),
    };
    let registered = if account.registered_users_only {
        "yes"
    } else {
        "no"
    };
    let values = [
        ("Account", account.id.to_string()),
        ("Name", account.name.clone()),
        (
            "Owner",
            format!("{} ({})", account.owner_name(), account.owner),
        ),
        ("User limit", limit),
        ("Users", usage.members.to_string()),
        ("Pending invitations", usage.pending.to_string()),
        ("Seats left", usage.available().to_string()),
        ("Registered users only", registered.to_owned()),
        ("Created", account.created_at.to_string()),
    ];
    table::print_one(as_json, &values, &json(overview));
}
