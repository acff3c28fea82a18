//! Words the record stores for what is an enumeration in the program.

use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::Type;

/// Declares an enumeration that is stored as words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Returns the word the record and its readers have for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(word: &str) -> Result<Self, $crate::UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::UnknownWord(other.into())),
                }
            }
        }
    };
}
pub(crate) use words;

/// A word the record does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a word of the record")]
pub struct UnknownWord(pub String);

/// Reads a word from a column.
pub(crate) fn word<T>(row: &Row<'_>, index: usize) -> Result<T, rusqlite::Error>
where
    T: FromStr<Err = UnknownWord>,
{
    row.get_ref(index)?
        .as_str()?
        .parse()
        .map_err(|error| mangled(index, error))
}

/// A column holds what this program never writes.
pub(crate) fn mangled(
    index: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}
