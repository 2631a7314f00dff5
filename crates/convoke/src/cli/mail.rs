//! `convoke mail`: addresses that want no invitations by mail.

use super::error::{CommandError, CommandResult};
use super::{app_with_data, print_line, runtime};
use convoke_app::config::Config;
use convoke_core::email_address::EmailAddress;
use convoke_domain::invitations;

/// Allows invitations by mail to an address again; an address that was not stopped is no error.
pub(super) fn unsuppress(config: Config, address: &str) -> CommandResult {
    let email = EmailAddress::parse(address)
        .map_err(|_| format!("{address}: this is not an email address"))?;
    let app = app_with_data(config)?;
    let wanted = email.clone();
    let was_stopped = runtime()?
        .block_on(app.write(move |tx| invitations::unsuppress(tx, &wanted)))
        .map_err(|error| CommandError::from_operation("nothing was changed", error))?;
    let email = email.as_str();
    print_line(&if was_stopped {
        format!("Invitations by mail to {email} are allowed again.")
    } else {
        format!("Invitations by mail to {email} were not stopped; nothing was changed.")
    });
    Ok(())
}
