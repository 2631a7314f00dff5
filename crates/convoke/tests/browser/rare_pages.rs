//! Rare screens: errors, concurrent changes, and final pages.

use super::fixtures::Fixtures;
use super::screens::{Screen, cookie, pasting, screen};

/// Submits a list to the account's wizard from any page. Members without permission and users outside the account get
/// the same response.
const POST_LIST: &str = "const form = document.querySelector('main form') ?? document.createElement('form');
    form.action = '/accounts/acc_01h455vb4pex5vsknk084sn02q/invite';
    form.method = 'post';
    form.replaceChildren(...[['product', 'platform'], ['emails', 'cleo@x.io\\ndora@x.io']].map(([name, value]) =>
        Object.assign(document.createElement('textarea'), { name, value })));
    document.body.append(form);
    form.submit()";

/// All of them.
pub fn screens(fixtures: &Fixtures) -> Vec<Screen> {
    let groups = [
        of_lists(fixtures),
        of_users(fixtures),
        of_sending(fixtures),
        of_owners(fixtures),
        of_people(fixtures),
    ];
    groups.into_iter().flatten().collect()
}

fn of_lists(fixtures: &Fixtures) -> Vec<Screen> {
    let ana = cookie(&fixtures.ana);
    let list = format!("/accounts/{}/invitations", fixtures.account);
    let id = |name: &str| &fixtures.link(name).id;
    let several = format!("{list}/revoke?id={}&id={}", id("pending"), id("refused"));
    let ended = format!("resent.2.2.{}.{}", id("revoked"), id("expired"));
    let here = |name, path: String| screen(name, &ana, path, "Northwind Traders");
    let one = "document.querySelectorAll('tbody tr').length === 1";
    vec![
        here("invitations-declined", format!("{list}?status=declined")).holding(one),
        here("invitations-revoked", format!("{list}?status=revoked")).holding(one),
        here("invitations-no-match", format!("{list}?q=zed"))
            .holding("document.querySelector('.empty').textContent.includes('zed')"),
        here("invitations-done", list.clone())
            .flashing("resent.2.0")
            .after("", ".banner:not(.amber)"),
        here("invitations-ended", list.clone())
            .flashing(ended)
            .holding("document.querySelectorAll('.note li a').length === 2")
            .after("", ".banner.amber"),
        screen("invitations-revoke", &ana, several, "invitations-revoke-title")
            .counting(&[("count", 2)])
            .holding("document.querySelectorAll('.bullets li').length === 2"),
        here("shortcuts", list).after(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }))",
            "#shortcuts[open]",
        ),
    ]
}

fn of_users(fixtures: &Fixtures) -> Vec<Screen> {
    let ana = cookie(&fixtures.ana);
    let users = format!("/accounts/{}/users", fixtures.account);
    let edit = format!("{users}/{}/edit", fixtures.cara);
    let remove = format!("{users}/{}/remove", fixtures.bo);
    let title = "users-edit-title";
    vec![
        screen("user-edit-changed", &ana, edit.clone(), title).after(
            "document.querySelector('[name=version]').value = 999;
            document.querySelector('[name=roles]').click();
            document.querySelector('main form').requestSubmit()",
            ".summary",
        ),
        screen("user-edit-refused", &ana, edit, title).after(
            "document.querySelector('[name=roles]').value = 'GONE';
            document.querySelector('[name=roles]').checked = true;
            document.querySelector('main form').requestSubmit()",
            ".summary",
        ),
        screen("user-remove-sent", &ana, remove, "users-remove-title")
            .holding("document.querySelectorAll('[name=sent_invitations]').length === 2"),
    ]
}

fn of_sending(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, lone, member) = (
        cookie(&fixtures.ana),
        cookie(&fixtures.lone),
        cookie(&fixtures.member),
    );
    let invite = format!("/accounts/{}/invite", fixtures.account);
    let people = format!("{invite}?product=platform&roles=DEVELOPER");
    let strangers = format!(
        "/accounts/{}/invite?product=platform&roles=DEVELOPER",
        fixtures.other
    );
    let result = format!(
        "{invite}/result?product=platform&roles=DEVELOPER&sent={}&sent={}&had={}&member={}",
        fixtures.link("pending").id,
        fixtures.link("refused").id,
        fixtures.link("soon").id,
        fixtures.cara
    );
    let here = |name, cookie: &str, path: String| screen(name, cookie, path, "invite-title");
    vec![
        here("invite-over-20", &ana, people.clone())
            .after(pasting!(
                "p1@x.io p2@x.io p3@x.io p4@x.io p5@x.io p6@x.io p7@x.io p8@x.io p9@x.io p10@x.io p11@x.io p12@x.io p13@x.io p14@x.io p15@x.io p16@x.io p17@x.io p18@x.io p19@x.io p20@x.io p21@x.io p22@x.io p23@x.io",
                then "document.querySelector('[data-send]').click()"
            ), ".summary")
            .holding("document.querySelector('[name=act][value=keep-first]')"),
        here("invite-next-round", &ana, people.clone()).after(
            pasting!(
                "p1@x.io p2@x.io p3@x.io p4@x.io p5@x.io p6@x.io p7@x.io p8@x.io p9@x.io p10@x.io p11@x.io p12@x.io p13@x.io p14@x.io p15@x.io p16@x.io p17@x.io p18@x.io p19@x.io p20@x.io p21@x.io p22@x.io p23@x.io",
                then "const form = document.querySelector('[data-invite-form]');
                const keep = Object.assign(document.createElement('button'), { name: 'act', value: 'keep-first' });
                form.append(keep);
                keep.click()"
            ),
            "[data-posted] #later",
        ),
        here("invite-over-limit", &ana, people)
            .after(pasting!(
                "a@x.io b@x.io c@x.io",
                then "document.querySelector('[data-send]').click()"
            ), ".summary")
            .holding("document.querySelector('main a[href$=\"sort=last_active_at\"]')"),
        here("invite-registered-only", &lone, strangers).after(pasting!(
            "hana@x.io",
            then "document.querySelector('[data-send]').click()"
        ), ".summary"),
        screen("invite-right-lost", &member, "/accounts", "permission-lost-title").after(
            POST_LIST,
            "#list",
        ),
        screen("invite-signed-out", "", "/sign-in", "signed-out-title").after(
            POST_LIST,
            "#list",
        ),
        screen("invite-sent", &ana, result, "result-count-failed")
            .counting(&[("count", 1)])
            .holding(
                "document.querySelectorAll('.results li').length === 4 && document.querySelector('.results span.red')",
            ),
    ]
}

fn of_owners(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, lone, many) = (
        cookie(&fixtures.ana),
        cookie(&fixtures.lone),
        cookie(&fixtures.many),
    );
    let leave = format!("/accounts/{}/leave", fixtures.account);
    let settings = format!("/accounts/{}/settings", fixtures.other);
    vec![
        screen("leave-owner", &ana, leave, "leave-owner-title"),
        screen("settings-offered", &lone, settings, "Contoso Freight")
            .holding("document.querySelector('form[action$=\"/transfer/withdraw\"]')"),
        screen("accounts-many", &many, "/accounts", "layout-accounts").holding(
            "document.querySelector('#offered') && document.querySelector('main input[type=search]')",
        ),
        screen("accounts-no-match", &many, "/accounts?q=zed", "layout-accounts")
            .holding("document.querySelector('main p a[href=\"/accounts\"]')"),
    ]
}

fn of_people(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, fay, many) = (
        cookie(&fixtures.ana),
        cookie(&fixtures.fay),
        cookie(&fixtures.many),
    );
    let used = format!("/invitations/{}", fixtures.link("accepted").token);
    let stop = format!(
        "/invitations/{}/unsubscribe",
        fixtures.link("stopped").token
    );
    let of_another = format!("/confirm-email/{}", fixtures.token("confirm-email"));
    vec![
        screen("invitation-used-signed-out", "", used, "invitation-used-title")
            .holding("document.querySelector('main a[href^=\"/sign-in\"]')"),
        screen("unsubscribed", "", stop, "unsubscribed-title")
            // The page may have been submitted before.
            .after("document.querySelector(\"form[action$='/unsubscribe'] button\")?.click()", "form[action$='/resubscribe']"),
        screen("profile-refused", &ana, "/profile", "profile-personal").after(
            "document.querySelector('#first_name').value = '';
            document.querySelector('#first_name').form.requestSubmit()",
            ".summary",
        ),
        screen("profile-picture", &many, "/profile", "profile-personal")
            .holding("document.querySelector('form[action=\"/profile/picture/remove\"]')"),
        screen(
            "email-check-mail",
            &ana,
            "/profile/email/check-mail",
            "email-check-mail-title",
        ),
        screen("confirm-email-ended", &fay, of_another, "confirm-email-no-longer-title")
            .holding("document.querySelector('main form[action=\"/sign-out\"]')"),
        screen("mailbox-email", "", "/dev/mailbox", "Northwind Traders").after(
            "[...document.querySelectorAll('main li a')].find((link) => link.textContent.includes('Northwind Traders')).click()",
            ".email",
        ),
    ]
}
