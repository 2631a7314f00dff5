//! The sections of the profile: a page each, with links to all of them.

use axum::response::Response;

use crate::console::context::{PageContext, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::FormErrors;
use crate::console::page::{NavSection, Page};
use crate::console::{unsaved_input, urls};
use convoke_domain::users::{self, ProfileUpdate};
use convoke_domain::{Caller, Tx};

/// A section of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Section {
    /// Picture, name, phone, login and id.
    Personal,
    /// The email address.
    Email,
    /// The password.
    Password,
    /// Language and time zone.
    Language,
    /// Theme and keyboard shortcuts.
    Appearance,
    /// The sessions.
    Sessions,
    /// The products that the user is signed in to.
    Products,
    /// The connected services.
    Services,
    /// What the user did.
    Activity,
}

/// A link to a section.
pub(in crate::console) struct SectionLink {
    /// Its page.
    pub href: &'static str,
    /// Its name.
    pub label: String,
    /// Whether it is open.
    pub current: bool,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Personal,
        Self::Email,
        Self::Password,
        Self::Language,
        Self::Appearance,
        Self::Sessions,
        Self::Products,
        Self::Services,
        Self::Activity,
    ];

    /// The path of its page.
    pub(in crate::console) const fn path(self) -> &'static str {
        match self {
            Self::Personal => urls::PROFILE,
            Self::Email => urls::PROFILE_EMAIL,
            Self::Password => urls::PROFILE_PASSWORD,
            Self::Language => urls::PROFILE_LANGUAGE,
            Self::Appearance => urls::PROFILE_APPEARANCE,
            Self::Sessions => urls::PROFILE_SESSIONS,
            Self::Products => urls::PROFILE_PRODUCTS,
            Self::Services => urls::PROFILE_SERVICES,
            Self::Activity => urls::PROFILE_ACTIVITY,
        }
    }

    /// The key of its name.
    const fn key(self) -> &'static str {
        match self {
            Self::Personal => "profile-personal",
            Self::Email => "field-email",
            Self::Password => "field-password",
            Self::Language => "profile-language",
            Self::Appearance => "profile-appearance",
            Self::Sessions => "profile-sessions",
            Self::Products => "profile-products",
            Self::Services => "profile-services",
            Self::Activity => "activity-mine-title",
        }
    }

    /// Its page, titled with its name.
    pub(in crate::console) fn page(self, context: &PageContext) -> Page<'_> {
        titled(context, context.t(self.key()))
    }

    /// Links to all sections, this one being open. The password is left out where the user cannot have one, products where users
    /// sign in to none.
    pub(in crate::console) fn links(self, context: &PageContext) -> Vec<SectionLink> {
        let policy = &context.app.ctx.policy;
        let caller = context.caller.as_ref();
        let has_password = caller.is_some_and(|caller| policy.can_have_password(&caller.user));
        let sections = Self::ALL.into_iter();
        sections
            .filter(|section| match section {
                Self::Password => has_password,
                Self::Products => context.app.has_clients(),
                _ => true,
            })
            .map(|section| SectionLink {
                href: section.path(),
                label: context.t(section.key()),
                current: section == self,
            })
            .collect()
    }

    /// Redirects to its page, which shows a message.
    pub(super) fn redirect(self, context: &PageContext, message: &FlashMessage) -> Response {
        context.flash(self.path(), message)
    }

    /// Saves a change of the profile and redirects to the section, or shows its page with the errors. `input` is what was typed.
    pub(super) async fn save(
        self,
        context: &PageContext,
        update: ProfileUpdate,
        input: &str,
        page: impl FnOnce(&PageContext, FormErrors) -> PageResult,
    ) -> PageResult {
        let caller: Caller =
            unsaved_input::require_user_keeping_input(context, self.path(), input)?;
        let result = context
            .app
            .write(move |tx: &mut Tx<'_, '_>| users::update_profile(tx, &caller, &update))
            .await;
        match result {
            Ok(_) => Ok(self.redirect(context, &FlashMessage::Saved)),
            Err(error) => {
                let input = Some(input.trim().to_owned()).filter(|input| !input.is_empty());
                let errors =
                    FormErrors::from_error_with_input(context, error, "first_name", input)?;
                page(context, errors)
            }
        }
    }
}

/// The page of a section with a title of its own.
pub(super) fn titled(context: &PageContext, title: String) -> Page<'_> {
    let mut page = context.page(title.clone());
    page.section = NavSection::Profile;
    page.crumb(context.t("layout-profile"), Some(urls::PROFILE))
        .crumb(title, None)
}
