//! The program as people and scripts meet it, run as a process: one file for each command, one test for each circumstance.

mod check;
#[cfg(unix)]
mod crash;
mod damage;
mod desk;
mod import;
mod lock;
#[cfg(unix)]
mod permissions;
mod prepare;
mod setup;
mod status;
mod usage;
mod vendor;
