//! Sign-up and sign-in.

use serde_json::json;

use crate::on_both;
use crate::support::PASSWORD;

on_both! {
    async fn a_person_signs_up_by_mail_and_is_signed_in(house: House) {
        let mut ada = house.user("ada@example.com", "Ada").await;
        let me = ada.get("/me").await.expect(200).json();
        assert_eq!(me["email"], "ada@example.com");
        assert_eq!(me["login"], "ada@example.com");
        let accounts = ada.get("/accounts").await.expect(200).json();
        assert_eq!(accounts["items"][0]["name"], "Ada's account");
        assert_eq!(accounts["items"][0]["default"], true);
    }

    async fn somebody_joins_by_the_mailed_link(house: House) {
        let mut owner = house.user("ada@example.com", "Ada").await;
        let account = house.account(&mut owner, "Analytical Engines").await;
        house.invite(&mut owner, &account, "bob@example.com", &["DEVELOPER"]).await;
        let token = house.mailed_token("bob@example.com", "invitations").await;
        let mut bob = house.stranger();
        let body = json!({ "email": "bob@example.com", "password": PASSWORD, "first_name": "Bob",
            "invitation_token": token, "accept_invitation": true });
        let done = bob.post("/registrations", &body).await.expect(201).json();
        assert_eq!(done["membership"]["roles"], json!(["DEVELOPER"]));
        let card = bob.get(&format!("/accounts/{account}")).await.expect(200).json();
        assert_eq!(card["managing"], false);
    }
}
