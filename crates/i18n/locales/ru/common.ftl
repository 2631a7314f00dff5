# Texts that pages and emails share.

# A role that is no longer in the catalogue (rule P5). Variable: role, its key.
role-retired = { $role } (больше не используется)
