//! Texts of other systems, which are shown without control, bidirectional and zero-width characters (security rule 11).

use crate::on_both;
use crate::support::AccountFixture;

/// Characters that reverse, hide or break what stands beside them.
const HIDDEN: [char; 6] = [
    '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{7f}', '\u{1b}',
];

on_both! {
    async fn rows_with_unsafe_characters_are_shown_cleaned(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let invitation = team.invite("bob@example.com").await;
        test_app.run_sql("update sessions set user_agent = 'Phone\u{202e}/1\u{200b}\u{7f}'").await;
        test_app.run_sql("update activity set user_agent = 'Phone\u{2066}\u{1b}/1\u{feff}'").await;
        test_app.run_sql("update invitations set delivery = 'failed', delivery_reason = 'server_reply', delivery_detail = '550 no\u{202e} such\u{200b} user'").await;
        test_app.run_sql("insert into identities (id, user_id, provider, issuer, subject, label, created_at)
            select u.id, u.id, 'work', 'x', 's', 'k\u{202e}i\u{200b}t', 0 from users u").await;
        let sessions = team.owner.get("/me/sessions").await.expect(200);
        assert_eq!(sessions.text("/items/0/user_agent"), "Phone/1");
        let identities = team.owner.get("/me/identities").await.expect(200);
        assert_eq!(identities.text("/items/0/name"), "kit");
        let shown = team.shown(&invitation).await;
        assert_eq!(shown["delivery"]["detail"], "550 no such user");
        let account = team.account.clone();
        let log = format!("/accounts/{account}/activity");
        let activity = team.owner.get(&log).await.expect(200);
        assert_eq!(activity.text("/items/0/user_agent"), "Phone/1");
        let exported = team.owner.with("accept", "text/csv").get(&log).await.expect(200);
        let mut pages = vec![sessions.body(), identities.body(), shown.to_string(), activity.body(), exported.body()];
        for path in ["/profile/sessions".to_owned(), "/profile/services".to_owned(), format!("/accounts/{account}/invitations"), format!("/accounts/{account}/activity")] {
            pages.push(team.owner.page(&path).await.expect(200).body());
        }
        for body in pages {
            assert!(!body.trim_start_matches('\u{feff}').contains(HIDDEN), "{body}");
        }
    }
}
