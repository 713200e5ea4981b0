//! The rules of the record: pure, no I/O, no clock, no wire types.

pub mod account;
pub mod alias;
pub mod book;
pub mod books;
pub mod consent;
pub mod contact_rules;
pub mod customer;
pub mod erasure;
pub mod event;
pub mod facts;
pub mod incident;
pub mod lifetime;
pub mod permission;
pub mod personal;
pub mod place;
pub mod record;
pub mod rejection;
pub mod subscription;
pub mod timeline;
pub mod vocabulary;
