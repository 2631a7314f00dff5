//! Who may do what: the whole permission table as pure functions.

use super::catalogue::{BILLING_ADMIN, Catalogue, USER_ADMIN, USER_AUDITOR};

/// Somebody's place in an account. Strangers have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether they own the account.
    pub owner: bool,
    /// The roles they hold there, retired ones left out (rule P5).
    pub roles: Vec<String>,
}

impl Standing {
    /// The standing of a member with `stored` roles, of which retired ones grant nothing.
    #[must_use]
    pub fn of_member(owner: bool, stored: &str, catalogue: &Catalogue) -> Self {
        Self {
            owner,
            roles: stored
                .split(' ')
                .filter(|key| catalogue.role(key).is_some())
                .map(str::to_owned)
                .collect(),
        }
    }

    fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// Whether the account shows the mark Managing (rule A2).
    #[must_use]
    pub fn manages(&self) -> bool {
        self.owner || self.holds(USER_ADMIN)
    }
}

/// The acts of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See the account's card.
    SeeCard,
    /// See members, invitations, activity.
    SeePeople,
    /// See usage and limit.
    SeeUsage,
    /// Invite; edit, resend, revoke invitations; edit and remove members.
    ManageUsers,
    /// Rename, change settings, transfer ownership.
    Own,
}

/// Whether somebody with this standing may do this.
#[must_use]
pub fn may(standing: &Standing, act: Act) -> bool {
    if standing.owner {
        return true;
    }
    match act {
        Act::SeeCard => true,
        Act::SeePeople => standing.holds(USER_ADMIN) || standing.holds(USER_AUDITOR),
        Act::SeeUsage => {
            standing.holds(USER_ADMIN)
                || standing.holds(USER_AUDITOR)
                || standing.holds(BILLING_ADMIN)
        }
        Act::ManageUsers => standing.holds(USER_ADMIN),
        Act::Own => false,
    }
}

/// What somebody lacks who may not do this; named in the answer.
#[must_use]
pub const fn missing(act: Act) -> &'static str {
    match act {
        Act::SeeCard => "member",
        Act::SeePeople => USER_AUDITOR,
        Act::SeeUsage => BILLING_ADMIN,
        Act::ManageUsers => USER_ADMIN,
        Act::Own => "owner",
    }
}

/// Whether somebody with this standing may grant this role (rule V3).
#[must_use]
pub fn may_grant(standing: &Standing, role: &super::catalogue::Role) -> bool {
    standing.owner || (standing.holds(USER_ADMIN) && !role.owner_only)
}

/// The roles among `added` that are in the catalogue and that somebody with this standing may not grant.
#[must_use]
pub fn not_grantable(standing: &Standing, added: &[String], catalogue: &Catalogue) -> Vec<String> {
    added
        .iter()
        .filter(|key| {
            catalogue
                .role(key)
                .is_some_and(|role| !may_grant(standing, role))
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(roles: &str) -> Standing {
        Standing::of_member(false, roles, &Catalogue::builtin())
    }

    /// The table of the specification, row by row; the columns are `columns`.
    #[test]
    fn the_permission_table_holds() {
        let owner = Standing {
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
            (Act::SeeCard, [true, true, true, true, true]),
            (Act::SeePeople, [true, true, true, false, false]),
            (Act::ManageUsers, [true, true, false, false, false]),
            (Act::SeeUsage, [true, true, true, true, false]),
            (Act::Own, [true, false, false, false, false]),
        ];
        for (act, expected) in rows {
            let found: Vec<bool> = columns.iter().map(|standing| may(standing, act)).collect();
            assert_eq!(found, expected, "{act:?}");
        }
    }

    #[test]
    fn a_retired_role_grants_nothing() {
        assert_eq!(member("GONE USER_AUDITOR").roles, [USER_AUDITOR]);
        assert!(!may(&member("GONE"), Act::SeePeople));
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
        let owner = Standing {
            owner: true,
            roles: Vec::new(),
        };
        let admin = Standing::of_member(false, USER_ADMIN, &catalogue);
        let reader = Standing::of_member(false, "READER", &catalogue);
        assert!(not_grantable(&owner, &roles, &catalogue).is_empty());
        assert_eq!(not_grantable(&admin, &roles, &catalogue), ["KEEPER"]);
        assert_eq!(not_grantable(&reader, &roles, &catalogue).len(), 2);
    }
}
