//! Races, crashes, outages and SMTP faults: nothing is lost and nothing is duplicated.

mod concurrency;
mod connections;
mod crash;
mod flood;
mod full;
mod invitation_ends;
mod mail;
mod operator;
mod operator_check;
mod operator_data;
mod pooler;
mod postgres_url;
mod read_only;
mod seats;
mod secrets;
mod stop;
mod unavailable;
