//! What a target file says of accounts, tried before anything is attacked.

use super::cast::Setting;
use crate::binding::World;
use crate::{Answer, Stop};
use gauntlet_simulator::{Method, Profile, Request};
use gauntlet_wire::code::Code;
use gauntlet_wire::header;

/// Asks for the feed with every access token of accounts that exist already: those that are refused are
/// named at once, and not by one attack after the other.
///
/// # Errors
/// [`Stop::Misconfigured`] where a token is refused, [`Stop::Error`] without an answer.
pub(super) async fn refused_tokens(
    world: &mut dyn World,
    setting: &Setting<'_>,
) -> Result<(), Stop> {
    if world.lasting_identity().is_none() {
        return Ok(());
    }
    let accounts = world.provision(&[("author", 1), ("bystander", 1)]).await?;
    let mut refused = Vec::new();
    for account in &accounts {
        for (index, token) in account.access_tokens.iter().enumerate() {
            let named = format!("token {} of {}", index + 1, account.name);
            let line = setting.line(&named, token)?;
            let request = Request::new(Method::Get, "/sync")
                .header(header::PROTOCOL, Profile::B.protocol.to_string());
            let answer = line.send(&request).await?;
            if answer.status == 401 {
                refused.push(format!("{named} ({})", answer.summary()));
            }
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Stop::Misconfigured(format!(
        "access-tokens of the target file are refused: {}",
        refused.join(", ")
    )))
}

/// What of the target file explains that a first, canonical directory was refused. `lasting` says that its
/// accounts exist already, `routed` that another route of the API is where the file says.
pub(super) fn misconfigured(answer: &Answer, lasting: bool, routed: bool) -> Option<&'static str> {
    let code = answer.code();
    let is = |of: Code| code.as_deref() == Some(of.as_str());
    match answer.status {
        404 | 405 if !routed => {
            Some("there is no such route: does the API start at base-url + path-prefix?")
        }
        401 if lasting => Some("is this one of the account's access-tokens?"),
        _ if lasting && is(Code::DirectoryIdentityMismatch) => Some(
            "the account was set up with another identity key: take the salt of that time, or another \
             account",
        ),
        _ if lasting && is(Code::DirectoryMalformed) => {
            Some("is user-id the account that the access-tokens are of?")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_target_file_says_is_called_a_mistake_in_it() {
        let answer = |status: u16, code: &str| Answer {
            status,
            headers: Vec::new(),
            body: format!(
                r#"{{"type":"about:blank","title":"t","status":{status},"code":"{code}"}}"#
            )
            .into_bytes(),
        };
        let mismatch = Code::DirectoryIdentityMismatch.as_str();
        let malformed = Code::DirectoryMalformed.as_str();
        let not_found = answer(404, "error.request.not_found");
        assert_eq!(misconfigured(&not_found, true, true), None);
        for (status, code, lasting, named) in [
            (404, "error.request.not_found", true, Some("path-prefix")),
            (
                405,
                "error.request.method_not_allowed",
                false,
                Some("path-prefix"),
            ),
            (
                401,
                "error.request.unauthenticated",
                true,
                Some("access-tokens"),
            ),
            (401, "error.request.unauthenticated", false, None),
            (403, mismatch, true, Some("salt")),
            (403, mismatch, false, None),
            (400, malformed, true, Some("user-id")),
            (400, malformed, false, None),
            (403, "error.request.forbidden", true, None),
            (500, "error.unexpected", true, None),
        ] {
            let said = misconfigured(&answer(status, code), lasting, false);
            assert_eq!(said.is_some(), named.is_some(), "{status} {code} {lasting}");
            assert!(
                said.is_none_or(|said| said.contains(named.unwrap())),
                "{said:?}"
            );
        }
    }
}
