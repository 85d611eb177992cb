//! Gets a file of a data set from the Hugging Face hub, as its own tools do: into their cache, once.

use std::{env, path::PathBuf};

use hf_hub::{
    Repo, RepoType,
    api::sync::{ApiBuilder, ApiError},
};

/// Why a file of the hub is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// Neither `HF_HOME` nor a home folder says where the hub's cache is.
    #[error("no folder for the hub's cache: set HF_HOME")]
    NoCache,
    /// The hub did not give it.
    #[error(
        "cannot get {file} of the data set {repo}: {message}; check both names and the network (HF_ENDPOINT names another hub), log in \
         with `hf auth login` if the data set asks for it, or download the file by hand and give its path"
    )]
    #[non_exhaustive]
    Download {
        /// The data set.
        repo: String,
        /// The file.
        file: String,
        /// What went wrong.
        message: String,
    },
}

/// Gets a file of a data set (`OWNER/NAME`): from the hub's cache (`$HF_HOME`, else `~/.cache/huggingface`), else from the hub
/// (`$HF_ENDPOINT`, else huggingface.co). Blocks; tells no progress.
///
/// # Errors
/// When the hub cannot be reached or has no such file, and what to do.
pub fn download(repo: &str, file: &str) -> Result<PathBuf, HubError> {
    if env::var_os("HF_HOME").is_none() && env::home_dir().is_none() {
        return Err(HubError::NoCache);
    }
    download_with(ApiBuilder::from_env(), repo, file)
}

/// How often a broken transfer is taken up again.
const RETRIES: usize = 3;

fn download_with(hub: ApiBuilder, repo: &str, file: &str) -> Result<PathBuf, HubError> {
    let get = || -> Result<PathBuf, ApiError> {
        let hub = hub.with_progress(false).with_retries(RETRIES).build()?;
        hub.repo(Repo::new(repo.to_owned(), RepoType::Dataset)).get(file)
    };
    get().map_err(|e| HubError::Download { repo: repo.to_owned(), file: file.to_owned(), message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
    };

    use super::*;

    fn hub(cache: &std::path::Path, endpoint: String) -> ApiBuilder {
        ApiBuilder::new().with_cache_dir(cache.to_owned()).with_token(None).with_endpoint(endpoint)
    }

    #[test]
    fn what_cannot_be_reached_is_said_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        // A port that was free a moment ago: nobody listens.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let hub = hub(folder.path(), format!("http://127.0.0.1:{port}"));
        let error = download_with(hub, "owner/pairs", "data/test.parquet").unwrap_err().to_string();
        assert!(error.starts_with("cannot get data/test.parquet of the data set owner/pairs: "), "{error}");
        assert!(error.contains("download the file by hand"), "{error}");
    }

    /// Answers as the hub does, to `requests` requests; gives their first lines.
    fn serve(listener: &TcpListener, requests: usize, status: &str, content: &str) -> Vec<String> {
        let mut asked = Vec::new();
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let head: Vec<String> =
                BufReader::new(&stream).lines().map(Result::unwrap).take_while(|l| !l.is_empty()).collect();
            let probe = head.iter().any(|line| line.eq_ignore_ascii_case("range: bytes=0-0"));
            let body = if probe { content.get(..1).unwrap() } else { content };
            let last = content.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nx-repo-commit: c0ffee\r\netag: \"e7a6\"\r\ncontent-range: bytes 0-0/{last}\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            asked.push(head[0].clone());
        }
        asked
    }

    #[test]
    fn a_file_is_downloaded_once() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || serve(&listener, 2, "200 OK", "rows"));
        let path = download_with(hub(folder.path(), endpoint.clone()), "owner/pairs", "data/test.parquet").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "rows");
        let asked = server.join().unwrap();
        assert!(asked[0].starts_with("GET /datasets/owner/pairs/resolve/main/data/test.parquet"), "{asked:?}");
        // The server is gone.
        assert_eq!(download_with(hub(folder.path(), endpoint), "owner/pairs", "data/test.parquet").unwrap(), path);
    }

    #[test]
    fn a_file_that_the_hub_does_not_have_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || serve(&listener, 1, "404 Not Found", "none"));
        let error = download_with(hub(folder.path(), endpoint), "owner/pairs", "x").unwrap_err().to_string();
        assert!(error.contains("404"), "{error}");
        drop(server.join());
    }
}
