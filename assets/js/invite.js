// Inviting: addresses as chips over the same text field.
