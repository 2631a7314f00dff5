//! A way back counts once, within ten minutes, in the browser that went there, from the service it went to
//! (security rule 7).

use convoke_infra::identity_providers::ProviderKind;
use std::time::Duration;

use super::{Scene, count, ended};
use crate::on_both;

on_both! {
    async fn a_way_back_without_its_browser_or_state_signs_nobody_in(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut browser = scene.test_app.anonymous();
        let there = scene.there(&mut browser, "").await;
        let back = scene.service.agree(&there);

        let mut other = scene.test_app.anonymous();
        let answer = other.page(&back).await;
        assert_eq!(ended(&answer), "stale");
        other.follow(answer).await.expect(410).shows("That way back from Work does not work any more");

        let (path, query) = back.split_once('?').unwrap();
        let without = |name: &str| {
            let left = query.split('&').filter(|pair| !pair.starts_with(name));
            format!("{path}?{}", left.collect::<Vec<_>>().join("&"))
        };
        let wrong = back.replace("state=", "state=x").replacen("state=x", "state=y", 1);
        for path in [without("state="), wrong, path.to_owned()] {
            let answer = browser.page(&path).await;
            assert_eq!(ended(&answer), "stale", "{path}");
        }
        assert_eq!((scene.users().await, scene.sessions().await), (0, 0));
        // None of that has spoilt the right one.
        browser.page(&back).await.leads_to("/accounts?done=signed-up");
    }

    async fn a_way_back_works_once(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut browser = scene.test_app.anonymous();
        let there = scene.there(&mut browser, "").await;
        let kept = browser.clone();
        let back = scene.service.agree(&there);
        browser.page(&back).await.leads_to("/accounts?done=signed-up");
        // Even with the cookie that the answer has taken away, and a code that the service would take.
        let mut again = kept;
        let code = scene.service.agree(&there);
        let answer = again.page(&code).await;
        assert_eq!(ended(&answer), "stale");
        assert_eq!(scene.sessions().await, 1);
    }

    async fn a_way_back_ends_after_ten_minutes(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut browser = scene.test_app.anonymous();
        let there = scene.there(&mut browser, "").await;
        scene.test_app.advance(Duration::from_mins(10));
        let back = scene.service.agree(&there);
        let answer = browser.page(&back).await;
        assert_eq!(ended(&answer), "stale");
        let there = scene.there(&mut browser, "").await;
        scene.test_app.advance_just_before(Duration::from_mins(10));
        let back = scene.service.agree(&there);
        browser.page(&back).await.leads_to("/accounts?done=signed-up");
    }

    async fn a_code_of_another_attempt_is_not_taken(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("eve", "eve@work.example");
        let (mut eve, mut ada) = (scene.test_app.anonymous(), scene.test_app.anonymous());
        let stolen = scene.service.agree(&scene.there(&mut eve, "").await);
        let own = scene.service.agree(&scene.there(&mut ada, "").await);
        // Somebody puts the code of their own way back into somebody else's: the verifier does not fit.
        let code = |back: &str| back.split(['?', '&']).find(|it| it.starts_with("code=")).unwrap().to_owned();
        let answer = ada.page(&own.replace(&code(&own), &code(&stolen))).await;
        assert_eq!(ended(&answer), "stale");
        assert_eq!(scene.users().await, 0);
    }

    async fn a_state_of_one_service_is_nothing_at_another(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let settings = ["work", "home"].map(|id| scene.service.settings(id, ProviderKind::Oidc));
        let test_app = scene.test_app.restarted(|config| config.providers = settings.to_vec()).await;
        let scene = Scene { test_app, service: scene.service };
        scene.service.is("gil", "gil@work.example");
        let mut browser = scene.test_app.anonymous();
        let there = browser.page("/sign-in/home").await.location();
        let back = scene.service.agree(&there).replace("/sign-in/home/", "/sign-in/work/");
        let answer = browser.page(&back).await;
        assert_eq!(ended(&answer), "stale");
        assert_eq!(scene.users().await, 0);
    }

    async fn two_tabs_do_not_disturb_one_another(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        let mut browser = scene.test_app.anonymous();
        let first = scene.there(&mut browser, "?return_to=/profile").await;
        let second = scene.there(&mut browser, "?return_to=/accounts").await;
        assert_eq!(browser.jar.len(), 2);
        let back = scene.service.agree(&second);
        browser.page(&back).await.leads_to("/accounts");
        let back = scene.service.agree(&first);
        browser.page(&back).await.leads_to("/profile");
        assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    }

    async fn forgotten_attempts_do_not_pile_up_in_a_browser(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut browser = scene.test_app.anonymous();
        for _ in 0..12 {
            scene.there(&mut browser, "").await;
        }
        assert!(browser.jar.len() <= 4, "{:?}", browser.jar.keys());
    }

    async fn nothing_is_stored_before_somebody_comes_back(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        let mut browser = scene.test_app.anonymous();
        let before = scene.test_app.database.rows();
        let answer = browser.page("/sign-in/work?return_to=/profile").await;
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
        let there = answer.location();
        assert!(there.contains("code_challenge_method=S256") && there.contains("nonce="), "{there}");
        assert_eq!(scene.test_app.database.rows(), before);
    }

    async fn used_states_are_forgotten_once_they_could_not_come_back(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        scene.signed_in("/accounts?done=signed-up").await;
        for (minutes, left) in [(19, 1), (1, 0)] {
            scene.test_app.advance(Duration::from_mins(minutes));
            convoke::jobs::clean_up(&scene.test_app.app).await.unwrap();
            assert_eq!(count(&scene.test_app, "select count(*) from used_states").await, left);
        }
    }

    async fn a_foreign_page_is_no_place_to_come_back_to(test_app: TestApp) {
        let scene = Scene::oidc(test_app).await;
        scene.service.is("gil", "gil@work.example");
        for path in ["https://evil.example", "//evil.example", "/\\evil.example"] {
            let mut browser = scene.test_app.anonymous();
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", path).finish();
            let answer = scene.come(&mut browser, &format!("?{query}")).await;
            assert!(answer.location().starts_with("/accounts"), "{}", answer.location());
        }
    }
}
