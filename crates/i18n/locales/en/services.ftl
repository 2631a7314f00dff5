# Sign-in through third-party services.

services-continue = Continue with { $service }
services-or = or
sign-in-emergency-lead = For emergencies:
sign-in-emergency = Sign in with a password
sign-in-emergency-text = Only users whom the system administrator has created for emergencies sign in here. Everybody else signs in through a service.
sign-in-emergency-rejected = The email or password is not right, or this user may not sign in with a password here.
sign-up-closed-title = New users are not taken here
error-password-sign-in-off = Nobody signs in with a password here. Use the service that your company signs in through.
error-sign-up-by-invitation = Only people who are invited can sign up here. Follow the link in your invitation and use the address it was sent to.
error-sign-up-closed = No new users are taken here. Ask the system administrator to create one for you.
error-last-sign-in-method = You could not sign in any more without it. Set a password or connect another service first.

service-again = Try again
service-other-way = Sign in another way
service-invitation = Back to the invitation
service-stale-title = This sign-in through { $service } no longer works
service-stale-text = It was used already, took longer than 10 minutes, or was started in another browser. Nothing was changed. Start again in this browser.
service-cancelled-title = You did not let { $service } tell us who you are
service-cancelled-text = Nothing was changed. Try again and agree, or sign in another way.
service-unavailable-title = { $service } does not answer
service-unavailable-text = Nothing was changed. Try again in a few minutes, or sign in another way. If it lasts, tell the administrator of this installation.
service-untrusted-title = We could not make sure who you are
service-untrusted-text = { $service }'s answer did not pass our checks, so we have not signed you in. Nothing was changed. Try again; if it lasts, tell the administrator of this installation.
service-misconfigured-title = Sign-in through { $service } is not set up correctly
service-misconfigured-text = Nothing was changed. Sign in another way, and tell the administrator of this installation.
service-address-taken-title = Another user already has this address
service-address-taken-text = { $service } tells us an address that already belongs to a user here. Is that you? Sign in with your password once, then connect { $service } in your profile. If you came through another service before, sign in through that one instead.
service-address-taken-for-good-title = Another user already has this address
service-address-taken-for-good-text = { $service } tells us an address that already belongs to a user here. Is that you? Sign in through the service that you came through before, then connect { $service } in your profile. If you only ever had a password, ask the administrator of this installation.
service-closed-title = New users are not taken here
service-closed-text = { $service } knows you, but you have no user here, and no new ones are taken. Ask the system administrator.
service-uninvited-title = You need an invitation
service-uninvited-text = { $service } knows you, but nobody has invited the address that it tells us. Ask for an invitation to that address, then come back.
service-disabled-title = This user cannot sign in
service-disabled-text = The system administrator has switched this user off. Ask them if that is a mistake.
service-elsewhere-title = This sign-in at { $service } belongs to another user
service-elsewhere-text = It is connected to somebody else here, so it was not connected to you. Sign out at { $service } and come back as yourself, or disconnect it from the other user first.

connect-title = Connect { $service }
connect-text = Whoever is signed in at { $service } in this browser will then be able to sign in here as you. Connect it only if that is you.
connect-password-text = Type your password first. What you connect can sign in as you from then on.
connect-password-button = Go on
connect-button = Connect { $service }
connect-another-button = Connect another sign-in at { $service }
way-profile = To the profile

profile-services-hint = You can sign in through these. The last way to sign in stays.
field-service = Service
profile-service-disconnect = Disconnect
profile-password-none = You sign in through a service and have no password. You can set one within 10 minutes of signing in.
email-add-title = Add an email address
profile-password-set = Set password
field-current-password-hint = You may leave it empty: you have just signed in through a service.
done-connected = The service is connected. You can sign in through it now.
done-disconnected = The service is disconnected.

invitation-no-address-service = The service you sign in with
invitation-no-address-lead-other = This invitation to { $account } was sent to { $invited }. { $service } does not tell us that this address is yours. No user was created.
invitation-no-address-any-text = At GitHub: Settings → Public profile → Public email, or allow the permission to read email addresses. At another service, ask its administrator. Then sign in through the service again.
invitation-no-address-github-1 = At GitHub, open Settings → Emails and add the invited address; confirm it there.
invitation-no-address-github-2 = Choose it at Settings → Public profile → Public email.
invitation-no-address-github-or = Or let us read your email addresses when GitHub asks (user:email). Then try again.
invitation-no-address-without = Go on without the invitation
invitation-no-address-without-text = We create a user for you. Add and confirm the invited address in your profile; then follow the link of the invitation again.
invitation-no-address-without-button = Go on and add the address
