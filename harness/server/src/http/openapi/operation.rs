//! One operation of the API: its handler and its description, side by side.

use crate::app::App;
use axum::routing::MethodRouter;
use gauntlet_validator::server::{Check, HANDSHAKE};
use gauntlet_wire::code::Code;
use gauntlet_wire::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The rules of a list of checks.
pub(in crate::http) fn rules<F, R>(checks: &[Check<F, R>]) -> impl Iterator<Item = Rule> {
    checks.iter().map(|check| check.rule)
}

/// A parameter of an operation: its name, what it is, and whether it has to be given.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) description: &'static str,
    pub(super) required: bool,
}

/// What a request carries.
pub(in crate::http) enum Body {
    /// JSON of that schema.
    Json(&'static str),
    /// A canonical CBOR document.
    Cbor(&'static str),
    /// Bytes as they are.
    Octets(&'static str),
}

/// What an answer carries.
pub(in crate::http) enum Answer {
    /// JSON of that schema.
    Json(&'static str),
    /// A canonical CBOR document.
    Cbor(&'static str),
    /// Bytes as they are.
    Octets(&'static str),
    /// Headers alone.
    Empty(&'static str),
}

/// What a success looks like.
pub(super) struct Success {
    pub(super) status: u16,
    pub(super) answer: Answer,
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// Anyone, without handshake or token.
    Open,
    /// A caller with a token, of any past version.
    Read,
    /// A caller with a token, of a version inside the window, who names a suite.
    Write,
}

/// One operation.
pub(in crate::http) struct Operation {
    pub(super) method: &'static str,
    pub(in crate::http) path: &'static str,
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(in crate::http) handler: MethodRouter<Arc<App>>,
    pub(super) gate: Gate,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) successes: Vec<Success>,
    /// Every refusal, by its status.
    pub(super) refusals: BTreeMap<u16, BTreeSet<Code>>,
}

impl Operation {
    /// An operation that is open to anyone. `name` is its id, in snake case.
    pub(in crate::http) fn new(
        method: &'static str,
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: MethodRouter<Arc<App>>,
    ) -> Self {
        let operation = Self {
            method,
            path,
            name,
            summary,
            handler,
            gate: Gate::Open,
            parameters: Vec::new(),
            body: None,
            successes: Vec::new(),
            refusals: BTreeMap::new(),
        };
        operation
            .fails(500, Code::Unexpected)
            .fails(500, Code::UploadStorageInconsistent)
    }

    /// It asks for handshake and token, as the extractor `Reader` does.
    pub(in crate::http) fn reads(self) -> Self {
        self.gated(Gate::Read)
    }

    /// It asks for handshake, suite and token, as the extractor `Writer` does.
    pub(in crate::http) fn writes(self) -> Self {
        self.gated(Gate::Write)
    }

    fn gated(self, gate: Gate) -> Self {
        let refused = rules(HANDSHAKE).chain([Rule::Authenticated]);
        Self {
            gate,
            ..self.refuses(refused)
        }
    }

    /// It has a header of its own.
    pub(in crate::http) fn header(
        mut self,
        name: &'static str,
        description: &'static str,
        required: bool,
    ) -> Self {
        self.parameters.push(Parameter {
            name,
            place: "header",
            description,
            required,
        });
        self
    }

    /// It takes a member of the query.
    pub(in crate::http) fn query(mut self, name: &'static str, description: &'static str) -> Self {
        self.parameters.push(Parameter {
            name,
            place: "query",
            description,
            required: false,
        });
        self
    }

    /// It takes a body, which may break off, take too long, be too long, and be of another type.
    pub(in crate::http) fn takes(mut self, body: Body) -> Self {
        self.refuse(400, Code::RequestMalformed);
        self.refuse(408, Code::RequestFailed);
        match &body {
            Body::Json(_) => {
                self.refuse(413, Code::RequestTooLarge);
                self.refuse(415, Code::RequestUnsupportedMediaType);
            }
            Body::Cbor(_) => self.refuse(413, Code::RequestTooLarge),
            Body::Octets(_) => {}
        }
        self.body = Some(body);
        self
    }

    /// A success.
    pub(in crate::http) fn answers(self, status: u16, answer: Answer) -> Self {
        self.answers_with(status, answer, &[])
    }

    /// A success with headers of its own.
    pub(in crate::http) fn answers_with(
        mut self,
        status: u16,
        answer: Answer,
        headers: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.successes.push(Success {
            status,
            answer,
            headers,
        });
        self
    }

    /// It refuses by these rules.
    pub(in crate::http) fn refuses(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        for rule in rules {
            self.refuse(rule.status(), rule.code());
        }
        self
    }

    /// It refuses for what is no rule of the contract.
    pub(in crate::http) fn fails(mut self, status: u16, code: Code) -> Self {
        self.refuse(status, code);
        self
    }

    fn refuse(&mut self, status: u16, code: Code) {
        self.refusals.entry(status).or_default().insert(code);
    }
}
