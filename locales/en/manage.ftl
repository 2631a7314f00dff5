# Invitations of an account, as its managers see them.
