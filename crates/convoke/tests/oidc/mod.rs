//! Products that sign in through this installation.

mod backchannel_op;
mod basic_op;
mod config_op;
mod edge_cases;
mod ends;
mod errors;
mod faults;
mod flow;
mod grants;
mod jws;
mod keys;
mod logout_delivery;
mod logout_kills;
mod logout_op;
mod lost_access;
mod pages;
mod process;
mod products;
mod token_kills;

use convoke_app::config::Config;

use crate::support::{Database, TestApp};

/// A catalogue whose products are clients.
pub fn clients(config: &mut Config) {
    config.catalogue = Some(format!(
        "{}/tests/oidc/catalogue.toml",
        env!("CARGO_MANIFEST_DIR")
    ));
    config.secrets.key = Some(convoke_core::secret::Secret::new("42".repeat(32)));
}

/// An installation where Ana is signed in to two products, and its catalogue.
pub async fn sign_in_for_command_line(database: Database) -> (TestApp, String) {
    let test_app = TestApp::with(database, products::products).await;
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    for product in ["platform", "desk"] {
        products::sign_in(&test_app, &ana, product, &account).await;
    }
    let catalogue = test_app.app.config.catalogue.clone().unwrap();
    (test_app, catalogue)
}
