//! Lists as files: CSV with and without a byte order mark, spreadsheets and NDJSON.

use std::io::Read as _;

use serde_json::{Value, json};

use crate::on_both;
use crate::support::{Client, TestApp};

const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The texts of each row of the first sheet of a spreadsheet.
fn rows(file: Vec<u8>) -> Vec<Vec<String>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut sheet = String::new();
    archive
        .by_name("xl/worksheets/sheet1.xml")
        .unwrap()
        .read_to_string(&mut sheet)
        .unwrap();
    let rows = sheet.split("<row ").skip(1);
    let texts = |row: &str| {
        let cells = row.split("<t xml:space=\"preserve\">").skip(1);
        cells
            .map(|cell| cell.split("</t>").next().unwrap().to_owned())
            .collect()
    };
    rows.map(texts).collect()
}

/// An account whose lists have more than one page of an export.
async fn large_account(test_app: &TestApp) -> (Client, String) {
    let mut ada = test_app.user("ada@example.com", "=Ada").await;
    let account = test_app.account(&mut ada, "Engines").await;
    for batch in 0..6 {
        let emails: Vec<String> = (0..20)
            .map(|number| format!("u{batch}-{number}@example.com"))
            .collect();
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        ada.post(&format!("/accounts/{account}/invitations"), &body)
            .await
            .expect(201);
    }
    (ada, account)
}

on_both! {
    async fn a_link_exports_with_a_byte_order_mark_and_a_header_without(test_app: TestApp) {
        let (mut ada, account) = large_account(&test_app).await;
        for (list, name) in [("members", "users"), ("invitations", "invitations"), ("activity", "activity")] {
            let path = format!("/accounts/{account}/{list}");
            let by_link = ada.get(&format!("{path}?format=csv")).await.expect(200);
            let by_header = ada.with("accept", "text/csv").get(&path).await.expect(200);
            assert_eq!(by_link.header("content-type"), "text/csv; charset=utf-8");
            assert_eq!(by_link.header("content-disposition"), format!("attachment; filename=\"{name}.csv\""));
            assert!(by_header.headers.get("content-disposition").is_none());
            let text = by_link.body();
            assert_eq!(text.strip_prefix('\u{feff}'), Some(by_header.body().as_str()));
            assert!(text.starts_with("\u{feff}id,"), "{text}");
        }
    }

    async fn a_spreadsheet_and_lines_of_json_have_every_row(test_app: TestApp) {
        let (mut ada, account) = large_account(&test_app).await;
        for (list, count) in [("members", 1), ("invitations", 120), ("activity", 121)] {
            let path = format!("/accounts/{account}/{list}");
            let all = ada.list_all(&path, 100).await;
            assert_eq!(all.len(), count);

            let response = ada.get(&format!("{path}?format=ndjson")).await.expect(200);
            assert_eq!(response.header("content-type"), "application/x-ndjson");
            let lines: Vec<Value> = response.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, all);

            let response = ada.get(&format!("{path}?format=xlsx")).await.expect(200);
            assert_eq!(response.header("content-type"), SPREADSHEET);
            assert!(response.header("content-disposition").ends_with(".xlsx\""));
            let by_link = rows(response.bytes);
            assert_eq!((by_link.len(), by_link[0][0].as_str()), (count + 1, "id"));
            for (row, item) in by_link[1..].iter().zip(&all) {
                let id = item.get("id").or_else(|| item.pointer("/user/id")).unwrap();
                assert_eq!(json!(row[0]), *id);
            }
            let by_header = ada.with("accept", SPREADSHEET).get(&path).await.expect(200);
            assert_eq!(rows(by_header.bytes), by_link);
        }
        // A cell is a text, so it is the name as it is.
        let response = ada.get(&format!("/accounts/{account}/members?format=xlsx")).await.expect(200);
        assert!(rows(response.bytes)[1].contains(&"=Ada".to_owned()));
    }

    async fn an_export_has_what_its_filter_matches_and_needs_the_permission(test_app: TestApp) {
        let (mut ada, account) = large_account(&test_app).await;
        let path = format!("/accounts/{account}/activity?person=u3-1&format=xlsx");
        let found = rows(ada.get(&path).await.expect(200).bytes);
        assert_eq!(found.len(), 12, "u3-1, and u3-10 to u3-19");
        let mut bob = test_app.joiner(&mut ada, &account, ("bob@example.com", "Bob"), &["DEVELOPER"]).await;
        bob.get(&path).await.problem(403, "permission-denied");
        test_app.anonymous().get(&path).await.problem(401, "sign-in-required");
    }
}
