//! Pasted lists in the wizard: tables with names and roles, slips, words that are left out (rules I17 and I18).

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{AccountFixture, TestApp, TestResponse};

const TABLE: &str = "Name\tEmail\tRole\tDepartment\nMeer, Mia\tmia@x.io\tDeveloper\tSales\n\
    Bob Ray\tbob@x.io\tdeveloper\tSales\nCy Young\tcy@x.io\tAGENT_OPERATOR\tSales\nDan Fox\tdan@x.io\t\tSales";

/// Sends the wizard's second step as the page without script does.
async fn send(team: &mut AccountFixture, fields: &[(&str, &str)]) -> TestResponse {
    let path = team.path("invite");
    let mut all = vec![("product", "platform")];
    all.extend(fields);
    team.owner.submit(&path, &all).await
}

/// Addresses, names and roles of the pending invitations, oldest first.
async fn pending(team: &mut AccountFixture) -> Vec<(String, Value, Value)> {
    let path = team.path("invitations?status=pending");
    let list = team.owner.get(&path).await.expect(200).json();
    let items = list["items"].as_array().unwrap().iter().rev();
    items
        .map(|item| {
            let email = item["email"].as_str().unwrap().to_owned();
            (email, item["name"].clone(), item["roles"].clone())
        })
        .collect()
}

/// The state of a list as the page's script loads it.
async fn state(team: &mut AccountFixture, fields: &[(&str, &str)]) -> Value {
    let path = team.path("invite/state");
    let mut all = vec![("product", "platform")];
    all.extend(fields);
    team.owner.submit(&path, &all).await.expect(200).json()
}

/// A table of `count` people with `length` characters of notes each.
fn table_with_notes(count: usize, length: usize) -> String {
    let rows = (0..count).map(|number| {
        let notes = "n".repeat(length);
        format!("Person {number:04},person{number}@x.io,{notes}")
    });
    rows.collect::<Vec<String>>().join("\n")
}

on_both! {
    async fn long_tables_are_reviewed_and_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let table = table_with_notes(20, 1000);
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", &table)]).await.expect(200);
        page.shows("Look at your list, then send it.").has_field("reviewed", &table);
        let fields = [("roles", "DEVELOPER"), ("emails", table.as_str()), ("reviewed", &table), ("left_out", "notes")];
        let response = send(&mut team, &fields).await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "20 on the way");
    }

    async fn the_first_of_two_thousand_lines_are_kept(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let table = table_with_notes(2000, 10);
        let fields = [("roles", "DEVELOPER"), ("emails", table.as_str()), ("reviewed", &table)];
        let page = send(&mut team, &fields).await.expect(422);
        page.shows("You have 2000 addresses; 20 fit in one go.").has_field("emails", &table);
        let mut keep = fields.to_vec();
        keep.push(("act", "keep-first"));
        let page = send(&mut team, &keep).await.expect(200);
        page.shows("person19@x.io").shows("1980");
        let state = state(&mut team, &[("emails", &table)]).await;
        assert_eq!(state["entries"].as_array().unwrap().len(), 2000);
    }

    async fn a_table_without_roles_is_sent_with_its_names(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let table = "Name,Email,Department\n\"Meer, Mia\",mia@x.io,Sales\nBob Ray,bob@x.io,Sales\nwww.evil.example,eve@x.io,Sales";
        // What is left out is named before anything is sent.
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", table)]).await.expect(200);
        page.shows("Look at your list, then send it.").shows("Left out: Name, Department, Sales.").lacks("[data-notes] details");
        assert!(pending(&mut team).await.is_empty());
        let response = send(&mut team, &[("roles", "DEVELOPER"), ("emails", table), ("reviewed", table)]).await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "3 on the way");
        page.shows("Meer, Mia mia@x.io").shows("3 texts without an @ sign were left out of the list.");
        let roles = json!(["DEVELOPER"]);
        // A name that may not be one is dropped.
        assert_eq!(pending(&mut team).await, [
            ("mia@x.io".to_owned(), json!("Meer, Mia"), roles.clone()),
            ("bob@x.io".to_owned(), json!("Bob Ray"), roles.clone()),
            ("eve@x.io".to_owned(), Value::Null, roles),
        ]);
        let list = team.path("invitations");
        team.owner.page(&list).await.expect(200).shows("Meer, Mia").shows("mia@x.io");
    }

    async fn roles_of_a_table_are_shown_before_they_are_sent(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = send(&mut team, &[("roles", "LINGUIST"), ("emails", TABLE)]).await.expect(200);
        page.shows("Look at your list, then send it.")
            .shows("2 Developer, 1 Operator, 1 with the roles chosen below")
            .shows("Left out: Name, Role, Department +1.")
            .has_field("from", "DEVELOPER")
            .has_field("reviewed", TABLE)
            .has("details[open] select[name='to'] option[value='DEVELOPER'][selected]");
        assert!(pending(&mut team).await.is_empty());
        let seen = [("roles", "LINGUIST"), ("emails", TABLE), ("reviewed", TABLE),
            ("from", "DEVELOPER"), ("to", "CONTENT_MANAGER"), ("from", "AGENT_OPERATOR"), ("to", "AGENT_OPERATOR"), ("from", ""), ("to", "")];
        let response = send(&mut team, &seen).await;
        let page = team.owner.follow(response).await.expect(200);
        assert_eq!(page.heading(), "4 on the way");
        page.shows("Tovie Platform: Content manager · Tovie Agent: Operator · Tovie Platform: Linguist");
        let sent = pending(&mut team).await;
        let roles: Vec<(&str, &Value)> = sent.iter().map(|(email, _, roles)| (email.as_str(), roles)).collect();
        assert_eq!(roles, [("mia@x.io", &json!(["CONTENT_MANAGER"])), ("bob@x.io", &json!(["CONTENT_MANAGER"])),
            ("cy@x.io", &json!(["AGENT_OPERATOR"])), ("dan@x.io", &json!(["LINGUIST"]))]);
    }

    async fn a_list_that_was_changed_after_the_review_is_shown_again(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let fields = [("roles", "LINGUIST"), ("emails", "mia@x.io\tOperator"), ("reviewed", "mia@x.io\tDeveloper")];
        send(&mut team, &fields).await.expect(200).shows("1 Operator");
        assert!(pending(&mut team).await.is_empty());
    }

    async fn one_faulty_address_keeps_all_groups_back(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let list = "mia@x.io\tOperator\nbob@x\tDeveloper";
        let page = send(&mut team, &[("emails", list), ("reviewed", list)]).await.expect(422);
        page.shows("\"bob@x\" is not an email address.").hides("Choose at least one role.").shows("1 Operator, 1 Developer");
        assert!(pending(&mut team).await.is_empty());
        // Addresses without roles of their own need those of the page.
        let list = "mia@x.io\tOperator\nbob@x.io";
        send(&mut team, &[("emails", list), ("reviewed", list)]).await.expect(422).shows("Choose at least one role.");
    }

    async fn roles_are_read_in_both_languages_and_shown_in_the_reader_s(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let path = team.path("invite");
        let list = "\u{418}\u{43c}\u{44f}\t\u{41f}\u{43e}\u{447}\u{442}\u{430}\t\u{420}\u{43e}\u{43b}\u{44c}\n\u{418}\u{432}\u{430}\u{43d}\tivan@x.io\t\u{440}\u{430}\u{437}\u{440}\u{430}\u{431}\u{43e}\u{442}\u{447}\u{438}\u{43a}\n\u{41e}\u{43b}\u{44c}\u{433}\u{430}\tolga@x.io\tDeveloper";
        team.owner.patch("/me", &json!({ "locale": "ru" })).await.expect(200);
        let fields = [("product", "platform"), ("emails", list)];
        let page = team.owner.submit(&path, &fields).await.expect(200);
        page.shows("\u{420}\u{430}\u{437}\u{440}\u{430}\u{431}\u{43e}\u{442}\u{447}\u{438}\u{43a}: 2");
    }

    async fn what_is_no_address_can_be_removed_at_once(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let list = "fay@x.io, a..b@x.io, wrong@, Mia Meer <mia@x.io>";
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", list)]).await.expect(422);
        page.shows("Remove the 2 that are not addresses").has_field("act", "remove-invalid");
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", list), ("act", "remove-invalid")]).await.expect(200);
        page.has_textarea("fay@x.io\n\"Mia Meer\" <mia@x.io>").checked("DEVELOPER").hides("Remove the");
        assert!(pending(&mut team).await.is_empty());
    }

    async fn a_long_list_is_looked_up_as_far_as_one_request_may_invite(test_app: TestApp) {
        for (limit, looked_up) in [(20, 100), (120, 120)] {
            let test_app = TestApp::with(test_app.database.sibling(), |config| {
                config.limits.invitations_per_request = limit;
            }).await;
            let mut team = AccountFixture::new(&test_app).await;
            let mut lines: Vec<String> = (0..looked_up + 3).map(|number| format!("p{number}@example.com")).collect();
            "ada@example.com".clone_into(&mut lines[looked_up - 1]);
            let checked = state(&mut team, &[("emails", &lines.join("\n"))]).await;
            // The member is found at the last place that is looked up; what is beyond takes no seats.
            assert_eq!(checked["entries"][looked_up - 1]["state"], "known");
            assert_eq!(checked["entries"].as_array().unwrap().len(), lines.len());
            assert_eq!(checked["added"], looked_up - 1);
        }
    }

    async fn near_misses_are_offered(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", "bob@contoso,example")]).await.expect(422);
        page.shows("Use bob@contoso.example").has_field("act", "suggestion bob@contoso,example");
        // A misspelt domain is an address, so it is asked about once.
        let list = "Ana Costa <ana@gmial.com>, fay@x.io";
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", list)]).await.expect(200);
        page.shows("Is ana@gmial.com spelled right?").shows("Use ana@gmail.com");
        assert!(pending(&mut team).await.is_empty());
        let fields = [("roles", "DEVELOPER"), ("emails", list), ("act", "suggestion ana@gmial.com")];
        send(&mut team, &fields).await.expect(200).has_textarea("\"Ana Costa\" <ana@gmail.com>\nfay@x.io");
        let fields = [("roles", "DEVELOPER"), ("emails", list), ("reviewed", list)];
        send(&mut team, &fields).await.expect(303);
        assert_eq!(pending(&mut team).await[0].0, "ana@gmial.com");
    }

    async fn words_without_an_at_sign_are_no_addresses_and_no_fault(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let list = "Hi Bob, please invite fay@x.io, she starts Monday.";
        let checked = state(&mut team, &[("emails", list)]).await;
        assert_eq!(checked["counter"], "1 of 20 addresses");
        let notes = checked["notes"].as_str().unwrap();
        assert!(notes.contains("Left out: Hi Bob, please invite, she starts Monday."), "{notes}");
        // A script has shown what it sends as left out.
        let shown = "Hi Bob\nplease invite\nshe starts Monday";
        send(&mut team, &[("roles", "DEVELOPER"), ("emails", "fay@x.io"), ("left_out", shown)]).await.expect(303);
        let page = send(&mut team, &[("roles", "DEVELOPER"), ("emails", "Sales")]).await.expect(422);
        page.shows("Enter at least one email address.").shows("Left out: Sales.").has_textarea("Sales");
    }

    async fn only_the_words_that_are_not_named_yet_are_folded(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let fields = [("emails", "fay@x.io"), ("left_out", "One\nTwo\nThree\nFour\nFive")];
        let checked = state(&mut team, &fields).await;
        let notes = checked["notes"].as_str().unwrap();
        assert!(notes.contains("Left out: One, Two, Three +2.") && notes.contains("<p>Four, Five</p>"), "{notes}");
        let checked = state(&mut team, &[("emails", "fay@x.io"), ("left_out", "One")]).await;
        let notes = checked["notes"].as_str().unwrap();
        assert!(notes.contains("Left out: One.") && !notes.contains("details"), "{notes}");
    }

    async fn words_that_were_left_out_are_never_read_as_addresses(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let fields = [("emails", "fay@x.io Sales"), ("left_out", "@ana\neve@x.io\nSales\n")];
        let checked = state(&mut team, &fields).await;
        assert_eq!(checked["counter"], "1 of 20 addresses");
        assert_eq!(checked["left_out"], json!(["@ana", "eve@x.io", "Sales"]));
        let fields = [fields[0], fields[1], ("roles", "DEVELOPER"), ("act", "remove-invalid")];
        let page = send(&mut team, &fields).await.expect(200);
        page.has_field("emails", "fay@x.io").has_field("left_out", "@ana\neve@x.io\nSales");
        send(&mut team, &fields[..3]).await.expect(303);
        let sent: Vec<String> = pending(&mut team).await.into_iter().map(|(email, ..)| email).collect();
        assert_eq!(sent, ["fay@x.io"]);
    }

    async fn groups_are_shown_while_the_list_is_typed(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let checked = state(&mut team, &[("emails", "a@x.io\tDeveloper, Operator\nb@x.io\tDeveloper")]).await;
        let groups = checked["groups"].as_str().unwrap();
        assert!(groups.contains("1 Developer + Operator, 1 Developer"), "{groups}");
        assert!(groups.contains("value=\"DEVELOPER AGENT_OPERATOR\""), "{groups}");
        let fields = [("emails", "a@x.io\tDeveloper\nb@x.io\tOperator"), ("from", "DEVELOPER"), ("to", "AGENT_OPERATOR")];
        let checked = state(&mut team, &fields).await;
        assert!(checked["groups"].as_str().unwrap().contains("2 Operator"), "{checked}");
        let checked = state(&mut team, &[("emails", "a@x.io b@x.io")]).await;
        assert_eq!(checked["groups"], "");
    }

    async fn domains_are_shown_in_their_own_letters(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let response = send(&mut team, &[("roles", "DEVELOPER"), ("emails", "u@b\u{fc}cher.example")]).await;
        team.owner.follow(response).await.expect(200).shows("u@b\u{fc}cher.example");
        let list = team.path("invitations?q=b%C3%BCcher");
        team.owner.page(&list).await.expect(200).shows("u@b\u{fc}cher.example").hides("xn--");
        let activity = team.path("activity");
        team.owner.page(&activity).await.expect(200).shows("u@b\u{fc}cher.example").hides("xn--");
        team.member(&test_app, "bo@xn--bcher-kva.example", &["LINGUIST"]).await;
        let users = team.path("users");
        team.owner.page(&users).await.expect(200).shows("bo@b\u{fc}cher.example").hides("xn--");
    }

    async fn sign_up_by_the_mailed_link_is_prefilled_with_the_name(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let list = "Meer, Mia <mia@x.io>";
        send(&mut team, &[("roles", "DEVELOPER"), ("emails", list)]).await.expect(303);
        let token = test_app.mailed_token("mia@x.io", "invitations").await;
        let page = test_app.anonymous().page(&format!("/invitations/{token}")).await.expect(200);
        page.has_field("name", "Mia Meer").has_field("email", "mia@x.io");
        // A link that was handed over may be in anybody's hands.
        let path = team.path("invitations");
        let id = team.owner.get(&path).await.text("/items/0/id");
        let token = team.copied_token(&id).await;
        let page = test_app.anonymous().page(&format!("/sign-up?invitation={token}")).await.expect(200);
        page.has_field("first_name", "").hides("Meer");
        test_app.anonymous().page(&format!("/invitations/{token}")).await.expect(200).hides("Meer");
    }
}
