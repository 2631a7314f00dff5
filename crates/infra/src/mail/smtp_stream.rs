//! The connection to a mail server below the library: TLS, and replies that the library can read.
//!
//! The library fails on a reply without a text (RFC 5321 section 4.2 makes it optional), in another encoding than UTF-8, or longer
//! than a line may be. A "250" that is not read would send the same message again, and a "550" would never be final, so that
//! every line of a reply is made what the library reads.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

/// The longest text of a line that is kept, in bytes; lines are at most 512 long (RFC 5321 section 4.5.3.1.5).
const MAX_LINE: usize = 512;

/// How many lines a reply has at most.
const MAX_LINES: usize = 100;

/// What the server said at the beginning, as the library expects it where it was read before TLS.
const GREETING: &[u8] = b"220 ready\r\n";

/// A reply of the server (RFC 5321 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// The texts of its lines.
    pub lines: Vec<String>,
}

/// A connection to a mail server whose replies are readable.
pub(super) struct SmtpStream<S> {
    inner: S,
    peer: SocketAddr,
    /// The beginning of a line of which more is to come.
    line: Vec<u8>,
    /// What the library reads next.
    readable: Vec<u8>,
    /// How much of it the library has read.
    read: usize,
}

impl<S> SmtpStream<S> {
    pub(super) const fn new(inner: S, peer: SocketAddr) -> Self {
        Self {
            inner,
            peer,
            line: Vec::new(),
            readable: Vec::new(),
            read: 0,
        }
    }

    /// A connection whose greeting was read already.
    pub(super) fn greeted(inner: S, peer: SocketAddr) -> Self {
        Self {
            readable: GREETING.to_vec(),
            ..Self::new(inner, peer)
        }
    }

    /// Takes what was received, and makes its complete lines readable.
    fn receive(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.readable.extend(readable_line(&line).into_bytes());
                self.readable.extend(b"\r\n");
            } else if self.line.len() < MAX_LINE {
                self.line.push(*byte);
            }
        }
    }
}

/// A line of a reply as text; one that is a code alone has a blank after it.
fn readable_line(line: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
    // A character that the longest line has cut is more bytes as a replacement.
    text.truncate(text.floor_char_boundary(MAX_LINE));
    if text.len() == 3 {
        text.push(' ');
    }
    text
}

impl<S: AsyncRead + Unpin> AsyncRead for SmtpStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.read == this.readable.len() {
            this.readable.clear();
            this.read = 0;
            let mut bytes = [0; 1024];
            let mut received = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut received))?;
            if received.filled().is_empty() {
                // The end of the connection.
                return Poll::Ready(Ok(()));
            }
            this.receive(received.filled());
        }
        let rest = this.readable.get(this.read..).unwrap_or_default();
        let length = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..length).unwrap_or_default());
        this.read += length;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SmtpStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

impl<S> fmt::Debug for SmtpStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpStream")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for SmtpStream<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

/// Asks a server for TLS (RFC 3207) and returns the reply that ended the exchange: 220 when TLS follows, another one when
/// the server does not take the connection or offers no TLS.
///
/// # Errors
/// When the connection breaks, or what the server sends is no reply.
pub(super) async fn request_tls(stream: &mut TcpStream, hello: &str) -> io::Result<Reply> {
    let greeting = read_reply(stream).await?;
    if greeting.code != 220 {
        return Ok(greeting);
    }
    let command = format!("EHLO {hello}\r\n");
    stream.write_all(command.as_bytes()).await?;
    let extensions = read_reply(stream).await?;
    let offers_tls = extensions
        .lines
        .iter()
        .any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
    if extensions.code != 250 {
        return Ok(extensions);
    }
    if !offers_tls {
        return Err(io::Error::other("the server does not offer STARTTLS"));
    }
    stream.write_all(b"STARTTLS\r\n").await?;
    read_reply(stream).await
}

/// Reads one reply and no byte more: what follows belongs to TLS.
async fn read_reply(stream: &mut TcpStream) -> io::Result<Reply> {
    let mut lines = Vec::new();
    while lines.len() < MAX_LINES {
        let mut line = Vec::new();
        loop {
            match stream.read_u8().await? {
                b'\n' => break,
                byte if line.len() < MAX_LINE => line.push(byte),
                _ => {}
            }
        }
        let line = readable_line(&line);
        let code = line.get(..3).and_then(|code| code.parse().ok());
        let (Some(code), Some(separator)) = (code, line.get(3..4)) else {
            return Err(io::Error::other("the server does not speak SMTP"));
        };
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if separator != "-" {
            return Ok(Reply { code, lines });
        }
    }
    Err(io::Error::other("the server's reply does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 25);

    /// What the library reads of a server that sends this in pieces of so many bytes.
    async fn read(sent: &[u8], piece: usize) -> String {
        let (mut server, client) = tokio::io::duplex(piece);
        let sent = sent.to_vec();
        let server = tokio::spawn(async move { server.write_all(&sent).await });
        let mut text = String::new();
        let mut stream = SmtpStream::new(client, PEER);
        stream.read_to_string(&mut text).await.unwrap();
        server.await.unwrap().unwrap();
        text
    }

    #[tokio::test]
    async fn every_reply_becomes_one_that_the_library_reads() {
        for piece in [1, 7, 4096] {
            for (sent, expected) in [
                (b"250 ok\r\n".as_slice(), "250 ok\r\n"),
                (b"250\r\n", "250 \r\n"),
                (b"550\n", "550 \r\n"),
                (b"250-one\r\n250 two\r\n", "250-one\r\n250 two\r\n"),
                (b"550 n\xe3o\r\n", "550 n\u{fffd}o\r\n"),
                (b"550 \xd0\xbd\xd0\xb5\xd1\x82\r\n", "550 нет\r\n"),
                // A line that was not finished is none.
                (b"250 ok\r\n25", "250 ok\r\n"),
            ] {
                assert_eq!(read(sent, piece).await, expected);
            }
            let long = format!("550 {}\r\n221 bye\r\n", "я".repeat(20_000));
            let text = read(long.as_bytes(), piece).await;
            let (first, rest) = text.split_once("\r\n").unwrap();
            assert!(first.starts_with("550 яяя") && first.len() <= MAX_LINE);
            assert_eq!(rest, "221 bye\r\n");
        }
    }

    #[tokio::test]
    async fn a_reply_is_read_to_its_last_byte_and_no_further() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"220-hello\r\n220\r\nTLS").await.unwrap();
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let reply = read_reply(&mut stream).await.unwrap();
        assert_eq!(
            (reply.code, reply.lines.as_slice()),
            (220, ["hello".to_owned(), String::new()].as_slice())
        );
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "TLS");
        server.await.unwrap();
    }
}
