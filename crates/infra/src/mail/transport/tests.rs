//! Against a scripted mail server on this machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::super::tests::outgoing;
use super::*;
use convoke_core::model::email::DeliveryError;
use convoke_core::model::invitation::DeliveryReason;
use convoke_core::secret::Secret;

/// What the server replies to each command; `None` ends the connection instead.
type Script = fn(connection: usize, command: &str) -> Option<&'static str>;

/// A mail server that follows a script and records what it receives.
struct Scripted {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
    _thread: JoinHandle<()>,
}

impl Scripted {
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&received);
        let thread = std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(&stream.unwrap(), number, script, &seen));
            }
        });
        Self {
            port,
            received,
            _thread: thread,
        }
    }

    fn transport(&self) -> Transport {
        transport(&format!("smtp://127.0.0.1:{}", self.port))
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

fn serve(
    stream: &TcpStream,
    number: usize,
    script: Script,
    received: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut writer = stream;
    let mut reply = |command: &str| {
        let Some(line) = script(number, command) else {
            stream.shutdown(Shutdown::Both).ok()?;
            return None;
        };
        // In one piece, which nothing holds back.
        writer.write_all(format!("{line}\r\n").as_bytes()).ok()
    };
    reply("connect")?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        received.lock().unwrap().push(line.clone());
        reply(&line)?;
        if line == "DATA" && script(number, "DATA").is_some_and(|line| line.starts_with('3')) {
            let message: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
            received.lock().unwrap().push(message.join("\n"));
            reply(".")?;
        }
    }
    Some(())
}

/// A server that accepts everything.
#[expect(clippy::unnecessary_wraps, reason = "scripts can end the connection")]
fn willing(_: usize, command: &str) -> Option<&'static str> {
    Some(match command {
        "connect" => "220 mail.example.com",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 fine",
    })
}

const FROM: &str = "Accounts <accounts@northwind.example>";

fn transport(url: &str) -> Transport {
    let url = Secret::new(url.to_owned());
    Transport::new(Some(&url), FROM, 8).unwrap()
}

#[tokio::test]
async fn accepted_mail_is_sent() {
    let server = Scripted::start(willing);
    let delivery = server.transport().send(outgoing("1")).await;
    assert!(matches!(delivery, DeliveryOutcome::Sent), "{delivery:?}");
    let received = server.received();
    assert_eq!(
        received[..4],
        [
            "EHLO northwind.example",
            "MAIL FROM:<accounts@northwind.example>",
            "RCPT TO:<Fay@contoso.example>",
            "DATA"
        ]
    );
    assert!(received[4].contains("Message-ID: <1@accounts.example.com>"));
}

#[tokio::test]
async fn connections_are_reused() {
    let server = Scripted::start(willing);
    let transport = server.transport();
    for id in ["1", "2", "3"] {
        assert!(matches!(
            transport.send(outgoing(id)).await,
            DeliveryOutcome::Sent
        ));
    }
    let greetings = server
        .received()
        .iter()
        .filter(|line| line.starts_with("EHLO"))
        .count();
    assert_eq!(greetings, 1);
}

#[tokio::test]
async fn closed_pooled_connections_are_replaced() {
    let server = Scripted::start(|number, command| match (number, command) {
        (0, "NOOP") => None,
        _ => willing(number, command),
    });
    let transport = server.transport();
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Sent
    ));
    assert!(matches!(
        transport.send(outgoing("2")).await,
        DeliveryOutcome::Sent
    ));
    assert!(
        server
            .received()
            .iter()
            .any(|line| line.contains("<2@accounts.example.com>"))
    );
}

#[tokio::test]
async fn a_rejected_recipient_is_final_and_has_the_reply_of_the_server() {
    let server = Scripted::start(|number, command| match command {
        "RCPT TO:<Fay@contoso.example>" => {
            Some("550-5.1.1 No such\r\n550 5.1.1 mail\u{202e}box\u{200b}\there")
        }
        _ => willing(number, command),
    });
    let delivery = server.transport().send(outgoing("1")).await;
    let DeliveryOutcome::Rejected(detail) = delivery else {
        panic!("{delivery:?}")
    };
    assert!(
        detail.text().starts_with("550 5.1.1 No such") && detail.text().ends_with("mailbox here"),
        "{detail:?}"
    );
}

#[tokio::test]
async fn long_replies_are_truncated() {
    let server = Scripted::start(|number, command| match command {
        "." => Some(concat!(
            "554 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        )),
        _ => willing(number, command),
    });
    let delivery = server.transport().send(outgoing("1")).await;
    let DeliveryOutcome::Rejected(detail) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(detail.text().chars().count(), 300);
}

#[tokio::test]
async fn a_temporary_error_is_retried() {
    let server = Scripted::start(|number, command| match command {
        "RCPT TO:<Fay@contoso.example>" => Some("451 4.7.1 Come back later"),
        _ => willing(number, command),
    });
    let delivery = server.transport().send(outgoing("1")).await;
    let DeliveryOutcome::Deferred(detail) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(detail, DeliveryError::reply("451 4.7.1 Come back later"));
}

#[tokio::test]
async fn a_connection_lost_after_the_message_is_retried() {
    let server = Scripted::start(|number, command| match command {
        "." => None,
        _ => willing(number, command),
    });
    let delivery = server.transport().send(outgoing("1")).await;
    assert!(
        matches!(delivery, DeliveryOutcome::Deferred(_)),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn a_message_after_a_rejected_one_is_delivered() {
    let server = Scripted::start(|number, command| match (number, command) {
        (0, "DATA") => Some("554 no"),
        _ => willing(number, command),
    });
    let transport = server.transport();
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Rejected(_)
    ));
    assert!(matches!(
        transport.send(outgoing("2")).await,
        DeliveryOutcome::Sent
    ));
}

#[tokio::test]
async fn errors_of_this_installation_are_retried() {
    let scripts: [Script; 4] = [
        |number, command| {
            if command == "connect" {
                Some("554 no mail from you")
            } else {
                willing(number, command)
            }
        },
        |number, command| {
            if command.starts_with("EHLO") {
                Some("550 who are you")
            } else {
                willing(number, command)
            }
        },
        |number, command| {
            if command.starts_with("MAIL") {
                Some("553 not your sender")
            } else {
                willing(number, command)
            }
        },
        |number, command| {
            if command.starts_with("RCPT") {
                Some("530 sign in first")
            } else {
                willing(number, command)
            }
        },
    ];
    for (index, script) in scripts.into_iter().enumerate() {
        let server = Scripted::start(script);
        let delivery = server.transport().send(outgoing("1")).await;
        assert!(
            matches!(delivery, DeliveryOutcome::Deferred(_)),
            "{index}: {delivery:?}"
        );
    }
}

#[tokio::test]
async fn credentials_are_decoded_and_rejected_authentication_is_retried() {
    let server = Scripted::start(|number, command| match command {
        "EHLO northwind.example" => Some("250-mail.example.com\r\n250 AUTH PLAIN"),
        // "\0a@x\0p:w" in base64.
        "AUTH PLAIN AGFAeABwOnc=" if number == 0 => Some("235 welcome"),
        line if line.starts_with("AUTH") => Some("535 5.7.8 wrong"),
        _ => willing(number, command),
    });
    let url = format!("smtp://a%40x:p%3Aw@127.0.0.1:{}", server.port);
    assert!(matches!(
        transport(&url).send(outgoing("1")).await,
        DeliveryOutcome::Sent
    ));
    let delivery = transport(&url).send(outgoing("2")).await;
    let DeliveryOutcome::Deferred(detail) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(detail, DeliveryError::reply("535 5.7.8 wrong"));
}

#[tokio::test]
async fn nothing_is_sent_without_the_required_tls() {
    let server = Scripted::start(willing);
    let transport = transport(&format!(
        "smtp://a:b@127.0.0.1:{}?starttls=required",
        server.port
    ));
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Deferred(_)
    ));
    assert!(transport.check().await.is_err());
    assert!(
        server
            .received()
            .iter()
            .all(|line| line.starts_with("EHLO")),
        "{:?}",
        server.received()
    );
}

/// The same transport with less patience.
fn impatient(transport: Transport) -> Transport {
    let Transport::Smtp(mut server) = transport else {
        unreachable!()
    };
    server.connect_timeout = Duration::from_millis(100);
    server.send_timeout = Duration::from_millis(300);
    Transport::Smtp(server)
}

#[tokio::test]
async fn a_server_without_replies_times_out() {
    // Accepted by the kernel, never replied to.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let delivery = impatient(transport(&url)).send(outgoing("1")).await;
    let DeliveryOutcome::Deferred(detail) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(detail.reason, DeliveryReason::Timeout);
}

#[tokio::test]
async fn a_connection_that_timed_out_is_not_reused() {
    let server = Scripted::start(|number, command| match (number, command) {
        (0, ".") => {
            std::thread::park();
            None
        }
        _ => willing(number, command),
    });
    let transport = impatient(server.transport());
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Deferred(_)
    ));
    assert!(matches!(
        transport.send(outgoing("2")).await,
        DeliveryOutcome::Sent
    ));
    let greetings = server
        .received()
        .iter()
        .filter(|line| line.starts_with("EHLO"))
        .count();
    assert_eq!(greetings, 2);
}

#[tokio::test]
async fn no_server_means_a_deferred_mail_and_a_failed_check() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let transport = transport(&format!("smtp://127.0.0.1:{free}"));
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Deferred(_)
    ));
    let error = transport.check().await.unwrap_err();
    assert!(
        error.starts_with(&format!("127.0.0.1 port {free}: ")),
        "{error}"
    );
}

#[tokio::test]
async fn check_finds_a_working_server() {
    let server = Scripted::start(willing);
    assert_eq!(server.transport().check().await, Ok(()));
    assert!(server.received().contains(&"NOOP".to_owned()));
}

#[tokio::test]
async fn many_mails_at_once_take_eight_connections_at_most() {
    let server = Scripted::start(willing);
    let transport = Arc::new(server.transport());
    let sends: Vec<_> = (0..40)
        .map(|number| {
            let transport = Arc::clone(&transport);
            tokio::spawn(async move { transport.send(outgoing(&number.to_string())).await })
        })
        .collect();
    for send in sends {
        assert!(matches!(send.await.unwrap(), DeliveryOutcome::Sent));
    }
    let greetings = server
        .received()
        .iter()
        .filter(|line| line.starts_with("EHLO"))
        .count();
    assert!((1..=8).contains(&greetings), "{greetings}");
}

#[tokio::test]
async fn the_configured_number_of_connections_is_the_most() {
    let server = Scripted::start(willing);
    let url = Secret::new(format!("smtp://127.0.0.1:{}", server.port));
    let transport = Arc::new(Transport::new(Some(&url), FROM, 1).unwrap());
    let sends: Vec<_> = (0..20)
        .map(|number| {
            let transport = Arc::clone(&transport);
            tokio::spawn(async move { transport.send(outgoing(&number.to_string())).await })
        })
        .collect();
    for send in sends {
        assert!(matches!(send.await.unwrap(), DeliveryOutcome::Sent));
    }
    let greetings = server
        .received()
        .iter()
        .filter(|line| line.starts_with("EHLO"))
        .count();
    assert_eq!(greetings, 1);
}

#[tokio::test]
async fn a_server_that_takes_no_connection_throttles_every_mail() {
    let server = Scripted::start(|_, command| {
        (command == "connect").then_some("421 4.3.2 Too many connections")
    });
    let transport = server.transport();
    for id in ["1", "2"] {
        let delivery = transport.send(outgoing(id)).await;
        let DeliveryOutcome::Throttled(error, wait) = delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!(error.reason, DeliveryReason::ServerBusy);
        assert_eq!(error.text(), "421 4.3.2 Too many connections");
        assert!(wait <= Duration::from_secs(5), "{wait:?}");
    }
}

#[tokio::test]
async fn a_message_whose_connection_ends_is_sent_on_another_one() {
    let server = Scripted::start(|number, command| match (number, command) {
        (0, "RCPT TO:<Fay@contoso.example>") => Some("421 4.4.2 Closing connection"),
        _ => willing(number, command),
    });
    let delivery = server.transport().send(outgoing("1")).await;
    assert!(matches!(delivery, DeliveryOutcome::Sent), "{delivery:?}");
}

#[tokio::test]
async fn a_message_that_ends_every_connection_stops_no_other() {
    let server = Scripted::start(|number, command| match command {
        "RCPT TO:<Fay@contoso.example>" if number < 2 => Some("421 4.7.0 Not this one"),
        _ => willing(number, command),
    });
    let transport = server.transport();
    let delivery = transport.send(outgoing("1")).await;
    assert!(
        matches!(delivery, DeliveryOutcome::Deferred(_)),
        "{delivery:?}"
    );
    let delivery = transport.send(outgoing("2")).await;
    assert!(matches!(delivery, DeliveryOutcome::Sent), "{delivery:?}");
}

#[tokio::test]
async fn without_a_server_mail_goes_to_the_mailbox() {
    let transport = Transport::new(None, FROM, 8).unwrap();
    assert!(matches!(
        transport.send(outgoing("1")).await,
        DeliveryOutcome::Sent
    ));
    assert_eq!(transport.check().await, Ok(()));
    assert_eq!(transport.mailbox().unwrap().list().len(), 1);
}

#[test]
fn errors_of_the_configuration_name_their_key() {
    let url = Secret::new("smtp://".to_owned());
    let error = Transport::new(Some(&url), FROM, 8).unwrap_err();
    assert!(error.starts_with("mail.smtp_url: "), "{error}");
}

/// A server for one connection with a certificate for `localhost`, that replies with codes alone after TLS has begun; with
/// STARTTLS it begins in the clear. Returns its port and how clients trust it.
async fn tls_server(
    is_implicit: bool,
) -> (u16, TlsConnector, tokio::task::JoinHandle<Vec<String>>) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let acceptor = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        if !is_implicit {
            stream.write_all(b"220\r\n").await.unwrap();
            let mut lines = tokio::io::BufReader::new(&mut stream).lines();
            received.push(lines.next_line().await.unwrap().unwrap());
            lines
                .get_mut()
                .get_mut()
                .write_all(b"250-hi\r\n250 STARTTLS\r\n")
                .await
                .unwrap();
            received.push(lines.next_line().await.unwrap().unwrap());
            lines
                .get_mut()
                .get_mut()
                .write_all(b"220\r\n")
                .await
                .unwrap();
        }
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(acceptor));
        let stream = acceptor.accept(stream).await.unwrap();
        let (reader, mut writer) = tokio::io::split(stream);
        if is_implicit {
            writer.write_all(b"220\r\n").await.unwrap();
        }
        let mut lines = tokio::io::BufReader::new(reader).lines();
        let mut is_message = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let reply: &[u8] = match line.as_str() {
                "." => {
                    is_message = false;
                    b"250\r\n"
                }
                _ if is_message => continue,
                "DATA" => {
                    is_message = true;
                    b"354\r\n"
                }
                "QUIT" => b"221\r\n",
                _ if line.starts_with("EHLO") => b"250 localhost\r\n",
                _ => b"250\r\n",
            };
            received.push(line);
            writer.write_all(reply).await.unwrap();
            if received.last().is_some_and(|line| line == ".") {
                break;
            }
        }
        received
    });
    (port, TlsConnector::from(Arc::new(client)), served)
}

#[tokio::test]
async fn mail_is_sent_over_tls_to_a_server_that_replies_with_codes_alone() {
    for (is_implicit, url) in [
        (true, "smtps://localhost:{}"),
        (false, "smtp://localhost:{}?starttls=required"),
    ] {
        let (port, trusting, received) = tls_server(is_implicit).await;
        let url = url.replace("{}", &port.to_string());
        let Transport::Smtp(mut server) = transport(&url) else {
            unreachable!()
        };
        server.trust(trusting);
        let delivery = Transport::Smtp(server).send(outgoing("1")).await;
        assert!(
            matches!(delivery, DeliveryOutcome::Sent),
            "{url}: {delivery:?}"
        );
        let received = received.await.unwrap();
        let before_tls = if is_implicit { 0 } else { 2 };
        assert_eq!(
            received[..before_tls],
            ["EHLO northwind.example", "STARTTLS"][..before_tls]
        );
        assert_eq!(received[before_tls], "EHLO northwind.example");
        assert_eq!(received.last().unwrap(), ".");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_ends_the_connection() {
    let (port, _, served) = tls_server(true).await;
    let delivery = transport(&format!("smtps://localhost:{port}"))
        .send(outgoing("1"))
        .await;
    let DeliveryOutcome::Deferred(error) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(error.reason, DeliveryReason::Connection);
    assert!(served.await.is_err());
}
