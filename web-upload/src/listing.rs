//! What an address says of a list: which rows, in which order, and where the page begins.

use serde::Deserialize;
use signer::paging::{Cursor, Part};

/// Rows of one page.
pub(crate) const ROWS: usize = 50;

/// The part of an address after `?`. What nothing answers to is as if it were not there.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listing {
    #[serde(default)]
    q: String,
    #[serde(default)]
    pub(crate) show: String,
    #[serde(default)]
    pub(crate) sort: String,
    #[serde(default)]
    after: String,
}

impl Listing {
    /// What is looked for.
    pub(crate) fn query(&self) -> &str {
        self.q.trim()
    }

    /// Whether this is the beginning of the list.
    pub(crate) fn is_first(&self) -> bool {
        self.after.is_empty()
    }

    pub(crate) fn part(&self) -> Part {
        Part { after: self.after.parse().ok(), rows: ROWS }
    }

    /// The address of the page that begins there, relative to this one.
    pub(crate) fn link(&self, next: &Cursor) -> String {
        address(&[
            ("q", self.query()),
            ("show", &self.show),
            ("sort", &self.sort),
            ("after", &next.to_string()),
        ])
    }

    /// The address of the list where something else is shown and the same is looked for, relative to this one. Empty where that is all.
    pub(crate) fn shows(&self, show: &str) -> String {
        address(&[("q", self.query()), ("show", show)])
    }
}

fn address(values: &[(&str, &str)]) -> String {
    let said = values.iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = said.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) }
}

/// For an address: RFC 3986, all but the unreserved characters.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_of_the_same_list() {
        let listing = Listing {
            q: " a&b=c é ".to_owned(),
            show: "expired".to_owned(),
            sort: String::new(),
            after: "zz".to_owned(),
        };
        assert_eq!(listing.part().after, None, "what no list has made is where it begins");
        let next: Cursor = "6161".parse().unwrap();
        assert_eq!(listing.link(&next), "?q=a%26b%3Dc%20%C3%A9&show=expired&after=6161");
        assert_eq!(listing.shows("blocked"), "?q=a%26b%3Dc%20%C3%A9&show=blocked");
        assert_eq!(Listing::default().shows(""), "");
    }
}
