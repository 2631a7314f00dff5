//! Searches by words: in any order, whatever their case, accents, spaces and composition.

use crate::on_both;

on_both! {
    async fn members_are_found_by_words_of_their_names_and_addresses(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        for person in [("costa@x.io", "Ana Costa"), ("em@x.io", "Émilie Ångström"), ("a@xn--bcher-kva.example", "Алёна Петрова")] {
            test_app.joiner(&mut ada, &account, person, &["DEVELOPER"]).await;
        }
        let path = format!("/accounts/{account}/members");
        for (query, name) in [
            ("costa%20ana", "Ana Costa"),
            ("%20ANA%20%20%20cos%20", "Ana Costa"),
            ("Costa,%20Ana%20%3Ccosta@x.io%3E", "Ana Costa"),
            ("%C3%85ngstr%C3%B6m,%20%C3%89milie", "Émilie Ångström"),
            ("A%CC%8Angstro%CC%88m", "Émilie Ångström"),
            ("angstrom%20em@x", "Émilie Ångström"),
            ("%D0%B0%D0%BB%D0%B5%D0%BD%D0%B0", "Алёна Петрова"),
            ("a@b%C3%BCcher", "Алёна Петрова"),
            ("xn--bcher", "Алёна Петрова"),
        ] {
            for sort in ["name", "last_active_at"] {
                let path = format!("{path}?q={query}&sort={sort}");
                assert_eq!(ada.column(&path, "/user/name").await, [name], "{query}");
            }
        }
        assert_eq!(ada.column(&format!("{path}?q=ana%20angstrom"), "/user/name").await, [""; 0]);
        assert_eq!(ada.column(&format!("{path}?q=%20,%20"), "/user/name").await.len(), 4);
    }

    async fn invitations_are_found_by_words_of_their_addresses(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        for email in ["Mia.Meer@contoso.example", "u@bücher.example"] {
            test_app.invite(&mut ada, &account, email, &["DEVELOPER"]).await;
        }
        let path = format!("/accounts/{account}/invitations");
        for (query, email) in [
            ("contoso%20%20MIA", "Mia.Meer@contoso.example"),
            ("%3Cmia.meer@contoso.example%3E", "Mia.Meer@contoso.example"),
            ("b%C3%BCcher", "u@xn--bcher-kva.example"),
            ("bu%CC%88cher%20u@", "u@xn--bcher-kva.example"),
            ("xn--bcher", "u@xn--bcher-kva.example"),
        ] {
            for status in ["", "&status=pending", "&status=pending&status=expired"] {
                let path = format!("{path}?q={query}{status}");
                assert_eq!(ada.column(&path, "/email").await, [email], "{query}{status}");
            }
        }
        assert_eq!(ada.column(&format!("{path}?q=mia%20b%C3%BCcher"), "/email").await, [""; 0]);
    }
}
