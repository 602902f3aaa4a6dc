//! Requests that are in flight at once, by last-byte synchronisation: each is written on a connection
//! of its own but for its last byte, and all last bytes are let go together. Until then a target can
//! answer none of them, so that no answer comes before all of them have arrived.

use crate::raw::{self, Duplex};
use crate::{Answer, Limits, TransportError};
use gauntlet_simulator::Request;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Requests that are held back by their last byte.
pub(crate) struct Held {
    connections: Vec<Connection>,
    limits: Limits,
}

/// A connection with a request on it that is whole but for its last byte.
struct Connection {
    stream: Box<dyn Duplex>,
    last: u8,
}

/// Requests whose last bytes are on their way.
pub(crate) struct Flight {
    running: JoinSet<Arrival>,
}

/// What came of the request at an index.
pub(crate) type Arrival = (usize, Result<Answer, TransportError>);

impl Held {
    /// Connects once for every request and writes it to `base` + its path, with `token` as bearer, but
    /// for its last byte.
    ///
    /// # Errors
    /// One connection that can't be made, or does not take its request, within the time for one call.
    pub(crate) async fn prepare(
        base: &str,
        token: &str,
        requests: &[Request],
        limits: Limits,
    ) -> Result<Self, TransportError> {
        let prepared = async {
            let mut connections = Vec::with_capacity(requests.len());
            for request in requests {
                connections.push(Connection::hold(base, token, request).await?);
            }
            Ok(connections)
        };
        let connections = tokio::time::timeout(limits.call, prepared)
            .await
            .unwrap_or(Err(TransportError::Timeout(limits.call)))?;
        Ok(Self {
            connections,
            limits,
        })
    }

    /// Lets all last bytes go. Returns once every one of them may be written, whatever is answered.
    pub(crate) async fn release(self) -> Flight {
        let gate = Arc::new(Barrier::new(self.connections.len().saturating_add(1)));
        let mut running = JoinSet::new();
        for (index, connection) in self.connections.into_iter().enumerate() {
            let (gate, limits) = (Arc::clone(&gate), self.limits);
            running.spawn(async move {
                gate.wait().await;
                let answered = tokio::time::timeout(limits.call, connection.finish(limits.body));
                let late = Err(TransportError::Timeout(limits.call));
                (index, answered.await.unwrap_or(late))
            });
        }
        gate.wait().await;
        Flight { running }
    }
}

impl Flight {
    /// What comes first; `None` where nothing is on its way any more.
    pub(crate) async fn next(&mut self) -> Option<Arrival> {
        loop {
            match self.running.join_next().await? {
                Ok(arrival) => return Some(arrival),
                // A task that panicked has no index to report: what it sent stays without an answer.
                Err(_) => continue,
            }
        }
    }

    /// Everything that is still to come, in the order of the requests.
    pub(crate) async fn rest(mut self) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while let Some(arrival) = self.next().await {
            arrivals.push(arrival);
        }
        arrivals.sort_by_key(|(index, _)| *index);
        arrivals
    }
}

impl Connection {
    async fn hold(base: &str, token: &str, request: &Request) -> Result<Self, TransportError> {
        let bytes = raw::bytes(base, token, request)?;
        let Some((last, rest)) = bytes.split_last() else {
            return Err(TransportError::Malformed("an empty request".to_owned()));
        };
        let mut stream = raw::open(base).await?;
        let written = async {
            stream.write_all(rest).await?;
            stream.flush().await
        };
        written
            .await
            .map_err(|error| TransportError::Reset(error.to_string()))?;
        Ok(Self {
            stream,
            last: *last,
        })
    }

    async fn finish(mut self, max_body: usize) -> Result<Answer, TransportError> {
        // A target may have answered and closed already: then the answer is what counts.
        let _written = async {
            self.stream.write_all(&[self.last]).await?;
            self.stream.flush().await
        }
        .await;
        raw::final_answer(&mut self.stream, max_body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_simulator::Method;
    use std::time::Duration;
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    const COPIES: usize = 8;
    const LIMITS: Limits = Limits {
        call: Duration::from_secs(5),
        body: 1024,
    };

    /// Requests of which the first is longer than what any socket holds.
    fn requests() -> Vec<Request> {
        let sized = |length| {
            Request::new(Method::Post, "/upload").with_body("text/plain", vec![b'x'; length])
        };
        let mut requests = vec![sized(10); COPIES];
        requests[0] = sized(16 << 20);
        requests
    }

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        (listener, base)
    }

    /// Reads as much as is there by now.
    async fn drained(stream: &mut TcpStream) -> Vec<u8> {
        let mut read = Vec::new();
        let reading = async { while stream.read_buf(&mut read).await.unwrap() > 0 {} };
        let silent = tokio::time::timeout(Duration::from_millis(200), reading).await;
        assert!(silent.is_err(), "the connection ended");
        read
    }

    async fn answer(stream: &mut TcpStream, body: &str) {
        let length = body.len();
        let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// A request is whole at its target once its body is.
    fn is_whole(read: &[u8], body: usize) -> bool {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n");
        head.is_some_and(|end| read.len() == end + 4 + body)
    }

    #[tokio::test]
    async fn no_request_is_whole_before_all_of_them_are_there() {
        let (listener, base) = listen().await;
        let whole = raw::bytes(&base, "token", &requests()[0]).unwrap();
        let preparing = tokio::spawn(async move {
            Held::prepare(&base, "token", &requests(), LIMITS)
                .await
                .map(|held| held.connections.len())
        });
        // As long as one request can't be written, no other one becomes whole.
        let (mut large, _) = listener.accept().await.unwrap();
        let other = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
        assert!(other.is_err() && !preparing.is_finished());
        let mut sink = vec![0; 1 << 20];
        let reading = tokio::spawn(async move {
            let mut read = 0;
            loop {
                let more = large.read(&mut sink).await.unwrap();
                read += more;
                if more == 0 {
                    return read;
                }
            }
        });
        assert_eq!(preparing.await.unwrap().unwrap(), COPIES);
        // They were dropped without being released: the last byte never came.
        assert_eq!(reading.await.unwrap(), whole.len() - 1);
    }

    #[tokio::test]
    async fn every_request_is_in_flight_before_any_answer() {
        let (listener, base) = listen().await;
        let serving = tokio::spawn(async move {
            let mut streams = Vec::new();
            for _ in 0..COPIES {
                streams.push(listener.accept().await.unwrap().0);
            }
            let mut seen = Vec::new();
            for stream in &mut streams {
                let read = drained(stream).await;
                assert!(!is_whole(&read, 10) && is_whole(&read, 9), "{read:?}");
                seen.push(read);
            }
            (streams, seen)
        });
        let small = vec![requests()[1].clone(); COPIES];
        let held = Held::prepare(&base, "token", &small, LIMITS).await.unwrap();
        let (mut streams, seen) = serving.await.unwrap();
        let flight = held.release().await;
        // Nothing is answered until the last byte of every one has come.
        for (stream, mut read) in streams.iter_mut().zip(seen) {
            stream.read_buf(&mut read).await.unwrap();
            assert!(is_whole(&read, 10));
        }
        for (index, stream) in streams.iter_mut().enumerate().rev() {
            answer(stream, &index.to_string()).await;
        }
        let arrivals = flight.rest().await;
        for (place, (index, arrival)) in arrivals.iter().enumerate() {
            assert_eq!(place, *index);
            assert_eq!(arrival.as_ref().unwrap().body, place.to_string().as_bytes());
        }
        assert_eq!(arrivals.len(), COPIES);
    }

    #[tokio::test]
    async fn a_connection_that_ends_leaves_the_others_alone() {
        let (listener, base) = listen().await;
        let serving = tokio::spawn(async move {
            let (first, _) = listener.accept().await.unwrap();
            let (mut second, _) = listener.accept().await.unwrap();
            drop(first);
            let mut read = Vec::new();
            while !is_whole(&read, 10) {
                second.read_buf(&mut read).await.unwrap();
            }
            answer(&mut second, "here").await;
        });
        let two = vec![requests()[1].clone(); 2];
        let held = Held::prepare(&base, "token", &two, LIMITS).await.unwrap();
        let arrivals = held.release().await.rest().await;
        assert!(arrivals[0].1.is_err());
        assert_eq!(arrivals[1].1.as_ref().unwrap().body, b"here");
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_target_that_can_not_be_reached_is_an_error_at_once() {
        let (listener, base) = listen().await;
        drop(listener);
        let held = Held::prepare(&base, "token", &requests(), LIMITS).await;
        assert!(matches!(
            held.map(|_| ()),
            Err(TransportError::Unreachable(..))
        ));
    }
}
