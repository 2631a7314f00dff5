//! Emails about a person's own sign-in: address, password, registration.

use convoke_core::clock::Timestamp;
use convoke_core::model::email::InvitationLink;
use convoke_core::secret::Secret;
use convoke_core::user_agent::browser_and_system;
use convoke_i18n::Arg;

use super::{EmailBody, Link, Writer, name};

impl Writer<'_> {
    pub(super) fn confirm_sign_up(&self, token: &Secret, expires_at: Timestamp) -> EmailBody {
        EmailBody {
            preheader: self.t_args(
                "mail-confirm-sign-up-preheader",
                &[("until", self.soon(expires_at).into())],
            ),
            facts: self.address_until(expires_at),
            button: Some(self.secret_link("mail-confirm-sign-up-button", "/confirm/", token)),
            closing: vec![self.plain("mail-confirm-sign-up-closing")],
            ..self.start("confirm-sign-up")
        }
    }

    /// With an invitation, its link takes the place of the sign-in page, which it leads to.
    pub(super) fn already_registered(&self, invitation: Option<&InvitationLink>) -> EmailBody {
        let mut body = self.start("already-registered");
        if let Some(invitation) = invitation {
            let args = [
                ("inviter", Arg::from(name(&invitation.inviter_name))),
                ("account", Arg::from(name(&invitation.account_name))),
            ];
            let text = self.t_args("mail-already-registered-invitation", &args);
            body.paragraphs.push(text);
            return EmailBody {
                preheader: self.t_args("mail-already-registered-invitation-preheader", &args),
                facts: vec![
                    self.fact("mail-fact-address", vec![self.email.to.clone()]),
                    self.fact("mail-fact-account", vec![name(&invitation.account_name)]),
                ],
                button: Some(self.secret_link(
                    "mail-already-registered-invitation-button",
                    "/invitations/",
                    &invitation.token,
                )),
                links: vec![self.link("mail-link-reset", "/reset")],
                closing: vec![self.plain("mail-already-registered-closing")],
                ..body
            };
        }
        body.paragraphs
            .push(self.plain("mail-already-registered-remedy"));
        EmailBody {
            preheader: self.plain("mail-already-registered-preheader"),
            facts: vec![self.fact("mail-fact-address", vec![self.email.to.clone()])],
            button: Some(self.link("mail-already-registered-button", "/sign-in")),
            links: vec![self.link("mail-link-reset", "/reset")],
            closing: vec![self.plain("mail-already-registered-closing")],
            ..body
        }
    }

    pub(super) fn confirm_email(&self, token: &Secret, expires_at: Timestamp) -> EmailBody {
        EmailBody {
            preheader: self.t_args(
                "mail-confirm-email-preheader",
                &[("until", self.soon(expires_at).into())],
            ),
            facts: self.address_until(expires_at),
            button: Some(self.secret_link("mail-confirm-email-button", "/confirm-email/", token)),
            closing: vec![self.plain("mail-confirm-email-closing")],
            ..self.start("confirm-email")
        }
    }

    pub(super) fn email_taken(&self) -> EmailBody {
        let mut body = self.start("email-taken");
        body.paragraphs.push(self.plain("mail-email-taken-remedy"));
        EmailBody {
            preheader: self.plain("mail-email-taken-preheader"),
            facts: vec![self.fact("mail-fact-address", vec![self.email.to.clone()])],
            button: Some(self.link("mail-email-taken-button", "/sign-in")),
            links: vec![self.link("mail-link-reset", "/reset")],
            closing: vec![self.plain("mail-email-taken-closing")],
            ..body
        }
    }

    pub(super) fn reset_password(&self, token: &Secret, expires_at: Timestamp) -> EmailBody {
        EmailBody {
            preheader: self.t_args(
                "mail-reset-password-preheader",
                &[("until", self.soon(expires_at).into())],
            ),
            facts: self.address_until(expires_at),
            button: Some(self.secret_link("mail-reset-password-button", "/reset/", token)),
            closing: vec![self.plain("mail-reset-password-closing")],
            ..self.start("reset-password")
        }
    }

    pub(super) fn password_changed(&self, at: Timestamp) -> EmailBody {
        let mut body = self.start("password-changed");
        body.paragraphs
            .push(self.plain("mail-password-changed-remedy"));
        EmailBody {
            preheader: self.plain("mail-password-changed-preheader"),
            facts: vec![self.fact("mail-fact-changed-at", vec![self.moment(at)])],
            button: Some(self.link("mail-password-changed-button", "/reset")),
            ..body
        }
    }

    pub(super) fn email_changed(&self, new_email: &str, at: Timestamp) -> EmailBody {
        let support = self.setting.support_url.as_ref();
        let remedy = match support {
            Some(_) => self.plain("mail-email-changed-remedy"),
            None => self.t_args(
                "mail-email-changed-remedy-alone",
                &[("brand", self.brand())],
            ),
        };
        let mut body = self.start("email-changed");
        body.paragraphs.push(remedy);
        EmailBody {
            preheader: self.t_args(
                "mail-email-changed-preheader",
                &[("email", new_email.into())],
            ),
            facts: vec![
                self.fact("mail-fact-new-address", vec![new_email.to_owned()]),
                self.fact("mail-fact-changed-at", vec![self.moment(at)]),
            ],
            button: support.map(|url| Link {
                label: self.plain("mail-email-changed-button"),
                url: url.clone(),
            }),
            ..body
        }
    }

    pub(super) fn password_added(&self, at: Timestamp) -> EmailBody {
        let mut body = self.start("password-added");
        body.paragraphs
            .push(self.plain("mail-password-added-remedy"));
        EmailBody {
            preheader: self.plain("mail-password-changed-preheader"),
            facts: vec![self.fact("mail-fact-at", vec![self.moment(at)])],
            button: Some(self.link("mail-password-changed-button", "/reset")),
            ..body
        }
    }

    /// That a service was connected or disconnected, depending on `kind`.
    pub(super) fn service(
        &self,
        kind: &str,
        service: &str,
        label: Option<&str>,
        at: Timestamp,
    ) -> EmailBody {
        let args = [("brand", self.brand()), ("service", service.into())];
        let mut lines = vec![service.to_owned()];
        lines.extend(label.filter(|label| !label.is_empty()).map(name));
        EmailBody {
            subject: self.t_args(&format!("mail-{kind}-subject"), &args),
            heading: self.t_args(&format!("mail-{kind}-heading"), &args),
            preheader: self.plain("mail-service-preheader"),
            paragraphs: vec![
                self.t_args(&format!("mail-{kind}-body"), &args),
                self.plain("mail-service-remedy"),
            ],
            facts: vec![
                self.fact("mail-fact-service", lines),
                self.fact("mail-fact-at", vec![self.moment(at)]),
            ],
            button: Some(self.link("mail-profile-button", "/profile")),
            ..EmailBody::default()
        }
    }

    pub(super) fn break_glass_sign_in(
        &self,
        ip: Option<&str>,
        user_agent: Option<&str>,
        at: Timestamp,
    ) -> EmailBody {
        let device = user_agent.map(|text| self.device(text));
        let from: Vec<String> = device.into_iter().chain(ip.map(str::to_owned)).collect();
        let mut facts = vec![self.fact("mail-fact-at", vec![self.moment(at)])];
        if !from.is_empty() {
            facts.push(self.fact("mail-fact-from", from));
        }
        let mut body = self.start("break-glass-sign-in");
        body.paragraphs
            .push(self.plain("mail-break-glass-sign-in-remedy"));
        EmailBody {
            preheader: self.plain("mail-break-glass-sign-in-preheader"),
            facts,
            button: Some(self.link("mail-profile-button", "/profile")),
            ..body
        }
    }

    /// The browser and the system of a client; else what it calls itself.
    fn device(&self, user_agent: &str) -> String {
        match browser_and_system(user_agent) {
            (Some(browser), Some(system)) => {
                let args = [("browser", browser.into()), ("system", system.into())];
                self.t_args("device", &args)
            }
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => name(user_agent),
        }
    }
}
