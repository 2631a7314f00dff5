//! `convoke grants`: who is signed in to which product, and which products were notified of sign-outs.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{CommandError, CommandResult};
use super::{app_with_data, print_line, runtime, table};
use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::ids::{AccountId, GrantId, LogoutDeliveryId, UserId};
use convoke_core::model::grant::GrantEnd;
use convoke_domain::oauth2::{self, EndCause, GrantOverview, LogoutDelivery};
use convoke_domain::{Error, users};

/// How many rows are read at a time.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum GrantsCommand {
    /// List the sign-ins of users to products, the oldest first
    List(ListOptions),
    /// List the logout tokens for products, the oldest first: those under way, those of the last week, and those that failed
    Deliveries(DeliveriesOptions),
    /// End one sign-in to a product, which is notified
    End {
        /// The grant's id, as the list shows it
        #[arg(value_parser = grant_id)]
        grant: GrantId,
    },
}

#[derive(Args, Debug)]
pub(super) struct ListOptions {
    /// Only of this user: id, address or login
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only to this product, by its key
    #[arg(long, value_name = "KEY")]
    product: Option<String>,
    /// Only for this account
    #[arg(long, value_name = "ID", value_parser = account_id)]
    account: Option<AccountId>,
    /// Those that ended within the last month too, with the reason
    #[arg(long)]
    ended: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct DeliveriesOptions {
    /// Only those that no product took within three days
    #[arg(long)]
    failed: bool,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn grant_id(text: &str) -> Result<GrantId, String> {
    text.parse()
        .map_err(|_| "not a grant's id such as grt_01h…; convoke grants list shows them".to_owned())
}

fn account_id(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| {
        "not an account's id such as acc_01h…; convoke account list shows them".to_owned()
    })
}

/// Runs a command on grants.
pub(super) fn run(config: Config, command: GrantsCommand) -> CommandResult {
    let app = app_with_data(config)?;
    runtime()?.block_on(async {
        match command {
            GrantsCommand::List(options) => list(&app, options).await,
            GrantsCommand::Deliveries(options) => deliveries(&app, &options).await,
            GrantsCommand::End { grant } => end(&app, grant).await,
        }
    })
}

async fn list(app: &App, options: ListOptions) -> CommandResult {
    let user = match options.user.clone() {
        None => None,
        Some(user) => Some(find_user(app, user).await?),
    };
    let mut after = GrantId::from(Uuid::nil());
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    loop {
        let live_of = user.filter(|_| !options.ended);
        let page = app.read_long(move |tx| match live_of {
            Some(user) => oauth2::list_live_grants(tx, user, after, PAGE),
            None => oauth2::list_grants(tx, after, PAGE),
        });
        let page = page.await.map_err(error_of_listing)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        for grant in page.iter().filter(|grant| is_listed(grant, &options, user)) {
            rows.push(row(grant));
            items.push(json(grant));
        }
    }
    let headings = [
        "id", "product", "user", "account", "used", "ended", "reason",
    ];
    table::print(options.json, &headings, rows, &items);
    Ok(())
}

async fn find_user(app: &App, typed: String) -> Result<UserId, CommandError> {
    let found = app.read(move |tx| users::find_any(tx, &typed)).await;
    match found {
        Ok(overview) => Ok(overview.user.id),
        Err(Error::NotFound) => Err(
            "--user: there is no user with this id, address or login; convoke user list shows them"
                .into(),
        ),
        Err(error) => Err(error_of_listing(error)),
    }
}

fn error_of_listing(error: Error) -> CommandError {
    CommandError::from_operation("nothing was listed", error)
}

fn is_listed(grant: &GrantOverview, options: &ListOptions, user: Option<UserId>) -> bool {
    let product = options.product.as_ref();
    (options.ended || grant.ended_at.is_none())
        && user.is_none_or(|user| grant.user == user)
        && product.is_none_or(|product| grant.client == *product)
        && options
            .account
            .is_none_or(|account| grant.account == account)
}

fn row(grant: &GrantOverview) -> Vec<String> {
    vec![
        grant.id.to_string(),
        grant.client.clone(),
        grant.login.clone(),
        grant.account_name.clone(),
        grant.last_used_at.to_string(),
        grant.ended_at.map(|at| at.to_string()).unwrap_or_default(),
        grant
            .end_reason
            .map(GrantEnd::as_str)
            .unwrap_or_default()
            .to_owned(),
    ]
}

fn json(grant: &GrantOverview) -> Value {
    json!({
        "id": grant.id,
        "product": grant.client,
        "user": { "id": grant.user, "login": grant.login },
        "account": { "id": grant.account, "name": grant.account_name },
        "created_at": grant.created_at,
        "last_used_at": grant.last_used_at,
        "ended_at": grant.ended_at,
        "reason": grant.end_reason.map(GrantEnd::as_str),
    })
}

async fn deliveries(app: &App, options: &DeliveriesOptions) -> CommandResult {
    let mut after = LogoutDeliveryId::from(Uuid::nil());
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    loop {
        let page = app.read_long(move |tx| oauth2::list_deliveries(tx, after, PAGE));
        let page = page.await.map_err(error_of_listing)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        for delivery in page
            .iter()
            .filter(|delivery| !options.failed || delivery.failed_at.is_some())
        {
            rows.push(delivery_row(delivery));
            items.push(delivery_json(delivery));
        }
    }
    let headings = [
        "grant", "product", "state", "attempts", "ended", "next", "error",
    ];
    table::print(options.json, &headings, rows, &items);
    Ok(())
}

fn delivery_row(delivery: &LogoutDelivery) -> Vec<String> {
    let next = delivery.next_attempt_at();
    vec![
        delivery.grant.to_string(),
        delivery.client.clone(),
        delivery.state().as_str().to_owned(),
        delivery.attempts.to_string(),
        delivery.created_at.to_string(),
        next.map(|at| at.to_string()).unwrap_or_default(),
        delivery.last_error.clone().unwrap_or_default(),
    ]
}

fn delivery_json(delivery: &LogoutDelivery) -> Value {
    json!({
        "id": delivery.id,
        "grant": delivery.grant,
        "product": delivery.client,
        "user": delivery.user,
        "state": delivery.state().as_str(),
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at(),
        "delivered_at": delivery.delivered_at,
        "failed_at": delivery.failed_at,
        "last_error": delivery.last_error,
    })
}

async fn end(app: &App, grant: GrantId) -> CommandResult {
    let cause = EndCause::by_system(GrantEnd::EndedByOperator);
    let ended = app.write(move |tx| oauth2::end_grant(tx, grant, cause));
    match ended.await {
        Ok(true) => {
            print_line(&format!(
                "Ended {grant}. A running server notifies the product."
            ));
            Ok(())
        }
        Ok(false) => Err(
            "there is no grant with this id that has not ended; convoke grants list shows them"
                .into(),
        ),
        Err(error) => Err(CommandError::from_operation(
            "the grant was not ended",
            error,
        )),
    }
}
