//! Where a store is. A password may be in the address, for the driver alone: nothing here shows it, not even for debugging.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use url::Url;

/// What may follow the `?` of a PostgreSQL address: what the driver understands of libpq's connection parameters. It would otherwise log
/// what it does not know, and the value of a mistyped `password` with it.
const PARAMETERS: [&str; 11] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    PASSWORD,
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "options",
];

/// The one of them that is never shown.
const PASSWORD: &str = "password";

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// SQLite, in this file.
    Sqlite(PathBuf),
    /// PostgreSQL, on this server.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Url);

/// Why a text is not the address of a PostgreSQL database. It never repeats the text, which may have a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL, or one of something else.
    #[error("the database's address must be a URL that begins with postgres:// or postgresql://")]
    Form,
    /// It has a parameter that would have no effect.
    #[error("the database's address has a parameter other than {}", PARAMETERS.join(", "))]
    Parameter,
    /// A password comes beside it, and there is one in it.
    #[error("the database's password is given twice, in its address and beside it")]
    TwoPasswords,
}

impl AddressError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "store-address"
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            AddressError::Form => {
                "Give an address such as postgres://waybill@db.example/waybill; in a password, write / ? # @ and % as %2F %3F %23 %40 and %25."
            }
            AddressError::Parameter => {
                "Leave it away, or check its spelling; a password is better kept in a file."
            }
            AddressError::TwoPasswords => "Take it out of the address.",
        }
    }
}

impl StoreAddress {
    /// As the driver takes it. It holds the password, so it is for nobody else.
    pub(super) fn for_driver(&self) -> String {
        match self {
            StoreAddress::Sqlite(path) => sqlite_url(path),
            StoreAddress::Postgres(PostgresUrl(url)) => url.to_string(),
        }
    }
}

impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreAddress::Sqlite(path) => path.display().fmt(f),
            StoreAddress::Postgres(url) => url.fmt(f),
        }
    }
}

impl PostgresUrl {
    /// The same database, with a password that was kept elsewhere. Refuses an address that has one: which of them is meant?
    pub fn with_password(self, password: &str) -> Result<PostgresUrl, AddressError> {
        let PostgresUrl(mut url) = self;
        if url.password().is_some() || url.query_pairs().any(|(name, _)| name == PASSWORD) {
            return Err(AddressError::TwoPasswords);
        }
        // Behind the `?`, because an address without a host has no place for it before the `@`.
        url.query_pairs_mut().append_pair(PASSWORD, password);
        Ok(PostgresUrl(url))
    }
}

impl FromStr for PostgresUrl {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<PostgresUrl, AddressError> {
        let url: Url = text.trim().parse().map_err(|_| AddressError::Form)?;
        // A `#` is an unescaped character of a password, most likely; what stands before it would be taken for the server.
        if !["postgres", "postgresql"].contains(&url.scheme())
            || url.cannot_be_a_base()
            || url.fragment().is_some()
        {
            return Err(AddressError::Form);
        }
        let known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
        match url.query_pairs().all(|(name, _)| known(&name)) {
            true => Ok(PostgresUrl(url)),
            false => Err(AddressError::Parameter),
        }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        let shown: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != PASSWORD)
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        url.set_query(None);
        if !shown.is_empty() {
            url.query_pairs_mut().extend_pairs(shown);
        }
        // An address without a host has no password before the `@` either.
        let _ = url.set_password(None);
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

/// The address of an SQLite store in a file, whatever characters its path has.
fn sqlite_url(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let mut url = "sqlite:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match plain(*byte) {
            true => url.push(char::from(*byte)),
            false => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<PostgresUrl>().map_or_else(|error| error.to_string(), |url| url.to_string())
    }

    #[test]
    fn is_shown_without_its_password() {
        for (text, expected) in [
            ("postgres://waybill:s3cret@db.example:5433/w", "postgres://waybill@db.example:5433/w"),
            (
                " postgresql://waybill:s3cret@db.example/w?sslmode=verify-full\n",
                "postgresql://waybill@db.example/w?sslmode=verify-full",
            ),
            (
                "postgres:///w?host=/run/postgresql&password=s3cret&user=w",
                "postgres:///w?host=%2Frun%2Fpostgresql&user=w",
            ),
            ("postgres://db.example/w?password=s3cret", "postgres://db.example/w"),
            ("postgres://u:s3%2Fcret@db.example/w", "postgres://u@db.example/w"),
        ] {
            assert_eq!(shown(text), expected);
            let address = StoreAddress::Postgres(text.parse().expect("an address"));
            assert_eq!(address.to_string(), expected);
            assert!(!format!("{address:?}").contains("cret"), "{address:?}");
            assert!(address.for_driver().contains("cret"), "the driver is told");
        }
    }

    #[test]
    fn other_texts_are_refused_without_being_repeated() {
        for text in [
            "",
            "waybill.db",
            "sqlite:s3cret.db",
            "mysql://u:s3cret@localhost/x",
            "postgres:s3cret",
            "postgres://u:s3cret/x@localhost/w",
            "postgres://u:1#s3cret@localhost/w",
            "postgres://u:1?s3cret@localhost/w",
            "postgres://localhost/w?passwd=s3cret",
            "postgres://localhost/w?SSLMODE=s3cret",
        ] {
            let error = text.parse::<PostgresUrl>().expect_err(text);
            assert_eq!(error.code(), "store-address");
            assert!(!format!("{error}{error:?}{}", error.next_step()).contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_password_beside_it_is_the_only_one() {
        let url: PostgresUrl = "postgres:///w?host=/run/postgresql".parse().expect("an address");
        let with = url.with_password("p@ss/w?rd&+ #%ü").expect("taken");
        assert_eq!(with.to_string(), "postgres:///w?host=%2Frun%2Fpostgresql");
        let told =
            with.0.query_pairs().find(|(name, _)| name == PASSWORD).map(|(_, value)| value.into_owned());
        assert_eq!(told.as_deref(), Some("p@ss/w?rd&+ #%ü"));
        assert_eq!(with.with_password("x"), Err(AddressError::TwoPasswords));
        let url: PostgresUrl = "postgres://u:p@localhost/w".parse().expect("an address");
        assert_eq!(url.with_password("x"), Err(AddressError::TwoPasswords));
    }
}
