//! A client over a real HTTP/1.1 keep-alive connection.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longer than any response may take.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A client with one connection and a cookie.
pub struct SocketClient {
    address: String,
    pub cookie: String,
    stream: Option<TcpStream>,
}

/// The response.
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl SocketClient {
    pub fn new(address: &str, cookie: &str) -> Self {
        Self {
            address: address.to_owned(),
            cookie: cookie.to_owned(),
            stream: None,
        }
    }

    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.call("GET", path, &Value::Null)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> io::Result<Reply> {
        self.call("POST", path, body)
    }

    /// Calls the API; a null body is no body. An error is a connection without a whole response.
    pub fn call(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Reply> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let reply = self.exchange(method, &format!("/api/v1{path}"), &body);
        if reply.is_err() {
            self.stream = None;
        }
        let reply = reply?;
        if let Some(cookie) = reply.header("set-cookie") {
            let value = cookie.split(';').next().unwrap_or_default();
            value
                .trim_start_matches("convoke=")
                .clone_into(&mut self.cookie);
        }
        Ok(reply)
    }

    /// Sends the head of a request and waits until a handler asks for its body (RFC 9110 section 10.1.1).
    pub fn begin(&mut self, path: &str, body: &Value) {
        let length = body.to_string().len();
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        );
        let text = format!("{head}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
        let stream = self.connect().unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// Sends the body of the request that was begun.
    pub fn finish(&mut self, body: &Value) -> io::Result<Reply> {
        let stream = self.connect()?;
        stream.write_all(body.to_string().as_bytes())?;
        read(stream)
    }

    pub fn is_ready(&mut self) -> bool {
        self.status_of("/readyz") == 200
    }

    /// The status of a page outside of the API; 0 without a response.
    pub fn status_of(&mut self, path: &str) -> u16 {
        self.page(path).map_or(0, |reply| reply.status)
    }

    /// A page outside of the API.
    pub fn page(&mut self, path: &str) -> io::Result<Reply> {
        let reply = self.exchange("GET", path, "");
        if reply.is_err() {
            self.stream = None;
        }
        reply
    }

    /// Posts a form outside of the API.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Reply> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let stream = self.connect()?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let reply = read(stream);
        if reply.is_err() {
            self.stream = None;
        }
        reply
    }

    fn connect(&mut self) -> io::Result<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            self.stream = Some(stream);
        }
        Ok(self.stream.as_mut().unwrap())
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> io::Result<Reply> {
        let mut head = vec![
            format!("{method} {path} HTTP/1.1"),
            "host: localhost".to_owned(),
        ];
        if !self.cookie.is_empty() {
            head.push(format!("cookie: convoke={}", self.cookie));
        }
        if !body.is_empty() {
            head.push("content-type: application/json".to_owned());
        }
        head.push(format!("content-length: {}", body.len()));
        let request = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        let stream = self.connect()?;
        stream.write_all(request.as_bytes())?;
        read(stream)
    }
}

fn read(stream: &mut TcpStream) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut reply = Reply {
        status: head[9..12].parse().unwrap(),
        head,
        body: String::new(),
    };
    let length = match reply.header("content-length") {
        Some(length) => length.parse().unwrap(),
        None if reply.status == 204 => 0,
        None => panic!("no length in {}", reply.head),
    };
    while bytes.len() < end + 4 + length {
        more(stream, &mut bytes)?;
    }
    reply.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    Ok(reply)
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut part = [0; 16 * 1024];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes.extend_from_slice(&part[..count]);
                return Ok(());
            }
            // The end of another test's process interrupts whatever waits with a time limit.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Reply {
    /// A header's value by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// A parameter in the query of the address that it redirects to.
    #[track_caller]
    pub fn redirect_parameter(&self, name: &str) -> String {
        let location = self.header("location").unwrap_or_default();
        let (_, query) = location.split_once('?').unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let value = pairs.find(|(found, _)| found == name);
        let (_, value) = value.unwrap_or_else(|| panic!("no {name} in {location}"));
        value.into_owned()
    }

    /// The same response, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The same response, if it says that the database is away and when to try again.
    #[track_caller]
    pub fn unavailable(self) -> Self {
        let reply = self.expect(503);
        assert_eq!(reply.json()["code"], "unavailable");
        assert!(reply.header("retry-after").is_some(), "{}", reply.head);
        reply
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A text at a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let text = json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer} in {json}"))
            .to_owned()
    }
}
