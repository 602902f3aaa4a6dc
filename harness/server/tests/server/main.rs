//! The server over a real loopback socket.

#![cfg(test)]

mod durability;
mod feed;
mod lifecycle;
mod person;
mod protocol;
mod reads;
mod upload;
mod world;
