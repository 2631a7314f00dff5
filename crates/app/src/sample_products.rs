//! The products of the demo, which are clients of this installation.

use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::{Secret, sha256};
use convoke_domain::catalogue::Catalogue;
use convoke_domain::catalogue::sign_in::{ProductSignIn, RedirectUri};

/// The path of the page that a product opens in the demo.
#[must_use]
pub fn sample_product_path(key: &str) -> String {
    format!("/demo/{key}")
}

/// Lets products without an address and a sign-in of their own open their sample pages, which are clients of this installation.
pub(super) fn open_sample_pages(catalogue: &mut Catalogue, origin: &str, secret: &Secret) {
    for product in &mut catalogue.products {
        if product.url.is_some() || product.sign_in.is_some() {
            continue;
        }
        let page = format!("{origin}{}", sample_product_path(&product.key));
        let address = |path: &str| format!("{page}{path}");
        let registered = |path: &str| RedirectUri::parse(&address(path), false).ok();
        product.sign_in = Some(ProductSignIn {
            redirect_uris: registered("/callback").into_iter().collect(),
            post_logout_redirect_uris: registered("").into_iter().collect(),
            backchannel_logout_uri: Some(address("/backchannel-logout")),
            secret_hashes: vec![sha256(secret.expose().as_bytes())],
            initiate_login_uri: Some(address("/login")),
            alg: SigningAlgorithm::Es256,
            ..ProductSignIn::default()
        });
        product.url = Some(page);
    }
}
