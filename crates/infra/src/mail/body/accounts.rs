//! Emails about accounts: invitations, members, roles, ownership.

use convoke_core::clock::Timestamp;
use convoke_core::model::email::{CatalogueEntry, InvitationEmail, JoinedMember, Person};
use convoke_i18n::Arg;

use super::{EmailBody, Link, Writer, name};

/// The most roles that a subject names.
const MAX_SUBJECT_ROLES: usize = 2;

impl Writer<'_> {
    pub(super) fn invitation(&self, invitation_email: &InvitationEmail) -> EmailBody {
        let product = &invitation_email.product;
        let product_name = product
            .text
            .as_ref()
            .map_or(&product.key, |text| &text.name);
        let mut product_lines = vec![product_name.to_owned()];
        product_lines.extend(product.text.as_ref().map(|text| text.description.clone()));
        let role_names: Vec<String> = invitation_email
            .roles
            .iter()
            .map(|role| self.role_name(role))
            .collect();
        let until = self.moment(invitation_email.expires_at);
        let args = [
            ("inviter", Arg::from(name(&invitation_email.inviter.name))),
            ("account", Arg::from(name(&invitation_email.account_name))),
            ("product", product_name.into()),
            ("until", self.soon(invitation_email.expires_at).into()),
        ];
        let greeting = invitation_email
            .first_name
            .as_ref()
            .map(|first_name| self.t_args("mail-greeting", &[("name", name(first_name).into())]));
        let kind = if invitation_email.reminder {
            "reminder"
        } else {
            "invitation"
        };
        EmailBody {
            subject: self.t_args(&format!("mail-{kind}-subject"), &args),
            heading: self.t_args("mail-invitation-heading", &args),
            preheader: self.t_args(
                "mail-invitation-preheader",
                &[
                    ("product", product_name.into()),
                    ("roles", role_names.join(", ").into()),
                    ("until", self.soon(invitation_email.expires_at).into()),
                ],
            ),
            paragraphs: greeting
                .into_iter()
                .chain([self.t_args(&format!("mail-{kind}-body"), &args)])
                .collect(),
            facts: vec![
                self.person("mail-fact-invited-by", &invitation_email.inviter),
                self.fact(
                    "mail-fact-account",
                    vec![name(&invitation_email.account_name)],
                ),
                self.fact("mail-fact-product", product_lines),
                self.roles(&invitation_email.roles),
                self.fact("mail-fact-expires", vec![until]),
            ],
            button: Some(self.secret_link(
                "mail-invitation-button",
                "/invitations/",
                &invitation_email.token,
            )),
            closing: vec![
                self.t_args(
                    "mail-invitation-sent-to",
                    &[("email", Arg::from(&invitation_email.email))],
                ),
                self.plain("mail-invitation-closing"),
            ],
            ..EmailBody::default()
        }
    }

    pub(super) fn roles_changed(
        &self,
        path: &str,
        account: &str,
        roles: &[CatalogueEntry],
    ) -> EmailBody {
        let preheader = if roles.is_empty() {
            self.t_args(
                "mail-roles-changed-preheader-none",
                &[("account", name(account).into())],
            )
        } else {
            let names: Vec<String> = roles.iter().map(|role| self.role_name(role)).collect();
            let args = [
                ("account", name(account).into()),
                ("roles", names.join(", ").into()),
            ];
            self.t_args("mail-roles-changed-preheader", &args)
        };
        EmailBody {
            preheader,
            facts: vec![
                self.fact("mail-fact-account", vec![name(account)]),
                self.roles(roles),
            ],
            button: Some(self.link("mail-roles-changed-button", path)),
            closing: vec![self.plain("mail-roles-changed-closing")],
            ..self.about_account("roles-changed", account)
        }
    }

    pub(super) fn removed(&self, account: &str) -> EmailBody {
        EmailBody {
            preheader: self.plain("mail-removed-preheader"),
            facts: vec![self.fact("mail-fact-account", vec![name(account)])],
            button: Some(self.link("mail-removed-button", "/accounts")),
            closing: vec![self.plain("mail-removed-closing")],
            ..self.about_account("removed", account)
        }
    }

    pub(super) fn joined(&self, path: &str, account: &str, joined: &[JoinedMember]) -> EmailBody {
        let first = joined.first();
        let first_name = first.map_or_else(String::new, |member| name(&member.person.name));
        let roles: Vec<String> = first
            .into_iter()
            .flat_map(|member| &member.roles)
            .map(|role| self.role_name(role))
            .collect();
        let args = [
            ("account", name(account).into()),
            ("name", Arg::from(first_name)),
            ("roles", roles.join(", ").into()),
            ("count", joined.len().into()),
            ("others", joined.len().saturating_sub(1).into()),
        ];
        let kind = match (joined, roles.len()) {
            ([_], 1..=MAX_SUBJECT_ROLES) => "mail-joined-as",
            ([_], _) => "mail-joined",
            _ => "mail-joined-several",
        };
        let heading = self.t_args(&format!("{kind}-heading"), &args);
        let facts = match joined {
            [only] => vec![
                self.person("mail-fact-user", &only.person),
                self.fact("mail-fact-account", vec![name(account)]),
                self.roles(&only.roles),
            ],
            several => vec![
                self.fact(
                    "mail-fact-users",
                    several
                        .iter()
                        .map(|member| self.joined_line(member))
                        .collect(),
                ),
                self.fact("mail-fact-account", vec![name(account)]),
            ],
        };
        let about = match joined {
            [_] => "mail-joined",
            _ => "mail-joined-several",
        };
        EmailBody {
            subject: heading.clone(),
            heading,
            preheader: self.t_args(&format!("{about}-preheader"), &args),
            paragraphs: vec![self.t_args(&format!("{about}-body"), &args)],
            facts,
            button: Some(self.link("mail-joined-button", path)),
            ..EmailBody::default()
        }
    }

    /// One of several new members on a line: name, address, roles.
    fn joined_line(&self, member: &JoinedMember) -> String {
        let mut line = name(&member.person.name);
        if let Some(email) = &member.person.email {
            line = format!("{line}, {email}");
        }
        if member.roles.is_empty() {
            return line;
        }
        let roles: Vec<String> = member
            .roles
            .iter()
            .map(|role| self.role_name(role))
            .collect();
        format!("{line}: {}", roles.join(", "))
    }

    pub(super) fn declined(&self, path: &str, account: &str, emails: &[String]) -> EmailBody {
        let first = emails.first().map(String::as_str).unwrap_or_default();
        let args = [
            ("account", name(account).into()),
            ("email", first.into()),
            ("count", emails.len().into()),
        ];
        let kind = match emails {
            [_] => "mail-declined",
            _ => "mail-declined-several",
        };
        EmailBody {
            subject: self.t_args(&format!("{kind}-subject"), &args),
            heading: self.t_args(&format!("{kind}-heading"), &args),
            preheader: self.t_args(&format!("{kind}-preheader"), &args),
            paragraphs: vec![self.t_args(&format!("{kind}-body"), &args)],
            facts: vec![
                self.fact("mail-fact-address", emails.to_vec()),
                self.fact("mail-fact-account", vec![name(account)]),
            ],
            button: Some(self.link("mail-declined-button", path)),
            closing: vec![self.plain("mail-declined-closing")],
            ..EmailBody::default()
        }
    }

    pub(super) fn address_requested(
        &self,
        path: &str,
        account: &str,
        email: &str,
        requested_email: &str,
    ) -> EmailBody {
        let args = [
            ("account", name(account).into()),
            ("email", email.into()),
            ("requested", requested_email.into()),
        ];
        let button = Link {
            label: self.t_args("mail-address-requested-button", &args),
            url: self.url(path),
        };
        EmailBody {
            subject: self.t_args("mail-address-requested-subject", &args),
            heading: self.plain("mail-address-requested-heading"),
            preheader: self.t_args("mail-address-requested-preheader", &args),
            paragraphs: vec![self.t_args("mail-address-requested-body", &args)],
            facts: vec![
                self.fact("mail-fact-address", vec![email.to_owned()]),
                self.fact("mail-fact-new-address", vec![requested_email.to_owned()]),
                self.fact("mail-fact-account", vec![name(account)]),
            ],
            button: Some(button),
            closing: vec![self.plain("mail-address-requested-closing")],
            ..EmailBody::default()
        }
    }

    pub(super) fn ownership_offer(
        &self,
        account: &str,
        from: &Person,
        expires_at: Timestamp,
    ) -> EmailBody {
        let args = [
            ("account", name(account).into()),
            ("name", Arg::from(name(&from.name))),
            ("until", self.soon(expires_at).into()),
        ];
        EmailBody {
            subject: self.t_args("mail-ownership-offer-subject", &args),
            heading: self.t_args("mail-ownership-offer-heading", &args),
            preheader: self.t_args("mail-ownership-offer-preheader", &args),
            paragraphs: vec![self.t_args("mail-ownership-offer-body", &args)],
            facts: vec![
                self.person("mail-fact-offered-by", from),
                self.fact("mail-fact-account", vec![name(account)]),
                self.fact("mail-fact-answer-by", vec![self.moment(expires_at)]),
            ],
            button: Some(self.link("mail-ownership-offer-button", "/accounts")),
            closing: vec![self.plain("mail-ownership-offer-closing")],
            ..EmailBody::default()
        }
    }
}
