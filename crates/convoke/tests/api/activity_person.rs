//! Activity asked by person, by words and by product; what an acceptance tells.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp};

/// The actions of a filtered list with their targets, newest first.
async fn found(client: &mut Client, account: &str, query: &str) -> Vec<String> {
    let path = format!("/accounts/{account}/activity?{query}");
    let list = client.get(&path).await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    let line = |item: &Value| {
        let target = item["target"]["name"].as_str().unwrap_or("-");
        format!("{} {target}", item["action"].as_str().unwrap())
    };
    items.iter().map(line).collect()
}

/// An account of Ada's with Mia, whose roles were changed once and who has invited Eve; and Bob, who has left.
async fn account_with_history(test_app: &TestApp) -> (Client, String, String, String) {
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    let mia = ("mia@xn--bcher-kva.example", "Mia Meer");
    let mut mia = test_app
        .joiner(&mut ada, &account, mia, &["DEVELOPER"])
        .await;
    let mia_id = mia.id().await;
    let roles = json!({ "roles": ["USER_ADMIN", "DEVELOPER"] });
    ada.patch(&format!("/accounts/{account}/members/{mia_id}"), &roles)
        .await
        .expect(200);
    test_app
        .invite(&mut mia, &account, "eve@example.com", &["LINGUIST"])
        .await;
    let mut bob = test_app
        .joiner(
            &mut ada,
            &account,
            ("bob@example.com", "Bob"),
            &["LINGUIST"],
        )
        .await;
    let bob_id = bob.id().await;
    bob.post(&format!("/accounts/{account}/leave"), &Value::Null)
        .await
        .expect(204);
    (ada, account, mia_id, bob_id)
}

on_both! {
    async fn a_person_is_found_as_the_one_who_did_it_and_the_one_concerned(test_app: TestApp) {
        let (mut ada, account, mia, bob) = account_with_history(&test_app).await;
        let of_mia = ["invitation.created eve@example.com", "member.roles_changed Mia Meer",
            "invitation.accepted mia@xn--bcher-kva.example", "invitation.created mia@xn--bcher-kva.example"];
        for person in [mia.as_str(), "mia", "meer%20%20MIA", "mia@b%C3%BCcher.example", "mia@xn--bcher-kva.example",
            "M%C3%ADa,%20Meer"] {
            assert_eq!(found(&mut ada, &account, &format!("person={person}")).await, of_mia, "{person}");
        }
        let of_bob = ["member.left Bob", "invitation.accepted bob@example.com", "invitation.created bob@example.com"];
        for person in [bob.as_str(), "BOB", "bob@example.com"] {
            assert_eq!(found(&mut ada, &account, &format!("person={person}")).await, of_bob, "{person}");
        }
        assert_eq!(found(&mut ada, &account, "person=eve@").await, ["invitation.created eve@example.com"]);
        // Both filters count.
        assert_eq!(found(&mut ada, &account, &format!("person={mia}&actor={mia}")).await,
            ["invitation.created eve@example.com", "invitation.accepted mia@xn--bcher-kva.example"]);
        assert_eq!(found(&mut ada, &account, &format!("person={mia}&action=member.roles_changed")).await,
            ["member.roles_changed Mia Meer"]);
        for unknown in ["usr_01h455vb4pex5vsknk084sn02q", "zed", "inv_01h455vb4pex5vsknk084sn02q", "ada%20meer"] {
            assert_eq!(found(&mut ada, &account, &format!("person={unknown}")).await, [""; 0], "{unknown}");
        }
        let list = ada.get(&format!("/accounts/{account}/invitations?q=eve")).await.expect(200).json();
        let invitation = list["items"][0]["id"].as_str().unwrap();
        assert_eq!(found(&mut ada, &account, &format!("person={invitation}")).await,
            ["invitation.created eve@example.com"]);
    }

    async fn a_person_of_another_account_is_not_disclosed(test_app: TestApp) {
        let (mut ada, account, ..) = account_with_history(&test_app).await;
        let mut zoe = test_app.user("zoe@example.com", "Zoe").await;
        let id = zoe.id().await;
        test_app.invite(&mut ada, &account, "xzoe@example.com", &["LINGUIST"]).await;
        // The same whether or not such a user exists somewhere.
        let of_part = ["invitation.created xzoe@example.com"];
        assert_eq!(found(&mut ada, &account, "person=zoe@example.com").await, of_part);
        assert_eq!(found(&mut ada, &account, &format!("person={id}")).await, [""; 0]);
    }

    async fn entries_are_found_by_words_and_by_product(test_app: TestApp) {
        let (mut ada, account, ..) = account_with_history(&test_app).await;
        ada.at("203.0.113.9").with("user-agent", "Loom/7")
            .patch(&format!("/accounts/{account}"), &json!({ "name": "Émile & Söhne" })).await.expect(200);
        for query in ["q=emile%20sohne", "q=e%CC%81mile", "q=203.0.113.9", "q=loom", "q=engines"] {
            let found = found(&mut ada, &account, query).await;
            assert!(found.contains(&"account.updated Émile & Söhne".to_owned()), "{query}: {found:?}");
        }
        // The names of roles are words too, in each language.
        for query in ["q=mia%20developer", "q=%D1%80%D0%B0%D0%B7%D1%80%D0%B0%D0%B1%D0%BE%D1%82%D1%87%D0%B8%D0%BA%20mia"] {
            assert_eq!(found(&mut ada, &account, query).await, ["member.roles_changed Mia Meer",
                "invitation.accepted mia@xn--bcher-kva.example", "invitation.created mia@xn--bcher-kva.example"], "{query}");
        }
        assert_eq!(found(&mut ada, &account, "q=zed").await, [""; 0]);
        let of_platform = found(&mut ada, &account, "product=platform").await;
        assert!(of_platform.iter().any(|line| line.starts_with("member.roles_changed")), "{of_platform:?}");
        assert!(!of_platform.iter().any(|line| line.starts_with("account.")), "{of_platform:?}");
        assert_eq!(found(&mut ada, &account, "product=unknown").await, [""; 0]);
    }

    async fn an_acceptance_names_the_inviter_and_the_product(test_app: TestApp) {
        let (mut ada, account, ..) = account_with_history(&test_app).await;
        let path = format!("/accounts/{account}/activity?action=invitation.accepted&person=bob");
        let list = ada.get(&path).await.expect(200).json();
        let after = &list["items"][0]["after"];
        assert_eq!(after["invited_by"], json!({ "id": ada.id().await, "name": "Ada" }));
        assert_eq!((&after["product"], &after["roles"]), (&json!("platform"), &json!(["LINGUIST"])));
    }
}
