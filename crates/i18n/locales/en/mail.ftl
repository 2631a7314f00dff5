# Mail. Each email has a subject, a heading, a preheader (the line that lists of mail show beside the
# subject) and paragraphs; the facts, the button and the links follow.
#
# Variables: brand, account, inviter, name (of a person), email, product, roles, until (a moment
# with its zone), service, url.

# Facts
mail-fact-account = Account
mail-fact-address = Address
mail-fact-answer-by = Answer by
mail-fact-at = When
mail-fact-changed-at = Changed
mail-fact-expires = Expires
mail-fact-from = Signed in from
mail-fact-invited-by = Invited by
mail-fact-new-address = New address
mail-fact-offered-by = Offered by
mail-fact-product = Product
mail-fact-roles = Roles
mail-fact-service = Service
mail-fact-until = The link works until
mail-fact-user = User
mail-fact-users = Users
mail-role = { $role }: { $meaning }
mail-no-roles = None. You stay a user of the account.

# Around every email
mail-greeting = Hello { $name },
mail-plain-link = If the button does not work, copy this link into your browser:
mail-footer = { $brand } sent this email: { $url }
mail-link-reset = Reset your password
mail-link-support = Get help

# Finish the sign-up. No name: a stranger may have typed it.
mail-confirm-sign-up-subject = Finish your sign-up at { $brand }
mail-confirm-sign-up-heading = Finish your sign-up
mail-confirm-sign-up-preheader = Open the link and type the password you chose. It works until { $until }.
mail-confirm-sign-up-body = Somebody, probably you, signed up at { $brand } with this address. To finish, open the link and type the password you chose.
mail-confirm-sign-up-button = Finish sign-up
mail-confirm-sign-up-closing = If it was not you, ignore this email. Nobody can finish the sign-up without this link.

# A sign-up with an address that has a user
mail-already-registered-subject = You are already registered at { $brand }
mail-already-registered-heading = You are already registered
mail-already-registered-preheader = If it was you, sign in, or reset your password.
mail-already-registered-body = Somebody, probably you, tried to sign up at { $brand } with your address. It belongs to your sign-in already, so nothing was changed.
mail-already-registered-remedy = If it was you, sign in, or reset your password.
mail-already-registered-button = Sign in
mail-already-registered-invitation = { $inviter } invited you to { $account }. You can accept with the sign-in you have: open the invitation and sign in with this address.
mail-already-registered-invitation-preheader = Sign in to accept { $inviter }'s invitation to { $account }.
mail-already-registered-invitation-button = Sign in to accept
mail-already-registered-closing = If it was not you, ignore this email.

# Join an account
mail-invitation-subject = { $inviter } invited you to { $account }
mail-reminder-subject = Reminder: { $inviter } invited you to { $account }
mail-invitation-heading = Join { $account }
mail-invitation-preheader = { $product }: { $roles }. Answer by { $until }.
mail-invitation-body = { $inviter } invited you to { $account }, to work with { $product }. Answer by { $until }.
mail-reminder-body = { $inviter } invited you to { $account }, to work with { $product }, and is waiting for your answer. Answer by { $until }.
mail-invitation-button = See the invitation
mail-invitation-sent-to = Sent to { $email }. Use that address to sign in.
mail-invitation-closing = If you did not expect this, ignore this email. Nothing happens unless you accept.

# Reset the password
mail-reset-password-subject = Reset your password at { $brand }
mail-reset-password-heading = Reset your password
mail-reset-password-preheader = Open the link and choose a new password. It works until { $until }.
mail-reset-password-body = Somebody, probably you, asked to reset your password at { $brand }. Open the link and choose a new one.
mail-reset-password-button = Choose a new password
mail-reset-password-closing = If it was not you, ignore this email. Your password stays as it is.

# Prove the new mailbox. No name: the mailbox may be a stranger's.
mail-confirm-email-subject = Confirm your new email address at { $brand }
mail-confirm-email-heading = Confirm your new email address
mail-confirm-email-preheader = Sign in and open the link. It works until { $until }.
mail-confirm-email-body = Somebody, probably you, wants to use this address at { $brand }. Sign in as before, then open the link to confirm that this mailbox is yours.
mail-confirm-email-button = Confirm address
mail-confirm-email-closing = If it was not you, ignore this email. Nothing changes without this link.

# The wanted new address is another user's
mail-email-taken-subject = This address is already in use at { $brand }
mail-email-taken-heading = This address is already in use
mail-email-taken-preheader = Somebody tried to use it for another sign-in. Nothing was changed.
mail-email-taken-body = Somebody, probably you, wanted to use this address for another sign-in at { $brand }. An address belongs to one sign-in only, so nothing was changed.
mail-email-taken-remedy = If it was you, sign in with this address, or give the sign-in that has it another address first.
mail-email-taken-button = Sign in
mail-email-taken-closing = If it was not you, ignore this email.

# The password was changed
mail-password-changed-subject = Your password at { $brand } was changed
mail-password-changed-heading = Your password was changed
mail-password-changed-preheader = If it was not you, reset your password now.
mail-password-changed-body = Your password at { $brand } was changed, and every other session was ended.
mail-password-changed-remedy = If it was you, there is nothing to do. If it was not you, somebody else knows your password: reset it now.
mail-password-changed-button = Reset your password

# A user without a password has one now
mail-password-added-subject = A password was added to your sign-in at { $brand }
mail-password-added-heading = A password was added
mail-password-added-body = A password was added to your sign-in at { $brand }. From now on it opens your sign-in too.
mail-password-added-remedy = If it was you, there is nothing to do. If it was not you, somebody else is using your sign-in: reset the password now.

# A service was connected or disconnected
mail-service-connected-subject = { $service } was connected to your sign-in at { $brand }
mail-service-connected-heading = { $service } was connected
mail-service-connected-body = { $service } was connected to your sign-in at { $brand }. From now on you can sign in through it.
mail-service-disconnected-subject = { $service } was disconnected from your sign-in at { $brand }
mail-service-disconnected-heading = { $service } was disconnected
mail-service-disconnected-body = { $service } was disconnected from your sign-in at { $brand }. You can no longer sign in through it.
mail-service-preheader = If it was not you, check your profile now.
mail-service-remedy = If it was you, there is nothing to do. If it was not you, somebody else is using your sign-in: open your profile, end all other sessions and check the connected services.
mail-profile-button = Open your profile

# An emergency user has signed in
mail-break-glass-sign-in-subject = The emergency user at { $brand } signed in
mail-break-glass-sign-in-heading = The emergency user signed in
mail-break-glass-sign-in-preheader = If nobody of you did this, end the session now.
mail-break-glass-sign-in-body = Somebody signed in at { $brand } as the emergency user whose address this is.
mail-break-glass-sign-in-remedy = If it was one of you, there is nothing to do. If it was not, somebody else knows the password: sign in, change it and end all other sessions.

# The address was changed; goes to the old one
mail-email-changed-subject = Your email address at { $brand } was changed
mail-email-changed-heading = Your email address was changed
mail-email-changed-preheader = The new one is { $email }.
mail-email-changed-body = Your email address at { $brand } was changed. Mail goes to the new one from now on.
mail-email-changed-remedy = If it was you, there is nothing to do. If it was not you, somebody else is using your sign-in: get help at once.
mail-email-changed-remedy-alone = If it was you, there is nothing to do. If it was not you, somebody else is using your sign-in: tell the people who run { $brand } for you at once.
mail-email-changed-button = Get help

# Roles in an account were changed
mail-roles-changed-subject = Your roles in { $account } were changed
mail-roles-changed-heading = Your roles were changed
mail-roles-changed-preheader = Your roles in { $account } now: { $roles }.
mail-roles-changed-preheader-none = You have no roles in { $account } now.
mail-roles-changed-body = These are your roles in the account { $account } from now on.
mail-roles-changed-button = Open the account
mail-roles-changed-closing = If you need other roles, ask the owner or a user administrator of the account.

# No member any more
mail-removed-subject = You are no longer a user of { $account }
mail-removed-heading = You are no longer a user of { $account }
mail-removed-preheader = Your roles there have ended. Your other accounts stay as they are.
mail-removed-body = You were removed from the account { $account }. Your roles there have ended. Your sign-in and your other accounts stay as they are.
mail-removed-button = See your accounts
mail-removed-closing = If you think this is a mistake, ask the owner or a user administrator of the account for a new invitation.

# The invitee joined; goes to the inviter
mail-joined-heading = { $name } joined { $account }
mail-joined-as-heading = { $name } joined { $account } as { $roles }
mail-joined-preheader = { $name } accepted your invitation.
mail-joined-body = { $name } accepted your invitation and is now a user of the account { $account }.
mail-joined-several-heading = { $name } and { $others ->
    [one] { $others } other
   *[other] { $others } others
} joined { $account }
mail-joined-several-preheader = { $count } people accepted your invitations.
mail-joined-several-body = { $count } people accepted your invitations and are now users of the account { $account }.
mail-joined-button = See the users

# The invitee declined; goes to the inviter
mail-declined-subject = { $email } declined your invitation to { $account }
mail-declined-heading = Your invitation was declined
mail-declined-preheader = { $email } will not join { $account }.
mail-declined-body = { $email } declined your invitation to the account { $account }. The seat is free again.
mail-declined-several-subject = { $count } of your invitations to { $account } were declined
mail-declined-several-heading = { $count } invitations were declined
mail-declined-several-preheader = { $email } and others will not join { $account }.
mail-declined-several-body = The holders of these addresses declined your invitations to the account { $account }. Their seats are free again.
mail-declined-button = See the invitations
mail-declined-closing = To ask once more, send a new invitation.

# The invitee asks for an invitation to another address; goes to the inviter
mail-address-requested-subject = Your invitation to { $account }: another address is asked for
mail-address-requested-heading = Invite another address instead?
mail-address-requested-preheader = Your invitation went to { $email }.
mail-address-requested-body = You invited { $email } to { $account }. Somebody who has the link of this invitation asks to be invited as { $requested } instead.
mail-address-requested-button = Invite { $requested } instead
mail-address-requested-closing = Roles and seat stay the same; the first link stops working. If you do not know this address, ask the person before you change anything. If you do nothing, the invitation stays as it is.

# Take over an account
mail-ownership-offer-subject = You are offered the ownership of { $account }
mail-ownership-offer-heading = Become the owner of { $account }
mail-ownership-offer-preheader = { $name } offers it to you. Answer by { $until }.
mail-ownership-offer-body = { $name } offers you the ownership of the account { $account }. Its owner may do everything there and answers for it.
mail-ownership-offer-button = See the offer
mail-ownership-offer-closing = If you did not expect this, ignore this email. Nothing happens unless you accept.

# Sent by the operator's `convoke check --mail-to`
mail-test-subject = Test email from { $brand }
mail-test-heading = Mail delivery works
mail-test-preheader = Sent to test mail delivery. Nothing needs to be done.
mail-test-body = The operator of { $brand } sent this email to test mail delivery. Nothing needs to be done.
