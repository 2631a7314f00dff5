//! A fake SMTP server with configurable replies (a subset of RFC 5321).

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::free_port;

/// What happens to one message.
#[derive(Clone, Debug)]
pub enum SmtpReply {
    /// Accepted.
    Accepted,
    /// A temporary error.
    Deferred,
    /// A permanent error with this text.
    Rejected(&'static str),
    /// These bytes as a line.
    Line(&'static [u8]),
    /// Accepted, but the connection closes before the reply.
    ReplyLost,
    /// The connection closes before the message.
    Disconnected,
}

/// A message that the server received.
#[derive(Clone, Debug)]
pub struct ReceivedMessage {
    pub to: String,
    pub message_id: String,
    /// All of it, with its base64 parts decoded.
    pub text: String,
    /// Whether the sender got the reply.
    pub answered: bool,
}

type SelectReply = Box<dyn FnMut(&str) -> SmtpReply + Send>;

/// The mail server; it closes with the test.
pub struct FakeSmtpServer {
    port: u16,
    shared: Arc<Shared>,
}

/// Where a connection above the limit is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectAt {
    /// Instead of the greeting.
    Greeting,
    /// At the first command of a message.
    Mail,
}

struct Shared {
    open: AtomicBool,
    /// The most connections, and where a further one is rejected.
    limit: Mutex<(usize, RejectAt)>,
    connections: AtomicUsize,
    rejected: AtomicUsize,
    select: Mutex<SelectReply>,
    received: Mutex<Vec<ReceivedMessage>>,
}

impl FakeSmtpServer {
    /// A server that accepts everything.
    pub fn new() -> Self {
        Self::replying(|_| SmtpReply::Accepted)
    }

    /// A server where `select` returns the reply by recipient.
    pub fn replying(select: impl FnMut(&str) -> SmtpReply + Send + 'static) -> Self {
        let smtp = Self {
            port: free_port(),
            shared: Arc::new(Shared {
                open: AtomicBool::new(false),
                limit: Mutex::new((usize::MAX, RejectAt::Greeting)),
                connections: AtomicUsize::new(0),
                rejected: AtomicUsize::new(0),
                select: Mutex::new(Box::new(select)),
                received: Mutex::default(),
            }),
        };
        smtp.open();
        smtp
    }

    /// Rejects connections above this number with 421.
    pub fn limit_connections(&self, most: usize, at: RejectAt) {
        *self.shared.limit.lock().unwrap() = (most, at);
    }

    /// How many connections were rejected.
    pub fn rejected(&self) -> usize {
        self.shared.rejected.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Listens again.
    pub fn open(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        self.shared.open.store(true, Ordering::SeqCst);
        let shared = self.shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if !shared.open.load(Ordering::SeqCst) {
                    return;
                }
                let shared = shared.clone();
                thread::spawn(move || {
                    let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                    let (most, at) = *shared.limit.lock().unwrap();
                    let rejects = (number >= most).then_some(at);
                    drop(shared.serve(&stream, rejects));
                    shared.connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }

    /// Stops: new connections are rejected, and open ones end at their next command.
    pub fn close(&self) {
        self.shared.open.store(false, Ordering::SeqCst);
        // The listener blocks until it accepts one more connection.
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            thread::yield_now();
        }
    }

    /// All messages received so far.
    pub fn received(&self) -> Vec<ReceivedMessage> {
        self.shared.received.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.received.lock().unwrap().len()
    }

    /// The newest message to an address.
    pub fn newest_to(&self, email: &str) -> Option<ReceivedMessage> {
        let received = self.shared.received.lock().unwrap();
        received.iter().rev().find(|mail| mail.to == email).cloned()
    }
}

impl Drop for FakeSmtpServer {
    fn drop(&mut self) {
        if self.shared.open.load(Ordering::SeqCst) {
            self.close();
        }
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream, rejects: Option<RejectAt>) -> io::Result<()> {
        const TOO_MANY: &[u8] = b"421 4.7.0 Too many connections from your host\r\n";
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?).split(b'\n');
        let mut writer = stream;
        if rejects == Some(RejectAt::Greeting) {
            self.rejected.fetch_add(1, Ordering::SeqCst);
            writer.write_all(TOO_MANY)?;
            return stream.shutdown(Shutdown::Both);
        }
        writer.write_all(b"220 sink\r\n")?;
        let mut to = String::new();
        while let Some(line) = lines.next() {
            if !self.open.load(Ordering::SeqCst) {
                return stream.shutdown(Shutdown::Both);
            }
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => writer.write_all(b"250-sink\r\n250 8BITMIME\r\n")?,
                "MAIL" if rejects == Some(RejectAt::Mail) => {
                    self.rejected.fetch_add(1, Ordering::SeqCst);
                    writer.write_all(TOO_MANY)?;
                    return stream.shutdown(Shutdown::Both);
                }
                "RCPT" => {
                    let from = line.find('<').map_or(0, |at| at + 1);
                    line[from..line.rfind('>').unwrap_or(line.len())].clone_into(&mut to);
                    writer.write_all(b"250 ok\r\n")?;
                }
                "DATA" => {
                    writer.write_all(b"354 go ahead\r\n")?;
                    let message = message(&mut lines)?;
                    if !self.select(&to, &message, writer)? {
                        return stream.shutdown(Shutdown::Both);
                    }
                }
                "QUIT" => return writer.write_all(b"221 bye\r\n"),
                _ => writer.write_all(b"250 ok\r\n")?,
            }
        }
        Ok(())
    }

    /// Replies to one message; returns whether the connection stays open.
    fn select(&self, to: &str, message: &str, mut writer: &TcpStream) -> io::Result<bool> {
        let fate = (self.select.lock().unwrap())(to);
        match fate {
            SmtpReply::Accepted => {
                // Stored before the reply: a sender that is killed in between sends it again.
                self.store(to, message, true);
                writer.write_all(b"250 taken\r\n")?;
            }
            SmtpReply::Deferred => writer.write_all(b"451 4.3.0 Not now\r\n")?,
            SmtpReply::Rejected(reason) => {
                writer.write_all(format!("550 {reason}\r\n").as_bytes())?;
            }
            SmtpReply::Line(line) => {
                writer.write_all(line)?;
                writer.write_all(b"\r\n")?;
            }
            SmtpReply::ReplyLost => {
                self.store(to, message, false);
                return Ok(false);
            }
            SmtpReply::Disconnected => return Ok(false),
        }
        Ok(true)
    }

    fn store(&self, to: &str, message: &str, answered: bool) {
        let text = decoded(message);
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        self.received.lock().unwrap().push(ReceivedMessage {
            to: to.to_owned(),
            message_id: id.unwrap().to_owned(),
            text,
            answered,
        });
    }
}

fn message(lines: &mut impl Iterator<Item = io::Result<Vec<u8>>>) -> io::Result<String> {
    let mut text = String::new();
    for line in lines {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if line.trim_end() == "." {
            return Ok(text);
        }
        text += line.trim_end();
        text += "\n";
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// The message with its base64 parts (RFC 2045 section 6.8) decoded.
fn decoded(message: &str) -> String {
    let (mut plain, mut part) = (String::new(), String::new());
    let (mut is_base64, mut is_body) = (false, false);
    for line in message.lines() {
        if is_body && !line.starts_with("--") {
            part += line;
            continue;
        }
        if is_body {
            let bytes = STANDARD.decode(&part).unwrap();
            plain += &String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
            plain.push('\n');
            (part, is_base64) = (String::new(), false);
        }
        is_base64 |= line == "Content-Transfer-Encoding: base64";
        is_body = is_base64 && line.is_empty();
        plain += line;
        plain.push('\n');
    }
    plain
}
