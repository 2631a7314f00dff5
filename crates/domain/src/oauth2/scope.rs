//! Scopes: what a client asks to know (OpenID Connect Core section 5.4).

/// What stands before the id in a scope that names the account.
pub(super) const ACCOUNT_SCOPE: &str = "account:";

/// What a client asks to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Who the user is; every request has it.
    OpenId,
    /// Names, picture, language and time zone.
    Profile,
    /// The address.
    Email,
    /// The phone number.
    Phone,
    /// Every account in which the user may use the product.
    Accounts,
    /// A refresh token.
    OfflineAccess,
}

impl Scope {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::Phone,
        Self::Accounts,
        Self::OfflineAccess,
    ];

    /// Its name in requests and tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Accounts => "accounts",
            Self::OfflineAccess => "offline_access",
        }
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Reads names separated by blanks; unknown ones are ignored (OpenID Connect Core section 3.1.2.1).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = |name: &str| Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
        let scopes = text.split(' ').filter_map(known);
        Self(scopes.fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Reads names separated by blanks; none where one is unknown. The scope that names the account of an authorization request is
    /// known and not in the set.
    #[must_use]
    pub fn parse_known(text: &str) -> Option<Self> {
        let mut names = text.split(' ').filter(|name| !name.is_empty());
        let is_known =
            |name: &str| Self::parse(name) != Self::default() || name.starts_with(ACCOUNT_SCOPE);
        names.all(is_known).then(|| Self::parse(text))
    }

    /// Whether a scope is in the set.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all scopes of `self` are in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The names, separated by blanks.
    #[must_use]
    pub fn names(self) -> String {
        let contained = Scope::ALL.into_iter().filter(|scope| self.contains(*scope));
        let names: Vec<&str> = contained.map(Scope::as_str).collect();
        names.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_ignored_or_rejected() {
        let both = Scopes::parse("openid email");
        assert_eq!(Scopes::parse("email admin openid"), both);
        assert_eq!(Scopes::parse_known(" email  openid"), Some(both));
        assert_eq!(
            Scopes::parse_known("email openid account:acc_1"),
            Some(both)
        );
        assert_eq!(Scopes::parse_known("email openid admin"), None);
        assert_eq!(Scopes::parse_known(""), Some(Scopes::default()));
    }
}
