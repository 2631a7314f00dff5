//! The vectors of lists that `email_list.json` has for the parser, entered into the wizard with script: its chips and
//! notes must show what the parser's own tests expect.

use convoke_core::email_address::EmailAddress;
use serde_json::{Value, json};

use crate::support::{Browser, ENTER, Setup, Site};

/// A list, and how it is read.
struct Vector {
    text: String,
    /// The canonical addresses.
    fine: Vec<String>,
    errors: Vec<String>,
    /// The names of fine addresses that have one.
    names: Vec<String>,
    /// Words for roles of each fine address.
    roles: Vec<Vec<String>>,
    /// The number of duplicates.
    merged: usize,
    left: Vec<String>,
    /// The text of the vector as which it is read when it is typed, if that is another one.
    typed_as: Option<String>,
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

impl Vector {
    fn from_json(vector: &Value) -> Self {
        let fine = strings(&vector["fine"]);
        let roles = match vector["roles"].as_array() {
            Some(roles) => roles.iter().map(strings).collect(),
            None => vec![Vec::new(); fine.len()],
        };
        let merged = vector["merged"].as_u64().unwrap_or_default();
        Self {
            text: vector["text"].as_str().unwrap().to_owned(),
            fine,
            errors: strings(&vector["errors"]),
            names: strings(&vector["names"]),
            roles,
            merged: usize::try_from(merged).unwrap(),
            left: strings(&vector["left"]),
            typed_as: vector["typed_as"].as_str().map(str::to_owned),
        }
    }

    /// Whether a keyboard can enter it into a field of one line.
    fn is_typeable(&self) -> bool {
        let is_break = |letter: char| letter.is_control() || letter == '\u{2028}';
        !self.text.contains(is_break)
    }

    /// What the page must show, in the form of `SHOWN`.
    fn expected(&self) -> Value {
        const MAX_NAMED: usize = 3;
        let (named, others) = self.left.split_at(self.left.len().min(MAX_NAMED));
        let mut note = named.join(", ");
        if !others.is_empty() {
            note = format!("{note} +{}", others.len());
        }
        let faults = self.errors.iter();
        let faults: Vec<String> = faults
            .map(|text| format!("\"{text}\" is not an email address."))
            .collect();
        json!({
            "fine": self.fine,
            "names": self.names,
            "roles": self.roles,
            "errors": self.errors,
            "faults": faults,
            "leftOut": self.left,
            "note": if note.is_empty() { json!([]) } else { json!([format!("Left out: {note}.")]) },
            "others": if others.is_empty() { json!([]) } else { json!([others.join(", ")]) },
            "counter": counter(self),
        })
    }
}

/// The line that counts addresses, duplicates and errors.
fn counter(vector: &Vector) -> String {
    let count = vector.fine.len() + vector.errors.len();
    let mut parts = vec![format!("{count} of 20 addresses")];
    match vector.merged {
        0 => {}
        1 => parts.push("1 duplicate merged".to_owned()),
        count => parts.push(format!("{count} duplicates merged")),
    }
    if !vector.errors.is_empty() {
        parts.push(format!("{} to fix", vector.errors.len()));
    }
    parts.join(" · ")
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../../core/tests/vectors/email_list.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let vectors: Vec<Vector> = vectors.map(Vector::from_json).collect();
    assert!(vectors.len() > 60);
    vectors
}

/// True once the server has checked every chip.
const IS_CHECKED: &str = "!document.querySelector('.chip:not(.fine, .known, .error)') && !document.querySelector('#emails').value
    && document.querySelector('[name=reviewed]').value === document.querySelector('[name=emails]').value";

/// What the chips, the notes and the counter show.
const SHOWN: &str = "
    const texts = (selector, root = document) => [...root.querySelectorAll(selector)].map(({ textContent }) => textContent);
    const address = (chip) => [...chip.querySelector('.edit').childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data).join('');
    const chips = (state) => [...document.querySelectorAll('.chip.' + state)];
    const notes = document.querySelector('[data-notes]');
    return {
        fine: chips('fine').map(address),
        names: chips('fine').flatMap((chip) => texts('.edit > b', chip)),
        roles: chips('fine').map((chip) => texts('.edit > i', chip)),
        errors: chips('error').map(address),
        faults: texts('.note.red [data-text]', notes).map((text) => text.replace(/(is not an email address\\.).*/s, '$1')),
        leftOut: document.querySelector('[name=left_out]').value.split('\\n').filter(Boolean),
        note: texts('div.note > span, div.note summary', notes).map((text) => text.replace(/ Show the others$/, '')),
        others: texts('div.note details > p', notes),
        counter: document.querySelector('[data-counter]').textContent.replaceAll('\\u00a0', ' '),
    }";

/// The wizard's second step with an empty list.
async fn wizard(site: &Site) -> Browser {
    let mut ana = site.test_app.user("ana@northwind.example", "Ana").await;
    let account = site.test_app.account(&mut ana, "Northwind Traders").await;
    let browser = Browser::open(site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    let path = format!("/accounts/{account}/invite?product=platform");
    browser.goto(&path).await;
    browser.wait_for(".address-chips").await;
    browser
}

/// The list as the page shows it, with canonical addresses where they are valid.
async fn shown(browser: &Browser) -> Value {
    browser.until("the list is checked", IS_CHECKED).await;
    let mut shown = browser.js(SHOWN).await;
    for text in shown["fine"].as_array_mut().unwrap() {
        if let Ok(email) = EmailAddress::parse(text.as_str().unwrap()) {
            *text = json!(email.canonical());
        }
    }
    shown
}

/// How the page differs from a vector.
fn difference(vector: &Vector, shown: &Value) -> Option<String> {
    let expected = vector.expected();
    let text = format!("{:?}: the page shows {shown}, not {expected}", vector.text);
    (*shown != expected).then_some(text)
}

/// Removes every chip and note.
async fn clear(browser: &Browser) {
    browser
        .js("document.querySelector('[data-clear]').click()")
        .await;
    let is_empty = format!("{IS_CHECKED} && !document.querySelector('.chip, [data-notes] .note')");
    browser.until("the list is empty", &is_empty).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pasted_lists_are_read_as_the_shared_vectors_say() {
    let site = Site::new().await;
    let browser = wizard(&site).await;
    let mut differences = Vec::new();
    for vector in vectors() {
        browser.paste_by_key("#emails", &vector.text).await;
        // Text without an address, a tab or a line break stays in the field.
        browser.keys(ENTER).await;
        differences.extend(difference(&vector, &shown(&browser).await));
        clear(&browser).await;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_lists_are_read_as_the_shared_vectors_say() {
    let site = Site::new().await;
    let browser = wizard(&site).await;
    let mut differences = Vec::new();
    let vectors = vectors();
    let mut count = 0;
    for vector in vectors.iter().filter(|vector| vector.is_typeable()) {
        let text = vector.typed_as.as_ref().unwrap_or(&vector.text);
        let expected = vectors.iter().find(|vector| vector.text == *text);
        browser.fill("#emails", &vector.text).await;
        browser.keys(ENTER).await;
        differences.extend(difference(expected.unwrap(), &shown(&browser).await));
        clear(&browser).await;
        count += 1;
    }
    assert!(count > 30);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    browser.close().await;
}
