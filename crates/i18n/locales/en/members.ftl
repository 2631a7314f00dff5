# Users of an account.

users-search = Search by name or email
users-role = Role
users-all-roles = All roles
users-user = User
users-you = You
users-seen = Last active
users-sort = Order
users-by-name = By name
users-seen-longest = Longest inactive first
users-never = Never
users-actions = Actions for { $name }
users-edit = Edit roles
users-details = Details and history
users-activity = Activity
users-remove = Remove from account
users-owner-protected = Nobody else edits or removes the owner.
users-no-match = No users match "{ $text }".
users-searched = A part of the users was searched.
users-search-further = Search further
users-no-match-role = Nobody here holds this role.
users-edit-title = Roles of { $name }
users-edit-hint = They count from the next click on. We email the user about the change.
users-edit-save = Save roles
users-role-gone = A role you chose is no longer in the catalogue. It is left out below; check the others, then save again.
users-changed-meanwhile = Somebody else changed the roles of { $name } meanwhile. They are now: { $roles }. Below is what you chose; save again to replace them.
users-sent-question = { $name } has sent { $count ->
    [one] { $count } invitation that is pending. What becomes of it?
   *[other] { $count } invitations that are pending. What becomes of them?
}
users-sent-revoke-label = Revoke
users-sent-revoke-meaning = { $count ->
    [one] The link in the email stops working.
   *[other] The links in the emails stop working.
}
users-sent-keep-label = Keep
users-sent-keep-meaning = { $count ->
    [one] From now on you are its inviter.
   *[other] From now on you are their inviter.
}
users-remove-title = Remove { $name } from { $account }?
users-remove-loses = { $address } loses these at once:
users-remove-loses-access = { $address } loses access to the account at once.
users-remove-keeps = Their own sign-in, and their access to other accounts, stay as they are. You can invite them again later. We email { $name } that the access ended.
users-keep = Keep { $name }
users-remove-button = Remove { $name }
done-roles-saved = Roles saved.
done-user-removed = The user is removed. Their access ended at once.
done-user-gone = The user was not in the account any more.

# The page of a user
member-former = No longer a user here
member-seen = last active { $at }
member-print = Print
member-remove = Remove
member-how = How { $name } got in
member-created = { $name } created this account on { $at }.
member-invited = { $inviter } invited { $address } on { $at } to { $access }.
member-accepted = { $name } accepted on { $at }.
member-accepted-from = { $name } accepted on { $at } from { $ip }.
member-joined = { $name } has been a user here since { $at }.
member-roles-changed = { $count ->
    [one] Roles were changed once since, by { $actor } on { $at }.
   *[other] Roles were changed { $count } times since, last by { $actor } on { $at }.
}
member-removed = { $actor } removed { $name } on { $at }.
member-left = { $name } left on { $at }.
member-roles = Roles now
member-given = Given by { $actor }, { $date }
member-products = Products
member-since = Since { $date }
member-all = Everything that concerns { $name } here
