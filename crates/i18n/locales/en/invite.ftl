# The wizard that invites.

invite-title = Invite users to { $account }
product-legend = Which product are you inviting people to?
product-single = Works only through the account a user originally owns. Nobody can be invited to it.
product-continue = Continue
invite-change = Change product
invite-about = to { $product } · they will have access to the other products too
invite-about-only = to { $product }
invite-people = People
invite-roles-hint = Everybody gets these roles, unless your list names others. You can change them later.
invite-last-used = Last used: { $roles }
invite-button = Invite users
invite-button-count = { $count ->
    [one] Invite { $count } user
   *[other] Invite { $count } users
}
invite-locale = Language of the email
invite-locale-hint = For those whose own language is not known.
invite-seats = Seats after this
invite-seats-short = Seats:
invite-seat-parts = { $members ->
    [one] { $members } user
   *[other] { $members } users
} + { $pending } pending
invite-seats-now = now
invite-preview = Email preview
invite-preview-short = Preview
invite-fact-no-email = Somebody registered without an email address must add one in their profile first, or they will register as a new user.
invite-keep-first = Keep the first { $most }
invite-group = { $count } { $roles }
invite-group-chosen = with the roles chosen below
invite-group-below = The roles chosen below
invite-groups-edit = Edit
invite-groups-hint = These roles are from your list. Choose others where they do not fit.
invite-review = Look at your list, then send it.
invite-left-out = Left out: { $words }.
invite-left-out-show = Show the others
invite-suggestion = Is { $email } spelled right?
invite-suggestion-use = Use { $email }
invite-remove-invalid = { $count ->
    [one] Remove the one that is not an address
   *[other] Remove the { $count } that are not addresses
}
invite-later = { $count ->
    [one] { $count } address for the next round
   *[other] { $count } addresses for the next round
}
invite-later-any = Addresses for the next round
invite-later-hint = They come back after these are sent.
invite-free-invitations = Show sent invitations
invite-free-users = Show inactive users
invite-open-settings = Show the settings
field-emails = Email addresses
field-emails-hint = Up to { $most }. Type or paste a list; commas, spaces and new lines all work. Names too:
chip-remove = Remove #
chip-edit = Edit #
chip-member = User already:
chip-invited = Invited already:
chip-clear = Clear all
counter-addresses = { $count } of { $most } { $most ->
    [one] address
   *[other] addresses
}
counter-merged = { $count ->
    [one] { $count } duplicate merged
   *[other] { $count } duplicates merged
}
counter-errors = { $count } to fix
preview-lead = { $inviter } invited you to { $account } on { $product }
preview-as = { " as" }
preview-until = Expires { $until }. If you did not expect this, ignore this email. Nothing happens unless you accept.
language-en = English
language-ru = Russian
error-too-many = You have { $count } addresses; { $most } fit in one go. { $rest ->
    [one] The other one stays
   *[other] The other { $rest } stay
} here for the next round.
error-not-registered = { $email } is not registered. Only registered users can be invited to this account. Ask them to register, then invite again.
error-over-limit = { $available ->
    [one] { $available } seat is
   *[other] { $available } seats are
} left and you are inviting { $requested }. Revoke sent invitations or remove inactive users, or remove { $over ->
    [one] { $over } address
   *[other] { $over } addresses
}.
remedy-administrator-raises = Or ask the system administrator to raise the limit.
remedy-support-raises = Or ask for a higher limit: { $url }
resend-failed = Not sent: the server did not answer. Try again later from the list of invitations.
remedy-owner-allows = Or ask the owner to change the account's setting.
remedy-settings-allow = Or allow new users in the account's settings.
remedy-administrator-allows = Or ask the system administrator to allow new users.
permission-lost-title = You may not invite here any more
permission-lost-text = Your right to invite ended a moment ago. Ask { $owner }. Your list is below to copy.
permission-lost-no-account = Your right to invite ended a moment ago. Your list is below to copy.
signed-out-title = You were signed out meanwhile
signed-out-text = Nothing was sent. Your list is below to copy. Sign in, and paste it where you were.
signed-out-not-saved = Nothing was saved. What you typed is below to copy. Sign in, and type it again where you were.
unsaved-input-label = What you typed
unsaved-input-copy = Copy
result-sent = { $sent ->
    [one] { $sent } invitation sent
   *[other] { $sent } invitations sent
}
result-both = { $sent ->
    [one] { $sent } invitation sent
   *[other] { $sent } invitations sent
}, { $nothing } needed nothing
result-nothing = { $nothing ->
    [0] Nothing was sent
   *[other] Nothing was sent, { $nothing } needed nothing
}
result-count-sent = { $count } sent
result-count-queued = { $count } on the way
result-count-waiting = { $count } waiting
result-count-failed = { $count } refused
result-count-nothing = { $count } needed nothing
result-joined = { $joined } of { $total } { $joined ->
    [one] has joined.
   *[other] have joined.
}
result-open = Open
result-try-now = Try now
result-remind = { $count ->
    [one] Remind the one who has not answered
   *[other] Remind the { $count } who have not answered
}
result-until = Expires { $until }
result-failed-text = The address may be wrong. Check it, then try again.
result-fix = Fix the address
result-had = Invited on { $date } by { $inviter }.
result-had-text = No second email was sent.
result-member = { $name } is already a user here. No invitation needed.
result-left-out = { $count ->
    [one] { $count } text without an @ sign was left out of the list.
   *[other] { $count } texts without an @ sign were left out of the list.
}
result-roles = Current roles: { $roles }
result-go = Go to invitations
result-more = Invite more users
result-next = { $count ->
    [one] Invite the other { $count } address
   *[other] Invite the other { $count } addresses
}
