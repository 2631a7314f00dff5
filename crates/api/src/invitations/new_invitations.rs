//! The body of a request to invite.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use convoke_domain::invitations::{self, CreateRequest, Recipient, RecipientGroup};
use convoke_domain::{Context, FieldError, FieldErrorKind};

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct NewInvitations {
    /// Key of a multi-user product.
    #[schema(required)]
    product: String,
    /// One or more role keys; required without `groups`.
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    /// 1 to 20 addresses, each alone or with the name of its holder; required without `groups`.
    #[schema(nullable = false, inline)]
    emails: Option<Vec<NewRecipient>>,
    /// Groups of addresses, each with roles of its own, instead of `roles` and `emails`; 20 addresses in all.
    #[schema(nullable = false, inline)]
    groups: Option<Vec<Group>>,
    /// `en` or `ru`, for invitees whose own language is unknown.
    locale: Option<String>,
}

/// Addresses that get the same roles. Only the schema of a default value needs `Serialize`.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
struct Group {
    /// One or more role keys.
    #[schema(required)]
    roles: Vec<String>,
    /// Addresses, each alone or with the name of its holder.
    #[schema(required, inline)]
    emails: Vec<NewRecipient>,
}

/// An address, alone or with a name.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum NewRecipient {
    Email(String),
    Named {
        #[serde(default)]
        email: String,
        #[serde(default)]
        name: Option<String>,
    },
}

// One object of two types, since bodies are validated by schemas without composition.
impl PartialSchema for NewRecipient {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let name = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some(
                "Shown with the invitation until it ends, and used in its email.",
            ));
        let object = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Object]))
            .property("email", text)
            .required("email")
            .property("name", name);
        object.build().into()
    }
}

impl ToSchema for NewRecipient {}

impl From<NewRecipient> for Recipient {
    fn from(new: NewRecipient) -> Self {
        match new {
            NewRecipient::Email(email) => Self::Email(email),
            NewRecipient::Named { email, name } => Self::Named { email, name },
        }
    }
}

fn group(roles: Vec<String>, emails: Vec<NewRecipient>) -> RecipientGroup {
    RecipientGroup {
        roles,
        recipients: emails.into_iter().map(Recipient::from).collect(),
    }
}

impl NewInvitations {
    /// Validates the content.
    ///
    /// # Errors
    /// All errors at once.
    pub(super) fn validate(
        self,
        ctx: &Context,
    ) -> Result<invitations::NewInvitations, Vec<FieldError>> {
        let mut errors = Vec::new();
        let fields = [
            ("roles", self.roles.is_some()),
            ("emails", self.emails.is_some()),
        ];
        for (field, is_present) in fields {
            let kind = match (self.groups.is_some(), is_present) {
                (true, true) => FieldErrorKind::UnknownField(field.to_owned()),
                (false, false) => FieldErrorKind::MissingField(field.to_owned()),
                _ => continue,
            };
            errors.push(FieldError::new(format!("/{field}"), kind));
        }
        let is_grouped = self.groups.is_some();
        let groups = match self.groups {
            Some(groups) => groups
                .into_iter()
                .map(|Group { roles, emails }| group(roles, emails))
                .collect(),
            None => vec![group(
                self.roles.unwrap_or_default(),
                self.emails.unwrap_or_default(),
            )],
        };
        let request = CreateRequest {
            product: self.product,
            groups,
            is_grouped,
            locale: self.locale,
        };
        match invitations::validate(ctx, &request) {
            Ok(valid) if errors.is_empty() => Ok(valid),
            Ok(_) => Err(errors),
            Err(others) => {
                let is_new =
                    |error: &FieldError| errors.iter().all(|known| known.pointer != error.pointer);
                let others: Vec<FieldError> = others.into_iter().filter(is_new).collect();
                errors.extend(others);
                Err(errors)
            }
        }
    }
}
