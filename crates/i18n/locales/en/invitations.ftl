# Invitations of an account, as its managers see them.

status-pending = Pending
status-expired = Expired
status-accepted = Accepted
status-declined = Declined
status-revoked = Revoked
invitations-states = State of the invitations
invitations-search = Search by email
invitations-all-products = All products
invitations-no-match = No invitations match "{ $text }".
invitations-no-match-filter = No invitations match.
invitations-none-pending = No pending invitations
invitations-none-pending-text = Invitations you send stay here until they are answered.
invitations-none-expired = No invitation has expired
invitations-none-expired-text = An invitation that is not answered in time comes here.
invitations-none-accepted = Nobody has accepted yet
invitations-none-accepted-text = Whoever accepts becomes a user of this account.
invitations-none-declined = Nobody has declined
invitations-none-declined-text = Whoever declines gets no reminder. You can invite them again from here.
invitations-none-revoked = No invitation was revoked
invitations-none-revoked-text = An invitation you take back comes here.
invitations-selected = # selected
invitations-with-selected = With those selected:
invitations-select = Select { $email }
invitations-select-all = Select all on this page
invitations-choose = Choose at least one invitation.
invitations-invited = Invited
invitations-access = Access
invitations-invited-by = Invited by
invitations-ended = Ended
invitations-expires = Expires
invitations-expired-on = Expired { $date }
invitations-resend = Resend
invitations-copy = Copy link
invitations-revoke = Revoke
invitations-again = Invite again
invitations-again-button = { $count ->
    [one] Invite { $count } user again
   *[other] Invite { $count } users again
}
invitations-again-over-limit = { $available ->
    [one] { $available } seat is
   *[other] { $available } seats are
} left and you are inviting { $requested }. Choose fewer, revoke sent invitations or remove inactive users.
invitations-again-too-many = You have chosen { $count } addresses; { $most } fit in one go. Choose fewer.
invitations-again-retired = Product or roles of an invitation are no longer available. Leave it out, and invite that address with other roles.
invitations-actions-for = Actions for { $email }
invitations-revoke-title = { $count ->
    [one] Revoke this invitation?
   *[other] Revoke { $count } invitations?
}
invitations-revoke-lead = { $count ->
    [one] The link in the email to this address stops working at once:
   *[other] The links in the emails to these addresses stop working at once:
}
invitations-revoke-text = { $count ->
    [one] The seat is free again. You can invite the address again later.
   *[other] The seats are free again. You can invite the addresses again later.
}
invitations-keep = { $count ->
    [one] Keep the invitation
   *[other] Keep the invitations
}
invitations-revoke-button = { $count ->
    [one] Revoke invitation
   *[other] Revoke { $count } invitations
}
invitations-resend-button = { $count ->
    [one] Resend invitation
   *[other] Resend { $count } invitations
}
invitations-edit-title = Invitation to { $email }
invitations-edit-hint = The link in the email stays the same; whoever opens it sees the new roles.
readdress-title = Another address for this invitation
readdress-text = This invitation went to { $email }. Roles and seat stay the same; the links sent there stop working, and a new email goes to the new address.
readdress-requested = Asks to be invited as { $email }
readdress-instead = Invite { $email } instead
readdress-button = Send to the new address
readdress-keep = Leave it as it is
readdress-menu = Change the address
done-readdressed = The invitation is on its way to the new address. The earlier link no longer works.
delivery-queued = Waiting to be sent
delivery-waiting = Waiting: { $why }.
delivery-next = Next try { $when }.
delivery-next-now = It is being tried again.
delivery-why-reply = the mail server said “{ $reply }”
delivery-why-error = the mail server reported an error
delivery-why-busy = the mail server takes no more connections for now
delivery-why-connection = the mail server cannot be reached
delivery-why-timeout = the mail server does not answer
delivery-why-limit = this address has had as many emails as are allowed per day
delivery-sent = Sent
delivery-joined = Joined { $ago }
delivery-gone = No longer pending
delivery-filter-waiting = Email waiting
delivery-filter-failed = Email refused
live-updates = This page keeps itself up to date.
live-reload = Reload to see what has changed
delivery-no-mailbox = Refused: mailbox does not exist. Check the spelling.
delivery-no-domain = Refused: domain does not exist. Check the spelling.
delivery-suppressed = Not sent: this person asked not to get invitations by mail.
delivery-rejected = Refused: { $why }. Check the spelling, or copy the link and send it yourself.
delivery-rejected-other = Refused: { $why }. Copy the link and send it yourself.
link-title = A link to hand over
link-lead = Whoever has this link can answer the invitation to { $email } with a sign-in that has this address.
link-field = Link
link-copy = Copy link
link-means = It is shown this once and works until the invitation ends. It does not prove the mailbox: somebody new must confirm the address by email.
link-done = Done
done-resent = { $n ->
    [one] The invitation is sent again and valid again from now on.
   *[other] { $n } invitations are sent again and valid again from now on.
}
done-resent-some = { $n ->
    [one] { $n } invitation is
   *[other] { $n } invitations are
} sent again; { $m } had ended meanwhile.
done-resent-none = Nothing was sent: the invitation had ended meanwhile.
done-revoked = { $n ->
    [one] The invitation is revoked. The link in the email no longer works.
   *[other] { $n } invitations are revoked. The links in the emails no longer work.
}
done-revoked-some = { $n ->
    [one] { $n } invitation is
   *[other] { $n } invitations are
} revoked; { $m } had ended meanwhile.
done-revoked-none = Nothing was revoked: the invitation had ended meanwhile.
done-again = { $n ->
    [one] { $n } user is invited again.
   *[other] { $n } users are invited again.
}
done-again-some = { $n ->
    [one] { $n } user is
   *[other] { $n } users are
} invited again; { $m } needed nothing.
done-again-none = Nobody was invited: they are users already, or have a pending invitation.
done-edited = Invitation saved.
done-edited-none = The invitation had ended meanwhile, so it cannot be edited.
done-link-none = The invitation had ended meanwhile, so it has no link any more.
skipped-accepted = { $email } accepted { $ago }.
skipped-declined = { $email } declined { $ago }.
skipped-revoked = The invitation to { $email } was revoked { $ago }.
skipped-expired = The invitation to { $email } expired { $ago }.
invitations-changed-meanwhile = Another user changed this invitation while the page was open. Its product is now { $product }, its roles are { $access }. Below is what you chose; save again to replace it.
readdress-changed-meanwhile = Another user gave this invitation another address while the page was open. It is now for { $email }. Send again to replace it.
