//! Models by name from the Hugging Face hub, into the cache its own tools use.

use std::{
    env,
    path::{Path, PathBuf},
};

use hf_hub::{
    Repo, RepoType,
    api::sync::{ApiBuilder, ApiError},
};

use crate::error::LoadError;

/// How often a broken transfer is taken up again.
const RETRIES: usize = 3;

/// Gets the files of a model, `OWNER/NAME` or `OWNER/NAME@REVISION`, that are not in the cache yet (`$HF_HOME`, else `~/.cache/huggingface`), from the hub
/// (`$HF_ENDPOINT`, else huggingface.co), and gives their folder. Of the weights safetensors are taken, or ONNX graphs where there are none. Blocks; shows progress.
///
/// # Errors
/// The hub cannot be reached, has no such model, or the model has none of these weights.
pub fn snapshot(name: &str) -> Result<PathBuf, LoadError> {
    if env::var_os("HF_HOME").is_none() && env::home_dir().is_none() {
        return Err(failed(name, "no folder for the hub's cache: set HF_HOME"));
    }
    snapshot_with(ApiBuilder::from_env().with_progress(true), name)
}

fn snapshot_with(hub: ApiBuilder, name: &str) -> Result<PathBuf, LoadError> {
    let (repo, revision) = name.split_once('@').unwrap_or((name, "main"));
    if repo.split('/').filter(|part| !part.is_empty()).count() != 2 {
        return Err(failed(name, "a model is named OWNER/NAME, or OWNER/NAME@REVISION"));
    }
    let advice = "check the name and the network, log in with `hf auth login` if the model asks for it, or download its folder by hand and give its path";
    let said = |e: ApiError| failed(name, format!("{e}; {advice}"));
    let hub = hub.with_retries(RETRIES).build().map_err(said)?;
    let repo = hub.repo(Repo::with_revision(repo.to_owned(), RepoType::Model, revision.to_owned()));
    let listed = repo.info().map_err(said)?;
    let files: Vec<String> = listed.siblings.into_iter().map(|file| file.rfilename).collect();
    let wanted = wanted(&files);
    let mut folder = None;
    for file in wanted.iter().filter(|_| files.iter().any(|f| f == "config.json")) {
        let path = repo.get(file).map_err(said)?;
        if *file == "config.json" {
            folder = path.parent().map(Path::to_owned);
        }
    }
    folder.filter(|_| wanted.iter().any(|f| is_weights(f))).ok_or_else(|| {
        failed(name, format!("it has no config.json with safetensors or an ONNX graph, but {}", files.join(", ")))
    })
}

fn has_extension(file: &str, any_of: &[&str]) -> bool {
    Path::new(file).extension().is_some_and(|e| any_of.iter().any(|wanted| e == *wanted))
}

fn is_weights(file: &str) -> bool {
    has_extension(file, &["safetensors", "onnx"])
}

/// What is needed of a model's files.
fn wanted(files: &[String]) -> Vec<&str> {
    let top = |f: &&str| !f.contains('/');
    let names = || files.iter().map(String::as_str);
    let safetensors: Vec<&str> = names().filter(top).filter(|f| has_extension(f, &["safetensors"])).collect();
    let graph = |f: &&str| matches!(*f, "model.onnx" | "model.onnx_data" | "onnx/model.onnx" | "onnx/model.onnx_data");
    let weights = if safetensors.is_empty() { names().filter(graph).collect() } else { safetensors };
    let text = |f: &&str| (top(f) && has_extension(f, &["json", "jinja"])) || f.starts_with("prompts/");
    names().filter(text).chain(weights).collect()
}

fn failed(name: &str, why: impl std::fmt::Display) -> LoadError {
    LoadError::Runtime { what: format!("cannot get the model {name} from the hub: {why}"), source: None }
}

#[cfg(test)]
mod tests {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{method, path, path_regex},
    };

    use super::*;

    fn hub(cache: &Path, endpoint: String) -> ApiBuilder {
        ApiBuilder::new().with_cache_dir(cache.to_owned()).with_token(None).with_endpoint(endpoint).with_progress(false)
    }

    async fn serve(files: &[&str]) -> MockServer {
        let server = MockServer::start().await;
        let siblings: Vec<_> = files.iter().map(|f| serde_json::json!({"rfilename": f})).collect();
        let info = serde_json::json!({"siblings": siblings, "sha": "c0ffee"});
        let listed = ResponseTemplate::new(200).set_body_json(info);
        Mock::given(method("GET")).and(path("/api/models/o/m/revision/v1")).respond_with(listed).mount(&server).await;
        let file = |request: &wiremock::Request| {
            let body = request.url.path().rsplit('/').next().unwrap_or_default().to_owned();
            let probe = request.headers.get("range").is_some_and(|r| r == "bytes=0-0");
            let sent = if probe { body.chars().take(1).collect() } else { body.clone() };
            ResponseTemplate::new(200)
                .insert_header("x-repo-commit", "c0ffee")
                .insert_header("etag", format!("\"{body}\"").as_str())
                .insert_header("content-range", format!("bytes 0-0/{}", body.len()).as_str())
                .set_body_string(sent)
        };
        Mock::given(path_regex("^/o/m/resolve/v1/")).respond_with(file).mount(&server).await;
        server
    }

    async fn get(server: &MockServer, cache: &Path, name: &'static str) -> Result<PathBuf, LoadError> {
        let hub = hub(cache, server.uri());
        tokio::task::spawn_blocking(move || snapshot_with(hub, name)).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_model_is_its_configuration_and_its_weights_and_nothing_else() {
        let cache = tempfile::tempdir().unwrap();
        let server = serve(&[
            "config.json",
            "tokenizer.json",
            "a-1.safetensors",
            "a-2.safetensors",
            "model.onnx",
            "x.bin",
            "sub/c.json",
        ])
        .await;
        let folder = get(&server, cache.path(), "o/m@v1").await.unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["a-1.safetensors", "a-2.safetensors", "config.json", "tokenizer.json"]);
        assert_eq!(std::fs::read_to_string(folder.join("a-2.safetensors")).unwrap(), "a-2.safetensors");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_no_model_is_said() {
        let cache = tempfile::tempdir().unwrap();
        let server = serve(&["config.json", "pytorch_model.bin"]).await;
        let error = |result: Result<PathBuf, LoadError>| result.unwrap_err().to_string();
        let none = error(get(&server, cache.path(), "o/m@v1").await);
        assert!(none.contains("no config.json with safetensors") && none.contains("pytorch_model.bin"), "{none}");
        assert!(error(get(&server, cache.path(), "o/other").await).contains("check the name"));
        assert!(error(get(&server, cache.path(), "m").await).contains("OWNER/NAME"));
    }
}
