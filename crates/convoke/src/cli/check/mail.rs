//! The mail server, and a test email.

use uuid::Uuid;

use super::Finding;
use convoke_app::Dependencies;
use convoke_app::config::{Config, Mail};
use convoke_core::email_address::EmailAddress;
use convoke_core::ids::IdGenerator;
use convoke_core::language::Locale;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome, Email, EmailContent};
use convoke_infra::mail::{self, OutgoingMessage, Transport};

/// Checks the mail server, and sends a test email if an address is given.
pub(super) async fn check(
    config: &Config,
    dependencies: &Dependencies,
    to: Option<&str>,
) -> Vec<Finding> {
    let Mail {
        smtp_url,
        from,
        connections,
    } = &config.mail;
    let transport = match Transport::new(smtp_url.as_ref(), from, *connections) {
        Ok(transport) => transport,
        Err(error) => return vec![Finding::error("mail", error)],
    };
    let mut findings = vec![match transport.check().await {
        Ok(()) if transport.mailbox().is_some() => without_server(config),
        Ok(()) => Finding::ok("mail", "the mail server accepts connections"),
        Err(error) => Finding::error("mail", format!("{error}. Is mail.smtp_url right?")),
    }];
    if let Some(to) = to {
        findings.push(send(config, dependencies, &transport, to).await);
    }
    findings
}

fn without_server(config: &Config) -> Finding {
    let detail =
        "none: mail.smtp_url is not set, so emails stay in memory, which suits trials only";
    if config.shows_mailbox() {
        Finding::ok("mail", format!("{detail}; read them at /dev/mailbox"))
    } else {
        Finding::warning("mail", format!("{detail}; nobody receives them"))
    }
}

async fn send(
    config: &Config,
    dependencies: &Dependencies,
    transport: &Transport,
    to: &str,
) -> Finding {
    let what = "test email";
    if transport.mailbox().is_some() {
        return Finding::error(what, "not sent: mail.smtp_url is not set");
    }
    let message = match message(config, dependencies, to) {
        Ok(message) => message,
        Err(error) => return Finding::error(what, format!("not sent: {error}")),
    };
    match transport.send(message).await {
        DeliveryOutcome::Sent => Finding::ok(
            what,
            format!("the mail server accepted it for {to}; check that it was delivered"),
        ),
        DeliveryOutcome::Rejected(error)
        | DeliveryOutcome::Deferred(error)
        | DeliveryOutcome::Throttled(error, _) => Finding::error(
            what,
            format!(
                "the mail server did not accept it for {to}: {}",
                reply(&error)
            ),
        ),
    }
}

/// What the server replied, or why there is no reply.
fn reply(error: &DeliveryError) -> String {
    match error.text() {
        "" => error.reason.as_str().replace('_', " "),
        text => text.to_owned(),
    }
}

fn message(
    config: &Config,
    dependencies: &Dependencies,
    to: &str,
) -> Result<OutgoingMessage, String> {
    let to = EmailAddress::parse(to).map_err(|_| format!("\"{to}\" is not an email address"))?;
    let email = Email {
        to: to.as_str().to_owned(),
        locale: Locale::En,
        time_zone: "UTC".to_owned(),
        content: EmailContent::MailTest,
    };
    let now = dependencies.clock.now();
    let id: Uuid = IdGenerator::default().next(now, dependencies.random.as_ref());
    let from = config.mail.from.parse();
    let from = from.map_err(|error| format!("mail.from: {error}"))?;
    let rendered = mail::render(&email, &config.mail_context());
    let host = config.public_url().message_host();
    mail::build(
        &email,
        &rendered,
        &id.simple().to_string(),
        &host,
        &from,
        now,
        None,
    )
    .map_err(|error| error.to_string())
}
