//! Races, crashes, outages and mail servers that misbehave: nothing is lost and nothing is doubled.

mod connections;
mod crash;
mod flood;
mod full;
mod mail;
mod one_end;
mod operator;
mod read_only;
mod seats;
mod secrets;
mod stop;
mod storm;
mod unavailable;
