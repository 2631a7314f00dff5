//! Which accounts a user may work in with a product, and the roles they hold there.

use super::authorization_request::{AccountHint, AuthorizationRequest};
use crate::accounts::Account;
use crate::catalogue::sign_in::{ProductAccounts, ProductSignIn, SignInPolicy};
use crate::catalogue::{Catalogue, Product};
use crate::permissions::Membership;
use crate::{Error, Mode, Tx};
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::roles::StoredRoles;
use convoke_store as store;
use uuid::Uuid;

/// How many accounts of a user are looked at.
const MAX_ACCOUNTS: i64 = 1_000;

/// What a user may do with a product in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The roles of this product and the General ones that they hold.
    pub roles: Vec<String>,
    /// Whether they own the account.
    pub owner: bool,
}

/// The product with this client id and how users sign in to it.
#[must_use]
pub fn client<'c>(catalogue: &'c Catalogue, id: &str) -> Option<(&'c Product, &'c ProductSignIn)> {
    let product = catalogue.product(id)?;
    Some((product, product.sign_in.as_ref()?))
}

/// The access of a member, where the product admits them; what kind of accounts it works in is left to [`find_access`].
#[must_use]
pub fn access_of(
    product: &Product,
    sign_in: &ProductSignIn,
    catalogue: &Catalogue,
    membership: &Membership,
) -> Option<Access> {
    let is_of_product = |key: &String| product.roles.iter().any(|role| role.key == *key);
    let is_admitted = match sign_in.allow {
        SignInPolicy::Members => true,
        SignInPolicy::RoleHolders => membership.owner || membership.roles.iter().any(is_of_product),
    };
    let roles = membership.roles.iter();
    is_admitted.then(|| Access {
        roles: roles
            .filter(|key| is_of_product(key) || catalogue.is_general(key))
            .cloned()
            .collect(),
        owner: membership.owner,
    })
}

/// The account and the access of a user to a product there; none where they may not use it in this account, for whatever
/// reason.
///
/// # Errors
/// [`Error::Database`].
pub fn find_access(
    tx: &mut Tx<'_, '_, impl Mode>,
    client_id: &str,
    user: UserId,
    account: AccountId,
) -> Result<Option<(Account, Access)>, Error> {
    match store::accounts::find_with_roles(tx.conn, account, user)? {
        Some((account, roles)) => {
            let access = access_in(tx, client_id, user, &account, &roles)?;
            Ok(access.map(|access| (account, access)))
        }
        None => Ok(None),
    }
}

/// The access of a user with these roles in an account.
///
/// # Errors
/// [`Error::Database`].
pub(super) fn access_in(
    tx: &mut Tx<'_, '_, impl Mode>,
    client_id: &str,
    user: UserId,
    account: &Account,
    roles: &StoredRoles,
) -> Result<Option<Access>, Error> {
    let ctx = tx.ctx;
    let Some((product, sign_in)) = client(&ctx.catalogue, client_id) else {
        return Ok(None);
    };
    if !usable_accounts(tx, product, user)?.contains(account, user) {
        return Ok(None);
    }
    let membership = Membership::from_stored(account.owner == user, roles, &ctx.catalogue);
    Ok(access_of(product, sign_in, &ctx.catalogue, &membership))
}

/// The accounts that a user may work in with a product, the oldest first; of the first thousand that they are in.
///
/// # Errors
/// [`Error::Database`].
pub fn list_access(
    tx: &mut Tx<'_, '_, impl Mode>,
    client_id: &str,
    user: UserId,
) -> Result<Vec<(Account, Access)>, Error> {
    let ctx = tx.ctx;
    let Some((product, sign_in)) = client(&ctx.catalogue, client_id) else {
        return Ok(Vec::new());
    };
    let usable = usable_accounts(tx, product, user)?;
    let all = store::accounts::list_of_user(tx.conn, user, Uuid::nil().into(), MAX_ACCOUNTS)?;
    let access = |(account, stored): (Account, StoredRoles)| {
        if !usable.contains(&account, user) {
            return None;
        }
        let membership = Membership::from_stored(account.owner == user, &stored, &ctx.catalogue);
        let access = access_of(product, sign_in, &ctx.catalogue, &membership)?;
        Some((account, access))
    };
    Ok(all.into_iter().filter_map(access).collect())
}

/// As [`list_access`] for the product of a request, with the account that the request asks for wherever that is in the list.
///
/// # Errors
/// [`Error::Database`].
pub fn list_requested_access(
    tx: &mut Tx<'_, '_, impl Mode>,
    request: &AuthorizationRequest,
    user: UserId,
) -> Result<Vec<(Account, Access)>, Error> {
    let mut accounts = list_access(tx, &request.client, user)?;
    if let Some(AccountHint::Account(id)) = request.account
        && !accounts.iter().any(|(account, _)| account.id == id)
    {
        accounts.extend(find_access(tx, &request.client, user, id)?);
    }
    Ok(accounts)
}

/// In which accounts a product works for a user, whatever their roles there.
enum UsableAccounts {
    All,
    OwnDefault,
    One(AccountId),
}

impl UsableAccounts {
    fn contains(&self, account: &Account, user: UserId) -> bool {
        match self {
            Self::All => true,
            Self::OwnDefault => account.is_default && account.owner == user,
            Self::One(id) => account.id == *id,
        }
    }
}

fn usable_accounts(
    tx: &mut Tx<'_, '_, impl Mode>,
    product: &Product,
    user: UserId,
) -> Result<UsableAccounts, Error> {
    Ok(match product.accounts {
        ProductAccounts::Many => UsableAccounts::All,
        ProductAccounts::Owned => UsableAccounts::OwnDefault,
        ProductAccounts::Latest => {
            let latest = store::invitations::find_latest_accepted(tx.conn, user, &product.key)?;
            latest.map_or(UsableAccounts::OwnDefault, UsableAccounts::One)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::clock::Timestamp;

    fn account(id: u128, owner: UserId, is_default: bool) -> Account {
        Account {
            id: Uuid::from_u128(id).into(),
            name: String::new(),
            owner,
            is_default,
            user_limit: None,
            registered_users_only: false,
            created_at: Timestamp::from_millis(0),
            owner_first_name: String::new(),
            owner_last_name: None,
        }
    }

    #[test]
    fn a_product_works_in_all_accounts_in_the_own_default_one_or_in_a_given_one() {
        let user: UserId = Uuid::from_u128(1).into();
        let other: UserId = Uuid::from_u128(2).into();
        let accounts = [
            account(1, user, true),
            account(2, user, false),
            account(3, other, true),
            account(4, other, false),
        ];
        let given = UsableAccounts::One(Uuid::from_u128(4).into());
        for (usable, expected) in [
            (UsableAccounts::All, [true, true, true, true]),
            (UsableAccounts::OwnDefault, [true, false, false, false]),
            (given, [false, false, false, true]),
        ] {
            let found = accounts.each_ref();
            assert_eq!(
                found.map(|account| usable.contains(account, user)),
                expected
            );
        }
    }
}
