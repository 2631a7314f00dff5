//! Users: sign-up, profile, address, password.

mod create;
mod email;
mod password;
mod picture;
mod profile;
mod register;

use crate::app::App;
use crate::core::email_address::{EmailAddress, EmailFault};
use crate::core::names::{self, NameFault};
use crate::domain::Fault;
use crate::domain::passwords::check_password;

pub use crate::store::users::{Credentials, User};
pub(in crate::domain) use create::create;
pub use create::{SignUp, add_by_operator, add_confirmed};
pub use email::{confirm_email, request_email};
pub use password::{
    change_password, check_new, find_reset, missing_password, request_reset, reset_password,
};
pub use picture::{find_picture, remove_picture, set_picture};
pub use profile::{ProfileUpdate, THEMES, check_profile, update_profile};
pub use register::{
    NewUser, Registered, Registration, SignedUp, check, confirm, confirm_again, find_waiting,
    may_register, may_sign_up, register,
};

/// The fault of an address at `pointer`.
#[must_use]
pub fn email_fault(pointer: impl Into<String>, text: &str, why: EmailFault) -> Fault {
    let detail = match why {
        EmailFault::Empty => why.to_string(),
        _ => format!(
            "\"{}\" is not an email address. {why}",
            names::cut(text, 256)
        ),
    };
    Fault::new(pointer, "invalid-email", detail).with_value(text)
}

/// Reads the address of a body's `email`.
///
/// # Errors
/// The fault.
pub fn parse_email(text: &str) -> Result<EmailAddress, Vec<Fault>> {
    EmailAddress::parse(text).map_err(|why| vec![email_fault("/email", text, why)])
}

/// The fault of a name at `pointer`.
#[must_use]
pub fn name_fault(pointer: &str, text: &str, why: NameFault) -> Fault {
    let code = match why {
        NameFault::Empty => "required",
        NameFault::TooLong => "too-long",
        NameFault::Characters | NameFault::Link => "invalid-name",
    };
    Fault::new(pointer, code, why.to_string()).with_value(text)
}

/// The fault of a language.
#[must_use]
pub fn locale_fault(text: &str) -> Fault {
    let detail = "There is no such language here. Use en or ru.";
    Fault::new("/locale", "unknown-locale", detail).with_value(text)
}

fn time_zone_fault(text: &str) -> Fault {
    let detail = "There is no such time zone. Use an IANA name such as Europe/Berlin.";
    Fault::new("/time_zone", "unknown-time-zone", detail).with_value(text)
}

/// Reads first and last name; an empty last name counts as none.
fn check_names(
    first: &str,
    last: Option<&str>,
    faults: &mut Vec<Fault>,
) -> (String, Option<String>) {
    let mut read = |pointer, text: &str| {
        names::parse_name(text)
            .map_err(|why| faults.push(name_fault(pointer, text, why)))
            .unwrap_or_default()
    };
    let first = read("/first_name", first);
    let last = last
        .filter(|last| !last.trim().is_empty())
        .map(|last| read("/last_name", last));
    // Two harmless names may make a link together: "evil" and ".com".
    let whole = crate::store::users::full_name(&first, last.as_deref());
    if faults.is_empty() && last.is_some() && names::contains_link(&whole) {
        faults.push(name_fault("/last_name", &whole, NameFault::Link));
    }
    (first, last)
}

/// Refuses a weak password (rule U7).
fn weak_password(app: &App, pointer: &str, password: &str, own_words: &[&str]) -> Option<Fault> {
    let mut words = own_words.to_vec();
    words.push(&app.rules.brand);
    let products: Vec<&str> = app
        .catalogue
        .products
        .iter()
        .map(|product| product.name.get("en"))
        .collect();
    words.extend(products);
    check_password(password, &words, app.rules.password_min_length)
        .err()
        .map(|why| Fault::new(pointer, "weak-password", why.reason()))
}

/// An address or login as typed at sign-in, in the form it is looked up by.
#[must_use]
pub fn canonical_login(typed: &str) -> String {
    EmailAddress::parse(typed).map_or_else(
        |_| names::cut(&typed.trim().to_lowercase(), 254),
        |email| email.canonical().to_owned(),
    )
}
