# The profile.
