//! Identities of rows: a UUID of version 7 (RFC 9562) as text, one type for each table, so that one cannot stand for another.

/// A text that is not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 36 characters such as 0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11")]
pub struct IdError;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new one from the time and random bytes.
            pub(crate) fn new(
                now: license_format::Timestamp,
                entropy: &mut dyn $crate::entropy::Entropy,
            ) -> Self {
                let random = $crate::entropy::draw(entropy);
                Self(uuid::Builder::from_unix_timestamp_millis(now.seconds() * 1000, &random).into_uuid().to_string())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // One spelling only: other forms of the same UUID would not be found in the store.
                match uuid::Uuid::try_parse(text) {
                    Ok(id) if id.to_string() == text => Ok(Self(text.to_owned())),
                    _ => Err($crate::ids::IdError),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::IdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id_type! {
    /// An account: a customer.
    AccountId
}
id_type! {
    /// A person who signs in.
    UserId
}
id_type! {
    /// An API token.
    TokenId
}
id_type! {
    /// What a customer bought.
    SubscriptionId
}
id_type! {
    /// A license key.
    LicenseKeyId
}
id_type! {
    /// A record: all that follows from one `init`, in its store and in the witness outside of it.
    RecordId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_uuids_of_version_7_in_the_order_of_their_time() {
        let at = |seconds| license_format::Timestamp::from_seconds(seconds).expect("an instant");
        let mut zeros = |out: &mut [u8]| out.fill(0);
        let mut ones = |out: &mut [u8]| out.fill(0xff);
        let first = AccountId::new(at(1_795_305_600), &mut ones);
        let second = AccountId::new(at(1_795_305_601), &mut zeros);
        assert_eq!(second.as_str(), "01a2008d-77e8-7000-8000-000000000000");
        assert!(first < second);
        assert_eq!(first.as_str().parse(), Ok(first));
    }

    #[test]
    fn have_one_spelling() {
        let text = "01a1fe3f-7be8-7000-8000-000000000000";
        assert!(text.parse::<AccountId>().is_ok());
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!(" {text}"),
            String::new(),
        ] {
            assert_eq!(other.parse::<AccountId>(), Err(IdError), "{other:?}");
        }
    }
}
