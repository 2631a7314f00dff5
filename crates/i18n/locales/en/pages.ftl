# Pages. Variables: brand, account, inviter and owner and name (of a person), email, own and invited
# (addresses), product, at and until (moments with their zone), ago and when (distances such as "in 7 days").

# Around every page
page-title = { $title } · { $brand }
page-title-error = Error: { $title } · { $brand }
layout-skip = Skip to the content
layout-nav = Main
layout-crumbs = Where you are
layout-accounts = Accounts
layout-sign-out = Sign out
layout-profile = Profile
layout-menu = Menu
layout-show = Show
layout-copied = Copied
layout-close = Close
layout-sending = Sending…
layout-restored = What you entered here before is back. It is not saved yet.
layout-discard = Start over
shortcuts-title = Keyboard shortcuts
shortcuts-search = Search this list
shortcuts-invite = Invite users
shortcuts-list = Show this list
shortcuts-off = Switch them off in your
filters-apply = Apply
filters-clear = Clear search
export = Export
list-actions = Actions
cancel = Cancel
roles-not-grantable = You may not grant { $roles }. Ask the owner, or choose other roles.
roles-retired = { $roles }: these roles have left the catalogue, grant nothing, and are dropped when you save.
error-no-roles = Choose at least one role.
error-role-gone = A role you chose is no longer in the catalogue. Choose others.
error-no-product = Choose a product.
error-no-emails = Enter at least one email address.
error-email-in-two-groups = { $email } is in two groups. Keep it in one of them.
search = Search
pager-first = First page
pager-next = Next
pager-range = { $from } to { $to }
pager-range-of = { $from } to { $to } of { $total }
no-permission-title = You may not do this here
no-permission-text = { $account } has not given you the role for it. Ask { $owner }, who owns the account.
roles-general = General
roles-owner-only = Only the owner can grant it.
layout-support = Get help
layout-terms = Terms of use
layout-privacy = Privacy
layout-other-address = This page was opened under another address. Use { $url }: sign-in and links in emails work only there.
layout-other-address-link = Open it there
summary-title = There is a problem
other-sign-in = Sign in as someone else
way-sign-in = Sign in
way-accounts = Go to your accounts
check-mail-again = Send it again
check-mail-change = Use another address
check-mail-hint = If nothing has come after a few minutes, look into the spam folder and check the spelling of the address.
person-with-email = { $name } ({ $email })

# Times
time-now = just now
time-in-days = in { $count ->
    [one] { $count } day
   *[other] { $count } days
}
time-in-hours = in { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
time-in-minutes = in { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
time-in-seconds = in { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
time-ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
time-ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
time-ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
time-ago-seconds = { $count ->
    [one] { $count } second ago
   *[other] { $count } seconds ago
}

# What a form before this page has done
done-joined = You have joined this account.
done-not-joined = You are signed up. The invitation could not be accepted any more, so ask for a new one.
done-declined = You have declined the invitation. The inviter is told.
done-address-requested = The inviter is asked to use your other address. If they agree, a new email goes there.
done-has-user = You have a sign-in with this address already. Sign in to accept.
done-mail-again = The email is sent again.
done-mail-allowed = You can get invitations by mail again.
done-signed-up = You are signed up. This account is yours.
done-signed-out = You are signed out.
done-session-gone = You were signed out meanwhile, and nothing was changed. Sign in to go on.
done-password-reset = Your password is changed and every session has ended. Sign in with the new password.
done-email-changed = Your email address is changed. Other sessions have ended.
done-owner = You are the owner of this account now.
done-offer-declined = You have declined the offer. The owner stays the owner.

# Fields
field-login = Email address or login
field-password = Password
field-new-password = New password
field-current-password = Current password
field-first-name = First name
field-last-name = Last name
field-email = Email address
field-new-email = New email address
field-email-hint = You will sign in with it.
field-your-name = Your name
field-invited-email-hint = The invitation was sent here. It becomes your sign-in.
field-choose-password = Choose a password
field-used-email = The email address you use
field-new-password-hint = At least { $min } characters. A few unrelated words do well.
strength-short = Too short: # of { $min } characters.
strength-common = A simple pattern, easy to guess.
strength-own-words = Made of your name or address.
strength-good = Long enough: # characters.
field-optional = (optional)
field-error = Error:

# Sign in
sign-in-title = Sign in
sign-in-button = Sign in
sign-in-forgotten = Forgotten the password?
sign-in-reset = Reset it
sign-in-new = New here?
sign-in-sign-up = Sign up

# Sign up
sign-up-title = Sign up
sign-up-button = Sign up
sign-up-invited = Use the address that the invitation was sent to. Then you join in the same step.
sign-up-known = Signed up before?
sign-up-sign-in = Sign in
sign-up-check-mail-title = Check your mail
sign-up-check-mail-sent = We have sent an email to { $email }. Open the link in it and type the password you have just chosen. The link works for 24 hours.
sign-up-check-mail-text = We have sent an email to the address. Open the link in it and type the password you have just chosen. The link works for 24 hours.
confirm-title = Finish your sign-up
confirm-text = Type the password you chose to finish.
confirm-button = Finish sign-up
confirm-no-longer-title = This link no longer works
confirm-no-longer-text = It was used, is older than 24 hours, or was cut. If you have finished your sign-up, sign in. Otherwise sign up again, and we send another link.
confirm-no-longer-send = Send another link
confirm-no-longer-again = Sign up again

# Reset the password
reset-title = Reset your password
reset-text = Type the email address you sign in with. We send a link to it.
reset-button = Send a link
reset-known = Remembered it?
reset-check-mail-title = Check your mail
reset-check-mail-sent = If there is a sign-in for { $email }, a link is on its way. The link works for 1 hour.
reset-check-mail-text = If there is a sign-in for that address, a link is on its way. The link works for 1 hour.
new-password-title = Choose a new password
new-password-text = Every session of yours ends, on this device and on others.
new-password-button = Change password
reset-no-longer-title = This link no longer works
reset-no-longer-text = It was used, is older than 1 hour, or was cut. Your password was not changed.
reset-no-longer-again = Send another link

# Change the email address
email-title = Change your email address
email-text = Your address now is { $email }. We send a link to the new one; the change counts when you open it.
email-text-none = You have no email address yet. We send a link to the one you type; it counts when you open the link.
email-button = Send a link
email-check-mail-title = Check your mail
email-check-mail-sent = An email is on its way to { $email }. Open the link in it while you are signed in. The link works for 24 hours.
email-check-mail-text = An email is on its way to the new address. Open the link in it while you are signed in. The link works for 24 hours.
confirm-email-title = Confirm your new email address
confirm-email-text = You are signed in as { $name }. Confirm that the mailbox this link was sent to is yours.
confirm-email-button = Confirm address
confirm-email-no-longer-title = This link no longer works
confirm-email-no-longer-text = It was used, is older than 24 hours, was cut, or belongs to another sign-in. Your address was not changed.
confirm-email-no-longer-again = Send another link

# Invitation page
invitation-crumb = Invitation
invitation-strip = To accept { $inviter }'s invitation to { $account }
invitation-title = Join { $account }
invitation-lead = { $inviter } invited you to { $product } as { $roles }. Answer by { $until }.
invitation-lead-many = { $inviter } invited you to { $product } with { $roles } roles. Answer by { $until }.
invitation-join = Join { $account }
invitation-facts = Product and roles
invitation-other-user = I have a sign-in with another address
invitation-other-address = Ask for an invitation to another address
invitation-decline-title = Decline the invitation to { $account }?
invitation-decline-text = { $inviter } is told. You can join later only with a new invitation.
invitation-decline-keep = Keep the invitation
invitation-decline-button = Decline
request-address-title = Which address do you use?
request-address-text = We ask { $inviter } to invite this address to { $account } instead. Once they agree, the invitation comes there.
request-address-button = Send the request
request-address-back = Back to the invitation
invitation-joining-as = You are joining as { $name } ({ $email }).
invitation-accept = Accept
invitation-decline = Decline
invitation-not-you = Not you?
invitation-use-another = Use another sign-in
invitation-sign-in = Sign in to accept
invitation-sign-up = Sign up
invitation-unexpected = Not expecting this? Close this page. Nothing happens unless you accept.
invitation-still-valid = Still valid until { $until }. Nothing was accepted or declined.
invitation-write-to = Email { $inviter }
invitation-go-to = Go to { $account }
fact-product = Product
fact-roles = Roles
fact-sent-to = Sent to
fact-expires = Expires
fact-answer-by = Answer by
fact-code = Code
fact-status = Status

# Another address is signed in
invitation-other-title = One more step: use the invited address
invitation-other-lead = You are signed in as { $own }. This invitation to { $account } was sent to { $invited }.
invitation-other-sign-in = Is that your other sign-in?
invitation-other-sign-in-text = Sign out and come straight back here.
invitation-other-change = Same person, two addresses?
invitation-other-change-text = Change your profile's address to the invited one. We send a link to it; once you have opened that, you can accept.
invitation-other-change-button = Change my address
invitation-other-wrong = Wrong address altogether?
invitation-other-ask = { $inviter } can send this invitation to { $own } instead.
invitation-other-ask-button = Ask to be invited at { $own }
invitation-other-asked = { $inviter } has been asked to use another address. Once they agree, a new email comes there.

# The sign-in has no address
invitation-no-address-title = We cannot see your email address
invitation-no-address-lead = This invitation to { $account } was sent to { $invited }. { $service } does not tell us your address.
invitation-no-address-register = Sign up with the invited address
invitation-no-address-register-text = Choose a password for it. You join in the same step.
invitation-no-address-provider = Let the service tell us
invitation-no-address-provider-text = Ask the administrator of { $service } to let it send us your verified email address, and agree when you are asked. Then sign in through it again.
invitation-no-address-provider-button = Try again
invitation-no-address-profile = Add it in your profile
invitation-no-address-profile-text = We send a link to the address; once you have opened it, you can accept.
invitation-no-address-profile-button = Add an email address

# The invitation has ended
invitation-expired-title = This invitation has expired
invitation-expired-text = The invitation to { $account } ended on { $at } ({ $ago }).
invitation-readdressed-title = This link no longer works
invitation-readdressed-text = The invitation was sent to another address since. Open the newest email about it, or sign in: waiting invitations show on your Accounts page.
invitation-revoked-title = This invitation was withdrawn
invitation-revoked-text = The invitation to { $account } was withdrawn on { $at } ({ $ago }).
invitation-declined-title = This invitation was declined
invitation-declined-text = The invitation to { $account } was declined on { $at } ({ $ago }).
invitation-ask-anew = Ask { $inviter } for a new one.
invitation-already-in-title = You are already in
invitation-already-in-text = You accepted the invitation to { $account } on { $at } ({ $ago }).
invitation-used-title = This invitation was used
invitation-used-text = The invitation to { $account } was accepted on { $at } ({ $ago }) by another sign-in. If that is yours too, sign in with it.
invitation-used-anonymous = The invitation to { $account } was accepted on { $at } ({ $ago }). If it was you, sign in to go to the account.
invitation-unknown-title = We cannot find this invitation
invitation-unknown-text = The link was cut, perhaps by the mail program. Copy the whole link into your browser, or sign in: waiting invitations show on your Accounts page.

# Stop invitations by mail
unsubscribe-title = Stop invitations by mail?
unsubscribe-text = We send no more invitations to the address that this link was sent to, from any account here. People can still hand you a link.
unsubscribe-button = Stop invitations
unsubscribed-title = Invitations are stopped
unsubscribed-text = We send no more invitations to this address.
resubscribe-button = Get invitations by mail again

# Accounts
accounts-waiting = Invitations
accounts-offered = Offered to you
accounts-mine = Your accounts
accounts-managing = Managing
accounts-personal = Personal account
accounts-invited-by = Invited by { $inviter }
accounts-offered-by = { $name } offers you the ownership
accounts-offer-means = The owner may do everything in the account and answers for it.
accounts-offer-accept = Become owner
accounts-seats = { $members ->
    [one] { $members } user
   *[other] { $members } users
}{ $pending ->
    [0] { "" }
   *[other] { " " }· { $pending } pending
}
accounts-member = You are a user of this account. { $owner } manages it.
accounts-alone = To join somebody's account, ask them to invite { $email }.
accounts-alone-no-email = Add an email address so that people can invite you.
accounts-more = More accounts
account-owner = Owner
account-no-roles = User without roles
account-open = Open { $product }
account-product-elsewhere = { $product }: its address is not known here. { $owner } can tell you where to open it.

# Problems
problem-crumb = Problem
problem-what-to-do = What to do
problem-all = All codes
problem-home = Go to the start page
problem-reference = Reference:

# Refusals beside a form's field
error-invalid-credentials = The email or password is not right. Try again, or reset your password.
error-wrong-password = The password is not right. Type it again.
error-rate-limited = That was too much at once. Try again { $when }.
error-other = This was not done. Try again.

# Errors of fields; the API uses the same English texts
error-not-an-address = "{ $text }" is not an email address. { $remedy }
error-email-empty = Enter an email address.
error-email-too-long = It is longer than 254 characters. Use a shorter address.
error-email-local-too-long = The part before the @ sign is longer than 64 characters. Use a shorter address.
error-email-no-at = The @ sign is missing. Write the address as name@company.example.
error-email-several-ats = There is more than one @ sign. Keep one.
error-email-list = There is more than one address here. Enter each one separately.
error-email-display-name = Leave out the name and the angle brackets, and keep only the address.
error-email-comment = Remove the round brackets and what is in them.
error-email-quoted = Remove the quotation marks. Addresses that need them cannot be used here.
error-email-ip-address = Write a domain name, such as company.example, in place of the IP address.
error-email-no-local = The part before the @ sign is missing. Add it.
error-email-no-domain = The part after the @ sign is missing. Add it, for example company.example.
error-email-no-dot = The part after the @ sign has no full stop. Write it whole, such as company.example.
error-email-comma = Replace the comma with a full stop, or remove it.
error-email-space = Remove the space inside the address.
error-email-invisible = There is an invisible character in it. Type the address anew instead of pasting it.
error-email-dots = Remove the full stop that is doubled or stands at the start or end of a part.
error-email-local-character = The character { $character } cannot stand before the @ sign. Use only letters a to z, digits, full stops and signs such as + - _.
error-email-encoded-word = The characters =? cannot stand together before the @ sign. Check the spelling.
error-email-domain-character = The character { $character } cannot stand after the @ sign. Use only letters, digits, hyphens and full stops there.
error-email-domain = The part after the @ sign is not a domain name. Check its spelling.
error-name-empty = The name is empty. Enter at least one character.
error-name-too-long = The name is longer than 64 characters. Shorten it.
error-name-characters = The name has a line break or an invisible character in it. Type it anew on one line instead of pasting it.
error-name-link = The name has a web address, an email address or a telephone number in it. Remove "www.", "://", @ signs, paths such as /page after a domain, and numbers of seven digits or more.
error-account-name-empty = The name is empty. Enter at least one character.
error-account-name-too-long = The name is longer than 64 characters. Shorten it.
error-account-name-characters = The name has a line break or an invisible character in it. Type it anew on one line instead of pasting it.
error-account-name-link = The name has a web address, an email address or a telephone number in it. Remove "www.", "://", @ signs, paths such as /page after a domain, and numbers of seven digits or more.
error-password-too-short = The password is too short. Use at least { $min } characters; a few unrelated words do well.
error-password-too-long = The password is too long. Use at most 256 characters.
error-password-common = The password is a common one or follows a simple pattern, so it would soon be guessed. Choose another, such as four unrelated words.
error-password-own-words = The password is made of your name, your address or the name of the product. Choose one that cannot be guessed from them.
error-already-member = This address belongs to a user of this account already. Enter another one, or revoke the invitation.
error-already-invited = This address has another invitation to this account already. Enter another one, or revoke one of the two.
error-field = Correct this field and send the form again.
error-too-long = This is too long: { $max ->
    [one] { $max } character fits
   *[other] { $max } characters fit
}. Shorten it and send it again.
error-not-day = This is not a day. Choose one from the calendar, or write it as 2026-11-30.
error-not-cursor = This page of the list does not exist. Begin with its first page.
error-not-known-value = This value does not exist here. Choose one of those that the page offers.
error-current-password = Type your current password.
error-locale = There is no such language here. Use en or ru.
error-time-zone = There is no such time zone. Use an IANA name such as Europe/Berlin.
error-phone-too-long = A phone number has at most 32 characters. Shorten it.
error-phone-characters = A phone number consists of digits and the signs + - ( ) . / #. Remove everything else.
error-picture-format = This is not a PNG, JPEG or WebP file. Choose a picture of one of these kinds.
error-picture-damaged = The picture cannot be read; the file may be damaged. Choose another.
error-picture-pixels = The picture is larger than 6000 by 4000 pixels. Make it smaller, then choose it again.

# The mailbox of a trial
mailbox-title = Mailbox
mailbox-text = No mail server is set, so mail is delivered here, the newest first. It is kept in memory only.
mailbox-empty = No mail yet. Sign up or invite somebody, and it appears here.
mailbox-no-match = No mail to "{ $text }".
mailbox-search = Search by address
mailbox-reload = Show new mail
mailbox-count = { $count ->
    [one] { $count } email
   *[other] { $count } emails
}
mailbox-to = To
mailbox-at = Sent
mailbox-html = As people see it
mailbox-plain = Text part
mailbox-html-alone = Open it alone
