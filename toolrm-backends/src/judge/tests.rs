use std::fs;

use super::{load::kind_of, *};

#[test]
fn a_path_is_taken_for_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let make = |names: &[&str]| {
        let sub = tempfile::tempdir_in(folder.path()).unwrap().keep();
        for name in names {
            fs::write(sub.join(name), "").unwrap();
        }
        sub
    };
    let candle = make(&["config.json", "model-00001-of-00002.safetensors", "model.onnx"]);
    assert_eq!(kind_of(&candle).unwrap(), JudgeSpec::Candle(candle));
    let onnx = make(&["model.onnx", "x.gguf"]);
    assert_eq!(kind_of(&onnx).unwrap(), JudgeSpec::Onnx(onnx.clone()));
    assert_eq!(kind_of(&onnx.join("x.gguf")).unwrap(), JudgeSpec::Llama(onnx.join("x.gguf")));
    let one = make(&["y.GGUF", "README.md"]);
    assert_eq!(kind_of(&one).unwrap(), JudgeSpec::Llama(one.join("y.GGUF")));
    let error = |path: &std::path::Path| kind_of(path).unwrap_err().to_string();
    assert!(error(&make(&["a.gguf", "b.gguf"])).contains("several"));
    assert!(error(&make(&[])).contains("no *.safetensors"));
    assert!(error(&make(&["config.json"]).join("config.json")).contains("not a model"));
    assert!(error(&folder.path().join("nowhere")).contains("cannot read"));
}
