//! What a target answered.

use gauntlet_wire::problem::Problem;
use serde::de::DeserializeOwned;

/// One header, name in lowercase.
pub type Header = (String, String);

/// One HTTP answer, read whole and bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in order; names are lowercase.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the request was accepted.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON of a shape.
    ///
    /// # Errors
    /// What was expected and where the body departs from it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The error code, where the body is a problem that states one.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        self.json::<Problem>().ok().map(|problem| problem.code)
    }

    /// The server's clock as `Date` says, to the second.
    #[must_use]
    pub fn date(&self) -> Option<jiff::Timestamp> {
        let date = self.header("date")?;
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .ok()
    }

    /// `409 error.upload.offset_mismatch`, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.code() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_is_read_as_http_writes_it() {
        let headers = vec![(
            "date".to_owned(),
            "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
        )];
        let answer = Answer {
            status: 200,
            headers,
            body: Vec::new(),
        };
        assert_eq!(answer.date().unwrap().to_string(), "1994-11-06T08:49:37Z");
    }
}
