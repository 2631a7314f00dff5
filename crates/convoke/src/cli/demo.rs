//! `convoke serve --demo`: a new installation with sample users.

use std::path::PathBuf;

use super::error::{CommandError, CommandResult};
use super::print_line;
use convoke_app::App;
use convoke_app::config::Config;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::language::Locale;
use convoke_core::secret::Secret;
use convoke_domain::invitations::{self, CreateRequest, Recipient, RecipientGroup};
use convoke_domain::sessions::SignedIn;
use convoke_domain::users::{self, Registration};
use convoke_domain::{Caller, ClientInfo, Error, Tx, accounts};

/// Everybody's password; the demo listens on this machine only.
const PASSWORD: &str = "open sesame demo";
const OWNER: &str = "ana.costa@northwind.example";
const ACCOUNT: &str = "Northwind Traders";

/// The folder of the demo; a temporary one is deleted with it.
pub(super) struct DemoDir {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

/// Points the configuration at a new database on this machine.
pub(super) fn prepare(config: &mut Config, folder: Option<PathBuf>) -> Result<DemoDir, String> {
    if !config.listen.ip().is_loopback() || !config.public_url().is_loopback() {
        return Err(
            "the demo has a known password, so listen and public_url must be loopback addresses"
                .to_owned(),
        );
    }
    let (path, temporary) = if let Some(path) = folder {
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("{} cannot be created: {error}", path.display()))?;
        (path, None)
    } else {
        let folder = tempfile::Builder::new().prefix("convoke-demo-").tempdir();
        let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
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
    config.sample_products = true;
    Ok(DemoDir {
        path,
        _temporary: temporary,
    })
}

/// Fills the database: an owner, members with roles, invitations that wait.
pub(super) async fn seed(app: &App, place: &DemoDir) -> CommandResult {
    people(app)
        .await
        .map_err(|error| CommandError::from_operation("the demo could not be filled", error))?;
    let at = &app.public_origin;
    print_line(&format!("\n  Convoke is at      {at}"));
    print_line(&format!("  Sign in as         {OWNER}"));
    print_line(&format!("  with the password  {PASSWORD}"));
    if app.config.shows_mailbox() {
        print_line(&format!("  Emails are at      {at}/dev/mailbox"));
    }
    print_line(&format!("  The API is at      {at}/docs"));
    print_line(&format!("  Its database is in {}", place.path.display()));
    print_line("  Stop it with Ctrl-C.\n");
    Ok(())
}

/// A person of the demo: address, first and last name, roles.
type Person = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Those who are in Northwind Traders.
const MEMBERS: [Person; 17] = [
    (
        "bo.li@northwind.example",
        "Bo",
        "Li",
        &["USER_ADMIN", "DEVELOPER"],
    ),
    (
        "cara.okafor@northwind.example",
        "Cara",
        "Okafor",
        &["CONTENT_MANAGER", "AGENT_OPERATOR"],
    ),
    (
        "d.petrov@partners.example",
        "Dmitri",
        "Petrov",
        &["DEVELOPER", "LINGUIST", "SYSTEM_ADMIN", "KHUB_EDITOR"],
    ),
    (
        "elif.sahin-mueller@very-long-subsidiary-name.northwind.example",
        "Elif",
        "Şahin-Müller",
        &["LINGUIST"],
    ),
    (
        "george.hall@northwind.example",
        "George",
        "Hall",
        &["AGENT_OPERATOR"],
    ),
    (
        "hana.sato@northwind.example",
        "Hana",
        "Sato",
        &["LINGUIST", "CONTENT_MANAGER"],
    ),
    (
        "ingrid.berg@northwind.example",
        "Ingrid",
        "Berg",
        &["USER_AUDITOR"],
    ),
    ("jun.park@northwind.example", "Jun", "Park", &["DEVELOPER"]),
    (
        "kofi.mensah@northwind.example",
        "Kofi",
        "Mensah",
        &["AGENT_SUPERVISOR"],
    ),
    (
        "lucia.romano@northwind.example",
        "Lucia",
        "Romano",
        &["BUSINESS_OWNER"],
    ),
    (
        "maria.silva@northwind.example",
        "Maria",
        "Silva",
        &["KHUB_READER"],
    ),
    (
        "nikolai.orlov@northwind.example",
        "Николай",
        "Орлов",
        &["OUTBOUND_MANAGER"],
    ),
    (
        "omar.haddad@northwind.example",
        "Omar",
        "Haddad",
        &["BILLING_ADMIN"],
    ),
    (
        "priya.nair@northwind.example",
        "Priya",
        "Nair",
        &["SECURITY_ADMIN"],
    ),
    (
        "quentin.dubois@northwind.example",
        "Quentin",
        "Dubois",
        &["KHUB_EDITOR"],
    ),
    (
        "rosa.jimenez@northwind.example",
        "Rosa",
        "Jiménez",
        &["AGENT_ADMIN"],
    ),
    (
        "sofia.lindgren@northwind.example",
        "Sofia",
        "Lindgren",
        &["DEVELOPER"],
    ),
];

async fn sign_up(app: &App, hash: &str, person: Person) -> Result<Caller, Error> {
    let (email, first, last, _) = person;
    let request = Registration {
        email: email.to_owned(),
        first_name: first.to_owned(),
        last_name: Some(last.to_owned()),
        time_zone: Some("Europe/Lisbon".to_owned()),
        ..Registration::default()
    };
    let new = users::validate(&app.ctx, &request, PASSWORD, Locale::En).map_err(Error::Invalid)?;
    let hash = hash.to_owned();
    let SignedIn { user, session, .. } = app
        .write(move |tx| users::create_confirmed(tx, &ClientInfo::default(), &new, &hash))
        .await?;
    Ok(Caller {
        user,
        session,
        client: ClientInfo::default(),
    })
}

async fn people(app: &App) -> Result<(), Error> {
    // One hash serves all of them, so that the demo starts at once.
    let hash = app.hash_password(Secret::new(PASSWORD.to_owned())).await?;
    let hash = hash.as_str();
    let owner = sign_up(app, hash, (OWNER, "Ana", "Costa", &[])).await?;
    let mut joining = Vec::new();
    for person in MEMBERS {
        joining.push((sign_up(app, hash, person).await?, person));
    }
    let neighbour = ("mei.tan@contoso.example", "Mei", "Tan", &[][..]);
    let neighbour = sign_up(app, hash, neighbour).await?;
    app.write(move |tx| {
        let account = accounts::create(tx, &owner, ACCOUNT)?.account.id;
        for (member, (email, _, _, roles)) in &joining {
            for invitation in invite(tx, &owner, account, "platform", &[*email], roles)? {
                invitations::accept_by_id(tx, member, invitation)?;
            }
        }
        let inviter = joining.first().map_or(&owner, |(bo, _)| bo);
        let waiting = ["fay.moreau@contoso.example", "ivan.petrov@contoso.example"];
        invite(tx, &owner, account, "platform", &waiting, &["DEVELOPER"])?;
        let operators = ["walt@agency.example", "yara@agency.example"];
        invite(
            tx,
            inviter,
            account,
            "agent",
            &operators,
            &["AGENT_OPERATOR"],
        )?;
        for id in invite(
            tx,
            inviter,
            account,
            "agent",
            &["old@agency.example"],
            &["AGENT_ADMIN"],
        )? {
            invitations::revoke(tx, inviter, account, id)?;
        }
        elsewhere(tx, &owner, &neighbour)
    })
    .await
}

/// Accounts of another user: one that Ana manages, one where she is a member, one that waits for her answer.
fn elsewhere(tx: &mut Tx<'_, '_>, owner: &Caller, other: &Caller) -> Result<(), Error> {
    for (name, roles) in [
        ("Fabrikam Labs", ["USER_ADMIN"]),
        ("Tailspin Toys", ["KHUB_READER"]),
    ] {
        let account = accounts::create(tx, other, name)?.account.id;
        for invitation in invite(tx, other, account, "data-agent", &[OWNER], &roles)? {
            invitations::accept_by_id(tx, owner, invitation)?;
        }
    }
    let account = accounts::create(tx, other, "Contoso Freight")?.account.id;
    invite(tx, other, account, "agent", &[OWNER], &["AGENT_SUPERVISOR"])?;
    Ok(())
}

fn invite(
    tx: &mut Tx<'_, '_>,
    inviter: &Caller,
    account: AccountId,
    product: &str,
    emails: &[&str],
    roles: &[&str],
) -> Result<Vec<InvitationId>, Error> {
    let owned =
        |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    let group = RecipientGroup {
        roles: owned(roles),
        recipients: owned(emails).into_iter().map(Recipient::Email).collect(),
    };
    let request = CreateRequest {
        product: product.to_owned(),
        groups: vec![group],
        ..CreateRequest::default()
    };
    let request = invitations::validate(tx.ctx, &request);
    let created = invitations::create(tx, inviter, account, &request)?;
    Ok(created
        .results
        .into_iter()
        .filter_map(|(_, _, invitation)| Some(invitation?.id))
        .collect())
}
