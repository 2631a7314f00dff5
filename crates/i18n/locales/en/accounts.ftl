# The Accounts page, an account's head and settings.

tab-overview = Overview
tab-users = Users
tab-invitations = Invitations
tab-activity = Activity
tab-settings = Settings
account-owned-by = Owner { $owner }
account-created = Created { $date }
account-copy-id = Copy the account's id
account-invite = Invite users
seats-title = Seats
seats-of = { $members } of { $limit }
seats-rest = { $pending ->
    [0] { "" }
    [one] { $pending } invitation pending ·{ " " }
   *[other] { $pending } invitations pending ·{ " " }
}{ $available } left

accounts-new = Create account
accounts-search = Search by name
accounts-no-match = No accounts match "{ $text }".
accounts-copy-email = Copy address
accounts-add-email = Add an email address
account-new-title = Create account
account-new-text = A place for a team of its own: its own users, roles and invitations. You become its owner.
account-new-button = Create account
field-account-name = Account name
error-account-limit = You own { $limit } accounts, and more is not possible. Transfer one of them to somebody else first.
overview-next = What to do next
overview-next-invite = You can invite others with the button above.
overview-next-profile = Add a picture and a phone number in your
overview-people = Who is here
overview-people-all = See all users
overview-roles = Your roles
overview-no-roles = You hold no roles here yet.
overview-ask = { $owner } owns this account and can give you other roles.
settings-ask-owner = Only the owner changes these settings. Ask { $owner }.
settings-name = Name
settings-save-name = Save name
settings-save = Save setting
settings-restrict = Who can be invited
restrict-label = Only registered users can be invited
restrict-means = An address that nobody has signed up with is refused. Ask its owner to register, then invite again.
restrict-on = Only registered users can be invited.
restrict-off = Everybody with an email address can be invited.
restrict-by-installation = This installation lets only registered users be invited, whatever is set here.
settings-usage = Usage
usage-members = Users
usage-pending = Pending invitations
usage-available = Seats left
usage-limit = Limit
usage-raise-on-premise = The system administrator can raise the limit.
usage-raise-cloud = Users and pending invitations take one seat each. To free seats, revoke invitations or remove inactive users.
transfer-title = Transfer ownership
transfer-start = Transfer ownership
transfer-other = Offer it to somebody else
transfer-withdraw = Withdraw the offer
transfer-means = Another user of this account becomes the owner when they accept. You stay as a user administrator.
transfer-offered = Offered to { $name }, who can accept until { $until }. Until then nothing changes.
transfer-default = This account came with your sign-in and stays yours. Create another account to have one that can change hands.
transfer-question = Transfer { $account } to somebody else?
transfer-text = What happens when they accept:
transfer-gains = They own the account: its name, its settings, all roles, this transfer.
transfer-stays = You stay in the account as a user administrator and keep your roles.
transfer-answer = They have 7 days to accept; until then you can withdraw the offer.
transfer-keep = Keep the ownership
transfer-button = Offer ownership
transfer-no-member = No user of this account has this address. Check the spelling, or invite them first.
transfer-other-name = This is not the account's name. Type it exactly as it is shown.
field-new-owner = Email address of the new owner
field-new-owner-hint = Somebody who is a user of this account already.
field-typed-account-name = To confirm, type the account's name: { $account }
leave-title = Leave this account
leave-start = Leave account
leave-hint = You lose your roles here at once. To come back you need a new invitation.
leave-question = Leave { $account }?
leave-loses = You lose these at once:
leave-keeps = Your sign-in and your other accounts stay as they are. To come back you need a new invitation.
leave-sent = { $count ->
    [one] { $count } invitation you sent is pending and will be revoked.
   *[other] { $count } invitations you sent are pending and will be revoked.
}
leave-stay = Stay
leave-button = Leave { $account }
leave-owner-title = The owner cannot leave
leave-owner-text = An account always has an owner. Transfer the ownership first, then leave.
done-account-created = The account is created. You own it.
done-saved = Saved.
done-offered = The ownership is offered. We have sent an email about it.
done-withdrawn = The offer is withdrawn. You stay the owner.
done-offer-gone = The offer had ended meanwhile. Nothing changed.
done-invitation-gone = The invitation had ended meanwhile. Ask the inviter for a new one.
done-left = You have left the account.
