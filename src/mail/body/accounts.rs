//! Letters about accounts: invitations, members, roles, ownership.

use crate::core::clock::Timestamp;
use crate::domain::notifications::{InvitationEmail, Person};
use crate::texts::Arg;

use super::{Body, Writer, name};

impl Writer<'_> {
    pub(super) fn invitation(&self, it: &InvitationEmail) -> Body {
        let product = self.setting.catalogue.product(&it.product);
        let product_name = product.map_or(it.product.as_str(), |product| {
            self.translated(&product.name)
        });
        let mut product_lines = vec![product_name.to_owned()];
        product_lines
            .extend(product.map(|product| self.translated(&product.description).to_owned()));
        let role_names: Vec<String> = it.roles.iter().map(|key| self.role_name(key)).collect();
        let until = self.moment(it.expires_at);
        let args = [
            ("inviter", Arg::from(name(&it.inviter.name))),
            ("account", Arg::from(name(&it.account_name))),
        ];
        let kind = if it.reminder {
            "reminder"
        } else {
            "invitation"
        };
        Body {
            subject: self.say(&format!("mail-{kind}-subject"), &args),
            heading: self.say("mail-invitation-heading", &args),
            preheader: self.say(
                "mail-invitation-preheader",
                &[
                    ("product", product_name.into()),
                    ("roles", role_names.join(", ").into()),
                    ("until", self.soon(it.expires_at).into()),
                ],
            ),
            paragraphs: vec![self.say(&format!("mail-{kind}-body"), &args)],
            facts: vec![
                self.person("mail-fact-invited-by", &it.inviter),
                self.fact("mail-fact-account", vec![name(&it.account_name)]),
                self.fact("mail-fact-product", product_lines),
                self.roles(&it.roles),
                self.fact("mail-fact-expires", vec![until]),
            ],
            button: Some(self.secret_link("mail-invitation-button", "/invitations/", &it.token)),
            closing: vec![
                self.say(
                    "mail-invitation-sent-to",
                    &[("email", Arg::from(&it.email))],
                ),
                self.plain("mail-invitation-closing"),
            ],
            ..Body::default()
        }
    }

    pub(super) fn roles_changed(&self, path: &str, account: &str, roles: &[String]) -> Body {
        let preheader = if roles.is_empty() {
            self.say(
                "mail-roles-changed-preheader-none",
                &[("account", name(account).into())],
            )
        } else {
            let names: Vec<String> = roles.iter().map(|key| self.role_name(key)).collect();
            let args = [
                ("account", name(account).into()),
                ("roles", names.join(", ").into()),
            ];
            self.say("mail-roles-changed-preheader", &args)
        };
        Body {
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

    pub(super) fn removed(&self, account: &str) -> Body {
        Body {
            preheader: self.plain("mail-removed-preheader"),
            facts: vec![self.fact("mail-fact-account", vec![name(account)])],
            button: Some(self.link("mail-removed-button", "/accounts")),
            closing: vec![self.plain("mail-removed-closing")],
            ..self.about_account("removed", account)
        }
    }

    pub(super) fn joined(&self, path: &str, account: &str, invitee: &Person) -> Body {
        let args = [
            ("account", name(account).into()),
            ("name", Arg::from(name(&invitee.name))),
        ];
        Body {
            subject: self.say("mail-joined-subject", &args),
            heading: self.say("mail-joined-heading", &args),
            preheader: self.say("mail-joined-preheader", &args),
            paragraphs: vec![self.say("mail-joined-body", &args)],
            facts: vec![
                self.person("mail-fact-user", invitee),
                self.fact("mail-fact-account", vec![name(account)]),
            ],
            button: Some(self.link("mail-joined-button", path)),
            ..Body::default()
        }
    }

    pub(super) fn declined(&self, path: &str, account: &str, email: &str) -> Body {
        let args = [("account", name(account).into()), ("email", email.into())];
        Body {
            subject: self.say("mail-declined-subject", &args),
            heading: self.plain("mail-declined-heading"),
            preheader: self.say("mail-declined-preheader", &args),
            paragraphs: vec![self.say("mail-declined-body", &args)],
            facts: vec![
                self.fact("mail-fact-address", vec![email.to_owned()]),
                self.fact("mail-fact-account", vec![name(account)]),
            ],
            button: Some(self.link("mail-declined-button", path)),
            closing: vec![self.plain("mail-declined-closing")],
            ..Body::default()
        }
    }

    pub(super) fn ownership_offer(
        &self,
        account: &str,
        from: &Person,
        expires_at: Timestamp,
    ) -> Body {
        let args = [
            ("account", name(account).into()),
            ("name", Arg::from(name(&from.name))),
            ("until", self.soon(expires_at).into()),
        ];
        Body {
            subject: self.say("mail-ownership-offer-subject", &args),
            heading: self.say("mail-ownership-offer-heading", &args),
            preheader: self.say("mail-ownership-offer-preheader", &args),
            paragraphs: vec![self.say("mail-ownership-offer-body", &args)],
            facts: vec![
                self.person("mail-fact-offered-by", from),
                self.fact("mail-fact-account", vec![name(account)]),
                self.fact("mail-fact-answer-by", vec![self.moment(expires_at)]),
            ],
            button: Some(self.link("mail-ownership-offer-button", "/accounts")),
            closing: vec![self.plain("mail-ownership-offer-closing")],
            ..Body::default()
        }
    }
}
