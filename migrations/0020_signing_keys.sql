-- Keys that sign tokens for products. Private keys are sealed with the operator's key. The number makes two nodes that replace
-- a key at the same time replace it once.
create table signing_keys (
    kid {text} primary key,
    algorithm {text} not null,
    number bigint not null,
    sealed {bytes} not null,
    created_at bigint not null,
    signs_from bigint not null,
    unique (algorithm, number)
) {clustered};
