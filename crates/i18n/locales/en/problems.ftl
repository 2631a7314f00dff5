# Problems for people: a title, what it means, what to do. One set for each code of the API.

# On pages that stand in place of what was asked for. Variables: available and requested (seats), emails (a list).
problem-again = Try again
problem-unsaved-input = What you typed is below to copy.
problem-account = Back to the account
problem-not-the-form = These are not the fields of the form. Load its page again and send it from there.
problem-user-limit-exceeded-now = { $available ->
    [one] { $available } seat is left
   *[other] { $available } seats are left
} and you are inviting { $requested }. Nobody was invited.
problem-registered-users-only-now = Only registered users can be invited to this account; these are not: { $emails }. Nobody was invited.

problem-malformed-json-title = The body is not JSON
problem-malformed-json-means = The body of the request cannot be read as JSON, or an object in it has the same key twice.
problem-malformed-json-remedy = Send one JSON object in UTF-8. A JSON checker shows where it goes wrong.

problem-sign-in-required-title = Sign in first
problem-sign-in-required-means = You are not signed in, or the session has ended.
problem-sign-in-required-remedy = Sign in and do it again.

problem-invalid-credentials-title = The email or password is not right
problem-invalid-credentials-means = The email or login and the password do not belong together. The answer is the same for every cause.
problem-invalid-credentials-remedy = Try again, or reset your password.

problem-permission-denied-title = You may not do this
problem-permission-denied-means = You are a user of the account, and this needs a permission that you do not have.
problem-permission-denied-remedy = Ask the owner or a user administrator of the account.

problem-role-not-grantable-title = You may not grant these roles
problem-role-not-grantable-means = Only the owner of the account grants these roles.
problem-role-not-grantable-remedy = Leave them out, or ask the owner.

problem-owner-is-protected-title = The owner cannot be edited or removed by others
problem-owner-is-protected-means = The owner holds every permission, and nobody else edits or removes them.
problem-owner-is-protected-remedy = If somebody else should own the account, ask the owner to transfer it.

problem-cannot-edit-own-roles-title = Nobody edits their own roles
problem-cannot-edit-own-roles-means = Roles are always given by somebody else.
problem-cannot-edit-own-roles-remedy = Ask the owner or another user administrator.

problem-wrong-password-title = The password is not right
problem-wrong-password-means = The act asks for your password, and this is another one.
problem-wrong-password-remedy = Type it again, or reset it.

problem-fresh-sign-in-required-title = Sign in again first
problem-fresh-sign-in-required-means = The act asks for a sign-in within the last 10 minutes.
problem-fresh-sign-in-required-remedy = Sign out, sign in and do it again.

problem-cross-site-request-title = The request comes from another site
problem-cross-site-request-means = A page of another site sent this request, so it was not carried out. Somebody may have tried to act in your name.
problem-cross-site-request-remedy = If you wanted this, do it from our own pages.
problem-cross-site-request-at = If you wanted this, do it from our own pages, at { $address }.

problem-misdirected-request-title = This address is not ours
problem-misdirected-request-means = This installation is for trials on one machine and answers only under its own name, so that pages of other sites cannot reach it.
problem-misdirected-request-remedy = Use the address that it printed when it started.
problem-misdirected-request-at = Use { $address } instead.

problem-additional-actions-required-title = Additional actions are required
problem-additional-actions-required-means = The invitation was sent to another address than the one you are signed in with, or your sign-in has no address.
problem-additional-actions-required-remedy = Sign in with the invited address, sign up with it, change your profile's address to it, or ask the inviter to invite the address you use.

problem-not-found-title = Page not found
problem-not-found-means = There is nothing here, or nothing that you may know of.
problem-not-found-remedy = Check the address, or go to the start page.

problem-method-not-allowed-title = This cannot be done here
problem-method-not-allowed-means = The address exists, and the method does nothing there.
problem-method-not-allowed-remedy = Use a method that the Allow header lists.

problem-user-limit-exceeded-title = Too few seats are left
problem-user-limit-exceeded-means = Users and pending invitations take a seat each, and the account has fewer left than were asked for. Nobody was invited.
problem-user-limit-exceeded-remedy = Revoke sent invitations or remove inactive users. On-premise: or ask the system administrator to raise the limit.

problem-registered-users-only-title = Only registered users can be invited
problem-registered-users-only-means = The account or the installation only allows people who are registered already. Nobody was invited.
problem-registered-users-only-remedy = Ask them to register, then invite again.

problem-invitation-already-accepted-title = The invitation was accepted already
problem-invitation-already-accepted-means = An accepted invitation is final.
problem-invitation-already-accepted-remedy = If you accepted it, go to the account. If somebody else did, ask the inviter for a new one.

problem-invitation-declined-title = The invitation was declined
problem-invitation-declined-means = A declined invitation is final.
problem-invitation-declined-remedy = Ask the inviter for a new one.

problem-invitation-revoked-title = The invitation was withdrawn
problem-invitation-revoked-means = The inviter or another administrator took the invitation back.
problem-invitation-revoked-remedy = Ask the inviter for a new one.

problem-already-member-title = This address belongs to a user here
problem-already-member-means = An invitation was to get the address of somebody who is a user of the account already.
problem-already-member-remedy = Revoke the invitation, or enter another address.

problem-already-invited-title = This address is invited already
problem-already-invited-means = An invitation was to get an address that has another pending invitation to the account.
problem-already-invited-remedy = Revoke one of the two, or enter another address.

problem-owner-cannot-leave-title = The owner cannot leave
problem-owner-cannot-leave-means = Every account has exactly one owner.
problem-owner-cannot-leave-remedy = Transfer the ownership to another user first.

problem-cannot-remove-self-title = Nobody removes themselves
problem-cannot-remove-self-means = Removing is for other users.
problem-cannot-remove-self-remedy = Leave the account instead.

problem-password-sign-in-off-title = Passwords are not used here
problem-password-sign-in-off-means = This installation signs people in through other services alone.
problem-password-sign-in-off-remedy = Sign in through one of the services on the sign-in page.
problem-sign-up-closed-title = New users are not taken here
problem-sign-up-closed-means = This installation takes no new users, or only those who are invited.
problem-sign-up-closed-remedy = Follow the link of your invitation, or ask the system administrator to create a user for you.
problem-last-sign-in-method-title = This is the last way to sign in
problem-last-sign-in-method-means = Without it nobody could sign in here any more.
problem-last-sign-in-method-remedy = Set a password or connect another service first.

problem-default-account-title = A user's own account cannot change hands
problem-default-account-means = The account came with its user and stays theirs, because single-user products live in it.
problem-default-account-remedy = Create another account and transfer that one.

problem-account-limit-exceeded-title = No more accounts can be created
problem-account-limit-exceeded-means = You own as many accounts as one user may.
problem-account-limit-exceeded-remedy = Transfer one to somebody else first.

problem-idempotency-key-in-use-title = A request with this key is still running
problem-idempotency-key-in-use-means = The first request with this Idempotency-Key has not been answered yet.
problem-idempotency-key-in-use-remedy = Wait a moment and repeat the request.

problem-invitation-expired-title = The invitation has expired
problem-invitation-expired-means = An invitation is valid for a limited time, and this one's is over.
problem-invitation-expired-remedy = Ask the inviter for a new one.

problem-link-no-longer-valid-title = This link no longer works
problem-link-no-longer-valid-means = The link was used, is too old, or was replaced by a newer one.
problem-link-no-longer-valid-remedy = Ask for another.

problem-changed-meanwhile-title = Somebody else changed this meanwhile
problem-changed-meanwhile-means = What you saw is not the latest state, so your change was not carried out.
problem-changed-meanwhile-remedy = Load it again and repeat your change.

problem-body-too-large-title = The body is too large
problem-body-too-large-means = A request has at most 256 KiB.
problem-body-too-large-remedy = Send less at once.

problem-unsupported-media-type-title = The body is of another type
problem-unsupported-media-type-means = The body of the request is not of the type that is expected here.
problem-unsupported-media-type-remedy = Send JSON with Content-Type: application/json to the API, and forms from their pages.

problem-field = { $field }: { $error }
problem-validation-failed-title = The request has errors
problem-validation-failed-means = Something in the request cannot be used as it is. Nothing was changed.
problem-validation-failed-remedy = Correct what the response lists, each at its place, and send it again.

problem-idempotency-key-reused-title = The key came with another request before
problem-idempotency-key-reused-means = Within 24 hours this Idempotency-Key came with another request.
problem-idempotency-key-reused-remedy = Use a new key for each new request.

problem-rate-limited-title = Too many requests
problem-rate-limited-means = That was too much at once. Nothing was changed.
problem-rate-limited-remedy = Wait as long as Retry-After says and try again.

problem-internal-error-title = Something broke on our side
problem-internal-error-means = It is not your fault, and nothing was changed.
problem-internal-error-remedy = Try again. If it stays, tell us the reference.

problem-unavailable-title = The service is temporarily unavailable
problem-unavailable-means = The database is unavailable or busy, and nothing was acknowledged.
problem-unavailable-remedy = Try again in a moment.
