use super::*;

#[test]
fn ids_and_tokens_are_parts_of_the_path() {
    let account = AccountId::from(uuid::Uuid::nil());
    let path = edit_member(account, UserId::from(uuid::Uuid::nil()));
    assert!(
        path.starts_with("/accounts/acc_") && path.ends_with("/edit"),
        "{path}"
    );
    assert_eq!(account_of(&path), Some(account));
    assert_eq!(account_of("/accounts/new"), None);
    assert_eq!(invitation("cvi_x"), "/invitations/cvi_x");
    assert_eq!(invitation_token(&invitation("cvi_x")), Some("cvi_x"));
}
