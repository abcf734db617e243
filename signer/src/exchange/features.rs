//! A vendor's extra facts, as people type them and as licenses carry them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use license_format::{Token, limits, payload::FeatureValue};

/// Extra facts of a grant. As text: a line `NAME=VALUE` for each, in the order of the names. `true` and `false` are flags, digits are a
/// number, all else is a text; so a text of digits cannot be said, and what was typed reads as what it looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features(BTreeMap<Token, FeatureValue>);

/// Why a text is no list of features: the sentence names the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FeaturesError(String);

impl Features {
    /// As a license carries them.
    pub fn facts(&self) -> &BTreeMap<Token, FeatureValue> {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Features {
    type Err = FeaturesError;

    fn from_str(text: &str) -> Result<Features, FeaturesError> {
        let mut facts = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once('=').unwrap_or((line, "true"));
            let says = |what: &dyn fmt::Display| {
                let line: String = line.chars().take(60).collect();
                FeaturesError(format!("{line:?}: {what}"))
            };
            let name: Token = name.trim().parse().map_err(|error| says(&error))?;
            let value = value_of(value.trim()).map_err(|error| says(&error))?;
            if facts.insert(name, value).is_some() {
                return Err(says(&"this feature is there twice"));
            }
        }
        if facts.len() > limits::FEATURES {
            return Err(FeaturesError(format!("a grant has at most {} features", limits::FEATURES)));
        }
        Ok(Features(facts))
    }
}

fn value_of(text: &str) -> Result<FeatureValue, license_format::TextError> {
    Ok(match text {
        "true" => FeatureValue::Flag(true),
        "false" => FeatureValue::Flag(false),
        _ => match text.parse().ok().filter(|number: &u64| *number <= limits::INTEGER) {
            // What would not be written so again (`007`, `+7`) is a text.
            Some(number) if number.to_string() == text => FeatureValue::Number(number),
            _ => FeatureValue::Text(text.parse()?),
        },
    })
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.0.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            match value {
                FeatureValue::Flag(flag) => write!(f, "{end}{name}={flag}")?,
                FeatureValue::Number(value) => write!(f, "{end}{name}={value}")?,
                FeatureValue::Text(text) => write!(f, "{end}{name}={text}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_as_what_they_look_like_and_are_written_so_again() {
        let features: Features =
            "support = gold \n\n sso\ntrial-days=30\nold=false\nserial=007".parse().unwrap();
        assert_eq!(features.to_string(), "old=false\nsso=true\nserial=007\nsupport=gold\ntrial-days=30");
        assert_eq!(features.to_string().parse(), Ok(features.clone()));
        let value = |name: &str| features.facts()[&name.parse::<Token>().unwrap()].clone();
        assert_eq!(value("sso"), FeatureValue::Flag(true));
        assert_eq!(value("trial-days"), FeatureValue::Number(30));
        assert_eq!(value("serial"), FeatureValue::Text("007".parse().unwrap()));
    }

    #[test]
    fn what_no_license_could_carry_is_refused_with_its_line() {
        for (text, says) in [
            ("SSO=true", "\"SSO=true\": a name must be 1 to 64 of a-z, 0-9, dot, underscore and hyphen"),
            ("sso\nsso=false", "\"sso=false\": this feature is there twice"),
            (
                "sso=",
                "\"sso=\": a text must be 1 to 200 bytes without control characters, space at its ends, or what looks like armour",
            ),
        ] {
            assert_eq!(text.parse::<Features>().unwrap_err().to_string(), says);
        }
        let many: String = (0..65).map(|number| format!("f{number}\n")).collect();
        assert_eq!(many.parse::<Features>().unwrap_err().to_string(), "a grant has at most 64 features");
    }
}
