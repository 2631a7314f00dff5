//! Who may do what: the whole permission table as pure functions.

use super::catalogue::{BILLING_ADMIN, Catalogue, USER_ADMIN, USER_AUDITOR};
use convoke_core::model::roles::StoredRoles;

/// A user's membership in an account. Non-members have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Whether they own the account.
    pub owner: bool,
    /// The roles they hold there, retired ones left out (rule P5).
    pub roles: Vec<String>,
}

impl Membership {
    /// The membership of a member with `stored` roles, of which retired ones grant nothing.
    #[must_use]
    pub fn from_stored(owner: bool, stored: &StoredRoles, catalogue: &Catalogue) -> Self {
        Self {
            owner,
            roles: stored
                .keys()
                .into_iter()
                .filter(|key| catalogue.role(key).is_some())
                .collect(),
        }
    }

    fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|key| key == role)
    }

    /// Whether the account shows the mark Managing (rule A2).
    #[must_use]
    pub fn is_managing(&self) -> bool {
        self.owner || self.has_role(USER_ADMIN)
    }
}

/// The acts of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// View the account's summary.
    ViewAccount,
    /// See members, invitations, activity.
    ViewMembers,
    /// See usage and limit.
    ViewUsage,
    /// Invite; edit, resend, revoke invitations; edit and remove members.
    ManageUsers,
    /// Rename, change settings, transfer ownership.
    Own,
}

/// Whether this membership allows this permission.
#[must_use]
pub fn is_allowed(membership: &Membership, act: Permission) -> bool {
    if membership.owner {
        return true;
    }
    match act {
        Permission::ViewAccount => true,
        Permission::ViewMembers => {
            membership.has_role(USER_ADMIN) || membership.has_role(USER_AUDITOR)
        }
        Permission::ViewUsage => {
            membership.has_role(USER_ADMIN)
                || membership.has_role(USER_AUDITOR)
                || membership.has_role(BILLING_ADMIN)
        }
        Permission::ManageUsers => membership.has_role(USER_ADMIN),
        Permission::Own => false,
    }
}

/// The role that this permission needs; named in the response.
#[must_use]
pub const fn required_role(act: Permission) -> &'static str {
    match act {
        Permission::ViewAccount => "member",
        Permission::ViewMembers => USER_AUDITOR,
        Permission::ViewUsage => BILLING_ADMIN,
        Permission::ManageUsers => USER_ADMIN,
        Permission::Own => "owner",
    }
}

/// Whether this membership allows granting this role (rule V3).
#[must_use]
pub fn can_grant(membership: &Membership, role: &super::catalogue::Role) -> bool {
    membership.owner || (membership.has_role(USER_ADMIN) && !role.owner_only)
}

/// The roles among `added` that are in the catalogue and that this membership does not allow granting.
#[must_use]
pub fn not_grantable(
    membership: &Membership,
    added: &[String],
    catalogue: &Catalogue,
) -> Vec<String> {
    added
        .iter()
        .filter(|key| {
            catalogue
                .role(key)
                .is_some_and(|role| !can_grant(membership, role))
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(roles: &str) -> StoredRoles {
        StoredRoles::from_stored(roles.to_owned())
    }

    fn member(roles: &str) -> Membership {
        Membership::from_stored(false, &stored(roles), &Catalogue::builtin())
    }

    /// The table of the specification, row by row; the columns are `columns`.
    #[test]
    fn the_permission_table_holds() {
        let owner = Membership {
            owner: true,
            roles: Vec::new(),
        };
        let columns = [
            owner,
            member(USER_ADMIN),
            member(USER_AUDITOR),
            member(BILLING_ADMIN),
            member("DEVELOPER"),
        ];
        let rows = [
            (Permission::ViewAccount, [true, true, true, true, true]),
            (Permission::ViewMembers, [true, true, true, false, false]),
            (Permission::ManageUsers, [true, true, false, false, false]),
            (Permission::ViewUsage, [true, true, true, true, false]),
            (Permission::Own, [true, false, false, false, false]),
        ];
        for (act, expected) in rows {
            let found: Vec<bool> = columns
                .iter()
                .map(|membership| is_allowed(membership, act))
                .collect();
            assert_eq!(found, expected, "{act:?}");
        }
    }

    #[test]
    fn a_retired_role_grants_nothing() {
        assert_eq!(member("GONE USER_AUDITOR").roles, [USER_AUDITOR]);
        assert!(!is_allowed(&member("GONE"), Permission::ViewMembers));
    }

    #[test]
    fn roles_marked_for_the_owner_are_granted_by_the_owner_alone() {
        let catalogue = Catalogue::parse(
            "test.toml",
            r#"
            [[products]]
            key = "vault"
            name = "Vault"
            description = "Keeps things."
            roles = [
                { key = "KEEPER", name = "Keeper", description = "Keeps.", granted_by = "owner" },
                { key = "READER", name = "Reader", description = "Reads." },
            ]
            "#,
        )
        .unwrap();
        let roles = ["KEEPER".to_owned(), "READER".to_owned()];
        let owner = Membership {
            owner: true,
            roles: Vec::new(),
        };
        let admin = Membership::from_stored(false, &stored(USER_ADMIN), &catalogue);
        let reader = Membership::from_stored(false, &stored("READER"), &catalogue);
        assert!(not_grantable(&owner, &roles, &catalogue).is_empty());
        assert_eq!(not_grantable(&admin, &roles, &catalogue), ["KEEPER"]);
        assert_eq!(not_grantable(&reader, &roles, &catalogue).len(), 2);
    }
}
