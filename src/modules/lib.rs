//! Modules that are not local paths: fetched from Git repositories, web servers and registries as Terraform does it, kept
//! below the project's `.terrace/modules`, and put where definitions find them. The loader in `lang` asks for them by its
//! trait `Packages`; it reads only files. What a revision keeps of them is for `delivery`.
//!
//! Entry point: [`Modules`].

mod address;
mod archive;
mod at_once;
mod configuration;
mod fetch;
mod git;
mod http;
mod installed;
mod listing;
mod pins;
mod registry;
mod tree;
mod trouble;

pub use installed::{Modules, Places, Resolve, Said};
