# The wizard that invites.
