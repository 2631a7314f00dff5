-- Why an invitation was not sent is stored as a code, and shown in the reader's language.
update invitations set delivery_detail = 'suppressed'
    where delivery_detail = 'This person asked not to get invitations by mail. Copy the link and hand it over.';
