//! The content of an email, before it is rendered as a text and an HTML part.

mod accounts;
mod sign_in;

use convoke_core::clock::Timestamp;
use convoke_core::language::Locale;
use convoke_core::model::email::{CatalogueEntry, Email, EmailContent, Person};
use convoke_core::names;
use convoke_core::secret::Secret;
use convoke_core::text::{clean_foreign, unlinked};
use convoke_i18n::{Arg, date_time, day_and_time, t, t_args};

use super::context::MailContext;

/// The content of both parts, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct EmailBody {
    pub subject: String,
    pub heading: String,
    /// What lists of mail show beside the subject; hidden in the email itself.
    pub preheader: String,
    pub paragraphs: Vec<String>,
    pub facts: Vec<Fact>,
    pub button: Option<Link>,
    pub links: Vec<Link>,
    pub closing: Vec<String>,
}

/// A labelled value, maybe of several lines.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub label: String,
    pub lines: Vec<String>,
}

/// A labelled address.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub label: String,
    pub url: String,
}

/// Writes one email in its language, zone and installation.
pub(super) struct Writer<'a> {
    pub email: &'a Email,
    pub setting: &'a MailContext,
}

impl Writer<'_> {
    /// The whole email.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    pub(super) fn compose(&self) -> EmailBody {
        match &self.email.content {
            EmailContent::Invitation(invitation) => self.invitation(invitation),
            EmailContent::ConfirmSignUp {
                token, expires_at, ..
            } => self.confirm_sign_up(token, *expires_at),
            EmailContent::ConfirmEmail {
                token, expires_at, ..
            } => self.confirm_email(token, *expires_at),
            EmailContent::EmailTaken { .. } => self.email_taken(),
            EmailContent::AlreadyRegistered {
                first_name,
                invitation,
            } => self.greeted(first_name, self.already_registered(invitation.as_ref())),
            EmailContent::AddressRequested {
                first_name,
                account,
                invitation,
                account_name,
                email,
                requested_email,
            } => {
                let path = format!("/accounts/{account}/invitations/{invitation}/address");
                let body = self.address_requested(&path, account_name, email, requested_email);
                self.greeted(first_name, body)
            }
            EmailContent::ResetPassword {
                first_name,
                token,
                expires_at,
            } => self.greeted(first_name, self.reset_password(token, *expires_at)),
            EmailContent::PasswordChanged { first_name, at } => {
                self.greeted(first_name, self.password_changed(*at))
            }
            EmailContent::PasswordAdded { first_name, at } => {
                self.greeted(first_name, self.password_added(*at))
            }
            EmailContent::ServiceConnected {
                first_name,
                service,
                label,
                at,
            } => {
                let label = label.as_deref();
                let body = self.service("service-connected", service, label, *at);
                self.greeted(first_name, body)
            }
            EmailContent::ServiceDisconnected {
                first_name,
                service,
                label,
                at,
            } => {
                let label = label.as_deref();
                let body = self.service("service-disconnected", service, label, *at);
                self.greeted(first_name, body)
            }
            EmailContent::BreakGlassSignIn {
                first_name,
                ip,
                user_agent,
                at,
            } => {
                let (ip, user_agent) = (ip.as_deref(), user_agent.as_deref());
                self.greeted(first_name, self.break_glass_sign_in(ip, user_agent, *at))
            }
            EmailContent::EmailChanged {
                first_name,
                new_email,
                at,
            } => self.greeted(first_name, self.email_changed(new_email, *at)),
            EmailContent::RolesChanged {
                first_name,
                account,
                account_name,
                roles,
            } => {
                let path = format!("/accounts/{account}");
                self.greeted(first_name, self.roles_changed(&path, account_name, roles))
            }
            EmailContent::Removed {
                first_name,
                account_name,
            } => self.greeted(first_name, self.removed(account_name)),
            EmailContent::Joined {
                first_name,
                account,
                account_name,
                joined,
            } => {
                let path = format!("/accounts/{account}/users");
                self.greeted(first_name, self.joined(&path, account_name, joined))
            }
            EmailContent::Declined {
                first_name,
                account,
                account_name,
                emails,
            } => {
                let path = format!("/accounts/{account}/invitations");
                self.greeted(first_name, self.declined(&path, account_name, emails))
            }
            EmailContent::MailTest => self.mail_test(),
            EmailContent::OwnershipOffer {
                first_name,
                account_name,
                from,
                expires_at,
            } => self.greeted(
                first_name,
                self.ownership_offer(account_name, from, *expires_at),
            ),
        }
    }
}

/// A name that its bearer chose, as it is allowed in mail: subject, both parts and `Reply-To` (security rule 11).
pub(super) fn name(chosen: &str) -> String {
    unlinked(&clean_foreign(chosen, names::MAX_LENGTH))
}

/// The parts that emails are made of.
impl Writer<'_> {
    /// Subject, heading and first paragraph of an email that names the installation only.
    fn start(&self, kind: &str) -> EmailBody {
        let brand = [("brand", self.brand())];
        EmailBody {
            subject: self.t_args(&format!("mail-{kind}-subject"), &brand),
            heading: self.plain(&format!("mail-{kind}-heading")),
            paragraphs: vec![self.t_args(&format!("mail-{kind}-body"), &brand)],
            ..EmailBody::default()
        }
    }

    fn mail_test(&self) -> EmailBody {
        EmailBody {
            preheader: self.plain("mail-test-preheader"),
            facts: vec![self.fact("mail-fact-address", vec![self.email.to.clone()])],
            ..self.start("test")
        }
    }

    /// The same of an email that names an account only.
    fn about_account(&self, kind: &str, account: &str) -> EmailBody {
        let args = [("account", name(account).into())];
        EmailBody {
            subject: self.t_args(&format!("mail-{kind}-subject"), &args),
            heading: self.t_args(&format!("mail-{kind}-heading"), &args),
            paragraphs: vec![self.t_args(&format!("mail-{kind}-body"), &args)],
            ..EmailBody::default()
        }
    }

    /// Puts the greeting first. Only emails to verified mailboxes and invitations have one (rule I17): elsewhere the name
    /// would let anonymous clients put their own text into mail to any address.
    fn greeted(&self, first_name: &str, mut body: EmailBody) -> EmailBody {
        let greeting = self.t_args("mail-greeting", &[("name", name(first_name).into())]);
        body.paragraphs.insert(0, greeting);
        body
    }

    fn address_until(&self, expires_at: Timestamp) -> Vec<Fact> {
        vec![
            self.fact("mail-fact-address", vec![self.email.to.clone()]),
            self.fact("mail-fact-until", vec![self.moment(expires_at)]),
        ]
    }

    fn person(&self, label: &str, person: &Person) -> Fact {
        let mut lines = vec![name(&person.name)];
        lines.extend(person.email.clone());
        self.fact(label, lines)
    }

    fn roles(&self, roles: &[CatalogueEntry]) -> Fact {
        if roles.is_empty() {
            return self.fact("mail-fact-roles", vec![self.plain("mail-no-roles")]);
        }
        let line = |role: &CatalogueEntry| match &role.text {
            Some(text) => {
                let args = [
                    ("role", (&text.name).into()),
                    ("meaning", self.meaning(&text.description).into()),
                ];
                self.t_args("mail-role", &args)
            }
            None => self.role_name(role),
        };
        self.fact("mail-fact-roles", roles.iter().map(line).collect())
    }

    /// A role's description as a part of a line; in Russian it is in parentheses, so it is no sentence of its own.
    fn meaning(&self, description: &str) -> String {
        let mut letters = description.chars();
        match (self.email.locale, letters.next()) {
            (Locale::Ru, Some(first)) if letters.clone().next().is_some_and(char::is_lowercase) => {
                let rest = letters.as_str().trim_end_matches('.');
                first.to_lowercase().chain(rest.chars()).collect()
            }
            _ => description.to_owned(),
        }
    }

    fn role_name(&self, role: &CatalogueEntry) -> String {
        match &role.text {
            Some(text) => text.name.clone(),
            None => self.t_args("role-retired", &[("role", (&role.key).into())]),
        }
    }

    fn fact(&self, label: &str, lines: Vec<String>) -> Fact {
        Fact {
            label: self.plain(label),
            lines,
        }
    }

    fn link(&self, label: &str, path: &str) -> Link {
        Link {
            label: self.plain(label),
            url: self.url(path),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.setting.public_url)
    }

    fn secret_link(&self, label: &str, path: &str, token: &Secret) -> Link {
        self.link(label, &format!("{path}{}", token.expose()))
    }

    fn brand(&self) -> Arg<'_> {
        Arg::from(&self.setting.brand)
    }

    fn moment(&self, at: Timestamp) -> String {
        date_time(at, self.email.locale, &self.email.time_zone)
    }

    fn soon(&self, at: Timestamp) -> String {
        day_and_time(at, self.email.locale, &self.email.time_zone)
    }

    /// A text without variables.
    pub(super) fn plain(&self, key: &str) -> String {
        t(self.email.locale, key)
    }

    /// A text with variables.
    pub(super) fn t_args(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        t_args(self.email.locale, key, args)
    }
}
