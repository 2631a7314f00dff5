//! `convoke serve --demo`: a fresh installation with people in it.

use std::path::PathBuf;

use super::say;
use crate::app::App;
use crate::config::Config;
use crate::core::ids::{AccountId, InvitationId};
use crate::core::language::Locale;
use crate::core::secret::Secret;
use crate::domain::invitations::{self, Request};
use crate::domain::sessions::SignedIn;
use crate::domain::users::{self, Registration};
use crate::domain::{Caller, Origin, Refusal, Tx, accounts};

/// Everybody's password; the demo listens on this machine only.
const PASSWORD: &str = "open sesame demo";
const OWNER: &str = "ana.costa@northwind.example";
const ACCOUNT: &str = "Northwind Traders";

/// Where the demo lives; a temporary folder goes with it.
pub(super) struct Place {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

/// Points the configuration at a fresh database on this machine.
pub(super) fn prepare(config: &mut Config, folder: Option<PathBuf>) -> Result<Place, String> {
    if !config.listen.ip().is_loopback() || !config.public_url().is_loopback() {
        return Err(
            "the demo has a known password, so listen and public_url must be loopback addresses"
                .to_owned(),
        );
    }
    let (path, temporary) = if let Some(path) = folder {
        std::fs::create_dir_all(&path)
            .map_err(|fault| format!("{} cannot be created: {fault}", path.display()))?;
        (path, None)
    } else {
        let folder = tempfile::Builder::new().prefix("convoke-demo-").tempdir();
        let folder = folder.map_err(|fault| format!("no temporary folder: {fault}"))?;
        (folder.path().to_owned(), Some(folder))
    };
    let file = path.join("demo.db");
    if file.exists() {
        return Err(format!(
            "{} exists already: remove it, or give another folder",
            file.display()
        ));
    }
    config.database.url = Secret::new(format!("sqlite://{}", file.display()));
    Ok(Place {
        path,
        _temporary: temporary,
    })
}

/// Fills the database: an owner, members with roles, invitations that wait.
pub(super) async fn fill(app: &App, place: &Place) -> Result<(), String> {
    people(app)
        .await
        .map_err(|refusal| format!("the demo could not be filled: {refusal:?}"))?;
    let at = &app.public_origin;
    say(&format!("\n  Convoke is at      {at}"));
    say(&format!("  Sign in as         {OWNER}"));
    say(&format!("  with the password  {PASSWORD}"));
    if app.config.shows_mailbox() {
        say(&format!("  Mail arrives at    {at}/dev/mailbox"));
    }
    say(&format!("  The API is at      {at}/docs"));
    say(&format!("  Its database is in {}", place.path.display()));
    say("  Stop it with Ctrl-C.\n");
    Ok(())
}

async fn sign_up(app: &App, email: &str, first: &str, last: &str) -> Result<Caller, Refusal> {
    let request = Registration {
        email: email.to_owned(),
        first_name: first.to_owned(),
        last_name: Some(last.to_owned()),
        time_zone: Some("Europe/Lisbon".to_owned()),
        ..Registration::default()
    };
    let new = users::check(app, &request, PASSWORD, Locale::En).map_err(Refusal::Invalid)?;
    let hash = app.hashing.hash(Secret::new(PASSWORD.to_owned())).await?;
    let SignedIn { user, session, .. } = app
        .write(move |tx| users::add_confirmed(tx, &Origin::default(), &new, &hash))
        .await?;
    Ok(Caller {
        user,
        session,
        origin: Origin::default(),
    })
}

async fn people(app: &App) -> Result<(), Refusal> {
    let owner = sign_up(app, OWNER, "Ana", "Costa").await?;
    let members = [
        (
            "bo.li@northwind.example",
            "Bo",
            "Li",
            &["USER_ADMIN", "DEVELOPER"][..],
        ),
        (
            "hana.sato@northwind.example",
            "Hana",
            "Sato",
            &["LINGUIST", "CONTENT_MANAGER"],
        ),
        (
            "omar.haddad@northwind.example",
            "Omar",
            "Haddad",
            &["BILLING_ADMIN"],
        ),
    ];
    let mut joining = Vec::new();
    for (email, first, last, roles) in members {
        joining.push((sign_up(app, email, first, last).await?, email, roles));
    }
    app.write(move |tx| {
        let account = accounts::create(tx, &owner, ACCOUNT)?.account.id;
        for (member, email, roles) in &joining {
            for invitation in invite(tx, &owner, account, &[email], roles)? {
                invitations::accept_mine(tx, member, invitation)?;
            }
        }
        let waiting = ["fay.moreau@contoso.example", "ivan.petrov@contoso.example"];
        invite(tx, &owner, account, &waiting, &["DEVELOPER"])?;
        if let Some((other, _, _)) = joining.first() {
            let elsewhere = accounts::create(tx, other, "Litware Support")?.account.id;
            invite(tx, other, elsewhere, &[OWNER], &["AGENT_SUPERVISOR"])?;
        }
        Ok(())
    })
    .await
}

fn invite(
    tx: &mut Tx<'_, '_>,
    inviter: &Caller,
    account: AccountId,
    emails: &[&str],
    roles: &[&str],
) -> Result<Vec<InvitationId>, Refusal> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let request = Request {
        product: tx
            .app
            .catalogue
            .products
            .iter()
            .find(|product| product.multi_user)
            .map(|product| product.key.clone())
            .unwrap_or_default(),
        roles: owned(roles),
        emails: owned(emails),
        locale: None,
    };
    let request = invitations::check(tx.app, &request);
    let created = invitations::create(tx, inviter, account, &request, false)?;
    Ok(created
        .results
        .into_iter()
        .filter_map(|(_, _, invitation)| Some(invitation?.id))
        .collect())
}
