# Texts that pages and mail share.

# A role that has left the catalogue (rule P5). Variable: role, its key.
role-retired = { $role } (retired)
