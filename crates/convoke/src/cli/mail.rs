//! `convoke mail`: addresses that want no invitations by mail.

use super::{DONE, FAILED, app_with_data, database_error_line, print_error, print_line, runtime};
use convoke_app::config::Config;
use convoke_core::email_address::EmailAddress;
use convoke_domain::{Error, invitations};

/// Allows invitations by mail to an address again; an address that was not stopped is no error.
pub(super) fn unsuppress(config: Config, address: &str) -> u8 {
    run(config, address).unwrap_or_else(|code| code)
}

fn run(config: Config, address: &str) -> Result<u8, u8> {
    let Ok(email) = EmailAddress::parse(address) else {
        print_error(&format!("{address}: this is not an email address"));
        return Err(FAILED);
    };
    let app = app_with_data(config)?;
    let wanted = email.clone();
    let result = runtime()?.block_on(app.write(move |tx| invitations::unsuppress(tx, &wanted)));
    let text = match result {
        Ok(true) => format!(
            "Invitations by mail to {} are allowed again.",
            email.as_str()
        ),
        Ok(false) => format!(
            "Invitations by mail to {} were not stopped; nothing was changed.",
            email.as_str()
        ),
        Err(Error::Database(error)) => {
            print_error(&database_error_line(&error));
            return Err(FAILED);
        }
        Err(error) => {
            print_error(&format!("nothing was changed: {error:?}"));
            return Err(FAILED);
        }
    };
    print_line(&text);
    Ok(DONE)
}
