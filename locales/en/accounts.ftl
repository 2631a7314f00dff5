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
    [one] { $pending } invitation
   *[other] { $pending } invitations
} pending · { $available } left
