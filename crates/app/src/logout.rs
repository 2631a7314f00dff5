//! Logout tokens for products: signed for each attempt, and sent.

use super::App;
use convoke_domain::oauth2::{self, LogoutDelivery, LogoutOutcome};

impl App {
    /// The products that take logout tokens, by their keys.
    pub fn logout_clients(&self) -> impl Iterator<Item = &str> {
        let products = self.ctx.catalogue.products.iter();
        products.filter_map(|product| {
            let sign_in = product.sign_in.as_ref()?;
            sign_in.backchannel_logout_uri.as_ref()?;
            Some(product.key.as_str())
        })
    }

    /// Sends a logout token that is signed for this attempt to the product of a delivery.
    pub async fn send_logout_token(&self, delivery: &LogoutDelivery) -> LogoutOutcome {
        match self.try_send_logout_token(delivery).await {
            Ok(()) => LogoutOutcome::Delivered,
            Err(error) => LogoutOutcome::Failed(error),
        }
    }

    async fn try_send_logout_token(&self, delivery: &LogoutDelivery) -> Result<(), String> {
        let client = oauth2::client(&self.ctx.catalogue, &delivery.client);
        let sign_in = client.map(|(_, sign_in)| sign_in);
        let uri = sign_in.and_then(|sign_in| sign_in.backchannel_logout_uri.as_ref());
        let (Some(sign_in), Some(uri), Some(sender)) = (sign_in, uri, &self.logout_client) else {
            return Err("the product takes no logout tokens any more".to_owned());
        };
        let now = self.ctx.clock.now();
        let claims = oauth2::logout_token(delivery, &self.public_origin, now);
        let keys = self.signing_keys.current();
        let signer = keys.signer(sign_in.alg, now);
        let token = signer.and_then(|signer| signer.sign("logout+jwt", &claims).ok());
        let token = token.ok_or_else(|| "there is no key to sign with".to_owned())?;
        let sent = sender.send(uri, &token).await;
        sent.map_err(|error| error.to_string())
    }
}
