-- What the console keeps about a person, and pictures.

alter table users add column theme {text} not null default 'system';
alter table users add column shortcuts boolean not null default true;
alter table users add column picture_id {text};

create table pictures (
    id {text} primary key,
    user_id {uuid} not null unique references users (id),
    media_type {text} not null,
    content {bytes} not null,
    created_at bigint not null
) {clustered};

-- An account's invitations of one state, newest first, among however many others.
create index invitations_by_status on invitations (account_id, status, id);
