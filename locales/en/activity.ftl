# Activity of an account and of oneself.
