//! Roles as they are stored: keys of the catalogue, including keys that the catalogue no longer has (rule P5).

/// The roles of a member or an invitation, stored as their keys separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredRoles(String);

impl StoredRoles {
    /// Roles in this order; a key has no space.
    #[must_use]
    pub fn from_keys(keys: &[String]) -> Self {
        Self(keys.join(" "))
    }

    /// Roles as read from the database.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys in their order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let keys = self.0.split(' ').filter(|key| !key.is_empty());
        keys.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_keep_their_order() {
        let keys = ["DEVELOPER".to_owned(), "USER_ADMIN".to_owned()];
        let roles = StoredRoles::from_keys(&keys);
        assert_eq!(roles.as_str(), "DEVELOPER USER_ADMIN");
        assert_eq!(roles.keys(), keys);
        assert_eq!(StoredRoles::from_keys(&[]).keys(), Vec::<String>::new());
    }
}
