//! A relay before an honest server that lies about some of its answers.

use gauntlet_arena::{Answer, HttpTransport, Limits};
use gauntlet_simulator::{Method, Request};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Where an exchange stands in its world. The attack is the first refused chunk; the next world opens
/// albums of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    Attack,
    After,
}

/// What was asked, by whom and when.
pub(crate) struct Asked {
    pub(crate) request: Request,
    /// `phone`, `laptop`, `tablet`, `fresh` or `bystander`; empty for credentials that no one listed.
    pub(crate) actor: &'static str,
    pub(crate) moment: Moment,
}

impl Asked {
    /// Whether this is what is asked; a path ends where its query, or the next part, begins.
    pub(crate) fn is(&self, method: Method, path: &str) -> bool {
        let rest = self.request.path.strip_prefix(path);
        self.request.method == method
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    pub(crate) fn is_attack(&self) -> bool {
        self.moment == Moment::Attack
    }

    pub(crate) fn is_after(&self) -> bool {
        self.moment == Moment::After
    }

    /// Whether the feed is read from its beginning.
    pub(crate) fn is_first_page(&self) -> bool {
        self.request.path == "/v1/sync"
    }

    /// Whether the feed is read.
    pub(crate) fn is_feed(&self) -> bool {
        self.is(Method::Get, "/v1/sync")
    }
}

/// How much of an answer is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// All of it, after a pause.
    Whole(Duration),
    /// So many bytes of head and body, then the connection is closed.
    Cut(usize),
    /// Nothing, with the connection open.
    Hung,
}

/// What is answered: the truth, until a lie alters it.
pub(crate) struct Told {
    pub(crate) answer: Answer,
    pub(crate) ending: Ending,
}

impl Told {
    /// Another status, without a body.
    pub(crate) fn say(&mut self, status: u16) {
        self.answer.status = status;
        self.answer.body.clear();
    }

    /// Another value of a header; none removes it.
    pub(crate) fn header(&mut self, name: &str, value: Option<&str>) {
        let headers = &mut self.answer.headers;
        headers.retain(|(given, _)| given != name);
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Another body; what is not JSON stays as it is.
    pub(crate) fn json(&mut self, edit: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = self.answer.json::<Value>() {
            edit(&mut body);
            self.answer.body = body.to_string().into_bytes();
        }
    }

    /// The entries of a page of the feed.
    pub(crate) fn entries(&mut self, edit: impl FnOnce(&mut Vec<Value>)) {
        self.json(|page| {
            if let Some(entries) = page.get_mut("entries").and_then(Value::as_array_mut) {
                edit(entries);
            }
        });
    }
}

/// Alters answers; it hears of every exchange, in order.
pub(crate) type Lie = Box<dyn FnMut(&Asked, &mut Told) + Send>;

/// What a liar stands before.
pub(crate) struct Before {
    /// Scheme and authority of the honest server.
    pub(crate) upstream: String,
    /// Access tokens and whose they are.
    pub(crate) actors: Vec<(String, &'static str)>,
    /// Paths that are answered with `{}` and never passed on.
    pub(crate) withheld: &'static [&'static str],
    /// Whether a body in chunked coding is answered with 411 and never passed on.
    pub(crate) asks_for_lengths: bool,
}

/// Starts a liar and says where it is reached.
pub(crate) async fn liar(before: Before, lie: Lie) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let relay = Arc::new(Relay {
        before,
        transport: HttpTransport::new(Limits::default()).unwrap(),
        lie: Mutex::new((Moment::Before, lie)),
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&relay)));
        }
    });
    format!("http://{address}")
}

struct Relay {
    before: Before,
    transport: HttpTransport,
    lie: Mutex<(Moment, Lie)>,
}

impl Relay {
    async fn answer(&self, request: Request) -> Option<Told> {
        let withheld = self.before.withheld.contains(&request.path.as_str());
        let chunked = request.header_value("transfer-encoding").is_some();
        let answer = if chunked && self.before.asks_for_lengths {
            Answer {
                status: 411,
                headers: Vec::new(),
                body: Vec::new(),
            }
        } else if withheld {
            Answer {
                status: 200,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: b"{}".to_vec(),
            }
        } else {
            let upstream = &self.before.upstream;
            let mut passed = request.clone();
            passed.remove_header("transfer-encoding");
            self.transport.send(upstream, None, &passed).await.ok()?
        };
        let mut told = Told {
            answer,
            ending: Ending::Whole(Duration::ZERO),
        };
        let mut lie = self.lie.lock().unwrap();
        let (moment, lie) = &mut *lie;
        let refused = request.method == Method::Patch && !told.answer.is_success();
        *moment = match *moment {
            Moment::Before if refused => Moment::Attack,
            Moment::Before => Moment::Before,
            Moment::Attack | Moment::After if request.path == "/v1/albums" => Moment::Before,
            Moment::Attack | Moment::After => Moment::After,
        };
        let asked = Asked {
            actor: self.actor(&request),
            moment: *moment,
            request,
        };
        lie(&asked, &mut told);
        Some(told)
    }

    fn actor(&self, request: &Request) -> &'static str {
        let given = request.header_value("authorization").unwrap_or_default();
        let mut actors = self.before.actors.iter();
        actors
            .find(|(token, _)| given.strip_prefix("Bearer ") == Some(token))
            .map_or("", |(_, actor)| actor)
    }
}

/// Answers the requests of one connection, one after the other.
async fn serve(stream: TcpStream, relay: Arc<Relay>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = heard(&mut stream).await {
        let method = request.method;
        let Some(told) = relay.answer(request).await else {
            return;
        };
        let bytes = written(method, &told.answer);
        match told.ending {
            Ending::Whole(pause) => {
                tokio::time::sleep(pause).await;
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Ending::Cut(length) => {
                let _gone = stream.write_all(&bytes[..length.min(bytes.len())]).await;
                return;
            }
            Ending::Hung => tokio::time::sleep(Duration::from_secs(60)).await,
        }
    }
}

/// One request; none where the connection ends.
async fn heard(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut asked = lines.first()?.split(' ');
    let method = match asked.next()? {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => panic!("the liar was asked to {other}"),
    };
    let mut request = Request::new(method, asked.next()?);
    let headers = lines.iter().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    });
    request.headers = headers.collect();
    if request.header_value("transfer-encoding").is_some() {
        request.body = unchunked(stream).await?;
    } else {
        let length = request.header_value("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).await.ok()?;
    }
    // The relay's own connection has others.
    let framing = ["host", "content-length", "connection"];
    request
        .headers
        .retain(|(name, _)| !framing.contains(&name.as_str()));
    Some(request)
}

/// A body in chunked coding (RFC 9112 §7.1), without trailers.
async fn unchunked(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let mut piece = vec![0; length + 2];
        stream.read_exact(&mut piece).await.ok()?;
        piece.truncate(length);
        body.extend(piece);
        if length == 0 {
            return Some(body);
        }
    }
}

fn written(method: Method, answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Told\r\n", answer.status);
    let framing = ["content-length", "connection", "transfer-encoding"];
    for (name, value) in &answer.headers {
        if !framing.contains(&name.as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let bodiless = method == Method::Head || matches!(answer.status, 204 | 304);
    if bodiless {
        head.push_str("\r\n");
        return head.into_bytes();
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
    [head.as_bytes(), &answer.body].concat()
}
