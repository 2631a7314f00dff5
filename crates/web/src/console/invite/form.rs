//! The form of the wizard's second step: its input, and the request that it makes.

use convoke_core::email_list::EmailList;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_core::names;
use convoke_domain::authorization;
use convoke_domain::invitations::{self, CreateRequest, Recipient, RecipientGroup};
use convoke_domain::permissions::Permission;
use serde::Deserialize;

use super::list::{DIVIDER, Replacements, listed_roles};
use crate::console::account_layout;
use crate::console::context::{PageContext, PageError};

/// The form's input.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct InviteForm {
    pub product: String,
    pub roles: Vec<String>,
    pub emails: String,
    /// Words that the page's script has taken out of the list because they are no addresses, one a line.
    pub left_out: String,
    /// Addresses for the next request.
    pub later: String,
    /// The language of emails to invitees whose own language is unknown.
    pub locale: String,
    /// Roles that the list names, and for each what replaces them.
    pub from: Vec<String>,
    pub to: Vec<String>,
    /// The list whose groups and suggestions the page has shown.
    pub reviewed: String,
    /// The value of the pressed button; empty sends.
    pub act: String,
    /// Whether it was posted: then the page has the newest input, and is not the first that the browser shows.
    #[serde(skip)]
    pub is_posted: bool,
}

impl InviteForm {
    /// What replaces the roles that the list names.
    pub(super) fn replacements(&self) -> Replacements<'_> {
        Replacements {
            from: &self.from,
            to: &self.to,
        }
    }

    /// The choices of the query: product, roles and language, or an ended invitation to repeat.
    pub(super) async fn from_query(
        context: &PageContext,
        account: AccountId,
    ) -> Result<Self, PageError> {
        let again: Option<InvitationId> = context.query.text("again").parse().ok();
        let form = Self {
            product: context.query.text("product"),
            roles: context.query.all("roles").map(str::to_owned).collect(),
            locale: context.query.text("locale"),
            ..Self::default()
        };
        let Some(id) = again else { return Ok(form) };
        let (_, invitation) =
            account_layout::load_with_account(context, account, move |tx, caller| {
                authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
                invitations::get(tx, caller, account, id)
            })
            .await?;
        Ok(Self {
            product: invitation.product,
            roles: invitation.roles,
            emails: invitation.email,
            ..form
        })
    }
}

/// The request that a form makes: addresses in groups of the same roles.
pub(super) fn request(context: &PageContext, form: &InviteForm, list: &EmailList) -> CreateRequest {
    let mut chosen = form.roles.clone();
    context.app.ctx.catalogue.sort_roles(&mut chosen);
    chosen.dedup();
    let mut groups: Vec<RecipientGroup> = Vec::new();
    for entry in &list.entries {
        let listed = listed_roles(context, &form.product, entry).join(DIVIDER);
        let keys = form.replacements().apply(&listed);
        let roles = if keys.is_empty() {
            chosen.clone()
        } else {
            keys.split(DIVIDER).map(str::to_owned).collect()
        };
        let recipient = Recipient::Named {
            email: entry.text.clone(),
            name: entry.name.as_deref().and_then(names::parse_pasted_name),
        };
        match groups.iter_mut().find(|group| group.roles == roles) {
            Some(group) => group.recipients.push(recipient),
            None => groups.push(RecipientGroup {
                roles,
                recipients: vec![recipient],
            }),
        }
    }
    if groups.is_empty() {
        groups.push(RecipientGroup {
            roles: chosen,
            recipients: Vec::new(),
        });
    }
    CreateRequest {
        product: form.product.clone(),
        groups,
        is_grouped: false,
        locale: Some(form.locale.clone()).filter(|locale| !locale.is_empty()),
    }
}
