//! Rows as structs whose columns stand once.

/// Defines the struct of a row with the expression of each column, its reader, and a macro with the list of columns for
/// statements: `concat!("select ", name!(), " from …")`.
macro_rules! row {
    (
        $(#[$doc:meta])*
        pub struct $name:ident as $columns:ident {
            $(#[$first_doc:meta])*
            pub $first:ident: $first_type:ty = $first_column:literal,
            $($(#[$field_doc:meta])* pub $field:ident: $type:ty = $column:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $(#[$first_doc])*
            pub $first: $first_type,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Reads the next columns of a row.
            pub(crate) fn read(row: &mut $crate::engine::Row<'_>) -> Result<Self, $crate::Error> {
                Ok(Self {
                    $first: row.get()?,
                    $($field: row.get()?,)*
                })
            }
        }

        macro_rules! $columns {
            () => {
                concat!($first_column, $(", ", $column),*)
            };
        }
    };
}
pub(crate) use row;
