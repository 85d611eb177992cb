//! A served model for the examples: the one that TOOLRM_SERVER names, else a stand-in on loopback, so that they run offline.
//!
//! The stand-in speaks as much of OpenAI's API as is asked for here, and is no model. Asked for candidates it gives the recorded
//! answers of `data/answers.jsonl`. Asked for a verdict it counts the words and numbers of a response that the user's last message
//! does not have: the fewer the better, and the first of two that are equal, as models too like what comes first.

use std::{collections::HashSet, io};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// The address of a server and the name of its model: `URL#MODEL` from TOOLRM_SERVER, else those of the stand-in, which lives as
/// long as the tokio runtime.
pub async fn served() -> io::Result<(String, String)> {
    if let Ok(server) = std::env::var("TOOLRM_SERVER") {
        let (url, model) =
            server.rsplit_once('#').ok_or_else(|| io::Error::other("TOOLRM_SERVER should be URL#MODEL"))?;
        return Ok((url.to_owned(), model.to_owned()));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(reply(socket));
        }
    });
    Ok((url, "stand-in".to_owned()))
}

/// Reads one request and answers it.
async fn reply(socket: TcpStream) -> io::Result<()> {
    let mut socket = BufReader::new(socket);
    let (mut asked, mut length) = (String::new(), 0);
    socket.read_line(&mut asked).await?;
    loop {
        let mut header = String::new();
        if socket.read_line(&mut header).await? <= 2 {
            break;
        }
        if let Some(("content-length", value)) = header.to_lowercase().split_once(':') {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await?;
    let (status, body) = if asked.starts_with("GET /v1/models") {
        ("200 OK", json!({"data": [{"id": "stand-in", "owned_by": "toolrm's examples"}]}))
    } else if asked.starts_with("POST /v1/chat/completions") {
        ("200 OK", complete(&serde_json::from_slice(&body)?)?)
    } else {
        ("404 Not Found", json!({}))
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    socket.write_all((head + &body).as_bytes()).await
}

/// A chat completion: one answer for each of `n`.
fn complete(request: &Value) -> io::Result<Value> {
    let prompt = request.pointer("/messages/1/content").and_then(Value::as_str).unwrap_or_default();
    let answers: Vec<String> = if request.get("tools").is_some() {
        let recorded = std::fs::read_to_string(crate::data("answers.jsonl"))?;
        recorded.lines().map(serde_json::from_str).collect::<Result<_, _>>()?
    } else {
        vec![verdict(prompt)]
    };
    let n = request.get("n").and_then(Value::as_u64).unwrap_or(1);
    let choice = |(index, text): (u64, String)| json!({"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"});
    Ok(json!({"choices": (0..n).zip(answers).map(choice).collect::<Vec<_>>()}))
}

/// What the stand-in says of the responses in a judge's prompt.
fn verdict(prompt: &str) -> String {
    let words =
        |text: &str| -> HashSet<String> { text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect() };
    let said = block(prompt, "conversation_").lines().rfind(|line| line.contains(r#""role":"user""#)).map(words);
    let new = |name: &str| words(block(prompt, name)).difference(&said.clone().unwrap_or_default()).count();
    let says = |count: usize| format!("{count} words are not in the user's last message");
    if prompt.contains("<choice>") {
        let (first, second) = (new("response_1_"), new("response_2_"));
        let choice = if second < first { 2 } else { 1 };
        format!(
            "<evaluation>\nOf 1, {}; of 2, {}.\n</evaluation>\n<choice>{choice}</choice>",
            says(first),
            says(second)
        )
    } else {
        let new = new("response_");
        let rating = 5_usize.saturating_sub(new / 4).max(1);
        format!("<evaluation>\n{}.\n</evaluation>\n<rating>{rating}</rating>", says(new))
    }
}

/// What stands between `<NAMECODE>` and `</NAMECODE>`.
fn block<'a>(prompt: &'a str, name: &str) -> &'a str {
    let inside = prompt.split_once(&format!("<{name}")).and_then(|(_, rest)| rest.split_once('>'));
    inside.and_then(|(_, rest)| rest.split_once(&format!("</{name}"))).map_or("", |(block, _)| block)
}
