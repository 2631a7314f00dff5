//! Products that sign in through this installation.

mod basic_op;
mod config_op;
mod errors;
mod faults;
mod flow;
mod grants;
mod jws;
mod keys;
mod logout_op;
mod pages;
mod process;

use convoke_app::config::Config;

/// A catalogue whose products are clients.
pub fn clients(config: &mut Config) {
    config.catalogue = Some(format!(
        "{}/tests/oidc/catalogue.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
    config.secrets.key = Some(convoke_core::secret::Secret::new("42".repeat(32)));
}
