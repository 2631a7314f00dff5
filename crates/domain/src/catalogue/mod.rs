//! The catalogue of products and roles (rules P1 to P5), read once at start.

mod fields;
mod parse;
mod parse_sign_in;
mod parser;
#[cfg(test)]
mod property_tests;
pub mod sign_in;
#[cfg(test)]
mod tests;

pub use parse_sign_in::check_secret;
use sign_in::{ProductAccounts, ProductSignIn};

/// The General role that views and manages users, roles and invitations (rule P2).
pub const USER_ADMIN: &str = "USER_ADMIN";
/// The General role that views users, invitations and activity, and changes nothing (rule P2).
pub const USER_AUDITOR: &str = "USER_AUDITOR";
/// The General role that views usage and limits (rule P2).
pub const BILLING_ADMIN: &str = "BILLING_ADMIN";

/// The General roles in the order in which they are shown.
const GENERAL_ROLES: [&str; 3] = [USER_ADMIN, USER_AUDITOR, BILLING_ADMIN];

/// The text of the built-in catalogue file, whole, with its comments.
pub const BUILTIN: &str = include_str!("../../../../catalogue/default.toml");

/// The products and roles that can be granted, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The three roles of the General group, which is always there (rule P2).
    pub general: Vec<Role>,
    /// The products in the order of the file.
    pub products: Vec<Product>,
}

/// A product that the company sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The stable key in requests and responses, such as `data-agent`.
    pub key: String,
    /// What people call the product.
    pub name: Text,
    /// What the product is for, in a sentence.
    pub description: Text,
    /// The target of "Open", an absolute http or https address; without it there is no "Open".
    pub url: Option<String>,
    /// In which accounts a user works in the product (rule P3).
    pub accounts: ProductAccounts,
    /// The roles of the product in the order of the file.
    pub roles: Vec<Role>,
    /// How users sign in to the product; without it they cannot.
    pub sign_in: Option<ProductSignIn>,
}

impl Product {
    /// Whether its sign-in can be begun here, for an account.
    #[must_use]
    pub fn begins_sign_in(&self) -> bool {
        let sign_in = self.sign_in.as_ref();
        sign_in.is_some_and(|sign_in| sign_in.initiate_login_uri.is_some())
    }

    /// Whether others can be invited to the product; when not, it has no roles (rule P3).
    #[must_use]
    pub fn is_multi_user(&self) -> bool {
        self.accounts != ProductAccounts::Owned
    }
}

/// A named right, either of the General group or of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The stable key in requests and responses, such as `DEVELOPER`.
    pub key: String,
    /// What people call the role.
    pub name: Text,
    /// What the role lets its holder do, in a sentence.
    pub description: Text,
    /// Whether only the owner of an account may grant the role (`granted_by = "owner"`).
    pub owner_only: bool,
}

/// A text in each language of the console; a language that the file leaves out has the other's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    en: String,
    ru: String,
}

/// An error in a catalogue file: where it is, what it is and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct CatalogueError {
    /// The file as the operator named it.
    pub file: String,
    /// The line in the file, counted from 1.
    pub line: usize,
    /// A sentence that names the thing and the remedy.
    pub message: String,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    #[must_use]
    pub fn builtin() -> Self {
        // A unit test proves that the built-in file has no error, so the fallback is never taken.
        Self::parse("built-in catalogue", BUILTIN).unwrap_or_else(|_| Self {
            general: Vec::new(),
            products: Vec::new(),
        })
    }

    /// Reads a catalogue from TOML; `file` is its name in the errors (rule P1).
    ///
    /// # Errors
    /// Every error, in the order of lines. Where the text is not TOML, what follows that line is not checked any further.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<CatalogueError>> {
        parse::parse(file, text)
    }

    /// All roles: General first, then those of each product.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        let of_products = self.products.iter().flat_map(|product| &product.roles);
        self.general.iter().chain(of_products)
    }

    /// The role with this key, or none when it is unknown or retired (rule P5).
    #[must_use]
    pub fn role(&self, key: &str) -> Option<&Role> {
        self.roles().find(|role| role.key == key)
    }

    /// The role whose key, or name in any language, is this word whatever its case: one of `product` first, then of the
    /// General group, then of the other products.
    #[must_use]
    pub fn role_by_word(&self, product: &str, word: &str) -> Option<&Role> {
        let word = word.trim().to_lowercase();
        let own = self
            .product(product)
            .map_or(&[][..], |product| &product.roles);
        let is_meant = |role: &&Role| {
            let texts = [&role.key, &role.name.en, &role.name.ru];
            texts.iter().any(|text| text.to_lowercase() == word)
        };
        own.iter().chain(self.roles()).find(is_meant)
    }

    /// The product with this key.
    #[must_use]
    pub fn product(&self, key: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.key == key)
    }

    /// Whether users sign in to any product.
    #[must_use]
    pub fn has_clients(&self) -> bool {
        let mut products = self.products.iter();
        products.any(|product| product.sign_in.is_some())
    }

    /// The only product that users can be invited to, where there is just one.
    #[must_use]
    pub fn only_multi_user_product(&self) -> Option<&Product> {
        let mut multi_user = self
            .products
            .iter()
            .filter(|product| product.is_multi_user());
        let first = multi_user.next();
        first.filter(|_| multi_user.next().is_none())
    }

    /// Whether this key is one of the General group's roles.
    #[must_use]
    pub fn is_general(&self, key: &str) -> bool {
        self.general.iter().any(|role| role.key == key)
    }

    /// Puts role keys into the order of the catalogue; unknown and retired ones come last, alphabetically.
    pub fn sort_roles(&self, roles: &mut [String]) {
        let place = |key: &str| {
            self.roles()
                .position(|role| role.key == key)
                .unwrap_or(usize::MAX)
        };
        roles.sort_by(|a, b| (place(a), a).cmp(&(place(b), b)));
    }
}

impl Text {
    /// The text in the language `en` or `ru`; any other language gets the English one.
    #[must_use]
    pub fn get(&self, locale: &str) -> &str {
        if locale == "ru" { &self.ru } else { &self.en }
    }
}

impl From<&str> for Text {
    /// One text for every language.
    fn from(text: &str) -> Self {
        Self {
            en: text.to_owned(),
            ru: text.to_owned(),
        }
    }
}
